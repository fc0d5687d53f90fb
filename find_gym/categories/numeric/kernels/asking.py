"""What fitting knows of a rule, asked for at an address: first estimates of its constants, and others that are plainer.

At the address is a function with the arguments of `ask`. It is compiled for the atoms of this package, see
`find_gym.categories.numeric.kernels.{lines,grids,sines,quotients}`, and for sums and products, see
`find_gym.categories.numeric.kernels.compounds`, which ask about their parts in turn. For other atoms Python is called
back, see `find_gym.categories.numeric.fitting.called_back`.

Constants are exchanged as rows: how they lie (`LAYOUT`), how many they are (`SIZE`), then the constants. For a compiled
atom, the first is the number of constants in the first part of a quotient, else of all. The row of a sum or product
ends with what is so known of its parts, one after the other: how their constants lie, how many these are, and, where a
part is a sum or product, what its own row ends with.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.categories.numeric.kernels.models import linearise
from find_gym.core.kernels.compiling import borrowing_helper, helper

# What may be asked: estimates of constants such that factors times the rule's values are near a target; those with
# which the rule is about a level; of all constants that make the same function those that are drawn, where they are
# known exactly and where they are blurred; other constants, near those that are drawn, that make the same function; the
# constants of a combination of the functions of the basis; the rule with a polynomial of lower degree; how the rule
# with constants that lie like those of a row is evaluated; the functions that the rule's values are combinations of
# (see `functions_of`), all of which some constants stand for, or for a quick look; what an atom may be as one of the
# factors of outputs, and where these tell.
ESTIMATES, LEVEL, CANONICAL, CANONICAL_NOISY, EQUIVALENTS, FROM_BASIS, SHORTER, MODEL, BASIS, SPAN, FACTORS = range(11)
LAYOUT, SIZE, CONSTANTS = range(3)
# The words of a question: what is asked, which of the atoms behind the address it is about, how many points there are,
# the degree of polynomials, whether estimates are to be polished, how many rows and columns the table has and the first
# part of it, the length of a row, the number of an atom, or of factors; how many times was asked what says when it has
# answered, until it has, else 0.
MODE, KIND, COUNT, DEGREE, POLISH, HEIGHT, WIDTH, SPLIT, ROW, ATOM, ASKED = range(11)
WORDS = 11
# The greatest number of rows that are answered.
ROWS = 6
# FIND's polynomials have so many coefficients at least.
FEWEST = 3
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
    words[COUNT], tells = x.size, words[ASKED]
    for _ in range(_TIMES):
        count = _call(
            address, words.ctypes.data, x.ctypes.data, target.ctypes.data, multiplier.ctypes.data, rows.ctypes.data,
            table, answer.ctypes.data,
        )  # fmt: skip
        if words[ASKED] == 0:
            words[ASKED] = tells
            return int(count)
        words[ASKED] += 1
    raise RuntimeError("expected an answer, actual: none")


# What a kernel takes for a rule: the address to ask at; which of the atoms there it is; whether it is a compiled atom,
# so that its model and its levels are known without asking; whether its first estimate is the best there is; whether
# estimates are numbers that are drawn, so that nothing is to be made plain; whether a factor common to all constants
# makes no difference; how polynomials are lowered (`NEVER`, `AT_ONCE`, `IN_TURN`); whether Python is called back; the
# length of a row of constants, and of what is known of parts at its end; the first part of the table; how the constants
# of a level lie and how many they are; how many atoms the rule has; of how many functions its values are combinations,
# and for a quick look, -1 where they are none; the places of the constants that an atom is linear in, as bits, all of
# them -1; how many constants of an atom are looked up in its grid, as no other way leads to them, else 0; then the code
# of its model, see `find_gym.categories.numeric.kernels.models`, and the layout that this is of.
(
    ADDRESS, RULE_KIND, KNOWN, SOLVED, DRAWN, HOMOGENEOUS, LOWERED, CALLED_BACK, RULE_ROW, RULE_REST, RULE_SPLIT,
    LEVEL_LAYOUT, LEVEL_SIZE, ATOMS, BASIS_SIZE, SPAN_SIZE, LINEAR, GRID, CODE,
) = range(19)  # fmt: skip
# What is known of each constant: with how many decimals it is drawn, its least and its greatest value, what it is where
# the rule is about a level, NaN for the level itself.
DECIMALS, LOWEST, HIGHEST, AT_LEVEL = range(4)
NEVER, AT_ONCE, IN_TURN = range(3)


@helper
def question(rule: Any, height: int, width: int, degree: int) -> Any:
    """Returns the words of questions about a rule, whose mode is still to be set."""
    words = np.zeros(WORDS, np.int64)
    words[KIND], words[ROW], words[SPLIT] = rule[RULE_KIND], rule[RULE_ROW], rule[RULE_SPLIT]
    words[HEIGHT], words[WIDTH], words[DEGREE], words[ASKED] = height, width, degree, 1 - rule[KNOWN]
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
    if rule[KNOWN]:
        model[1], model[5], model[6] = size, layout, size - layout
    elif rule[ATOMS] > 1 or model[-1] != layout:
        _ask_for_model(known, row)


@helper
def _ask_for_model(known: Any, row: Any) -> None:
    """Writes the model of a rule that is not a compiled atom, and what is known of each of its constants."""
    rule, limits, model, _, _ = known
    # The code, then decimals, least and greatest value of each constant.
    answer = np.empty((ROWS, rule[RULE_ROW]))
    for k in range(rule[RULE_ROW]):
        answer[0, k] = row[k]
    ask_about(known, MODEL, answer)
    flat, size = answer.reshape(-1), int(row[SIZE])
    length = int(flat[0])
    for k in range(length):
        model[k] = int(flat[1 + k])
    for k in range(size):
        for which in range(3):
            limits[which, k] = flat[1 + length + which * size + k]
    model[-1] = int(row[LAYOUT])


@borrowing_helper
def functions_of(known: Any, mode: int, x: Any, block: Any) -> int:
    """Asks which functions a rule's values are combinations of, whatever its constants.

    Args:
        known: the rule.
        mode: `BASIS` or `SPAN`.
        x: inputs, shape `(n,)`.
        block: where to write what is in all of the combinations, then the functions, shape `(1 + k, n)`; k is the
            rule's `BASIS_SIZE` or `SPAN_SIZE`, which is not negative.

    Returns:
        How many functions there are, at most k.
    """
    rule, _, model, words, table = known
    if rule[KNOWN] and rule[LEVEL_SIZE] == 0:
        # A compiled atom without constants.
        model[1] = model[5] = model[6] = 0
        linearise(model, x[:0], x, block[:1], block[:1], block[1:])
        return 0
    words[MODE] = mode
    for i in range(x.size):
        block[0, i] = 0.0
    return ask(rule[ADDRESS], words, x, x, x, words[:0], table, block)


@helper
def write_level(known: Any, level: float, row: Any) -> bool:
    """Writes a row of constants with which a rule is about a level; returns False where Python raised an error."""
    rule, limits, _, words, table = known
    if not rule[KNOWN]:
        answer, wanted = np.empty((ROWS, rule[RULE_ROW])), np.full(1, level)
        words[MODE] = LEVEL
        found = ask(rule[ADDRESS], words, wanted, wanted, wanted, np.zeros(1, np.int64), table, answer)
        for k in range(rule[RULE_ROW]):
            row[k] = answer[0, k]
        return found > 0
    row[LAYOUT], row[SIZE] = rule[LEVEL_LAYOUT], rule[LEVEL_SIZE]
    for k in range(rule[LEVEL_SIZE]):
        constant = limits[AT_LEVEL, k]
        row[CONSTANTS + k] = level if math.isnan(constant) else constant
    return True


@helper
def constants_of(row: Any) -> Any:
    """Returns the constants in a row."""
    return row[CONSTANTS : CONSTANTS + int(row[SIZE])]
