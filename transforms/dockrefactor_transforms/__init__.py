"""The refactorings, in the order in which they are applied."""

from __future__ import annotations

from dockrefactor.outcome import Transform
from dockrefactor_transforms import (
    add_user,
    extend_dockerignore,
    layer_jars,
    link_copies,
    mount_caches,
    name_stages,
    narrow_copies,
    order_copies,
    separate_tests,
    split_stages,
)

TRANSFORMS: tuple[Transform, ...] = (
    extend_dockerignore.TRANSFORM,
    split_stages.TRANSFORM,
    order_copies.TRANSFORM,
    narrow_copies.TRANSFORM,
    add_user.TRANSFORM,
    layer_jars.TRANSFORM,
    mount_caches.TRANSFORM,
    name_stages.TRANSFORM,
    separate_tests.TRANSFORM,
    link_copies.TRANSFORM,
)
