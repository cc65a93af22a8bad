"""The refactorings, in the order in which they are applied."""

from __future__ import annotations

from dockrefactor.outcome import Transform
from dockrefactor_transforms import split_stages

TRANSFORMS: tuple[Transform, ...] = (split_stages.TRANSFORM,)
