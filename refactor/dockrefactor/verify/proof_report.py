"""What is said of proofs: a table for people, Markdown for a pull request, JSON (`data/verify_schema.json`)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dockrefactor.verify.building import Step
from dockrefactor.verify.findings import Finding, Verdict, Weight
from dockrefactor.verify.proving import Proof, Side
from dockrefactor.verify.repairing import Repair

SCHEMA_VERSION: Final = 1
_SHOWN_PACKAGES: Final = 6
_COLOURS: Final = {Verdict.PROVED: "green", Verdict.NOT_TRIED: "yellow", Verdict.ORIGINAL_BROKEN: "yellow"}
_WIDTH: Final = 100


def exit_code(proofs: Iterable[Proof]) -> int:
    """0 where all are proved; else 2 where one could not be tried, else 1. Files that the refactoring leaves as they
    are do not count, unless there are no others: then nothing was proved."""
    codes = [proof.verdict.exit_code for proof in proofs if not proof.is_unchanged]
    return max(codes, default=Verdict.NOT_TRIED.exit_code)


def stated(proof: Proof) -> str:
    """The verdict in words, with its reason where it has one."""
    return f"{proof.verdict}: {proof.reason}" if proof.reason else str(proof.verdict)


def rows(proof: Proof) -> list[tuple[str, str, str]]:
    """What was measured: (what, original, result)."""
    before, after = proof.before, proof.after
    if before is None or after is None:
        return []
    found = [
        ("size", _megabytes(before.size), f"{_megabytes(after.size)}{_percent(before.size, after.size)}"),
        ("layers", str(before.layers), str(after.layers)),
        ("files", f"{before.files:,}", f"{after.files:,}"),
        ("packages", str(len(before.packages)), f"{len(after.packages)}{_gone(before, after)}"),
        ("setuid files", str(len(before.setuid)), str(len(after.setuid))),
        ("user", before.user or "root", after.user or "root"),
    ]
    if proof.rebuilt is not None:
        steps = (_cached(proof.rebuilt.before), _cached(proof.rebuilt.after))
        found.append((f"from the cache after an edit of {proof.rebuilt.edit.file}", *steps))
    return found


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _percent(before: int, after: int) -> str:
    return f" ({100 * (after - before) / before:+.0f} %)" if before else ""


def _gone(before: Side, after: Side) -> str:
    gone = sorted(before.packages - after.packages)
    if not gone:
        return ""
    more = ", …" if len(gone) > _SHOWN_PACKAGES else ""
    return f" ({len(gone)} gone: {', '.join(gone[:_SHOWN_PACKAGES])}{more})"


def _cached(steps: Sequence[Step]) -> str:
    return f"{sum(step.cached for step in steps)} of {len(steps)} steps"


def repair_text(repair: Repair, verdict: Verdict) -> str:
    """What a repair learned, for people; as configuration only where it led to a proof."""
    if not repair.says:
        return "nothing was to be mended\n" if verdict is Verdict.PROVED else "nothing that could mend it was found\n"
    if verdict is not Verdict.PROVED:
        return "\n".join(["tried in vain:", *(f"  - {line}" for line in repair.says), ""])
    lines = ["learned from the builds:", *(f"  - {line}" for line in repair.says), ""]
    if repair.settings:
        lines += ["as configuration (pyproject.toml), so that no build is needed next time:", "", repair.toml(), ""]
    return "\n".join([*lines, repair.diff])


def text(proofs: Sequence[Proof], *, is_terminal: bool, verbose: bool = False) -> str:
    """For people: a table for each proof, then what was found."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(
        file=io.StringIO(), force_terminal=is_terminal, width=None if is_terminal else _WIDTH, highlight=False
    )
    for proof in proofs:
        console.print(Text.assemble((proof.name, "bold"), ": ", (stated(proof), _COLOURS.get(proof.verdict, "red"))))
        measured = rows(proof)
        if measured:
            table = Table("", "original", "result", box=box.SIMPLE_HEAD)
            for row in measured:
                table.add_row(*map(Text, row))
            console.print(table)
        if proof.compared:
            console.print(Text(f"compared: {', '.join(proof.compared)}"))
        for finding in shown(proof, verbose=verbose):
            console.print(Text(f"  {finding.weight}: {finding}"), soft_wrap=True)
        console.print()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown(proof: Proof, *, verbose: bool) -> list[Finding]:
    """The findings that people want to see: all that count, and the notes where they are wished."""
    return [finding for finding in proof.findings if verbose or finding.weight is not Weight.NOTE]


def markdown(proofs: Sequence[Proof]) -> str:
    """For a pull request."""
    parts = []
    for proof in proofs:
        parts.append(f"### `{proof.name}`: {_escaped(stated(proof))}\n")
        measured = rows(proof)
        if measured:
            lines = ["| | original | result |", "| --- | --- | --- |"]
            lines += [f"| {' | '.join(map(_escaped, row))} |" for row in measured]
            parts.append("\n".join(lines) + "\n")
        if proof.compared:
            parts.append(f"Compared: {_escaped(', '.join(proof.compared))}.\n")
        for finding in proof.findings:
            first, _, rest = str(finding).partition("\n")
            block = "\n".join(f"  {line}" for line in rest.split("\n")) if rest else ""
            fenced = f"\n  ```text\n{block}\n  ```" if block else ""
            parts.append(f"- **{finding.weight}**: {_escaped(first)}{fenced}\n")
    return "\n".join(parts)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def document(
    proofs: Sequence[Proof], version: str, engine: str, repairs: Mapping[str, Repair] | None = None
) -> dict[str, Any]:
    """The JSON report; `repairs` by the names of the files."""
    mended = repairs or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "verify",
        "tool": {"name": "dockrefactor", "version": version},
        "engine": engine,
        "files": [{**_proof(proof), "repair": _repair(mended.get(proof.name))} for proof in proofs],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "path": proof.name,
        "verdict": str(proof.verdict),
        "reason": proof.reason,
        "compared": list(proof.compared),
        "findings": [
            {
                "check": item.check,
                "weight": str(item.weight),
                "says": item.says,
                "lacks": {"kind": str(item.lacks), "what": item.what} if item.lacks is not None else None,
            }
            for item in proof.findings
        ],
        "original": _side(proof.before),
        "result": _side(proof.after),
        "rebuild": None
        if proof.rebuilt is None
        else {
            "edited": proof.rebuilt.edit.file,
            "original": [{"step": step.text, "cached": step.cached} for step in proof.rebuilt.before],
            "result": [{"step": step.text, "cached": step.cached} for step in proof.rebuilt.after],
        },
    }


def _repair(repair: Repair | None) -> dict[str, Any] | None:
    if repair is None:
        return None
    settings = {key: list(values) for key, values in repair.settings.items()}
    return {"rounds": repair.rounds, "settings": settings, "learned": list(repair.says), "diff": repair.diff}


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "size": side.size,
        "layers": side.layers,
        "user": side.user,
        "files": side.files,
        "packages": sorted(side.packages),
        "setuid": sorted(side.setuid),
    }
