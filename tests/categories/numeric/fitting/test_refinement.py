"""Fits depend on their own evidence alone, and refinements keep their promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.fitting import Problem, fit_skeleton, fit_skeletons
from find_gym.categories.numeric.fitting.models import value_and_jacobian
from find_gym.categories.numeric.fitting.refinement import evidence_of, misfits, refine
from find_gym.categories.numeric.fitting.trees import LeafConstants, affine_in, combine, pack
from find_gym.categories.numeric.rules import AtomRule, Skeleton
from find_gym.categories.numeric.variants import RegionKind
from find_gym.functions import NumericFunction, sample_numeric

WITHOUT_NETWORKS = {"variants": {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}}
PLAIN = {"variants": {"plain": 1.0}, "compound_share": 0.0}
WRONG: list[tuple[Skeleton, tuple[RegionKind, ...]]] = [
    *((name, ()) for name in ATOMS),
    ("tanh", ("inside",)),
    ("rational", ("above",)),
    (("product", ("linear", "relu")), ()),
    (("sum", ("polynomial", "square_wave")), ("below",)),
    (("sum", ("sin", ("product", ("step", "gaussian")))), ()),
]


def random_problem(rng: np.random.Generator) -> Problem:
    """A problem of any kind: true or wrong rule; few or many inputs, some of them repeated, some undefined."""
    spec = sample_numeric(rng, difficulty=WITHOUT_NETWORKS)
    count = int(rng.choice([0, 1, 2, 5, 17, 32, 40]))
    x = np.round(rng.uniform(-60, 60, count), 1)
    x[: count // 4] = x[count - count // 4 :]
    y = NumericFunction(spec)(x, rng)
    if rng.random() < 0.2:
        y = y * rng.choice([1e12, 1e-300])
    y[rng.random(count) < 0.1] = np.nan
    if rng.random() < 0.5:
        return Problem(rules.skeleton(spec.rule), tuple(region.kind for region in spec.regions), x, y)
    skeleton, kinds = WRONG[int(rng.integers(len(WRONG)))]
    return Problem(skeleton, kinds, x, y)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 24))
def test_fits_side_by_side_are_those_of_each_alone(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    problems = [random_problem(rng) for _ in range(size)]
    together = fit_skeletons(problems)
    # The text has every bit of every constant; specs with NaN would not be equal to themselves.
    assert [repr(spec) for spec in together] == [repr(fit_skeleton(*problem)) for problem in problems]
    assert [repr(spec) for spec in fit_skeletons(problems[::-1])] == [repr(spec) for spec in together[::-1]]


def test_no_problems_give_no_fits() -> None:
    assert fit_skeletons([]) == []


def assert_compiled_is_what_numpy_says(skeleton: Skeleton, names: list[str], constants: LeafConstants) -> None:
    """Compares values and derivatives with those of the atoms, combined by the rules of sums and products."""
    x = np.concatenate([np.random.default_rng(0).uniform(0.5, 30, 17), [-2.0, 0.0]])
    value, slope = value_and_jacobian(skeleton, constants, x)
    with np.errstate(all="ignore"):
        values = [np.asarray(ATOMS[name].evaluate(x, leaf)) for name, leaf in zip(names, constants, strict=True)]
        np.testing.assert_allclose(value, combine(skeleton, values), rtol=1e-9, atol=1e-12)
        expected = [
            np.asarray(ATOMS[name].gradient(x, leaf)).reshape(-1, x.size) * affine_in(skeleton, values, index)[1]
            for index, (name, leaf) in enumerate(zip(names, constants, strict=True))
        ]
    defined = np.isfinite(value)
    np.testing.assert_allclose(slope[:, defined], np.concatenate(expected)[:, defined], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ATOMS)
def test_compiled_atoms_are_those_of_the_table(name: str) -> None:
    rng = np.random.default_rng(len(name))
    for _ in range(3):
        assert_compiled_is_what_numpy_says(name, [name], [ATOMS[name].sample(rng)])


@pytest.mark.parametrize("name", ["linear", "polynomial", "tanh", "gaussian", "rational", "floor"])
def test_compiled_sums_and_products_have_the_derivatives_of_the_whole(name: str) -> None:
    rng = np.random.default_rng(len(name))
    names = [name, "linear", "sin", "reciprocal"]
    skeleton: Skeleton = ("product", (name, ("sum", ("linear", "sin", "reciprocal"))))
    constants: LeafConstants = [ATOMS[one].sample(rng) for one in names]
    assert_compiled_is_what_numpy_says(skeleton, names, constants)


def test_a_refinement_never_makes_worse_and_reports_its_misfit() -> None:
    rng = np.random.default_rng(4)
    start: LeafConstants = [(1.0, 3.0, 0.5, 0.0)]
    for count in (1, 3, 16, 33):
        x = rng.uniform(-10, 10, count)
        evidence = evidence_of(x, np.tanh(x) + 0.1 * rng.standard_normal(count), rng.uniform(0, 2, count))
        answers = [refine("tanh", start, evidence, steps) for steps in (0, 1, 20)]
        for constants, misfit in answers:
            residual = evidence[2] * (evidence[1] - ATOMS["tanh"].evaluate(x, constants[0]))
            assert misfit == pytest.approx(float(residual @ residual))
            assert misfit == pytest.approx(misfits("tanh", constants, pack(constants)[None], evidence)[0])
        still, step, steps = answers
        assert still[0] == start
        assert steps[1] <= step[1] <= still[1]


def test_constants_that_are_not_free_stay() -> None:
    x = np.linspace(-5, 5, 21)
    free = np.array([True, False, False, True])
    constants, misfit = refine("sin", [(1.0, 4.0, 0.3, 0.0)], evidence_of(x, 2 * x), 20, free)
    assert constants[0][1:3] == (4.0, 0.3)
    assert constants[0][0] != 1.0 and np.isfinite(misfit)


def test_where_the_rule_is_undefined_the_misfit_is_infinite() -> None:
    evidence = evidence_of(np.array([-1.0, 2.0]), np.zeros(2))
    constants, misfit = refine("logarithm", [(1.0, 0.0, 10.0)], evidence, 5)
    assert constants == [(1.0, 0.0, 10.0)] and misfit == np.inf


@pytest.mark.parametrize("seed", [33, 76, 106, 146])
def test_a_refinement_goes_on_while_it_gains_slowly(seed: int) -> None:
    """On its way to a line, a tanh has steps that gain little before others that gain much."""
    x = np.round(np.random.default_rng(seed).uniform(-128, 128, 16), 1)
    y = 3.5 * x + 2.9
    spec = fit_skeleton("tanh", (), x, y)
    assert spec is not None
    assert np.abs(NumericFunction(spec).truth(x) - y).max() < 0.001 * np.ptp(y)


def test_a_quick_fit_of_clean_evidence_is_exact() -> None:
    rng = np.random.default_rng(3)
    for name in ("linear", "sin", "gaussian", "rational", "square_wave"):
        function = NumericFunction(sample_numeric(rng, difficulty={"families": [name], **PLAIN}))
        x = np.concatenate([rng.uniform(-128, 128, 30), rng.uniform(-12, 12, 30)])
        (spec,) = fit_skeletons([Problem(name, (), x, function(x))], effort="quick")
        assert spec is not None
        assert np.allclose(NumericFunction(spec).truth(x), function.truth(x), rtol=1e-6, atol=1e-9)


def test_an_unknown_effort_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected an effort among"):
        fit_skeletons([], effort="none")  # type: ignore[arg-type]


def test_of_roots_that_are_exact_the_square_root_comes_first() -> None:
    spec = fit_skeleton("root", (), np.array([4.0, 9.0]), np.array([25.9, 34.6]))
    assert spec is not None and spec.rule == AtomRule("root", (8.7, 8.5, 2))
