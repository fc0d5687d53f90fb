"""The constants of descriptions in the grammar of numbers, as one row of numbers for each description."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, Atom, flatten
from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.grammar import REGION_TOKENS
from find_gym.categories.numeric.rules import OPERATORS, AtomRule, CompoundRule, Rule
from find_gym.categories.numeric.variants import Region
from find_gym.interfaces.tokens import TokensInterface

FloatArray = NDArray[np.float64]

_BASE = 10.0
_ANYWHERE = np.array([-2.0, -0.5, 0.7, 3.0])
# Outputs of descriptions are cut off here.
_MOST = 1e12


class Slot(NamedTuple):
    """A constant of a description.

    Attributes:
        place: the place of the token that it belongs to.
        number: which of the constants of that token it is.
    """

    place: int
    number: int


def slots_of(words: Sequence[str]) -> list[Slot]:
    """Returns the constants that a description has.

    These are, for each exception, its bounds and its level, and for each atom its constants in order; a sequence has as
    many as it can be long.

    Args:
        words: the names of the tokens, such as `["below", "linear"]`.
    """
    return [Slot(place, number) for place, word in enumerate(words) for number in range(_size(word))]


def most_constants(codec: TokensInterface) -> int:
    """Returns the greatest number of constants that a token has."""
    return max(map(_size, codec.tokens))


def _size(word: str) -> int:
    if word in OPERATORS:
        return 0
    if word in REGION_TOKENS:
        return 3 if word == "inside" else 2
    return ATOMS[word].action_size


def constants_of(spec: NumericSpec) -> list[float]:
    """Returns the constants of a spec, in the order of `slots_of` for the words of `sorted_words_of`.

    Of constants that make the same function one choice is made, so that they can be learned: sums have their offset in
    the first part that has one, waves begin in their first period and rise, logarithms have one base, and the greatest
    coefficient of a denominator is 1.
    """
    bounds = [(*(b for b in (r.lower, r.upper) if math.isfinite(b)), r.mean) for r in spec.regions]
    atoms = [(atom.atom, list(_written(atom))) for atom in rules.atoms_of(_sorted_rule(spec.rule))]
    if isinstance(spec.rule, CompoundRule) and _is_flat_sum(spec.rule):
        _gather_offsets(atoms)
    return [*(value for row in bounds for value in row), *(value for _, row in atoms for value in row)]


def _sorted_rule(rule: Rule) -> Rule:
    if isinstance(rule, AtomRule):
        return rule
    parts = sorted((_sorted_rule(part) for part in rule.parts), key=lambda p: (str(rules.skeleton(p)), str(p)))
    return CompoundRule(rule.operator, tuple(parts))


def _is_flat_sum(rule: CompoundRule) -> bool:
    return rule.operator == "sum" and all(isinstance(part, AtomRule) for part in rule.parts)


def _written(rule: AtomRule) -> Iterator[float]:
    """Yields the constants of an atom, those of shorter sequences after zeros."""
    constants = _plain(rule.name, rule.constants)
    for parameter, constant in zip(
        rule.atom.parameters, (constants,) if rule.atom.variadic else constants, strict=True
    ):
        values = flatten((constant,))
        yield from (0.0,) * (parameter.length - len(values))
        yield from map(float, values)


def _plain(name: str, constants: Any) -> Any:
    if name in ("sin", "cos"):
        amplitude, period, centre, offset = constants
        if amplitude < 0:
            amplitude, centre = -amplitude, centre + period / 2
        return (amplitude, period, centre % period, offset)
    if name == "square_wave":
        return (constants[0], constants[1] % constants[0])
    if name == "logarithm":
        factor, offset, base = constants
        return (factor * math.log(_BASE) / math.log(base), offset, _BASE)
    if name == "rational":
        greatest = max(constants[1], key=abs)
        return tuple(tuple(value / greatest for value in part) for part in constants)
    return constants


def _gather_offsets(atoms: Sequence[tuple[Atom, list[float]]]) -> None:
    """Moves the offsets of all parts to the first one that has an offset."""
    found = [(row, place) for atom, row in atoms if (place := _offset_place(atom.name)) is not None]
    if found:
        total = sum(row[place] for row, place in found)
        for row, place in found:
            row[place] = 0.0
        first, place = found[0]
        first[place] = total


@cache
def _offset_place(name: str) -> int | None:
    """Returns which constant of an atom is added to its values; None for none."""
    atom = ATOMS[name]
    if any(parameter.length for parameter in atom.parameters) and not atom.variadic:
        return None
    gradient = atom.gradient(_ANYWHERE, (1.0,) * atom.action_size)
    added = np.flatnonzero((gradient == 1).all(axis=1))
    return int(added[-1]) if added.size else None


def program_of(words: Sequence[str], values: Sequence[float]) -> NumericSpec:
    """Returns a description with its constants.

    Args:
        words: the names of its tokens.
        values: its constants, finite, as many as `slots_of` has; exceptions that have no extent are left out.
    """
    left = iter(values)
    regions: list[Region] = []
    count = sum(word in REGION_TOKENS for word in words)
    for word in words[:count]:
        first, *others = (next(left) for _ in range(_size(word)))
        lower, upper = {"below": (-math.inf, first), "above": (first, math.inf)}.get(word, (first, others[0]))
        if lower != upper:
            regions.append(Region(min(lower, upper), max(lower, upper), others[-1]))
    tokens = iter(words[count:])

    def read() -> Rule:
        word = next(tokens)
        for operator in OPERATORS:
            if word == operator:
                return CompoundRule(operator, (read(), read()))
        return AtomRule(word, _read(ATOMS[word], left))

    rule = read()
    return NumericSpec(rule, rules.domain(rule), regions=tuple(regions))


def _read(atom: Atom, values: Iterator[float]) -> Any:
    constants: list[Any] = []
    for parameter in atom.parameters:
        if parameter.length:
            sequence = [next(values) for _ in range(parameter.length)]
            begin = next((place for place, value in enumerate(sequence) if value), len(sequence) - 1)
            constants.append(tuple(sequence[begin:]))
        elif parameter.discrete:
            constants.append(int(min(max(round(next(values)), parameter.low), parameter.high)))
        else:
            constants.append(next(values))
    return constants[0] if atom.variadic else tuple(constants)


def outputs_of(words: Sequence[str], values: Sequence[float], x: FloatArray) -> FloatArray:
    """Returns what a description gives with some constants, shape `(n,)`; NaN where it is undefined."""
    with np.errstate(all="ignore"):
        return np.clip(NumericFunction(program_of(words, values)).truth(x), -_MOST, _MOST)
