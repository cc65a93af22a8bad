"""The transforms and reason codes that people may name, and what `explain` says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from dockrefactor.outcome import Reason, ReasonEnum, Transform
from dockrefactor.records import dataclass


class UnknownNameError(LookupError):
    """A name that no transform or reason has; its text says so and names what is like it."""


@dataclass(frozen=True, slots=True)
class ReasonUse:
    """A reason and who gives it: a transform's name, or the part of the program that every transform goes through."""

    by: str
    reason: Reason


class Catalogue:
    """All transforms and reasons of one run."""

    def __init__(self, transforms: Sequence[Transform], shared: Sequence[tuple[str, type[ReasonEnum]]] = ()) -> None:
        """`shared` are reasons that belong to no transform, each enum with the name of what gives them."""
        self.transforms = tuple(transforms)
        self._shared = tuple(shared)

    @cached_property
    def uses(self) -> dict[str, list[ReasonUse]]:
        """The reasons by their codes."""
        found: dict[str, list[ReasonUse]] = {}
        for name, enum in (*((item.name, item.reasons) for item in self.transforms), *self._shared):
            for member in enum:
                found.setdefault(member.reason.code, []).append(ReasonUse(name, member.reason))
        return found

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(transform.name for transform in self.transforms)

    @property
    def liftable(self) -> tuple[str, ...]:
        """Codes that `--assume` accepts, sorted."""
        return tuple(sorted(code for code, uses in self.uses.items() if any(use.reason.liftable for use in uses)))

    def selected(
        self, select: Sequence[str] | None, ignore: Sequence[str] | None, also: Sequence[str] | None = None
    ) -> tuple[Transform, ...]:
        """The transforms in `select` (None for all but those on request) and in `also`, without those in `ignore`, in
        their own order."""
        return tuple(
            item
            for item in self.transforms
            if (item.name in select if select is not None else not item.on_request) or item.name in (also or ())
            if item.name not in (ignore or ())
        )

    def check_transforms(self, names: Sequence[str]) -> None:
        """Raises UnknownNameError."""
        for name in names:
            if name not in self.names:
                raise UnknownNameError(f"no transform {name!r}{_listed(self.names)}")

    def check_assumptions(self, codes: Sequence[str]) -> None:
        """Raises UnknownNameError for what is no reason code, or for one that cannot be lifted."""
        for code in codes:
            if code not in self.uses:
                raise UnknownNameError(f"no reason code {code!r}{_listed(self.liftable)}")
            if code not in self.liftable:
                raise UnknownNameError(f"{code!r} cannot be lifted{_listed(self.liftable)}")

    def overview(self) -> str:
        """The list of transforms, and that of the reason codes."""
        rows = ["Transforms, in the order in which they are applied:", ""]
        rows += _columns([(item.name, _first_line(item.documentation)) for item in self.transforms])
        rows += ["", "Reason codes (* can be lifted with --assume):", ""]
        mark = {True: "*", False: ""}
        rows += _columns(
            [(code + mark[code in self.liftable], uses[0].reason.says) for code, uses in sorted(self.uses.items())]
        )
        return "\n".join(rows) + "\n"

    def explain(self, name: str) -> str:
        """The page of a transform or of a reason code. Raises UnknownNameError."""
        for transform in self.transforms:
            if transform.name == name:
                return "\n".join(self._transform_page(transform)) + "\n"
        if name in self.uses:
            return "\n".join(self._reason_page(name)) + "\n"
        raise UnknownNameError(f"no transform or reason code {name!r}{self._like(name)}")

    def _transform_page(self, transform: Transform) -> Iterator[str]:
        yield transform.name
        yield ""
        yield transform.documentation.rstrip() or "(no documentation)"
        yield ""
        yield "Reasons:"
        yield ""
        yield from _columns([(member.reason.code, member.reason.says) for member in transform.reasons])

    def _reason_page(self, code: str) -> Iterator[str]:
        yield code
        texts: dict[Reason, list[str]] = {}
        for use in self.uses[code]:
            texts.setdefault(use.reason, []).append(use.by)
        for reason, users in texts.items():
            yield ""
            yield reason.says
            yield f"What to do: {reason.remedy}"
            yield f"Assumption: {f'--assume {code} accepts it' if reason.liftable else 'no, --assume does not lift it'}"
            yield f"Given by: {', '.join(dict.fromkeys(users))}"

    def _like(self, name: str) -> str:
        from difflib import get_close_matches

        close = get_close_matches(name, [*self.names, *self.uses], n=3, cutoff=0.5)
        return f"; did you mean {' or '.join(close)}?" if close else "; `dockrefactor explain` lists them all"


def _listed(names: Sequence[str]) -> str:
    return f"; there are: {', '.join(names)}" if names else "; there are none"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(first) for first, _ in rows), default=0)
    return [f"  {first:<{width}}  {second}".rstrip() for first, second in rows] or ["  (none)"]
