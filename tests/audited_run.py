"""Refactors one Dockerfile under the interpreter's audit hook, and prints what a refactoring may not do, as JSON.

Run as a program: `python -I -B audited_run.py CONTEXT`. Only files of the context, of the interpreter and of the
program may be opened, none for writing; nothing may be started, and no connection made.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path

_FORBIDDEN = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn"),
    *("socket.connect", "socket.getaddrinfo"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"),
)
_FOLDERS = ("os.listdir", "os.scandir")


def main(context: Path) -> None:
    import dockrefactor
    import dockrefactor_transforms
    from dockrefactor import build_folder, contract
    from dockrefactor.batch import Batch, Source
    from dockrefactor.catalogue import Catalogue
    from dockrefactor.settings import Configurations, Settings
    from dockrefactor.toolchains import TOOLCHAINS

    packages = [str(Path(module.__file__ or "").parent) for module in (dockrefactor, dockrefactor_transforms)]
    paths = sysconfig.get_paths()
    roots = [str(context), *packages, *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))]
    allowed = tuple(os.path.realpath(root) + os.sep for root in roots)
    seen: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in _FORBIDDEN:
            seen.append(f"{event} {arguments!r}")
        elif event == "open" or event in _FOLDERS:
            path = arguments[0]
            if not isinstance(path, str | bytes | os.PathLike):
                return
            real = os.path.realpath(os.fsdecode(path))
            if not (real + os.sep).startswith(allowed):
                seen.append(f"{event} {real}")
            elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
                seen.append(f"open for writing {real}")

    os.chdir(context)
    sys.addaudithook(watch)
    catalogue = Catalogue(
        dockrefactor_transforms.TRANSFORMS,
        (("contract", contract.Reason), ("build-context", build_folder.Reason)),
    )
    report = Batch(catalogue, TOOLCHAINS, Settings(), Configurations(catalogue)).refactor(
        Source("Dockerfile", Path("Dockerfile"))
    )
    fault = None if report.fault is None else "\n".join(report.fault.lines("Dockerfile", verbose=True))
    languages = [] if report.result is None else [item.language for item in report.result.detections]
    violations = list(seen)
    print(json.dumps({"violations": violations, "fault": fault, "languages": languages}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
