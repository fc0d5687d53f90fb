"""Rules that compiled loops ask Python about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from find_gym.categories.numeric.atoms import ATOMS, Atom, Fitting
from find_gym.categories.numeric.fitting import fit_skeleton
from find_gym.categories.numeric.rules import AtomRule


def constant(**fitting: Any) -> Atom:
    """A constant by another name."""
    return replace(ATOMS["constant"], name="level", fitting=Fitting(**fitting))


def test_an_error_in_what_is_called_back_is_raised_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise ZeroDivisionError

    x = np.arange(5.0)
    for part in ("estimate", "canonical", "equivalents"):
        monkeypatch.setitem(ATOMS, "level", constant(**{part: fail}))
        for skeleton in ("level", ("sum", ("level", "tanh"))):
            if part != "equivalents" or skeleton == "level":
                with pytest.raises(ZeroDivisionError):
                    fit_skeleton(skeleton, (), x, x)
    monkeypatch.setitem(ATOMS, "level", constant())
    spec = fit_skeleton("level", (), x, np.full(5, 2.0))
    assert spec is not None and spec.rule == AtomRule("level", (2.0,))


def test_an_atom_in_place_of_another_is_the_one_that_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = replace(ATOMS["constant"], fitting=Fitting(estimate=lambda atom, x, target, multiplier, degree: [(7.0,)]))
    monkeypatch.setitem(ATOMS, "constant", replace(twice, fitting=replace(twice.fitting, solved=True)))
    spec = fit_skeleton("constant", (), np.arange(5.0), np.array([2.0, 2.5, 1.5, 2.0, 1.0]))
    assert spec is not None and spec.rule == AtomRule("constant", (7.0,))
