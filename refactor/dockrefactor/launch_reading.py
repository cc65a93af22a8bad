"""ENTRYPOINT, CMD and HEALTHCHECK followed through shells, wrappers and scripts of the context."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dockrefactor import launch_words, shell
from dockrefactor.document import Instruction
from dockrefactor.effects import absolute
from dockrefactor.evidence import Evidence
from dockrefactor.launch import Launch, Started
from dockrefactor.needs import ResolveImagePath
from dockrefactor.records import replace
from dockrefactor.stages import Stage, resolver

MAX_DEPTH: Final = 8


def of_stage(stage: Stage, dockerfile: str) -> Launch:
    """What a container of `stage` starts. `dockerfile` is the name that evidence gives."""
    entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    follower = _Follower(stage, dockerfile)
    base = stage.base
    cmd_argv: tuple[str, ...] | None = None
    if command is not None and command.instruction.json:
        cmd_argv = command.instruction.args
    if entry is None:
        inherited = base.entrypoint if base else ()
        if command is None:
            return Launch(empty=True, scripts={})
        follower.start(command.instruction, inherited_wrapper=inherited)
    elif entry.instruction.json and cmd_argv is not None:
        follower.start(entry.instruction, appended=cmd_argv, second=command.instruction if command else None)
    elif entry.instruction.json and command is not None:
        shell_words = ("/bin/sh", "-c", command.instruction.value)
        follower.start(entry.instruction, appended=shell_words, second=command.instruction)
    else:
        follower.start(entry.instruction)
    return follower.result()


def of_healthcheck(stage: Stage, dockerfile: str) -> Launch:
    """What HEALTHCHECK starts; `empty` where there is none."""
    step = stage.last("HEALTHCHECK")
    if step is None or not step.instruction.args or step.instruction.args[0].upper() != "CMD":
        return Launch(empty=True, scripts={})
    follower = _Follower(stage, dockerfile)
    item = step.instruction
    evidence = Evidence(dockerfile, item.start_line, "the health check")
    if item.json:
        follower.argv(item.args[1:], stage.after.cwd, evidence)
    else:
        follower.needs_shell = True
        follower.text(" ".join(item.args[1:]), stage.after.cwd, evidence)
    return follower.result()


class _Follower:
    def __init__(self, stage: Stage, dockerfile: str) -> None:
        self.stage = stage
        self.dockerfile = dockerfile
        self.resolve: ResolveImagePath = stage.resolver()
        self.started: list[Started] = []
        self.scripts: dict[str, str] = {}
        self.unreadable: list[Evidence] = []
        self.one_string: Evidence | None = None
        self.drops: Evidence | None = None
        self.needs_shell = False
        self.login: Evidence | None = None
        self.rest: tuple[str, ...] = ()  # what "$@" stands for in an entrypoint script

    def result(self) -> Launch:
        return Launch(
            tuple(self.started), self.scripts, tuple(self.unreadable), self.one_string, self.drops, self.needs_shell,
            self.login, empty=not self.started and not self.unreadable,
        )  # fmt: skip

    def start(
        self,
        instruction: Instruction,
        appended: tuple[str, ...] = (),
        second: Instruction | None = None,
        inherited_wrapper: tuple[str, ...] = (),
    ) -> None:
        evidence = Evidence(self.dockerfile, instruction.start_line, f"{instruction.keyword} starts it")
        cwd = self.stage.after.cwd
        if not instruction.json:
            self.needs_shell = True
            self.text(instruction.value, cwd, evidence)
            return
        argv = instruction.args
        for words, item in ((argv, instruction), (appended, second)):
            if item is not None and len(words) == 1 and " " in words[0].strip() and (item is instruction):
                self.one_string = Evidence(
                    self.dockerfile, item.start_line, f"`{words[0]}` is one word of the exec form"
                )
        self.rest = appended
        inherited = posixpath.basename(inherited_wrapper[0]) if inherited_wrapper else ""
        if inherited and inherited not in launch_words.handing_over():
            argv = (*inherited_wrapper, *argv)
        if (
            inherited == "docker-entrypoint.sh"
            and argv
            and (argv[0].startswith("-") or argv[0].endswith((".js", ".cjs", ".mjs")))
        ):
            argv = ("node", *argv)  # as node's own entrypoint does
        self.argv((*argv, *appended), cwd, evidence, own=len(argv))

    def argv(
        self, argv: tuple[str, ...], cwd: str, evidence: Evidence, script: str = "", depth: int = 0, own: int | None = None,
        wrappers: tuple[str, ...] = (), conditional: bool = False, known: bool = True, writes: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        if not argv or depth > MAX_DEPTH:
            return
        name = posixpath.basename(argv[0])
        if argv[0] in launch_words.SHELLS:
            self._shell(argv, cwd, evidence, script, depth)
            return
        if name in launch_words.droppers() and self.drops is None:
            self.drops = replace(evidence, says=f"`{name}` drops privileges")
        if name in launch_words.droppers() or (
            launch_words.is_wrapper(name) and self.resolve(absolute(argv[0], cwd)) is None
        ):
            rest = launch_words.unwrapped(name, argv)
            if rest:
                outer = wrappers if name in launch_words.builtins() else (*wrappers, argv[0])
                self.argv(rest, cwd, evidence, script, depth + 1, None, outer, conditional, known, writes)
                return
        changed = self._changed_script(argv[0], cwd)
        if changed is not None:
            self.unreadable.append(replace(evidence, says=f"`{argv[0]}` is a file of the context that a RUN changes"))
            return
        path = self._script_path(argv[0], cwd)
        if path is not None and self._follow_script(path, argv, cwd, evidence, depth, own):
            return
        self.started.append(
            Started(
                argv, wrappers[0] if wrappers else argv[0], cwd, evidence, known, script, conditional, writes, wrappers
            )
        )

    def _changed_script(self, word: str, cwd: str) -> str | None:
        """The context path of a started file whose text a RUN changes: what it does then is not known."""
        path = absolute(word, cwd)
        if "/" not in word or self.resolve(path) is not None:
            return None
        copies = tuple(step for step in self.stage.steps if step.copy is not None)
        return resolver(copies, self.stage.context)(path)

    def _script_path(self, word: str, cwd: str) -> str | None:
        """The image path of a file of the context that `word` runs; None for a program."""
        if "/" in word:
            path = absolute(word, cwd)
            return path if self.resolve(path) is not None else None
        for folder in (self.stage.after.env.get("PATH") or "").split(":"):
            if folder and self.resolve(posixpath.join(folder, word)) is not None:
                return posixpath.join(folder, word)
        return None

    def _follow_script(
        self, path: str, argv: tuple[str, ...], cwd: str, evidence: Evidence, depth: int, own: int | None
    ) -> bool:
        """Reads a script of the context; False where it is no script (then it is a program)."""
        context_path = self.resolve(path)
        text = self.stage.context.read(context_path) if context_path else None
        if context_path is None or text is None:
            return False
        first = text.partition("\n")[0]
        interpreter = re.match(r"#!\s*(\S+)(?:\s+(\S+))?", first)
        if interpreter is None and not path.endswith((".sh", ".bash")):
            return False
        if path in self.scripts:
            return True
        self.scripts[path] = context_path
        program = posixpath.basename(interpreter[1]) if interpreter else "sh"
        if program == "env" and interpreter:
            program = interpreter[2] or "sh"
        if program not in launch_words.SHELLS:
            here = Evidence(context_path, 1, f"is run by `{program}`")
            named = interpreter[1] if interpreter and posixpath.basename(interpreter[1]) != "env" else program
            self.argv((named, path, *argv[1:]), cwd, here, context_path, depth + 1)
            return True
        self.started.append(
            Started(
                (f"/bin/{program}" if program == "sh" else program, path), program, cwd, evidence, script=context_path
            )
        )
        self.needs_shell = True
        if "\r\n" in first:
            self.unreadable.append(Evidence(context_path, 1, "its first line ends in CR LF"))
        rest = argv[1:] if own is None else argv[max(own, 1) :] if own > 1 else argv[1:]
        self._script_text(text, cwd, context_path, depth, argv[1:] or rest)
        return True

    def _shell(self, argv: tuple[str, ...], cwd: str, evidence: Evidence, script: str, depth: int) -> None:
        self.needs_shell = True
        if argv[0].lstrip("/").rpartition("/")[2] not in ("sh",):
            self.started.append(Started((argv[0],), argv[0], cwd, evidence, script=script))
        options = [word for word in argv[1:] if word.startswith("-")]
        if any(re.fullmatch(r"-\w*l\w*|--login", word) for word in options):
            self.login = replace(evidence, says="a login shell sets PATH anew")
        operands = [word for word in argv[1:] if not word.startswith("-") and word != "pipefail"]
        if any(re.fullmatch(r"-\w*c\w*", word) for word in options):
            if operands:
                self.text(operands[0], cwd, evidence, script, depth + 1)
            return
        if not operands:
            return
        path = absolute(operands[0], cwd)
        context_path = self.resolve(path)
        text = self.stage.context.read(context_path) if context_path else None
        if context_path is None or text is None:
            self.started.append(Started(argv, argv[0], cwd, evidence, script=script))
            return
        if path not in self.scripts:
            self.scripts[path] = context_path
            self._script_text(text, cwd, context_path, depth, tuple(operands[1:]))

    def _script_text(self, text: str, cwd: str, context_path: str, depth: int, arguments: tuple[str, ...]) -> None:
        self.text(text, cwd, Evidence(context_path, 1, "the start script"), context_path, depth + 1, arguments)

    def text(
        self, text: str, cwd: str, evidence: Evidence, script: str = "", depth: int = 0, arguments: tuple[str, ...] = ()
    ) -> None:
        """The commands of a shell text."""
        if depth > MAX_DEPTH:
            return
        parsed = shell.parse(text, self.stage.after.env)
        if parsed.opaque and "background" not in parsed.opaque:
            self.unreadable.append(replace(evidence, says=f"cannot be followed: {parsed.opaque}"))
        here = cwd
        for command in parsed.commands:
            line = text.count("\n", 0, command.start)
            place = Evidence(evidence.path, evidence.line + line if script else evidence.line, evidence.says)
            for piece in command.pieces:
                self._command(piece, here, place, script, depth, arguments)
            self._command(command, here, place, script, depth, arguments)
            if command.name == "cd" and len(command.words) == 2 and command.words[1].known and not command.conditional:
                here = absolute(command.words[1].text, here)

    def _command(
        self, command: shell.Command, cwd: str, evidence: Evidence, script: str, depth: int, arguments: tuple[str, ...]
    ) -> None:
        writes = tuple(
            absolute(item.target.text, cwd) if item.target.known else "?"
            for item in command.redirects
            if item.target is not None
            and item.operator.startswith((">", "&>"))
            and not item.target.text.startswith("/dev/")
        )
        if not command.words:
            return
        argv = command.argv
        known = all(word.known for word in command.words)
        if "$@" in argv or "$*" in argv:
            at = argv.index("$@") if "$@" in argv else argv.index("$*")
            argv = (*argv[:at], *arguments, *argv[at + 1 :])
            known = True
            if not arguments and argv in (("exec",), ()):
                return
        if argv[0] in ("source", ".") and len(argv) > 1:
            self._shell(("/bin/sh", argv[1]), cwd, evidence, script, depth)
            return
        if argv[0] in launch_words.builtins() and argv[0] not in ("exec", "command", "eval"):
            if writes:
                self.started.append(Started(argv, argv[0], cwd, evidence, known, script, command.conditional, writes))
            return
        if argv[0] == "eval" or "$" in argv[0] or (not command.words[0].known and argv == command.argv):
            self.unreadable.append(replace(evidence, says=f"`{argv[0]}` is computed when it starts"))
            return
        self.argv(argv, cwd, evidence, script, depth + 1, conditional=command.conditional, known=known, writes=writes)
