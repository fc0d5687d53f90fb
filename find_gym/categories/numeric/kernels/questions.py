"""Questions of Python about atoms that are compiled; see `find_gym.categories.numeric.kernels.asking`."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.core.kernels.compiling import kernel


@kernel("int64(int64[::1], int64, float64[:, ::1], float64[:, ::1])")
def answer_question(rule: Any, mode: int, points: Any, answer: Any) -> int:
    """Asks a question that needs no table; see `find_gym.categories.numeric.kernels.asking.ask`.

    Args:
        rule: the atom.
        mode: what is asked.
        points: inputs, outputs and factors, shape `(3, n)`.
        answer: rows of constants, where the answer is written.
    """
    words = asking.question(rule, 0, 0, 0)
    words[asking.MODE] = mode
    rows = np.zeros(points.shape[1], np.int64)
    return int(asking.ask(rule[asking.ADDRESS], words, points[0], points[1], points[2], rows, 0, answer))
