"""The table of numeric atoms: formula, constants, gradient, English, source and estimators side by side.

Every atom stands in one module of this package, or is registered by a user. Samplers, descriptions, sources, the
grammar of the environment, the gallery and the fitting all read this table. The formulas and ranges are those of FIND
(Schwettmann et al. 2023, released data); `docs/fidelity.md` lists the deliberate differences.
"""

from __future__ import annotations

from find_gym.categories.numeric.atom import (
    FULL_DOMAIN,
    Atom,
    Constants,
    Fitting,
    FloatArray,
    Parameter,
    flatten,
)
from find_gym.categories.numeric.atoms import bends, curves, polynomials, pulses, waves

__all__ = [
    "ATOMS",
    "COMPOUND_FAMILIES",
    "FULL_DOMAIN",
    "RELEASED_FAMILIES",
    "Atom",
    "Constants",
    "Fitting",
    "FloatArray",
    "Parameter",
    "flatten",
    "register_atom",
]

# The first atoms, whose order is that of the tokens and of seeded draws; others follow.
_ORDER = (
    "linear polynomial rational absolute root logarithm step relu tanh sin cos reciprocal gaussian rectangle "
    "square_wave constant ceil floor signum tan erf sigmoid"
).split()
_ENTRIES = {atom.name: atom for module in (polynomials, bends, curves, pulses, waves) for atom in module.ATOMS}

ATOMS: dict[str, Atom] = {
    name: _ENTRIES[name] for name in (*_ORDER, *(name for name in _ENTRIES if name not in _ORDER))
}
RELEASED_FAMILIES: tuple[str, ...] = tuple(name for name, atom in ATOMS.items() if atom.released)
COMPOUND_FAMILIES: tuple[str, ...] = tuple(name for name, atom in ATOMS.items() if atom.in_compounds)


def register_atom(atom: Atom) -> Atom:
    """Adds an atom to the table: a difficulty that names it draws it, and has a token for it.

    Args:
        atom: the atom. Where environments run in other processes, these have to register it as well.

    Returns:
        The atom.

    Raises:
        ValueError: the name is taken, or the atom claims to be one of the release.
    """
    if atom.name in ATOMS or not atom.name.isidentifier():
        raise ValueError(
            f"expected the name of a new atom, an identifier not among {', '.join(ATOMS)}, actual: {atom.name!r}"
        )
    if atom.released or atom.in_compounds:
        raise ValueError(f"expected an atom that FIND did not release, actual: {atom.name!r} is marked as released")
    ATOMS[atom.name] = atom
    return atom
