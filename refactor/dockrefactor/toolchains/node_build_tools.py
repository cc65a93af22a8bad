"""What each build tool of a Node project makes, read from its options and its settings file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dockrefactor.toolchains import node_typescript
from dockrefactor.toolchains.node_build_steps import NOTHING, BuildStep, Outputs, plain_words
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_frameworks import FRAMEWORKS, framework_of
from dockrefactor.toolchains.node_settings import literal_setting, object_setting, read_jsonc, without_comments


def step_outputs(step: BuildStep) -> Outputs:
    """What a tool makes; None where the tool is not known or its output cannot be read."""
    if step.has("--watch", "-w") and step.tool not in ("rm", "cp"):
        return None
    reader = _READERS.get(step.tool) or FRAMEWORKS.get(step.tool)
    if reader is not None:
        return reader(step)
    return NOTHING if step.tool in node_facts()["builds"]["makes_nothing"] else None


def _vite(step: BuildStep) -> Outputs:
    framework = framework_of(step)
    if framework is not None:
        return framework(step)
    if step.arguments[:1] != ("build",) or _own_output(step):
        return None
    named = step.option("-c", "--config")
    path = step.at(named) if named else step.setting_file("vite.config")
    text = step.context.read(path) if path else ""
    if text is None or (len(step.arguments) > 1 and not step.arguments[1].startswith("-")):
        return None
    settings = object_setting(text, "build")
    root = literal_setting(text, "root")
    if settings is None or root is None or (root and re.search(r"\btest\s*:", text)):
        return None
    out = step.option("--outDir") or literal_setting(settings, "outDir")
    if out is None or re.search(r"\bdir\s*:", settings):
        return None
    back_end = _back_end(step, text) if not out else None
    if back_end is not None:
        place, inner = (literal_setting(text, name) for name in ("publicDirectory", "buildDirectory"))
        place = literal_setting(text, "ssrOutputDirectory") if step.has("--ssr") else place
        if None in (place, inner) or literal_setting(text, "ssrOutputDirectory") is None:
            return None
        if step.has("--ssr"):
            return step.made(place or back_end["ssr"])
        return step.made(posixpath.join(place or back_end["public"], inner or back_end["build"]))
    public = literal_setting(text, "publicDir") or "public"
    return step.made(posixpath.join(root, out or "dist"), consumed=("src", public))


def _back_end(step: BuildStep, settings: str) -> Mapping[str, str] | None:
    """The folders that a plugin for another language's framework puts in the place of Vite's own."""
    rows: Mapping[str, Mapping[str, str]] = node_facts()["builds"]["back_ends"]
    used = without_comments(settings)
    return next((row for name, row in rows.items() if re.search(rf"['\"]{re.escape(name)}['\"]", used)), None)


def _own_output(step: BuildStep) -> bool:
    """A framework among the dependencies decides for itself where the build goes."""
    return any(name in step.package.every_dependency() for name in node_facts()["builds"]["own_output"])


def _react_scripts(step: BuildStep) -> Outputs:
    if step.arguments[:1] != ("build",):
        return None
    path = step.environment.get("BUILD_PATH")
    for name in (".env.production.local", ".env.local", ".env.production", ".env"):
        found = re.search(r"^\s*BUILD_PATH\s*=\s*(\S+)", step.context.read(step.at(name)) or "", re.MULTILINE)
        path = path or (found[1].strip("'\"") if found else None)
    return step.made(path or "build", consumed=("src", "public"))


def _vue_cli(step: BuildStep) -> Outputs:
    if step.arguments[:1] != ("build",):
        return None
    path = step.setting_file("vue.config")
    text = step.context.read(path) if path else ""
    if text is None:
        return None
    named = step.option("--dest") or literal_setting(text, "outputDir")
    return step.made(named or "dist", consumed=("src", "public")) if named is not None else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _angular(step: BuildStep) -> Outputs:
    document = read_jsonc(step.context, step.at("angular.json"))
    projects = document.get("projects") if document else None
    if step.arguments[:1] not in (("build",), ("b",)) or document is None or not isinstance(projects, dict):
        return None
    words = plain_words(step.arguments[1:], ("-c", "--configuration", "--base-href", "--output-path", "--deploy-url"))
    name = words[0] if words else document.get("defaultProject")
    name = name or (next(iter(projects)) if len(projects) == 1 else None)
    project = projects.get(name) if isinstance(name, str) else None
    if not isinstance(project, dict):
        return None
    build = _table(_table(project.get("architect") or project.get("targets")).get("build"))
    options = _table(build.get("options"))
    if any("outputPath" in _table(other) for other in _table(build.get("configurations")).values()):
        return None
    path = step.option("--output-path") or options.get("outputPath", f"dist/{name}")
    path = path.get("base") if isinstance(path, dict) else path
    return step.made(path, consumed=("src", "public")) if isinstance(path, str) else None


def _next(step: BuildStep) -> Outputs:
    if step.arguments[:1] != ("build",):
        return None
    path = step.setting_file("next.config")
    text = step.context.read(path) if path else ""
    if text is None:
        return None
    folder, mode = literal_setting(text, "distDir"), literal_setting(text, "output")
    if folder is None or mode not in ("", "standalone", "export"):
        return None
    folder = folder or ".next"
    made = (folder, "out") if mode == "export" and folder == ".next" else (folder,)
    return step.made(*made, mode=mode or None)


def _webpack(step: BuildStep) -> Outputs:
    if step.arguments[:1] and step.arguments[0] in ("serve", "watch"):
        return None
    named = step.option("-c", "--config") or "webpack.config"
    path = step.setting_file(named)
    text = without_comments(step.context.read(path) or "") if path else ""
    given = step.option("-o", "--output-path")
    if given:
        return step.made(given)
    if re.search(r"\bmerge\b|\brequire\(\s*['\"]\.", text) or len(re.findall(r"\boutput\s*:", text)) > 1:
        return None
    block = re.search(r"\boutput\s*:\s*\{", text)
    if block is None:
        return step.made("dist") if not text or "output" not in text else None
    out = literal_setting(text[block.end() :].split("}")[0] + "}", "path")
    return step.made(out or "dist") if out is not None else None


def _flagged(*names: str, default: str | None = None) -> Callable[[BuildStep], Outputs]:
    """A tool whose output is the value of an option."""

    def read(step: BuildStep) -> Outputs:
        path = step.option(*names) or default
        return step.made(path) if path else None

    return read


def _settings_or(stem: str, key: str, names: Sequence[str], default: str) -> Callable[[BuildStep], Outputs]:
    """A tool whose output is an option, else a key of its settings file, else a fixed folder."""

    def read(step: BuildStep) -> Outputs:
        given = step.option(*names)
        path = step.setting_file(stem)
        text = step.context.read(path) if path else ""
        if text is None or step.has("--config"):
            return None
        found = given or literal_setting(text, key)
        return step.made(found or default) if found is not None else None

    return read


def _rollup(step: BuildStep) -> Outputs:
    given = step.option("-d", "--dir", "-o", "--file")
    if given:
        return step.made(given)
    path = step.setting_file(step.option("-c", "--config") or "rollup.config")
    text = without_comments(step.context.read(path) or "") if path else ""
    literals = re.findall(r"\b(?:file|dir)\s*:\s*(['\"])([^'\"]+)\1", text)
    if not literals or len(literals) != len(re.findall(r"\b(?:file|dir)\s*:", text)):
        return None
    return step.made(*dict.fromkeys(path for _, path in literals))


def _parcel(step: BuildStep) -> Outputs:
    if step.arguments[:1] != ("build",) or "targets" in step.package.document:
        return None
    return step.made(step.option("--dist-dir", "-d", "--out-dir") or "dist")


def _fixed(*paths: str, word: str = "build") -> Callable[[BuildStep], Outputs]:
    def read(step: BuildStep) -> Outputs:
        return step.made(*paths) if step.arguments[:1] == (word,) and len(step.arguments) == 1 else None

    return read


def _prisma(step: BuildStep) -> Outputs:
    if step.arguments[:1] == ("generate",):
        schema = step.option("--schema") or "prisma/schema.prisma"
        text = step.context.read(step.at(schema)) or ""
        if not text or re.search(r"^\s*output\s*=", text, re.MULTILINE):
            return None
        return step.made("node_modules/.prisma")
    return NOTHING if step.arguments[:1] in (("validate",), ("format",)) else None


def _copy(step: BuildStep) -> Outputs:
    words = [word for word in step.arguments if not word.startswith("-")]
    if len(words) < 2 or any(sign in words[-1] for sign in "*?"):
        return None
    return step.made(words[-1])


def _copyfiles(step: BuildStep) -> Outputs:
    words = plain_words(step.arguments, ("-u", "--up", "-e", "--exclude"))
    return step.made(words[-1]) if len(words) > 1 else None


def _mkdir(step: BuildStep) -> Outputs:
    words = [word for word in step.arguments if not word.startswith("-")]
    return step.made(*words) if words else None


def _stylesheets(step: BuildStep) -> Outputs:
    words = [word for word in step.arguments if not word.startswith("-")]
    target = words[0].partition(":")[2] if len(words) == 1 else words[-1] if len(words) == 2 else ""
    return step.made(target) if target else None


_READERS: Final[Mapping[str, Callable[[BuildStep], Outputs]]] = {
    "tsc": node_typescript.tsc,
    "nest": node_typescript.nest,
    "vite": _vite,
    "react-scripts": _react_scripts,
    "react-app-rewired": _react_scripts,
    "vue-cli-service": _vue_cli,
    "ng": _angular,
    "next": _next,
    "webpack": _webpack,
    "webpack-cli": _webpack,
    "esbuild": _flagged("--outdir", "--outfile"),
    "babel": _flagged("-d", "--out-dir", "-o", "--out-file"),
    "swc": _flagged("-d", "--out-dir", "-o", "--out-file"),
    "ncc": _flagged("-o", "--out", default="dist"),
    "tailwindcss": _flagged("-o", "--output"),
    "tailwind": _flagged("-o", "--output"),
    "tsup": _settings_or("tsup.config", "outDir", ("-d", "--out-dir"), "dist"),
    "rollup": _rollup,
    "parcel": _parcel,
    "gatsby": _fixed("public", ".cache"),
    "docusaurus": _fixed("build", ".docusaurus"),
    "prisma": _prisma,
    "sass": _stylesheets,
    "cp": _copy,
    "cpx": _copy,
    "cpx2": _copy,
    "cpy": _copy,
    "ncp": _copy,
    "copyfiles": _copyfiles,
    "mkdir": _mkdir,
    "mkdirp": _mkdir,
}
