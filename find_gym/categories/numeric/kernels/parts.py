"""The parts of a sum or product as kernels see them, and how the constants of all of them lie in one row.

What is known of them is a list of integers: how many parts there are, how many rules are described, how many functions
the values of the whole are combinations of at most, for a quick look (-1 where they are none); how many constants all
parts have at most; which part is scanned, and the rule that is made of the others, -1 for none; then some words for
each rule, see `RULE`: first the parts, then that of the others, where these are several.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import borrowing_helper, helper

PARTS, RULES, WHOLE_SPAN, MOST_CONSTANTS, SCANNED, OTHERS, HEADER = range(7)
# Of a rule: where it lies and how long it is, where what is known of its constants lies and how many these are; its
# table, and where the rows are that inputs have there, 0 where it has none; the first part that is the same rule, and
# in products where to ask which factors it may be, 0 for nowhere, and what it is called there.
(
    RULE, RULE_SIZE, LIMITS, LIMIT_COUNT, TABLE, HEIGHT, WIDTH, ROWS, SAME, FACTORS, FACTOR_KIND, PER_RULE,
) = range(12)  # fmt: skip


@helper
def parts_from(structure: Any, degree: int) -> Any:
    """Returns rules, what is known of their constants, questions and tables, for `part_of`."""
    count, longest, most = structure[RULES], 0, 0
    for number in range(count):
        own = structure[HEADER + PER_RULE * number :]
        longest, most = max(longest, own[RULE_SIZE]), max(most, own[LIMIT_COUNT])
    # What follows a rule has the layout that its model is of: none yet.
    rules, limits = np.full((count, longest), -1), np.empty((count, 4, most))
    questions, tables = np.empty((count, asking.WORDS), np.int64), np.empty(count, np.int64)
    for number in range(count):
        own = structure[HEADER + PER_RULE * number :]
        copy_to(numba.carray(jobs.pointer(own[RULE]), (own[RULE_SIZE],), np.int64), rules[number])
        known = numba.carray(jobs.pointer(own[LIMITS]), (4, own[LIMIT_COUNT]), np.float64)
        for which in range(4):
            copy_to(known[which], limits[number, which])
        copy_to(asking.question(rules[number], own[HEIGHT], own[WIDTH], degree), questions[number])
        tables[number] = own[TABLE]
    return rules, limits, questions, tables


@helper
def part_of(parts: Any, number: int) -> Any:
    """Returns a rule as `find_gym.categories.numeric.kernels.asking` takes what is known of it."""
    rules, limits, questions, tables = parts
    rule = rules[number]
    return rule, limits[number], rule[asking.CODE :], questions[number], tables[number]


@helper
def rows_of(structure: Any, places: Any) -> Any:
    """Returns which rows of the table of each rule inputs have, of which the places among all of them are known."""
    rows = np.zeros((structure[RULES], places.size), np.int64)
    for number in range(rows.shape[0]):
        address = structure[HEADER + PER_RULE * number + ROWS]
        if address != 0:
            for i in range(places.size):
                # Nothing is known of how many there are but that places are among them.
                known = numba.carray(jobs.pointer(address), (places[i] + 1,), np.int64)
                rows[number, i] = known[places[i]]
    return rows


@borrowing_helper
def pack(parts: Any, part_rows: Any, row: Any) -> None:
    """Writes the row of the whole, given those of its m parts, shape `(m, r)`."""
    rules = parts[0]
    count, place, end = part_rows.shape[0], asking.CONSTANTS, row.size
    for part in range(count):
        end -= 2 + rules[part, asking.RULE_REST]
    for part in range(count):
        own, rest = part_rows[part], rules[part, asking.RULE_REST]
        size, last = int(own[asking.SIZE]), rules[part, asking.RULE_ROW]
        for k in range(size):
            row[place + k] = own[asking.CONSTANTS + k]
        place += size
        row[end], row[end + 1] = own[asking.LAYOUT], own[asking.SIZE]
        for k in range(rest):
            row[end + 2 + k] = own[last - rest + k]
        end += 2 + rest
    row[asking.LAYOUT], row[asking.SIZE] = 0.0, place - asking.CONSTANTS


@borrowing_helper
def unpack(parts: Any, row: Any, left_out: int, part_rows: Any) -> None:
    """Writes the rows of the parts, given that of the whole, or of the rule that is made of all parts but one.

    Args:
        parts: the parts.
        row: the row.
        left_out: the part that is left out; -1 for none.
        part_rows: where to write the rows, shape `(m, r)`.
    """
    rules = parts[0]
    count, place, end = part_rows.shape[0], asking.CONSTANTS, row.size
    for part in range(count):
        if part != left_out:
            end -= 2 + rules[part, asking.RULE_REST]
    for part in range(count):
        if part == left_out:
            continue
        own, rest = part_rows[part], rules[part, asking.RULE_REST]
        size, last = int(row[end + 1]), rules[part, asking.RULE_ROW]
        own[asking.LAYOUT], own[asking.SIZE] = row[end], row[end + 1]
        for k in range(size):
            own[asking.CONSTANTS + k] = row[place + k]
        place += size
        for k in range(rest):
            own[last - rest + k] = row[end + 2 + k]
        end += 2 + rest
