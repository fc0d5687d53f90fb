"""Rules that compiled loops ask Python about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from find_gym.categories.numeric.atoms import ATOMS, Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.estimation.columns import UNDER_WAY
from find_gym.categories.numeric.fitting import Problem, constants, fit_each, fit_skeleton, fit_skeletons
from find_gym.categories.numeric.fitting.called_back import CalledBack
from find_gym.categories.numeric.fitting.spans import span
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Operator, Skeleton, evaluate


def constant(**fitting: Any) -> Atom:
    """A constant by another name."""
    return replace(ATOMS["constant"], name="level", fitting=Fitting(**fitting))


def own(
    parameters: tuple[Parameter, ...],
    evaluate: Callable[[FloatArray, Constants], Any],
    gradient: Callable[[FloatArray, Constants], Any],
    **fitting: Any,
) -> Atom:
    """An atom of one's own."""
    return Atom(
        "own", parameters, evaluate, gradient, str, "a function", str, lambda rng: (), fitting=Fitting(**fitting)
    )


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


def test_the_error_of_one_problem_is_not_that_of_a_later_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(ATOMS, "level", constant(estimate=fail))
    x = np.arange(5.0)
    with pytest.raises(KeyError, match="no such atom"):
        fit_skeletons([Problem("level", (), x, x), Problem("no such atom", (), x, x)])
    assert fit_skeleton(("sum", ("linear", "tanh")), (), x, x) is not None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_before_python_answers_interrupts_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ATOMS, "line", replace(ATOMS["linear"], name="line"))
    skeleton, x = ("product", ("line", "sin")), np.linspace(-9.0, 12.0, 22)
    y = (x - 2.5) * np.sin(x) + 0.01 * x
    expected, answer = fit_skeleton(skeleton, (), x, y), CalledBack._answer
    calls: list[int] = []
    lost: list[int] = []

    def answer_unless_lost(rule: CalledBack, words: Any, *others: Any) -> int:
        calls.append(words[asking.MODE])
        if len(calls) - 1 in lost:
            # As where a signal comes before the first instruction, no matter what is caught there.
            raise KeyboardInterrupt
        return answer(rule, words, *others)

    monkeypatch.setattr(CalledBack, "_answer", answer_unless_lost)
    constants._rule.cache_clear()
    try:
        assert fit_skeleton(skeleton, (), x, y) == expected
        modes = calls.copy()
        assert {asking.ESTIMATES, asking.MODEL} < set(modes)
        for place in {mode: place for place, mode in enumerate(modes)}.values():
            for times, error in ((1, KeyboardInterrupt), (2, KeyboardInterrupt), (3, MemoryError)):
                lost[:] = range(place, place + times)
                calls.clear()
                with pytest.raises(error):
                    fit_skeleton(skeleton, (), x, y)
        calls.clear()
        lost.clear()
        assert fit_skeleton(skeleton, (), x, y) == expected
    finally:
        constants._rule.cache_clear()


def test_what_uses_fits_may_fail_or_fit_itself() -> None:
    x = np.arange(30.0)
    problems = [Problem(name, (), x, np.sin(x)) for name in ("tanh", "sin", "linear", "gaussian")]
    expected, before = fit_skeletons(problems), np.geterr()

    def use(place: int, spec: NumericSpec | None) -> NumericSpec | None:
        assert np.geterr() == before
        # Others at inputs that fill the tables.
        for first in range(0, 400, 40):
            fit_skeleton("tanh", (), np.arange(first, first + 40.0) + 0.5, np.arange(40.0))
        return spec

    assert fit_each(problems, use) == expected

    def fail(place: int, spec: NumericSpec | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as kept:
        fit_each(problems, fail)
    assert np.geterr() == before and UNDER_WAY.number == 0 and kept.value is not None
    assert fit_skeletons(problems) == expected


def test_an_atom_in_place_of_another_is_the_one_that_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = replace(ATOMS["constant"], fitting=Fitting(estimate=lambda atom, x, target, multiplier, degree: [(7.0,)]))
    monkeypatch.setitem(ATOMS, "constant", replace(twice, fitting=replace(twice.fitting, solved=True)))
    spec = fit_skeleton("constant", (), np.arange(5.0), np.array([2.0, 2.5, 1.5, 2.0, 1.0]))
    assert spec is not None and spec.rule == AtomRule("constant", (7.0,))


@pytest.mark.parametrize("first", ["line", "linear", ("sum", ("line", "absolute")), ("product", ("line", "step"))])
def test_parts_that_are_called_back_are_estimated_in_turn_with_compiled_ones(
    first: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ATOMS, "line", replace(ATOMS["linear"], name="line"))
    x = np.linspace(-9.0, 12.0, 22)
    y = (x - 2.5) * (3.0 * x + 4.0)
    for skeleton in (("product", (first, "linear")), ("product", ("linear", first))):
        spec = fit_skeleton(skeleton, (), x, y)
        assert spec is not None
        assert evaluate(spec.rule, x) == pytest.approx(y, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["polynomial", "step", "floor", "rectangle"])
@pytest.mark.parametrize("operator", ["sum", "product"])
def test_atoms_that_are_called_back_are_fitted_like_those_of_this_package(
    operator: Operator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = ATOMS[name].fitting
    if name == "step":
        # Its value at 0 is no matter here.
        fitting = replace(fitting, from_basis=lambda coefficients, *points: (*coefficients, 0.5))
    monkeypatch.setitem(ATOMS, "own", replace(ATOMS[name], name="own", fitting=fitting))
    rng, x = np.random.default_rng(0), np.linspace(-9.0, 12.0, 40)
    for others in (("linear",), ("linear", "absolute")):
        parts = (name, *others)
        drawn = tuple(AtomRule(part, ATOMS[part].sample(rng)) for part in parts)
        y = evaluate(CompoundRule(operator, drawn), x)
        for skeleton in ((operator, ("own", *others)), (operator, (*others, "own"))):
            spec = fit_skeleton(skeleton, (), x, y)
            assert spec is not None
            rest = evaluate(spec.rule, x) - y
            assert np.sqrt(np.mean(rest**2)) <= 1e-3 * np.std(y), (drawn, spec.rule)


@pytest.mark.parametrize("other", ["root", "square_wave", "polynomial"])
def test_a_fit_depends_on_no_fit_before(other: str) -> None:
    skeleton = ("product", ("reciprocal", other))
    x = np.array([-7.0, -3.0, 1.0, 2.0, 5.0, 9.0, 20.0])
    # Levels, of which all constants are integers; then what others are fitted to, a root of either degree among them.
    evidence = [np.zeros(7), np.full(7, 3.0), np.sign(x - 2.5) / x, 1 / np.sqrt(np.abs(x)), 2.5 + 0.5 / x]
    constants._rule.cache_clear()
    after = [fit_skeleton(skeleton, (), x, y) for y in evidence]
    for y, spec in zip(evidence, after, strict=True):
        constants._rule.cache_clear()
        assert fit_skeleton(skeleton, (), x, y) == spec


def test_answers_without_fractions_have_no_noise_of_poisson() -> None:
    x, y = np.array([1.0, 1.0, 2.0, 2.0]), np.array([1e200, 3e200, 2e200, 2e200])
    spec = fit_skeleton("constant", (), x, y)
    assert spec is not None and spec.rule.constants == pytest.approx((2e200,))  # type: ignore[union-attr]


def test_atoms_may_combine_more_functions_than_they_have_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    cubic = own(
        (Parameter("shift", -5, 5),),
        lambda x, c: (x - c[0]) ** 3,
        lambda x, c: np.array([-3 * (x - c[0]) ** 2]),
        basis=lambda x, degree: np.array([x**power for power in range(12)]),
        from_basis=lambda coefficients, *points: (2.5,),
    )
    monkeypatch.setitem(ATOMS, "own", cubic)
    x = np.linspace(-9.0, 12.0, 40)
    for _ in range(20):
        spec = fit_skeleton(("sum", ("floor", "own", "ceil")), (), x, np.floor(x) + (x - 2.5) ** 3 + np.ceil(x))
        assert spec is not None and spec.rule.parts[1] == AtomRule("own", (2.5,))  # type: ignore[union-attr]


def test_an_atom_that_says_more_than_there_is_room_for_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    line, x = (Parameter("slope", -5, 5, linear=True),), np.linspace(-9.0, 12.0, 40)
    hats = own(line, lambda x, c: c[0] * x, lambda x, c: x[None], basis=lambda x, degree: np.eye(x.size))
    monkeypatch.setitem(ATOMS, "own", hats)
    for operator in ("sum", "product"):
        with pytest.raises(ValueError, match="expected at most 1 functions of 'own', as at one input, actual: 40"):
            fit_skeleton((operator, ("own", "floor")), (), x, x)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected at most 1 functions"):
        span("own", x)
    three = (Parameter("coefficients", -5, 5, linear=True, length=3),)
    powers = own(three, lambda x, c: np.polyval(c, x), lambda x, c: np.vander(x, len(c)).T)
    monkeypatch.setitem(ATOMS, "own", powers)
    for skeleton in (("sum", ("own", "floor")), ("sum", ("own", "own", "linear"))):
        with pytest.raises(ValueError, match="expected at most 3 constants of 'own', actual: 6"):
            fit_skeleton(skeleton, (), x, x)  # type: ignore[arg-type]


def test_an_error_where_a_rule_is_to_be_level_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(level: float) -> Constants:
        raise ZeroDivisionError

    wave = own(
        (Parameter("height", -5, 5), Parameter("rate", -5, 5)),
        lambda x, c: c[0] * np.sin(c[1] * x),
        lambda x, c: np.array([np.sin(c[1] * x), c[0] * x * np.cos(c[1] * x)]),
        estimate=lambda *arguments: [],
        level=fail,
    )
    monkeypatch.setitem(ATOMS, "own", wave)
    x = np.linspace(-9.0, 12.0, 40)
    for _ in range(50):
        # Memory that is used again has sizes of rows in it that there are not.
        del [np.full(size, 1e300) for size in (8, 16, 24, 40) for _ in range(50)][:]
        for skeleton in (("sum", ("own", "linear")), ("product", ("own", ("sum", ("own", "sin")), "polynomial"))):
            with pytest.raises(ZeroDivisionError):
                fit_skeleton(skeleton, (), x, x)  # type: ignore[arg-type]


def test_factors_are_scaled_in_all_linear_constants_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(-9.0, 12.0, 40)
    parabola = own(
        (Parameter("coefficients", -5, 5, length=4), Parameter("scale", -5, 5, linear=True)),
        lambda x, c: np.polyval(c[0], x) * c[1],
        lambda x, c: np.array([*(np.vander(x, len(c[0])).T * c[1]), np.polyval(c[0], x)]),
        estimate=lambda atom, x, y, factors, degree: [(tuple(np.polyfit(x, y / factors, 2).tolist()), 1.0)],
    )
    count = 70
    waves = own(
        tuple(Parameter(f"c{place}", -5, 5, linear=True) for place in range(count)),
        lambda x, c: np.tensordot(np.array(c), np.cos(np.multiply.outer(np.arange(count) % 3, x)), 1),
        lambda x, c: np.cos(np.multiply.outer(np.arange(count) % 3, x)),
    )
    for atom, y in ((parabola, 1.5 * x**2 - 2 * x + 1), (waves, np.cos(x))):
        monkeypatch.setitem(ATOMS, "own", atom)
        spec = fit_skeleton(("product", ("own", "linear")), (), x, y * (x + 1))
        assert spec is not None and evaluate(spec.rule, x) == pytest.approx(y * (x + 1), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("operator", ["sum", "product"])
def test_a_scanned_atom_may_have_a_linear_constant(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    box = own(
        (Parameter("height", -5, 5, linear=True), Parameter("half", 0.5, 5)),
        lambda x, c: c[0] * (np.abs(x) < c[1]),
        lambda x, c: np.array([1.0 * (np.abs(x) < c[1]), 0.0 * x]),
        scanned=True,
    )
    monkeypatch.setitem(ATOMS, "own", box)
    x = np.linspace(-9.0, 12.0, 40)
    y = 3.0 * (np.abs(x) < 2.2)
    y = y + x - 1.0 if operator == "sum" else y * (x - 1.0)
    for parts in (("own", "linear"), ("linear", "own")):
        spec = fit_skeleton((operator, parts), (), x, y)
        assert spec is not None and evaluate(spec.rule, x) == pytest.approx(y, abs=1e-6)
