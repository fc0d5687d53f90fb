"""The space of texts, which other processes can't share."""

from __future__ import annotations

from typing import Any, NoReturn

from gymnasium import spaces
from gymnasium.vector.utils import create_shared_memory


class Texts(spaces.Text):
    """Gymnasium's `Text`, but that an `AsyncVectorEnv` says so where it can't serve it.

    With shared memory, that class decodes texts once, when it is made, and hands out the same ones ever after.
    """


@create_shared_memory.register(Texts)
def _share(space: Texts, n: int = 1, ctx: Any = None) -> NoReturn:
    raise ValueError(
        "expected vector_kwargs={'shared_memory': False} where vectorization_mode='async' and observations are texts, "
        "actual: shared memory, in which texts do not change"
    )
