"""The table of string operations: behaviour, constants, English and source code of each in one entry.

To add one, append an entry to the file of its kind (`rearranging`, `counting`, `shifting`, `editing`); samplers,
descriptions, sources, the grammar of the environment and the enumeration all read this table. Names, behaviour and
ranges are those of FIND (Schwettmann et al. 2023, released data); `docs/fidelity.md` lists the deliberate differences,
and `find_gym.categories.strings.faults` has the released behaviour of the operations that differ.

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
from find_gym.categories.strings.operation import Operation

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        *rearranging.OPERATIONS,
        *counting.OPERATIONS,
        *editing.OPERATIONS,
        *shifting.OPERATIONS,
    )
}
DETERMINISTIC = tuple(name for name, operation in OPERATIONS.items() if not operation.stochastic)
INNER = tuple(name for name in DETERMINISTIC if OPERATIONS[name].inner)
STOCHASTIC = tuple(name for name, operation in OPERATIONS.items() if operation.stochastic)
