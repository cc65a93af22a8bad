"""Dataclasses that cost next to nothing to define: their methods are shared, or made when they are used much.

The standard library compiles up to nine methods for each class when its module is imported, which for all classes of
this program takes longer than refactoring a file. The decorator here takes the part of its parameters that the program
uses, and to type checkers it is the standard one. `fields` here knows these classes, `dataclasses.fields` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:
    import operator
    from collections.abc import Callable
    from dataclasses import FrozenInstanceError

    _ABSENT = object()
    _COMPILED_FROM = 50  # instances

    class _Field:
        """What is written after the annotation of one field; `name` is the class's."""

        __slots__ = ("default", "factory", "name", "repr")

        def __init__(self, default: Any, factory: Any, repr: bool) -> None:
            self.default = default
            self.factory = factory
            self.repr = repr

    def field(*, default: Any = _ABSENT, default_factory: Any = _ABSENT, repr: bool = True) -> Any:
        return _Field(default, default_factory, repr)

    def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False) -> Callable:
        return lambda cls: _record(cls, frozen, slots, eq, order)

    def replace(record: Any, /, **changes: Any) -> Any:
        for item in record.__record_fields__:
            if item.name not in changes:
                changes[item.name] = getattr(record, item.name)
        return type(record)(**changes)

    def fields(record: Any) -> tuple[_Field, ...]:
        return record.__record_fields__

    def _record(cls: type, frozen: bool, slots: bool, eq: bool, order: bool) -> type:
        fields = tuple(_field_of(cls, name) for name in cls.__annotations__)
        names = tuple(item.name for item in fields)
        members = {
            "__record_fields__": fields,
            "__match_args__": names,
            "__repr__": _repr,
            "__reduce__": _reduce,
            **({"__setattr__": _refuse_set, "__delattr__": _refuse_delete} if frozen else {}),
            **(_comparisons(names, frozen, order) if eq else {}),
        }
        cls = _slotted(cls, names, members) if slots else _with_members(cls, fields, members)
        cls.__init__ = _first_init(cls, fields, frozen, slots)
        return cls

    def _field_of(cls: type, name: str) -> _Field:
        written = cls.__dict__.get(name, _ABSENT)
        item = written if isinstance(written, _Field) else _Field(written, _ABSENT, True)
        item.name = name
        return item

    def _slotted(cls: type, names: tuple[str, ...], members: dict[str, Any]) -> type:
        """The class again, with slots, which it cannot be given later, and with `members`."""
        body = {key: value for key, value in cls.__dict__.items() if key not in names}
        body.pop("__dict__", None)
        body.pop("__weakref__", None)
        again = type(cls)(cls.__name__, cls.__bases__, {**body, **members, "__slots__": names})
        again.__qualname__ = cls.__qualname__
        return again

    def _with_members(cls: type, fields: tuple[_Field, ...], members: dict[str, Any]) -> type:
        for item in fields:
            if item.default is not _ABSENT:
                setattr(cls, item.name, item.default)
            elif item.name in cls.__dict__:
                delattr(cls, item.name)
        for name, member in members.items():
            setattr(cls, name, member)
        return cls

    def _first_init(cls: type, fields: tuple[_Field, ...], frozen: bool, slots: bool) -> Callable:
        """The `__init__` of the first instances. Compiling one takes as long as it does for them: it follows for a
        class with more, and for what does not match the fields, which it says as Python does."""
        made = 0

        def __init__(self: Any, /, *values: Any, **named: Any) -> None:
            nonlocal made
            made += 1
            given = _given(fields, values, named) if made < _COMPILED_FROM else None
            if given is None:
                if cls.__init__ is __init__:
                    cls.__init__ = _compiled(cls, fields, frozen, slots)
                cls.__init__(self, *values, **named)
                return
            for item, value in zip(fields, given, strict=True):
                object.__setattr__(self, item.name, value)

        return __init__

    def _given(fields: tuple[_Field, ...], values: tuple[Any, ...], named: dict[str, Any]) -> list[Any] | None:
        """The value of each field, None where the arguments do not match the fields."""
        found, used = list(values), 0
        for item in fields[len(values) :]:
            if item.name in named:
                found.append(named[item.name])
                used += 1
            elif item.factory is not _ABSENT:
                found.append(item.factory())
            elif item.default is not _ABSENT:
                found.append(item.default)
        return found if len(found) == len(fields) and used == len(named) else None

    def _compiled(cls: type, fields: tuple[_Field, ...], frozen: bool, slots: bool) -> Callable:
        known: dict[str, Any] = {"_ABSENT": _ABSENT}
        parameters, lines = [], []
        for item in fields:
            name, value = item.name, item.name
            if item.factory is not _ABSENT:
                parameters.append(f"{name}=_ABSENT")
                known[f"_new_{name}"] = item.factory
                value = f"_new_{name}() if {name} is _ABSENT else {name}"
            elif item.default is not _ABSENT:
                parameters.append(f"{name}=_is_{name}")
                known[f"_is_{name}"] = item.default
            else:
                parameters.append(name)
            if not frozen:
                lines.append(f" self.{name} = {value}")
            elif slots:
                known[f"_set_{name}"] = getattr(cls, name).__set__
                lines.append(f" _set_{name}(self, {value})")
            else:
                lines.append(f" self.__dict__[{name!r}] = {value}")
        exec(f"def __init__(self, {', '.join(parameters)}):\n" + ("\n".join(lines) or " pass"), known)
        known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        return known["__init__"]

    def _repr(self: Any) -> str:
        shown = (f"{item.name}={getattr(self, item.name)!r}" for item in self.__record_fields__ if item.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
        return type(self), tuple(getattr(self, item.name) for item in self.__record_fields__)

    def _refuse_set(self: Any, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_delete(self: Any, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _comparisons(names: tuple[str, ...], frozen: bool, order: bool) -> dict[str, Any]:
        key = operator.attrgetter(*names) if len(names) > 1 else _alone(names)  # of one, attrgetter gives no tuple

        def __eq__(self: Any, other: Any) -> bool:
            return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

        ordered = (operator.lt, operator.le, operator.gt, operator.ge) if order else ()
        return {
            "__eq__": __eq__,
            "__hash__": (lambda self: hash(key(self))) if frozen else None,
            **{f"__{comparison.__name__}__": _ordered(comparison, key) for comparison in ordered},
        }

    def _alone(names: tuple[str, ...]) -> Callable:
        return lambda self: tuple(getattr(self, name) for name in names)

    def _ordered(comparison: Callable, key: Callable) -> Callable:
        def compare(self: Any, other: Any) -> bool:
            return comparison(key(self), key(other)) if other.__class__ is self.__class__ else NotImplemented

        return compare


__all__ = ["dataclass", "field", "fields", "replace"]
