"""What the builds of web frameworks make: their own compilers, which choose the output folder themselves.

A setting that moves the output is taken where it is one literal; a computed one, or one that comes from elsewhere
(presets, layers), makes the output unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dockrefactor.toolchains.node_build_steps import NOTHING, BuildStep, Outputs
from dockrefactor.toolchains.node_settings import literal_setting, object_setting, without_comments

_NUXT_SOURCES: Final = (
    "app", "app.config.ts", "app.vue", "assets", "components", "composables", "error.vue", "layouts", "middleware",
    "modules", "pages", "plugins", "public", "server", "shared", "stores", "utils",
)  # fmt: skip
_PRESETS: Final = ("", "node", "node-server", "node_server", "node-cluster", "node_cluster")


def framework_of(step: BuildStep) -> Callable[[BuildStep], Outputs] | None:
    """The reader for a `vite build` that a framework among the dependencies decides; None without one."""
    dependencies = step.package.every_dependency()
    return next((read for name, read in _BY_VITE.items() if name in dependencies), None)


def major_version(step: BuildStep, package: str) -> int | None:
    """The major version that package.json asks for, None where it names none (`latest`, an address)."""
    found = re.match(r"[\^~>=v\s]*(\d+)(?:\.|$)", step.package.every_dependency().get(package, ""))
    return int(found[1]) if found else None


def _settings(step: BuildStep, *stems: str) -> str | None:
    """The text of a settings file without its comments, `""` where there is none, None where it cannot be read."""
    path = step.setting_file(*stems)
    text = step.context.read(path) if path else ""
    return without_comments(text) if text is not None else None


def _names(text: str, *keys: str) -> bool:
    return any(re.search(rf"(?<![\w.$]){re.escape(key)}\b", text) for key in keys)


def _plain_build(step: BuildStep, words: Sequence[str], *switches: str) -> bool:
    """Whether the command is `TOOL <words>` with no other options than these switches."""
    given = step.arguments[: len(words)]
    return given == tuple(words) and all(word in switches for word in step.arguments[len(words) :])


def sveltekit(step: BuildStep) -> Outputs:
    """https://svelte.dev/docs/kit/adapter-node, https://svelte.dev/docs/kit/adapter-static"""
    text = _settings(step, "svelte.config")
    found = re.findall(r"""\bimport\s+(\w+)\s+from\s+['"]@sveltejs/adapter-([\w-]+)['"]""", text or "")
    if not text or len(found) != 1 or not _plain_build(step, ("build",)):
        return None
    (name, adapter), kit = found[0], literal_setting(text, "outDir")
    given = re.search(rf"\badapter\s*:\s*{name}\(\s*(\{{[^{{}}]*\}}|)\s*\)", text)
    if given is None or kit is None or adapter not in ("node", "static"):
        return None
    keys = ("out",) if adapter == "node" else ("pages", "assets")
    folders = [literal_setting(given[1], key) for key in keys]
    if None in folders or "..." in given[1]:
        return None
    made = dict.fromkeys((folders[0] or "build", folders[-1] or folders[0] or "build"))
    # adapter-node bundles all but what stands under `dependencies`
    return step.made(*made, consumed=("src", "static"), between=(kit or ".svelte-kit",), bundles=adapter == "node")


def nuxt(step: BuildStep) -> Outputs:
    """https://nuxt.com/docs/api/commands/build, https://nuxt.com/docs/api/nuxt-config, https://v2.nuxt.com/docs/get-started/commands"""
    text = _settings(step, "nuxt.config")
    if text is None or step.context.exists(step.at(".nuxtrc")) or _names(text, "extends", "rootDir"):
        return None
    between = literal_setting(text, "buildDir")
    if between is None or step.variable("NITRO_PRESET", "SERVER_PRESET") not in _PRESETS:
        return None
    old = "nuxt-edge" in step.package.every_dependency() or major_version(step, "nuxt") == 2
    if old or major_version(step, "nuxt") == 1:
        return _nuxt_2(step, text, between or ".nuxt")
    if step.arguments == ("prepare",):
        return NOTHING
    nitro = object_setting(text, "nitro")
    if nitro is None or _names(nitro, "preset", "output", "serverDir", "publicDir"):
        return None
    if re.search(r"""\bdriver\s*:\s*['"](?:fs|db0)""", nitro):
        return None  # stores files when it runs
    layers = step.context.is_dir(step.at("layers"))  # merged as `extends` is
    if layers or not _plain_build(step, ("build",)):  # `generate` links dist to its output, where it can
        return None
    return step.made(".output", consumed=_NUXT_SOURCES, between=(between or ".nuxt",), bundles=True)


def _nuxt_2(step: BuildStep, text: str, built: str) -> Outputs:
    if _plain_build(step, ("build",), "--modern", "--standalone", "--quiet", "-q"):
        return step.made(built)
    if not _plain_build(step, ("generate",)):
        return None
    generate = object_setting(text, "generate")
    folder = literal_setting(generate, "dir") if generate is not None else None
    return step.made(built, folder or "dist") if folder is not None else None


def react_router(step: BuildStep) -> Outputs:
    """https://reactrouter.com/api/framework-conventions/react-router.config.ts"""
    if step.arguments == ("typegen",):
        return NOTHING
    text = _settings(step, "react-router.config")
    if text is None or not _plain_build(step, ("build",), "--sourcemapClient", "--sourcemapServer", "--minify"):
        return None
    folder, sources = literal_setting(text, "buildDirectory"), literal_setting(text, "appDirectory")
    if folder is None or sources is None or _names(text, "presets", "buildEnd") or "..." in text:
        return None
    return step.made(folder or "build", consumed=(sources or "app",))


def remix(step: BuildStep) -> Outputs:
    """https://v2.remix.run/docs/file-conventions/vite-config, https://v2.remix.run/docs/file-conventions/remix-config"""
    if _plain_build(step, ("vite:build",), "--sourcemapClient", "--sourcemapServer"):
        text = _settings(step, "vite.config")
        folder = literal_setting(text, "buildDirectory") if text else None
        sources = literal_setting(text, "appDirectory") if text else None
        if text is None or folder is None or sources is None or _names(text, "presets", "buildEnd"):
            return None
        return step.made(folder or "build", consumed=(sources or "app",))
    text = _settings(step, "remix.config")
    if text is None or not _plain_build(step, ("build",), "--sourcemap"):
        return None
    keys = {"serverBuildPath": "build/index.js", "assetsBuildDirectory": "public/build"}
    found = {key: literal_setting(text, key) for key in (*keys, "appDirectory")}
    if None in found.values() or _names(text, "serverBuildTarget", "serverBuildDirectory") or "..." in text:
        return None
    server, assets = (found[key] or usual for key, usual in keys.items())
    made = posixpath.dirname(server) or server
    return step.made(made, assets, consumed=(found["appDirectory"] or "app",))


def astro(step: BuildStep) -> Outputs:
    """https://docs.astro.build/en/reference/configuration-reference/, https://docs.astro.build/en/guides/integrations-guide/node/"""
    if step.arguments in (("check",), ("sync",)):
        return NOTHING
    text = _settings(step, "astro.config")
    if text is None or step.arguments[:1] != ("build",) or step.has("--root", "--config"):
        return None
    parts = object_setting(text, "build")
    if parts is None or _names(parts, "client", "server") or _names(text, "root"):
        return None
    found = {key: literal_setting(text, key) for key in ("outDir", "srcDir", "publicDir")}
    if None in found.values():
        return None
    sources = (found["srcDir"] or "src", found["publicDir"] or "public")
    return step.made(step.option("--outDir") or found["outDir"] or "dist", consumed=sources)


_BY_VITE: Final[Mapping[str, Callable[[BuildStep], Outputs]]] = {"@sveltejs/kit": sveltekit}


def svelte_kit(step: BuildStep) -> Outputs:
    """`svelte-kit sync` makes types and tsconfig.json for editors and checkers."""
    return NOTHING if step.arguments == ("sync",) else None


FRAMEWORKS: Final[Mapping[str, Callable[[BuildStep], Outputs]]] = {
    "astro": astro,
    "nuxt": nuxt,
    "nuxi": nuxt,
    "react-router": react_router,
    "remix": remix,
    "svelte-kit": svelte_kit,
}
