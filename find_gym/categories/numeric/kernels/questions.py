"""Questions of Python about rules; see `find_gym.categories.numeric.kernels.asking`."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.core.kernels.compiling import kernel


@kernel("int64(int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], int64, float64[:, ::1])")
def write_span(rule: Any, limits: Any, table: Any, x: Any, degree: int, block: Any) -> int:
    """Asks for the span of a rule; see `find_gym.categories.numeric.kernels.asking.functions_of`.

    Args:
        rule: the rule.
        limits: what is known of each constant.
        table: its table.
        x: inputs, shape `(n,)`.
        degree: the degree of its polynomials.
        block: where to write the functions.
    """
    words = asking.question(rule, table.shape[0], table.shape[1], degree)
    known = rule, limits, rule[asking.CODE :].copy(), words, np.int64(table.ctypes.data)
    return int(asking.functions_of(known, asking.SPAN, x, block))
