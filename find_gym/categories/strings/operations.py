"""The table of string operations: behaviour, constants, English and source code of each in one entry.

To add one, append an entry to the file of its kind (`rearranging`, `counting`, `shifting`, `editing`), after those that
are marked as released, or register it; samplers, descriptions, sources, the grammar of the environment and the fitting
all read this table. Names, behaviour and ranges are those of FIND (Schwettmann et al. 2023, released data);
`docs/fidelity.md` lists the deliberate differences, and `find_gym.categories.strings.faults` has the released behaviour
of the operations that differ.

All operations are total and deterministic (the two stochastic ones given their draw) on every Python string, lone
surrogates included, and take linear time:

- Case, whitespace, words, and which characters are letters with an index (`get_alpha_indexes`) are what Python's `str`
  methods take them for, so a string may change its length with its case ("ß" becomes "SS").
- Letters that move along the alphabet, vowels, consonants and places in the alphabet are those of ASCII, and digits are
  0 to 9; any other character stays as it is and counts as neither.
- Lengths and indices count code points. Numbers above thirty are "unknown".
"""

from __future__ import annotations

from find_gym.categories.strings import counting, editing, rearranging, shifting
from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.faults import FAULTS
from find_gym.categories.strings.operation import Operation

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for module in (rearranging, counting, editing, shifting)
    for operation in module.OPERATIONS
}
_RELEASED = tuple(name for name, operation in OPERATIONS.items() if operation.released)
# FIND's operations: those that give the same whenever they are called, those of them that others follow, and the rest.
DETERMINISTIC = tuple(name for name in _RELEASED if not OPERATIONS[name].stochastic)
INNER = tuple(name for name in DETERMINISTIC if OPERATIONS[name].inner)
STOCHASTIC = tuple(name for name in _RELEASED if OPERATIONS[name].stochastic)


def register_operation(operation: Operation) -> Operation:
    """Adds an operation to the table: a difficulty that names it draws it, and has a token for it.

    Args:
        operation: the operation. Where environments run in other processes, these have to register it as well.

    Returns:
        The operation.

    Raises:
        ValueError: the name is taken, or the operation claims to be one of the release.
    """
    if operation.name in {*OPERATIONS, *CONDITIONS, *FAULTS}:
        raise ValueError(f"expected a name that is no operation or condition yet, actual: {operation.name!r}")
    if operation.released:
        raise ValueError(f"expected an operation that FIND did not release, actual: {operation.name!r} is marked so")
    OPERATIONS[operation.name] = operation
    return operation
