"""What the TypeScript compiler and Nest's builder make, read from tsconfig.json and nest-cli.json."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dockrefactor.toolchains.node_build_steps import NOTHING, BuildOutput, BuildStep, Outputs, plain_words
from dockrefactor.toolchains.node_settings import TsConfig, read_jsonc, read_tsconfig


def tsc(step: BuildStep) -> Outputs:
    if step.has("--noEmit", "--version", "-v", "--help"):
        return NOTHING
    words = plain_words(
        step.arguments, ("-p", "--project", "--outDir", "--rootDir", "--target", "--module", "-t", "-m")
    )
    building = step.has("-b", "--build")
    if (building and len(words) > 1) or (words and not building):
        return None
    named = step.option("-p", "--project") or (words[0] if words else "tsconfig.json")
    path = step.at(named)
    config = read_tsconfig(step.context, posixpath.join(path, "tsconfig.json") if step.context.is_dir(path) else path)
    if config is None:
        return None
    if building and config.references:
        return _project_build(step, config, 0)
    return _typescript(step, config, step.option("--outDir"))


def _project_build(step: BuildStep, config: TsConfig, depth: int) -> Outputs:
    """What `tsc -b` makes of a configuration and those that it references, as Vite's template sets them up."""
    made: list[BuildOutput] = []
    for path in config.references:
        inner = posixpath.join(path, "tsconfig.json") if step.context.is_dir(path) else path
        referenced = read_tsconfig(step.context, inner)
        found = _project_build(step, referenced, depth + 1) if referenced is not None and depth < 8 else None
        if found is None:
            return None
        made += found
    if config.files == () and not config.include:
        return tuple(made)
    own = _beside_sources(step, config) if config.folder_option("outDir") is None else _typescript(step, config, None)
    return None if own is None else (*made, *own)


def _beside_sources(step: BuildStep, config: TsConfig) -> Outputs:
    """The outputs of a configuration without `outDir`: none where it only checks, else beside named files."""
    if config.option("noEmit") is True:
        return NOTHING
    names = (*(config.include or ()), *(config.files or ()))
    if not config.complete or not names or any(re.search(r"[*?]|\.d\.|(?<!\.ts)$", name) for name in names):
        return None
    declared = config.option("declaration") or config.option("composite")
    endings = [*([] if config.option("emitDeclarationOnly") else [".js"]), *([".d.ts"] if declared else [])]
    stems = [posixpath.relpath(posixpath.join(config.folder, name)[:-3], step.folder or ".") for name in names]
    return step.made(*(stem + ending for stem in stems for ending in endings))


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


def nest(step: BuildStep) -> Outputs:
    if step.arguments[:1] not in (("build",), ("b",)):
        return None
    cli = read_jsonc(step.context, step.at("nest-cli.json")) or {}
    words = plain_words(step.arguments[1:], ("-c", "--config", "-p", "--path", "-b", "--builder", "--tsc"))
    if step.has("-c", "--config", "--all"):
        return None
    if cli.get("monorepo") or cli.get("projects"):
        return _nest_project(step, cli, words)
    if words:
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


def _nest_project(step: BuildStep, cli: Mapping[str, Any], words: Sequence[str]) -> Outputs:
    """One project of a monorepo, which webpack puts into one file unless a setting says otherwise.

    https://docs.nestjs.com/cli/monorepo#global-compiler-options
    """
    projects = cli.get("projects")
    rows = {name: row for name, row in projects.items() if isinstance(row, dict)} if isinstance(projects, dict) else {}
    chosen = [row for name, row in rows.items() if (name in words if words else row.get("root") == cli.get("root"))]
    if len(chosen) != 1 or len(words) > 1 or step.has("-p", "--path", "-b", "--builder", "--tsc"):
        return None
    options: dict[str, Any] = {}
    for given in (cli.get("compilerOptions"), chosen[0].get("compilerOptions")):
        options |= given if isinstance(given, dict) else {}
    config = read_tsconfig(step.context, step.at(str(options.get("tsConfigPath", ""))))
    folder = config.folder_option("outDir") if config is not None else None
    if not folder or options.get("webpack") is not True or options.get("builder") or options.get("webpackConfigPath"):
        return None
    inner = posixpath.relpath("/" + folder, "/" + step.folder)
    return step.made(inner, entry=posixpath.join(inner, str(chosen[0].get("entryFile", "main"))))


def _only_typescript(step: BuildStep, folder: str) -> tuple[str, ...]:
    place = step.at(folder)
    compiled = all(path.endswith((".ts", ".tsx", ".md", ".snap")) for path in step.context.files(place))
    return (folder,) if compiled and folder and step.context.is_dir(place) else ()
