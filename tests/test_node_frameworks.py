"""What the builds of web frameworks make, and which settings make that unknown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor.toolchains.node_builds import command_outputs
from dockrefactor.toolchains.node_components import loaded, script_of
from dockrefactor.toolchains.node_imports import imported_packages
from dockrefactor.toolchains.node_manifests import type_makers
from test_node_builds import made, project

_KIT = {"devDependencies": {"@sveltejs/kit": "^2.0.0"}}
_NUXT = {"dependencies": {"nuxt": "^3.12.0"}}
_NUXT_2 = {"dependencies": {"nuxt": "^2.15.8"}}
_ADAPTER = "import adapter from '@sveltejs/adapter-node'\nexport default { kit: { adapter: adapter(%s) %s} }"


def _svelte(options: str = "", more: str = "") -> Mapping[str, object]:
    return {"svelte.config.js": _ADAPTER % (options, more)}


@pytest.mark.parametrize(
    ("script", "files", "manifest", "paths", "between"),
    [
        ("vite build", _svelte(), _KIT, ["build"], [".svelte-kit"]),
        ("vite build", _svelte("{ out: 'server' }"), _KIT, ["server"], [".svelte-kit"]),
        ("svelte-kit sync && vite build", _svelte(more=", outDir: '.kit' "), _KIT, ["build"], [".kit"]),
        (
            "vite build",
            {"svelte.config.js": (_ADAPTER % ("{ pages: 'site', assets: 'site' }", "")).replace("-node", "-static")},
            _KIT,
            ["site"],
            [".svelte-kit"],
        ),
        ("nuxt build", {}, _NUXT, [".output"], [".nuxt"]),
        ("nuxt build", {"nuxt.config.ts": "export default { theme: { preset: Aura } }"}, _NUXT, [".output"], [".nuxt"]),
        (
            "nuxi build",
            {"nuxt.config.ts": "export default { buildDir: '.cache/nuxt' }"},
            _NUXT,
            [".output"],
            [".cache/nuxt"],
        ),
        ("NITRO_PRESET=node-server nuxt build", {}, _NUXT, [".output"], [".nuxt"]),
        ("nuxt build", {"nuxt.config.js": "export default { generate: { dir: 'site' } }"}, _NUXT_2, [".nuxt"], []),
        (
            "nuxt generate",
            {"nuxt.config.js": "export default { generate: { dir: 'site' } }"},
            _NUXT_2,
            [".nuxt", "site"],
            [],
        ),
        ("react-router build", {}, {}, ["build"], []),
        (
            "react-router build",
            {"react-router.config.ts": "export default { buildDirectory: 'out' }"},
            {},
            ["out"],
            [],
        ),
        ("remix vite:build", {"vite.config.ts": "export default {}"}, {}, ["build"], []),
        ("remix build", {"remix.config.js": "module.exports = {}"}, {}, ["build", "public/build"], []),
        ("astro build", {"astro.config.mjs": "export default { outDir: './www' }"}, {}, ["www"], []),
        ("astro check && astro build", {}, {}, ["dist"], []),
    ],
)
def test_outputs(
    tmp_path: Path, script: str, files: Mapping[str, object], manifest: Mapping[str, object],
    paths: list[str], between: list[str],
) -> None:  # fmt: skip
    found = made(tmp_path, script, files, **manifest)
    assert found is not None
    assert [path for output in found for path in output.paths] == paths
    assert [path for output in found for path in output.between] == between


@pytest.mark.parametrize(
    ("script", "files", "manifest"),
    [
        ("vite build", {}, _KIT),
        ("vite build", {"svelte.config.js": "import adapter from '@sveltejs/adapter-auto'\nadapter: adapter()"}, _KIT),
        ("vite build", _svelte("options"), _KIT),
        ("vite build", _svelte("{ out: process.env.OUT }"), _KIT),
        ("vite build", _svelte(more=", outDir: where "), _KIT),
        ("nuxt build", {"nuxt.config.ts": "export default { extends: ['./base'] }"}, _NUXT),
        ("nuxt build", {"nuxt.config.ts": "export default { nitro: { preset: 'vercel' } }"}, _NUXT),
        ("nuxt build", {"nuxt.config.ts": "export default { nitro: { output: { dir: 'x' } } }"}, _NUXT),
        ("nuxt build", {"nuxt.config.ts": "export default { buildDir }"}, _NUXT),
        ("nuxt build", {".nuxtrc": "buildDir=x"}, _NUXT),
        ("nuxt build", {"layers/a/nuxt.config.ts": ""}, _NUXT),
        ("nuxt build web", {}, _NUXT),
        ("nuxt generate", {}, _NUXT),
        ("nuxt build --preset=vercel", {}, _NUXT),
        ("NITRO_PRESET=vercel nuxt build", {}, _NUXT),
        ("react-router build", {"react-router.config.ts": "export default { presets: [vercelPreset()] }"}, {}),
        ("react-router build", {"react-router.config.ts": "export default { buildDirectory: out }"}, {}),
        ("remix build", {"remix.config.js": "module.exports = { ...base }"}, {}),
        ("remix vite:build", {}, {}),
        ("astro build", {"astro.config.mjs": "export default { outDir: new URL('x', import.meta.url) }"}, {}),
        ("astro build", {"astro.config.mjs": "export default { build: { server: './s' } }"}, {}),
        ("astro build --root web", {}, {}),
    ],
)
def test_unknown_outputs(
    tmp_path: Path, script: str, files: Mapping[str, object], manifest: Mapping[str, object]
) -> None:
    assert made(tmp_path, script, files, **manifest) is None


def test_variables_of_the_image_move_the_output(tmp_path: Path) -> None:
    context, package = project(tmp_path, {"build": "nuxt build", "react": "react-scripts build"}, **_NUXT)
    run = ("npm", "run", "build")
    assert command_outputs(context, package, run) is not None
    assert command_outputs(context, package, run, {"NITRO_PRESET": "cloudflare"}) is None
    moved = command_outputs(context, package, ("npm", "run", "react"), {"BUILD_PATH": "www"})
    assert moved is not None
    assert moved[0].paths == ("www",)


def test_scripts_that_make_types_alone(tmp_path: Path) -> None:
    scripts = {"prepare": "svelte-kit sync || echo ''", "postinstall": "nuxt prepare && node x.js"}
    _, package = project(tmp_path, scripts)
    assert [item.says for item in type_makers(package)] == [
        "the script prepare runs at install: svelte-kit sync || echo ''"
    ]


_PAGE = """---
import type { A } from 'types-only';
import slug, {
  other,
} from 'slugify';
import './style.css';
const x = await import('lazy');
---
<p>import it from 'nowhere'</p>
<script>import 'in-browser';</script>
"""


def test_what_components_load(tmp_path: Path) -> None:
    files = {
        "src/pages/index.astro": _PAGE,
        "src/App.vue": "<script setup>\nimport { ref } from 'vue'\n</script>\n<template>import a from 'b'</template>",
        "src/a.svelte": "<script>import x from '$lib/x'; const y = import(name)</script>",
        "src/b.mdx": "import Chart from '@scope/chart/x'\n\n# Title",
    }
    context, _ = project(tmp_path, {}, files)
    assert list(loaded(context, "src/pages/index.astro")) == [("slugify", 3), ("./style.css", 6), ("lazy", 7)]
    found = {claim.value for claim in imported_packages(context, "")}
    assert found == {"slugify", "lazy", "vue", "$lib", "@scope/chart", None}


def test_scripts_keep_their_lines() -> None:
    assert script_of("a.astro", _PAGE).count("\n") == _PAGE.count("\n")
    assert "nowhere" not in script_of("a.astro", _PAGE)
