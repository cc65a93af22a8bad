"""What each build tool of a Node project makes, read from its options and its settings file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dockrefactor.context import BuildContext
from dockrefactor.evidence import Evidence
from dockrefactor.records import dataclass
from dockrefactor.toolchains.node_commands import node_facts
from dockrefactor.toolchains.node_manifests import PackageJson
from dockrefactor.toolchains.node_settings import (
    TsConfig,
    literal_setting,
    object_setting,
    read_jsonc,
    read_tsconfig,
    without_comments,
)


@dataclass(frozen=True, slots=True)
class BuildOutput:
    """What one build step leaves: `paths` and `consumed` are relative to the project folder.

    `consumed`: source folders of which nothing but the output is needed afterwards. `mode`: `standalone` or `export`
    for Next.js, None elsewhere. `entry`: the file that `nest start` would run, without its ending.
    """

    paths: tuple[str, ...]
    tool: str
    evidence: tuple[Evidence, ...]
    consumed: tuple[str, ...] = ()
    mode: str | None = None
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One command of a build script: the tool's arguments, its environment and where the script stands."""

    context: BuildContext
    package: PackageJson
    tool: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    evidence: Evidence

    @property
    def folder(self) -> str:
        return self.package.folder

    def at(self, path: str) -> str:
        """A path of the project as a context path."""
        joined = posixpath.normpath(posixpath.join(self.folder, path))
        return "" if joined == "." else joined

    def option(self, *names: str) -> str | None:
        """The value of the last of these options (`--out-dir x`, `--out-dir=x`, `-d x`)."""
        found = None
        for position, word in enumerate(self.arguments):
            name, equals, value = word.partition("=")
            if name in names and equals:
                found = value
            elif word in names and position + 1 < len(self.arguments):
                found = self.arguments[position + 1]
        return found

    def has(self, *names: str) -> bool:
        return any(word.partition("=")[0] in names for word in self.arguments)

    def setting_file(self, *stems: str) -> str | None:
        """The first settings file that is there, with any ending that tools accept."""
        for stem in stems:
            for ending in ("", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"):
                if self.context.is_file(self.at(stem + ending)):
                    return self.at(stem + ending)
        return None

    def made(self, *paths: str | None, consumed: Sequence[str] = (), **more: str | None) -> Outputs:
        """The outputs, None where one of the paths is unknown, or holds the project itself; `../x` lies beside it."""
        plain = []
        for path in paths:
            clean = posixpath.normpath(path) if path else "."
            if clean.startswith("/") or posixpath.basename(clean) in (".", ".."):
                return None
            plain.append(clean)
        there = tuple(name for name in consumed if self.context.is_dir(self.at(name)) and name not in plain)
        return (BuildOutput(tuple(plain), self.tool, (self.evidence,), there, **more),)


Outputs = tuple[BuildOutput, ...] | None
NOTHING: Final[tuple[BuildOutput, ...]] = ()


def step_outputs(step: BuildStep) -> Outputs:
    """What a tool makes; None where the tool is not known or its output cannot be read."""
    if step.has("--watch", "-w") and step.tool not in ("rm", "cp"):
        return None
    reader = _READERS.get(step.tool)
    if reader is not None:
        return reader(step)
    return NOTHING if step.tool in node_facts()["builds"]["makes_nothing"] else None


def _tsc(step: BuildStep) -> Outputs:
    if step.has("--noEmit", "--version", "-v", "--help"):
        return NOTHING
    words = _plain_words(
        step.arguments, ("-p", "--project", "--outDir", "--rootDir", "--target", "--module", "-t", "-m")
    )
    building = step.has("-b", "--build")
    if (building and len(words) > 1) or (words and not building):
        return None
    named = step.option("-p", "--project") or (words[0] if words else "tsconfig.json")
    path = step.at(named)
    config = read_tsconfig(step.context, posixpath.join(path, "tsconfig.json") if step.context.is_dir(path) else path)
    if config is None or (building and config.references):
        return None
    return _typescript(step, config, step.option("--outDir"))


def _plain_words(arguments: Sequence[str], valued: Sequence[str]) -> list[str]:
    return [
        word
        for position, word in enumerate(arguments)
        if not word.startswith("-") and (position == 0 or arguments[position - 1] not in valued)
    ]


def _typescript(step: BuildStep, config: TsConfig, out: str | None) -> Outputs:
    if config.option("noEmit") is True and out is None:
        return NOTHING if config.complete else None
    folder = step.at(out) if out is not None else config.folder_option("outDir")
    if folder is None or config.option("outFile"):
        return None
    if config.option("noEmit") is None and not config.complete and out is None:
        return None
    target = posixpath.relpath(folder or ".", step.folder or ".")
    declarations = config.folder_option("declarationDir")
    paths = [target, *([posixpath.relpath(declarations, step.folder or ".")] if declarations else [])]
    return step.made(*paths, consumed=_compiled_folders(step, config))


def _compiled_folders(step: BuildStep, config: TsConfig) -> tuple[str, ...]:
    """Source folders that hold nothing but what the compiler turns into JavaScript."""
    root = config.folder_option("rootDir")
    folders = [root] if root is not None else []
    for pattern in config.include or ():
        literal = re.split(r"[*?]", pattern)[0].rstrip("/")
        folders.append(posixpath.normpath(posixpath.join(config.folder, literal)))
    compiled = (".ts", ".tsx", ".mts", ".cts", *((".js", ".jsx", ".mjs", ".cjs") if config.option("allowJs") else ()))
    ignored = (".md", ".snap", ".map", ".gitkeep", ".DS_Store")
    found = []
    for folder in dict.fromkeys(folders):
        inner = posixpath.relpath(folder or ".", step.folder or ".")
        if inner == "." or inner.startswith("..") or not step.context.is_dir(folder):
            continue
        if all(path.endswith((*compiled, *ignored)) for path in step.context.files(folder)):
            found.append(inner)
    return tuple(found)


def _nest(step: BuildStep) -> Outputs:
    if step.arguments[:1] not in (("build",), ("b",)):
        return None
    cli = read_jsonc(step.context, step.at("nest-cli.json")) or {}
    words = _plain_words(step.arguments[1:], ("-c", "--config", "-p", "--path", "-b", "--builder", "--tsc"))
    if words or cli.get("monorepo") or cli.get("projects") or step.has("-c", "--config", "--all"):
        return None
    compiler = cli.get("compilerOptions")
    options: Mapping[str, Any] = compiler if isinstance(compiler, dict) else {}
    named = step.option("-p", "--path") or options.get("tsConfigPath")
    default = "tsconfig.build.json" if step.context.is_file(step.at("tsconfig.build.json")) else "tsconfig.json"
    config = read_tsconfig(step.context, step.at(str(named or default)))
    builder = options.get("builder")
    kind = builder.get("type") if isinstance(builder, dict) else builder
    if config is None or config.folder_option("outDir") is None or options.get("webpackConfigPath"):
        return None
    folder = posixpath.relpath(config.folder_option("outDir") or ".", step.folder or ".")
    if folder == ".":
        return None
    source = str(cli.get("sourceRoot", "src"))
    bundled = options.get("webpack") is True or kind in ("webpack", "rspack") or step.has("--webpack")
    main = "main" if bundled else str(cli.get("entryFile", "main"))
    consumed = _compiled_folders(step, config) or _only_typescript(step, source)
    return step.made(folder, consumed=consumed, entry=posixpath.join(folder, main))


def _only_typescript(step: BuildStep, folder: str) -> tuple[str, ...]:
    place = step.at(folder)
    compiled = all(path.endswith((".ts", ".tsx", ".md", ".snap")) for path in step.context.files(place))
    return (folder,) if compiled and folder and step.context.is_dir(place) else ()


def _vite(step: BuildStep) -> Outputs:
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
    public = literal_setting(text, "publicDir") or "public"
    return step.made(posixpath.join(root, out or "dist"), consumed=("src", public))


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
    words = _plain_words(step.arguments[1:], ("-c", "--configuration", "--base-href", "--output-path", "--deploy-url"))
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


def _astro(step: BuildStep) -> Outputs:
    if step.arguments[:1] == ("check",):
        return NOTHING
    return _settings_or("astro.config", "outDir", ("--outDir",), "dist")(step) if step.arguments else None


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
    words = _plain_words(step.arguments, ("-u", "--up", "-e", "--exclude"))
    return step.made(words[-1]) if len(words) > 1 else None


def _mkdir(step: BuildStep) -> Outputs:
    words = [word for word in step.arguments if not word.startswith("-")]
    return step.made(*words) if words else None


def _stylesheets(step: BuildStep) -> Outputs:
    words = [word for word in step.arguments if not word.startswith("-")]
    target = words[0].partition(":")[2] if len(words) == 1 else words[-1] if len(words) == 2 else ""
    return step.made(target) if target else None


_READERS: Final[Mapping[str, Callable[[BuildStep], Outputs]]] = {
    "tsc": _tsc,
    "nest": _nest,
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
    "astro": _astro,
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
