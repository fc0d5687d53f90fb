"""Rules: the formula behind a numeric function, an atom with its constants or a sum or product of rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, FULL_DOMAIN, Atom, Constants, FloatArray
from find_gym.categories.numeric.variants import Region, replaced
from find_gym.core.late import LateModule
from find_gym.core.specs import write_numbers, write_string

_compiled_rules = LateModule("find_gym.categories.numeric.compiled_rules")

Operator = Literal["sum", "product"]
OPERATORS: tuple[Operator, ...] = ("sum", "product")


class _CompiledForm:
    """The attribute `compiled`, made when it is first read; `functools.cached_property` also takes a lock for that."""

    def __get__(self, rule: Any, owner: Any) -> Any:
        if rule is None:
            return self
        compiled = _compiled_rules.CompiledRule(rule)
        object.__setattr__(rule, "compiled", compiled)
        return compiled


class _Compiled:
    """A rule with its compiled form, which stays in this process.

    Attributes:
        compiled: the rule as compiled loops take it.
    """

    compiled = _CompiledForm()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "compiled"}


@dataclass(frozen=True)
class AtomRule(_Compiled):
    """An atom with its constants.

    Attributes:
        name: a key of `ATOMS`.
        constants: the atom's constants, in its order.
    """

    name: str
    constants: Constants = ()

    def __post_init__(self) -> None:
        atom = ATOMS.get(self.name)
        if atom is None:
            raise ValueError(f"expected the name of an atom ({', '.join(ATOMS)}), actual value: {self.name!r}")
        if len(self.constants) != len(atom.constants) and not atom.variadic:
            raise ValueError(
                f"expected {len(atom.constants)} constants for {self.name} {atom.constants}, "
                f"actual value: {self.constants!r}"
            )

    @property
    def atom(self) -> Atom:
        """The entry of the table."""
        return ATOMS[self.name]


@dataclass(frozen=True)
class CompoundRule(_Compiled):
    """A sum or a product of two or more rules.

    Attributes:
        operator: "sum" or "product".
        parts: the rules that are combined, in the order in which they are described.
    """

    operator: Operator
    parts: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise ValueError(f"expected an operator in {OPERATORS}, actual value: {self.operator!r}")
        if len(self.parts) < 2:
            raise ValueError(f"expected at least 2 parts of a {self.operator}, actual value: {len(self.parts)}")


Rule: TypeAlias = AtomRule | CompoundRule

# From so many inputs on, compiled loops are faster.
_MANY = 48
_LOOPS = "find_gym.core.kernels.compiling"

# A rule without its constants: an atom's name, or an operator with the skeletons of its parts.
Skeleton: TypeAlias = "str | tuple[Operator, tuple[Skeleton, ...]]"


def evaluate(rule: Rule, x: FloatArray, regions: tuple[Region, ...] = ()) -> FloatArray:
    """Evaluates a rule.

    Args:
        rule: the rule.
        x: inputs, float64 of shape `(n,)`.
        regions: exceptions, in which the output is their mean.

    Returns:
        Outputs, float64 of shape `(n,)`; NaN where the rule is undefined (never infinite).
    """
    # NumPy gives the same numbers. Numba takes half a second to import, so the first score or fit is left to do so.
    if x.ndim == 1 and x.size >= _MANY and _LOOPS in sys.modules:
        return rule.compiled(x, regions)
    with np.errstate(all="ignore"):
        y = np.asarray(_evaluate(rule, np.asarray(x, dtype=np.float64)), dtype=np.float64)
    finite = np.isfinite(y)
    y = y if finite.all() else np.where(finite, y, np.nan)
    return replaced(regions, x, y, [region.mean for region in regions])


def _evaluate(rule: Rule, x: FloatArray) -> FloatArray:
    if isinstance(rule, AtomRule):
        return rule.atom.evaluate(x, rule.constants)
    result = _evaluate(rule.parts[0], x)
    for part in rule.parts[1:]:
        value = _evaluate(part, x)
        result = result + value if rule.operator == "sum" else result * value
    return result


def atoms_of(rule: Rule) -> Iterator[AtomRule]:
    """Yields the atoms of a rule from left to right."""
    if isinstance(rule, AtomRule):
        yield rule
    else:
        for part in rule.parts:
            yield from atoms_of(part)


def family(rule: Rule) -> str:
    """Names the family: the atom's name, or the operator of a compound."""
    return rule.name if isinstance(rule, AtomRule) else rule.operator


def domain(rule: Rule) -> tuple[float, float]:
    """Returns the domain `(lower, upper)` on which FIND samples the rule: the intersection over its atoms."""
    if isinstance(rule, AtomRule):
        lower, upper = ATOMS[rule.name].domain(rule.constants)
    else:
        lowers, uppers = zip(*[ATOMS[atom.name].domain(atom.constants) for atom in atoms_of(rule)], strict=True)
        lower, upper = max(lowers), min(uppers)
    return (lower, upper) if lower < upper else FULL_DOMAIN


def skeleton(rule: Rule) -> Skeleton:
    """Returns the rule without its constants."""
    if isinstance(rule, AtomRule):
        return rule.name
    return (rule.operator, tuple(skeleton(part) for part in rule.parts))


def formula(rule: Rule) -> str:
    """Writes the rule as a formula for people."""
    if isinstance(rule, AtomRule):
        return rule.atom.formula(rule.constants)
    joined = " + " if rule.operator == "sum" else " * "
    return joined.join(f"({formula(part)})" for part in rule.parts)


def english(rule: Rule) -> str:
    """Names the rule in words, without its constants."""
    if isinstance(rule, AtomRule):
        return rule.atom.english
    parts = [english(part) for part in rule.parts]
    return f"the {rule.operator} of {', '.join(parts[:-1])} and {parts[-1]}"


def expression(rule: Rule) -> str:
    """Writes the rule as a Python expression in `x`; it may raise where the rule is undefined (see `guards`)."""
    if isinstance(rule, AtomRule):
        return rule.atom.expression(rule.constants)
    joined = " + " if rule.operator == "sum" else " * "
    return joined.join(f"({expression(part)})" for part in rule.parts)


def guards(rule: Rule) -> list[tuple[str, str]]:
    """Returns the conditions under which the rule is defined, each in Python and in mathematics, without repetition."""
    found = (atom.atom.guard(atom.constants) for atom in atoms_of(rule))
    return list(dict.fromkeys(guard for guard in found if guard is not None))


def canonical(rule: Rule) -> str:
    """Writes a text that is the same for rules that are the same function for a simple reason.

    Parts of sums and products are sorted; a root of degree 1 and a ReLU of leak 1 are linear. The hash of this text
    decides the split of a function, so that a function never stands in two of them.
    """
    if isinstance(rule, CompoundRule):
        return f"{rule.operator}({', '.join(sorted([canonical(part) for part in rule.parts]))})"
    name, constants = rule.name, rule.constants
    while (simpler := ATOMS[name].simpler(constants)) is not None:
        name, constants = simpler
    return f"{name}({repr(_canonical_numbers(constants))[1:-1]})"


def _canonical_numbers(constants: Constants) -> list[Any]:
    return [_canonical_numbers(one) if isinstance(one, tuple) else float(one) + 0.0 for one in constants]


def to_json(rule: Rule) -> dict[str, Any]:
    """Returns the rule as JSON-serialisable data."""
    if isinstance(rule, AtomRule):
        return {"atom": rule.name, "constants": _listed(rule.constants)}
    return {"operator": rule.operator, "parts": [to_json(part) for part in rule.parts]}


def json_text(rule: Rule) -> str:
    """Writes the data of `to_json` as text; see `Spec.json_text`."""
    if isinstance(rule, AtomRule):
        return f'{{"atom":{write_string(rule.name)},"constants":{write_numbers(rule.constants)}}}'
    return f'{{"operator":"{rule.operator}","parts":[{",".join([json_text(part) for part in rule.parts])}]}}'


def from_json(data: Any) -> Rule:
    """Reads a rule from the data that `to_json` writes.

    Raises:
        ValueError: the data are not a rule; the message names what was expected.
    """
    if not isinstance(data, dict) or not ({"atom"} <= set(data) or {"operator", "parts"} <= set(data)):
        raise ValueError(f"expected a rule with 'atom' or with 'operator' and 'parts', actual value: {data!r}")
    if "atom" in data:
        return AtomRule(data["atom"], _frozen(data.get("constants", [])))
    return CompoundRule(data["operator"], tuple(from_json(part) for part in data["parts"]))


def _listed(constants: Constants) -> list[Any]:
    return [_listed(item) if isinstance(item, tuple) else item for item in constants]


def _frozen(constants: Any) -> Constants:
    frozen = tuple(_frozen(item) if isinstance(item, (list, tuple)) else item for item in constants)
    for item in frozen:
        if not isinstance(item, (int, float, tuple)) or isinstance(item, bool):
            raise ValueError(f"expected numbers as constants, actual value: {item!r}")
    return frozen
