"""The refactorings, in the order in which they are applied."""

from __future__ import annotations

from dockrefactor.outcome import Transform
from dockrefactor_transforms import add_user, narrow_copies, order_copies, split_stages

TRANSFORMS: tuple[Transform, ...] = (
    split_stages.TRANSFORM,
    order_copies.TRANSFORM,
    narrow_copies.TRANSFORM,
    add_user.TRANSFORM,
)
