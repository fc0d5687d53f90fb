"""What there is to fit."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from numpy.typing import ArrayLike

from find_gym.categories.numeric.rules import Skeleton
from find_gym.categories.numeric.variants import RegionKind

Effort = Literal["full", "quick"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)


class Problem(NamedTuple):
    """A rule without constants, and the evidence that its constants are to explain; see `fit_skeleton`."""

    skeleton: Skeleton
    region_kinds: tuple[RegionKind, ...]
    x: ArrayLike
    y: ArrayLike
