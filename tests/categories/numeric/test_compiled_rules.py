"""Compiled loops give rules the same values as NumPy, bit for bit."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.compiled_rules import CompiledRule
from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Rule, evaluate
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.categories.numeric.variants import Region

X = np.concatenate([np.linspace(-256, 256, 1500), [0.0, -0.0, 1e-300, 3.0, 5e155, -1e200, np.inf, np.nan]])
DEGENERATE = {
    "reciprocal": [(0.0,)],
    "logarithm": [(2.0, 1.0, 1.0), (2.0, 1.0, 0.0), (2.0, 1.0, -3.0)],
    "gaussian": [(1.0, 0.0)],
    "sin": [(1.0, 0.0, 1.0, 2.0), (1, -2, 3, 4)],
    "square_wave": [(0.0, 1.0), (-2.0, 0.3)],
    "rational": [((1.0,), (0.0, 0.0)), ((1.0, 2.0), (1.0, 0.0, -9.0))],
    "root": [(2.0, 1.0, 1), (2.0, 1.0, 2.0), (2, 1, 3)],
    "relu": [(2.0, 1.0, 1.5), (2.0, 1.0, -0.5)],
}


def by_numpy(rule: Rule, x: FloatArray) -> FloatArray:
    if isinstance(rule, AtomRule):
        return np.asarray(rule.atom.evaluate(x, rule.constants), dtype=np.float64)
    first, *others = [by_numpy(part, x) for part in rule.parts]
    for other in others:
        first = first + other if rule.operator == "sum" else first * other
    return first


def check(rule: Rule, regions: tuple[Region, ...] = ()) -> None:
    with np.errstate(all="ignore"):
        expected = by_numpy(rule, X)
    expected[~np.isfinite(expected)] = np.nan
    for region in reversed(regions):
        expected[region.contains(X)] = region.mean
    np.testing.assert_array_equal(CompiledRule(rule)(X, regions), expected)


@pytest.mark.parametrize("name", ATOMS)
def test_atoms(name: str) -> None:
    rng = np.random.default_rng(0)
    drawn = [ATOMS[name].sample(rng) for _ in range(5)]
    for constants in (*drawn, *DEGENERATE.get(name, [])):
        check(AtomRule(name, constants))


ATOM_RULES = st.builds(
    lambda name, seed: AtomRule(name, ATOMS[name].sample(np.random.default_rng(seed))),
    st.sampled_from(list(ATOMS)),
    st.integers(0, 1000),
)
RULES = st.recursive(
    ATOM_RULES,
    lambda parts: st.builds(
        lambda operator, some: CompoundRule(operator, tuple(some)),
        st.sampled_from(["sum", "product"]),
        st.lists(parts, min_size=2, max_size=3),
    ),
    max_leaves=6,
)
REGIONS = st.builds(
    lambda lower, width, mean: Region(lower, lower + width, mean),
    st.floats(-300, 300),
    st.floats(1e-3, 100),
    st.floats(-1e3, 1e3),
)


@given(RULES, st.lists(REGIONS, max_size=3))
@settings(deadline=None)
def test_compounds_with_exceptions(rule: Rule, regions: list[Region]) -> None:
    check(rule, tuple(regions))


def test_what_is_compiled_is_no_part_of_a_rule() -> None:
    rule, other = (AtomRule("linear", (2.0, 1.0)) for _ in range(2))
    rule.compiled(X)
    assert rule == other and hash(rule) == hash(other) and pickle.dumps(rule) == pickle.dumps(other)


@pytest.mark.parametrize("seed", [0, 4])
def test_inputs_of_any_memory_and_shape(seed: int) -> None:
    spec = sample_numeric(np.random.default_rng(seed))
    function = NumericFunction(spec)
    x = np.arange(-60.0, 60.0)
    expected = np.concatenate([function.truth(one) for one in x])
    read_only = x.copy()
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b"." + x.tobytes(), offset=1)
    for other in (read_only, unaligned, np.repeat(x, 2)[::2], x.astype(">f8"), x.astype(int), x.reshape(12, 10)):
        np.testing.assert_array_equal(function.truth(other), expected.reshape(other.shape))
        if spec.network is None:
            np.testing.assert_array_equal(evaluate(spec.rule, other), evaluate(spec.rule, x).reshape(other.shape))


def test_an_atom_may_return_one_number_for_all_inputs_and_no_other_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ATOMS, "level", replace(ATOMS["constant"], name="level", evaluate=lambda x, c: c[0]))
    check(CompoundRule("sum", (AtomRule("linear", (1.0, 0.5)), AtomRule("level", (2.5,)))))
    monkeypatch.setitem(ATOMS, "level", replace(ATOMS["constant"], name="level", evaluate=lambda x, c: x[1:]))
    with pytest.raises(ValueError, match="could not broadcast"):
        CompiledRule(AtomRule("level", (2.5,)))(X)
