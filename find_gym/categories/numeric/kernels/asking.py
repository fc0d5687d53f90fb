"""What fitting knows of a rule, asked for at an address: first estimates of its constants, and others that are plainer.

At the address is a function with the arguments of `ask`. It is compiled for the atoms of this package, see
`find_gym.categories.numeric.kernels.{lines,grids,sines,quotients}`; for other atoms, and for sums and products, Python
is called back, see `find_gym.categories.numeric.fitting.knowledge`.

Constants are exchanged as rows: how they lie (`LAYOUT`), how many they are (`SIZE`), then the constants. For a compiled
atom, the first is the number of constants in the first part of a quotient, else of all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import borrowing_helper, helper

# What may be asked: estimates of constants such that factors times the rule's values are near a target; those with
# which the rule is about a level; of all constants that make the same function those that are drawn, where they are
# known exactly and where they are blurred; other constants, near those that are drawn, that make the same function; the
# constants of a combination of the functions of the basis; the rule with a polynomial of lower degree; how the rule
# with constants that lie like those of a row is evaluated.
ESTIMATES, LEVEL, CANONICAL, CANONICAL_NOISY, EQUIVALENTS, FROM_BASIS, SHORTER, MODEL = range(8)
LAYOUT, SIZE, CONSTANTS = range(3)
# The words of a question: what is asked, which of the atoms behind the address it is about, how many points there are,
# the degree of polynomials, whether estimates are to be polished, how many rows and columns the table has and the first
# part of
# it, the length of a row, the number of an atom; how many times Python was asked, until it has answered, else 0.
MODE, KIND, COUNT, DEGREE, POLISH, HEIGHT, WIDTH, SPLIT, ROW, ATOM, ASKED = range(11)
WORDS = 11
# The greatest number of rows that are answered.
ROWS = 6
# What a signal raises as Python begins to answer is lost there, and with it the answer: the question is asked again.
_TIMES = 3

SIGNATURE = "int64({1}, {0}, {0}, {0}, {1}, {0}, {0})".format("CPointer(float64)", "CPointer(int64)")


@intrinsic
def _call_at(
    typing: Any, address: Any, words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any
) -> Any:
    """Calls the function at an address; arrays are given by their addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        numbers, integers = ir.DoubleType().as_pointer(), word.as_pointer()
        kinds = [integers, numbers, numbers, numbers, integers, numbers, numbers]
        called = builder.inttoptr(arguments[0], ir.FunctionType(word, kinds).as_pointer())
        given = [builder.inttoptr(one, kind) for one, kind in zip(arguments[1:], kinds, strict=True)]
        return builder.call(called, given)

    return types.int64(*[types.int64] * 8), generate


# As a kernel calls it, without the context of types.
_call: Any = _call_at


@borrowing_helper
def ask(address: int, words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: int, answer: Any) -> int:
    """Asks what fitting knows of a rule.

    Args:
        address: where the answer is known.
        words: the question; see `MODE` and what follows it.
        x: inputs, shape `(n,)`.
        target: what the rule times the multiplier should be, shape `(n,)`; for a level, its only entry.
        multiplier: factors, shape `(n,)`.
        rows: which rows of the table the inputs have, shape `(n,)`.
        table: the address of values of shapes at known inputs; see `find_gym.categories.numeric.estimation.columns`.
        answer: rows of constants, shape `(ROWS, r)`: those that the question is about, and where to write the answer.

    Returns:
        How many rows were written, the best first; 0 where there are none, or nothing changes.
    """
    words[COUNT], calls_back = x.size, words[ASKED]
    for _ in range(_TIMES):
        count = _call(
            address, words.ctypes.data, x.ctypes.data, target.ctypes.data, multiplier.ctypes.data, rows.ctypes.data,
            table, answer.ctypes.data,
        )  # fmt: skip
        if words[ASKED] == 0:
            words[ASKED] = calls_back
            return int(count)
        words[ASKED] += 1
    raise RuntimeError("expected an answer of Python, actual: none")


# What a kernel takes for a rule: the address to ask at, which of the atoms there it is, whether its first estimate is
# the best there is, whether estimates are numbers that are drawn, so that nothing is to be made plain, whether a factor
# common to all constants makes no difference, how polynomials are lowered (`NEVER`,
# `AT_ONCE`, `IN_TURN`), whether Python is called back, the length of a row of constants, the first part of the table,
# how the constants of a level lie and how many they are, how many atoms the rule has; then the code of its model, see
# `find_gym.categories.numeric.kernels.models`, and the layout that this is of.
(
    ADDRESS, RULE_KIND, SOLVED, DRAWN, HOMOGENEOUS, LOWERED, CALLED_BACK, RULE_ROW, RULE_SPLIT, LEVEL_LAYOUT,
    LEVEL_SIZE, ATOMS, CODE,
) = range(13)  # fmt: skip
# What is known of each constant: with how many decimals it is drawn, its least and its greatest value, what it is where
# the rule is about a level, NaN for the level itself.
DECIMALS, LOWEST, HIGHEST, AT_LEVEL = range(4)
NEVER, AT_ONCE, IN_TURN = range(3)


@helper
def question(rule: Any, height: int, width: int, degree: int) -> Any:
    """Returns the words of questions about a rule, whose mode is still to be set."""
    words = np.zeros(WORDS, np.int64)
    words[KIND], words[ROW], words[SPLIT] = rule[RULE_KIND], rule[RULE_ROW], rule[RULE_SPLIT]
    words[HEIGHT], words[WIDTH], words[DEGREE], words[ASKED] = height, width, degree, rule[CALLED_BACK]
    return words


@borrowing_helper
def ask_about(known: Any, mode: int, answer: Any) -> int:
    """Asks what is to be said of the constants in the first row of an answer, without evidence; see `ask`."""
    rule, _, _, words, table = known
    words[MODE] = mode
    nothing = answer[0, :0]
    return ask(rule[ADDRESS], words, nothing, nothing, nothing, words[:0], table, answer)


@borrowing_helper
def set_model(known: Any, row: Any) -> None:
    """Makes the model one of a rule with constants that lie like those of a row."""
    rule, _, model, _, _ = known
    layout, size = int(row[LAYOUT]), int(row[SIZE])
    if rule[CALLED_BACK] == 0:
        model[1], model[5], model[6] = size, layout, size - layout
    elif model[-1] != layout:
        _ask_for_model(known, layout, size)


@helper
def _ask_for_model(known: Any, layout: int, size: int) -> None:
    """Writes the model of a rule that calls back, and what is known of each of its constants."""
    rule, limits, model, words, _ = known
    # The code, then decimals, least and greatest value of each constant.
    answer = np.empty((ROWS, rule[RULE_ROW]))
    words[ATOM] = layout
    ask_about(known, MODEL, answer)
    flat = answer.reshape(-1)
    length = int(flat[0])
    for k in range(length):
        model[k] = int(flat[1 + k])
    for k in range(size):
        for which in range(3):
            limits[which, k] = flat[1 + length + which * size + k]
    model[-1] = layout


@helper
def constants_of(row: Any) -> Any:
    """Returns the constants in a row."""
    return row[CONSTANTS : CONSTANTS + int(row[SIZE])]
