"""Compiled loops do what slow references do, and are kept where that is possible."""

from __future__ import annotations

import fcntl
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.estimation.columns import UNDER_WAY, Columns
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.estimation.scans import grid_of, grid_values, shape
from find_gym.categories.numeric.fitting import fit_skeleton
from find_gym.categories.numeric.fitting.models import model_of
from find_gym.categories.numeric.fitting.spans import orthonormal
from find_gym.categories.numeric.inputs import merge_intervals, tolerance_of
from find_gym.categories.numeric.kernels import (
    algebra,
    asking,
    binning,
    counting,
    drawing,
    evaluating,
    evidence,
    ordering,
    projecting,
    questions,
    quotients,
    scanning,
    sines,
    training,
)
from find_gym.categories.numeric.loops import NO_LOOPS, loops_of
from find_gym.categories.numeric.networks import Network
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.spread import spread_of
from find_gym.categories.numeric.variants import Region
from find_gym.core.kernels import compiling
from find_gym.functions import CallableFunction, NumericFunction, NumericSpec, sample_numeric
from find_gym.scoring import NumericInputs
from tests.compiled import compiled

NUMBERS = st.floats(-100, 100, allow_subnormal=False).map(lambda value: round(value, 3))


@given(st.integers(1, 6), st.integers(1, 12), st.data())
@settings(max_examples=60, deadline=None)
def test_least_squares_leave_as_little_as_those_of_numpy(size: int, count: int, data: st.DataObject) -> None:
    columns = data.draw(arrays.arrays(np.float64, (size, count), elements=NUMBERS))
    target = data.draw(arrays.arrays(np.float64, count, elements=NUMBERS))
    coefficients, cost = solve_linear(columns, target)
    expected = np.linalg.lstsq(columns.T, target, rcond=1e-12)[0]
    least = float(np.sum((target - expected @ columns) ** 2))
    assert cost <= least + 1e-9 * (1 + float(target @ target))
    assert cost == pytest.approx(float(np.sum((target - coefficients @ columns) ** 2)), abs=1e-7)


def test_polynomials_of_exact_data_have_exact_coefficients() -> None:
    x = np.linspace(-128, 128, 65)
    powers = x ** np.arange(5, -1, -1)[:, None]
    wanted = np.array([0.3, -4.1, 2.2, 0.0, -1.7, 5.0])
    coefficients, _ = solve_linear(powers, wanted @ powers)
    np.testing.assert_allclose(coefficients, wanted, rtol=1e-9, atol=1e-7)


def test_redundant_columns_share_the_coefficient_of_least_norm() -> None:
    x = np.array([70.0, 80.0, 90.0])
    powers = x ** np.arange(5, -1, -1)[:, None]
    coefficients, cost = solve_linear(powers, x**2)
    lengths = np.linalg.norm(powers, axis=1)
    least = np.linalg.lstsq((powers / lengths[:, None]).T, x**2, rcond=None)[0] / lengths
    np.testing.assert_allclose(coefficients, least, rtol=1e-6)
    assert cost == pytest.approx(0, abs=1e-12)


def test_least_squares_of_numbers_that_overflow_have_no_solution() -> None:
    for columns, target in (([[np.inf, 1.0]], [1.0, 1.0]), ([[1e200, 1e200]], [1.0, 1.0]), ([[1.0, 1.0]], [np.nan, 1])):
        coefficients, cost = solve_linear(np.array(columns), np.array(target, dtype=float))
        assert np.isnan(coefficients).all() and cost == np.inf


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_orthonormal_rows_span_the_same_space(size: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-2, 3, (size, count)).astype(float)
    basis = orthonormal(rows)
    places = np.empty(size, dtype=np.int64)
    rank = algebra.orthonormalise(rows, np.empty(rows.shape), places)
    assert len(basis) == rank == np.linalg.matrix_rank(rows) == np.linalg.matrix_rank(rows[places[:rank]])
    np.testing.assert_allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-12)
    np.testing.assert_allclose(rows @ basis.T @ basis, rows, atol=1e-12)


@pytest.mark.parametrize("product", [False, True])
@pytest.mark.parametrize("kind", ["signs", "pulses", "any"])
def test_scans_beside_a_span_find_the_misfit_of_each_shape(product: bool, kind: str) -> None:
    rng = np.random.default_rng(2)
    count = 9
    table = rng.normal(size=(count, 7))
    if kind != "any":
        table = np.where(table > 0.3, 1.0, -1.0 if kind == "signs" else 0.0)
    x = rng.uniform(-3, 3, count)
    columns, offset = np.array([x, np.ones(count)]), rng.normal(size=count)
    target, multiplier = rng.normal(size=count), rng.uniform(0.5, 2, count)
    rows, costs = np.arange(count), np.empty(7)
    scanning.scan_beside(table, rows, product, offset, columns, target, multiplier, costs)
    for values, cost in zip(table.T, costs, strict=True):
        factor = multiplier * values if product else multiplier
        rest = target - (factor * offset if product else multiplier * (offset + values))
        solution = np.linalg.lstsq((columns * factor).T, rest, rcond=None)[0]
        assert cost == pytest.approx(float(np.sum((rest - solution @ (columns * factor)) ** 2)), abs=1e-9)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30))
@settings(deadline=None)
def test_the_deviation_of_residuals_is_robust(values: list[float]) -> None:
    y, summary, residuals = np.array(values), np.empty(3), np.empty(len(values))
    x, usable = np.arange(y.size, dtype=float), np.ones(y.size, dtype=bool)
    compiled(evidence.inspect)(model_of("constant", ((0,),)).code, np.array([2.0]), x, y, usable, residuals, summary)
    np.testing.assert_array_equal(residuals, y - 2)
    expected = [1.4826 * np.median(np.abs(y - 2)), np.sqrt(np.mean((y - 2) ** 2)), y.size]
    np.testing.assert_allclose(summary, expected, rtol=1e-12)


def test_poisson_noise_is_told_by_all_outputs_of_the_same_input() -> None:
    x, usable = np.repeat([1.0, 2.0, 3.0], [4, 2, 1]), np.ones(7, dtype=bool)
    # Differences of 0, 3, -1 and 2: half of their mean square is 1.75.
    y = np.array([5.0, 5.0, 8.0, 7.0, 0.5, 2.5, 9.0])
    assert evidence.noise_mean(x, y, usable) == 2
    assert evidence.noise_mean(x, y + np.arange(7) * 0.1, usable) == 0
    assert evidence.noise_mean(x, np.repeat([1.0, 2.0, 3.0], [4, 2, 1]), usable) == 0


def test_kernels_are_kept_beside_their_source_or_in_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Whoever runs the tests may name another place.
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    source = tmp_path / "package" / "loops.py"
    source.parent.mkdir()
    source.write_text("one = 1\n")

    def folder() -> Path:
        module = ModuleType("package.loops")
        module.__file__ = str(source)
        return compiling.cache_folder(module)

    beside = folder()
    assert beside.parent == source.parent / "__pycache__"
    # Other sources are compiled anew.
    source.write_text("one = 2\n")
    assert folder() != beside and folder().parent == beside.parent
    # A folder that can't be written to.
    for kept in (source.parent / "__pycache__").iterdir():
        kept.rmdir()
    (source.parent / "__pycache__").rmdir()
    (source.parent / "__pycache__").write_text("")
    assert folder().parent == tmp_path / "cache" / "find-gym"


def test_one_process_compiles_at_a_time(tmp_path: Path) -> None:
    def is_free() -> bool:
        with open(tmp_path / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    with compiling._turn(tmp_path):
        assert not is_free()
    assert is_free()


def test_compiling_is_announced_once_for_all_processes_of_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiling, "cache_folder", lambda module: tmp_path)
    for _ in range(2):
        compiling._announce()
    assert capsys.readouterr().err.count("compiling loops") == 1
    monkeypatch.setattr("os.getpgrp", lambda: -1)
    compiling._announce()
    assert capsys.readouterr().err.count("each kept for later commands") == 1


def test_kernels_that_can_be_kept_nowhere_end_with_the_process(tmp_path: Path) -> None:
    program = """
from find_gym.core.kernels import compiling
compiling.Path.mkdir = lambda *arguments, **named: (_ for _ in ()).throw(OSError)
compiling._announce()
print(compiling.cache_folder(compiling))
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert "each for this process only (NUMBA_CACHE_DIR names" in done.stderr
    assert Path(done.stdout.strip()).parent == tmp_path and not any(tmp_path.iterdir())


def test_numba_is_imported_where_the_first_loop_runs_and_no_earlier() -> None:
    program = """
import sys, gymnasium, find_gym
env = gymnasium.make("FIND-numeric-v1", interface="text")
env.reset(seed=0)
env.step("QUERY [1, 2]")
gymnasium.make("FIND-numeric-v1").reset(seed=0)
print("numba" in sys.modules, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_scipys_linear_algebra_is_imported_only_where_numba_needs_it() -> None:
    program = """
import sys
from importlib.util import find_spec
import numba
import numpy as np
from find_gym.categories.numeric.fitting import fit_skeleton
fit_skeleton("linear", (), np.arange(8.0), 2 * np.arange(8.0))
print("scipy.linalg" in sys.modules)
if find_spec("scipy"):
    import numba
    print(numba.njit(lambda a: np.dot(a, a))(np.ones(3)), "scipy.linalg" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() in (["False"], ["False", "3.0", "True"])


def test_without_machine_code_the_error_says_why() -> None:
    program = "import find_gym.categories.numeric.fitting as f; f.fit_skeleton('linear', (), [0, 1, 2], [1, 3, 5])"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "NUMBA_DISABLE_JIT=1; unset it" in done.stderr


def test_what_a_module_imports_counts_as_its_source() -> None:
    names = [compiling.cache_folder(module).name for module in (algebra, scanning)]
    assert names[0].startswith("find-gym-algebra-") and names[1].startswith("find-gym-scanning-")
    # Whether it takes a function out of another module, or that as a whole.
    assert algebra.__name__ in compiling.sources(scanning)
    assert asking.__name__ in compiling.sources(questions)


def test_what_was_called_is_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiling._digest(compiling)
    for called in ([], [object()]):
        monkeypatch.setattr(compiling, "_called", called)
        assert compiling._digest(compiling) == before


def test_numbers_of_other_modules_count_as_a_modules_source(monkeypatch: pytest.MonkeyPatch) -> None:
    # These stand in a module whose source is not compiled.
    assert "find_gym.categories.numeric.inputs" not in compiling.sources(drawing)
    digests = [compiling._digest(drawing), compiling._digest(drawing)]
    for name, value in (("DENSE_RANGE", (-12.0, 13.0)), ("SIZE", 97), ("RANGES", drawing.RANGES + 1.0)):
        monkeypatch.setattr(drawing, name, value)
        digests.append(compiling._digest(drawing))
    assert len(set(digests)) == 4


def gradient_by_numpy(x: FloatArray, moments: FloatArray, targets: FloatArray, parameters: FloatArray) -> FloatArray:
    """The gradient of the mean squared error of a network, by array operations; see `kernels.training`."""
    size = parameters.size // 3
    w, b, v = np.split(parameters[:-1], 3)
    rising = w > 0
    knots = np.searchsorted(x, -b / np.where(w == 0, 1e-300, w))
    order = np.argsort(knots, kind="stable")
    slopes = np.append(0.0, np.cumsum((np.abs(w) * v)[order])) + np.cumsum(np.where(rising, 0.0, w * v))[-1]
    levels = np.append(0.0, np.cumsum((np.where(rising, b, -b) * v)[order]))
    levels += np.cumsum(np.where(rising, 0.0, b * v))[-1] + parameters[-1]
    edges = np.concatenate([[0], knots[order], [x.size]])
    pieces = np.diff(moments[:, edges], axis=1)
    residual = np.cumsum(slopes * pieces[1:] + levels * pieces[:-1], axis=1) - targets[:, edges[1:]]
    before = np.empty((2, size))
    before[:, order] = residual[:, :-1]
    active = np.where(rising, residual[:, -1:] - before, before)
    gradient = np.concatenate([v * active[1], v * active[0], w * active[1] + b * active[0], residual[0, -1:]])
    return gradient * (2 / x.size)


def running_sums(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    def running(values: FloatArray) -> FloatArray:
        return np.append(0.0, np.cumsum(values))

    return np.stack([running(x**k) for k in range(3)]), np.stack([running(y), running(x * y)])


def test_compressed_gradient_is_that_of_all_points() -> None:
    x = np.linspace(-100, 100, 500)
    y = 2 * np.abs(x) - 1
    parameters = np.random.default_rng(0).normal(size=193)

    def loss(values: FloatArray) -> float:
        network = Network(tuple(values[:64]), tuple(values[64:128]), tuple(values[128:192]), values[192])
        return float(np.mean((network.evaluate(x) - y) ** 2))

    gradient = gradient_by_numpy(x, *running_sums(x, y), parameters)
    for index in range(0, 193, 7):
        step = np.zeros(193)
        step[index] = 1e-5
        numeric = (loss(parameters + step) - loss(parameters - step)) / 2e-5
        assert abs(numeric - gradient[index]) < 1e-5 * np.abs(gradient).max()


@pytest.mark.parametrize("seed", range(4))
def test_compiled_training_rounds_as_numpy_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.linspace(-100, 100, 500)
    # Functions that are undefined somewhere leave gaps between the training inputs.
    x = x[np.abs(x - 30) > 25 * (seed // 2)]
    y = rng.choice([1.0, 1e3]) * np.sin(x / 7) + x * (seed % 2)
    moments, targets = running_sums(x, y)
    parameters = 2 * rng.random(3 * 8 + 1) - 1
    parameters[0] = 0.0
    compiled = parameters.copy()
    between, sums = np.concatenate([[-np.inf], x, [np.inf]]), np.concatenate([moments, targets])
    training.train(between, np.ascontiguousarray(sums.T), compiled, 300, 0.01)
    first, second, decays = np.zeros(parameters.size), np.zeros(parameters.size), np.ones(2)
    for _ in range(300):
        gradient = gradient_by_numpy(x, moments, targets, parameters)
        decays *= [0.9, 0.999]
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient * gradient - second)
        parameters -= (0.01 / (1 - decays[0])) * first / (np.sqrt(second / (1 - decays[1])) + 1e-8)
    np.testing.assert_array_equal(compiled, parameters)


def test_compiled_networks_round_as_numpy_does() -> None:
    rng = np.random.default_rng(0)
    units, x = rng.standard_normal((3, 64)), np.array([*rng.uniform(-128, 128, 500), 0.0, np.nan])
    y = np.full(x.size, 0.5)
    for weight, bias, output in units.T:
        y += output * np.maximum(weight * x + bias, 0.0)
    np.testing.assert_array_equal(Network(*map(tuple, units.tolist()), 0.5).evaluate(x), y)


def test_points_without_weight_are_left_out() -> None:
    x, target, multiplier = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([-2.0, 0.0, 3.0])
    assert compiled(evidence.weighted)(x, target, multiplier).tolist() == [[1.0, 3.0], [-2.0, 2.0], [2.0, 3.0]]


def test_the_centre_nearest_to_one_decimal() -> None:
    # 0.33 + 0.17 is 0.5; 0.33 + 7 * 0.17 is 1.52, 0.33 + 11 * 0.17 is 2.2.
    assert compiled(sines.plainest_turn)(0.33, 0.17, 0, 20) == 1
    assert compiled(sines.plainest_turn)(0.33, 0.17, 2, 20) == 11


OUTPUTS = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.05, np.nan, np.inf, 1e308]), min_size=1, max_size=30)


@given(OUTPUTS, st.integers(0, 5), st.floats(0, 40))
@settings(deadline=None)
def test_right_outputs_are_counted(truth: list[float], turned: int, spread: float) -> None:
    true = np.array(truth)
    tolerances = tolerance_of(true, spread).tolist()
    predicted = np.roll(true, turned)
    half, shares = len(truth) // 2, np.empty(4)
    counting.count_right(*NO_LOOPS, predicted, np.array([true, true]), spread, 1e300, half, shares)
    right = [
        abs(p - t) <= tolerance if math.isfinite(t) else not abs(p) <= 1e300
        for t, p, tolerance in zip(truth, predicted.tolist(), tolerances, strict=True)
    ]
    counts = [sum(right[:half]), sum(right[half : 2 * half])]
    np.testing.assert_array_equal(shares[:3], np.divide([*counts, counts[0]], half))
    # Some constant that is best lies at the end of what is tolerated around some output.
    defined = [(t, tolerance) for t, tolerance in zip(truth, tolerances, strict=True) if math.isfinite(t)]
    constants = [t + sign * tolerance for t, tolerance in defined for sign in (-1, 1)]
    best = [sum(abs(t - c) <= tolerance for t, tolerance in defined) for c in constants]
    undefined = sum(not math.isfinite(t) for t in truth)
    assert counting.most_within(true, spread) >= max([undefined, *best])


@given(st.integers(0, 700), st.integers(0, 2**32), st.sampled_from(["some", "few", "rising", "falling", "hill"]))
@settings(deadline=None)
def test_numbers_are_sorted(count: int, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(5 if kind == "few" else 1000, size=count).astype(np.float64)
    if kind in ("rising", "falling", "hill"):
        values.sort()
    if kind in ("falling", "hill"):
        values[count // 2 if kind == "hill" else 0 :][::-1].sort()
    expected = np.sort(values)
    compiled(ordering.sort_roughly)(values)
    # What is left to be done takes no longer than to look at each number beside a few others.
    assert np.all(np.abs(expected.searchsorted(values) - np.arange(count)) < 20) or kind == "few"
    compiled(ordering.finish_sorting)(values)
    np.testing.assert_array_equal(values, expected)


@given(st.integers(0, 700), st.integers(0, 2**32), st.booleans())
@settings(deadline=None)
def test_squares_are_added_up_as_numpy_does(count: int, seed: int, holes: bool) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(size=(2, count)) * 10.0 ** rng.integers(-8, 9, size=(2, count))
    truth[rng.random(count) < 0.3 * holes] = np.nan
    defined = np.isfinite(truth)
    with np.errstate(invalid="ignore"):
        expected = ((truth - predicted)[defined] ** 2).sum() / (truth[defined] ** 2).sum()
    np.testing.assert_equal(counting.squared_error(truth, predicted), expected)


def test_the_best_constant_is_tolerated_most_often() -> None:
    truth = np.array([0.0, 0.9, 2.0, np.nan, 5.0])
    assert counting.most_within(truth, 10.0) == 2
    assert counting.most_within(truth, 20.0) == 3
    assert counting.most_within(np.full(3, np.nan), 20.0) == 3


def bins_by_python(values: FloatArray, unit: float) -> list[int]:
    """The bin of each of some finite numbers; see `binning.cut`."""
    scaled = np.array([math.asinh(distance / unit) for distance in (values - np.median(values)).tolist()])
    shares = (scaled - scaled.min()) / (np.ptp(scaled) or 1.0) * 24
    return np.minimum(shares, 23.0).astype(int).tolist()


MANY_VALUES = st.lists(
    st.sampled_from([-8.0, -1.0, 0.0, 0.25, 1.0, 3.0, 1e30]) | st.floats(-1e3, 1e3), min_size=1, max_size=400
) | st.tuples(st.integers(1, 3000), st.integers(0, 99), st.integers(0, 3)).map(
    lambda it: np.round(np.sin(np.random.default_rng(it).random(it[0]) * it[1]) * 100, it[2]).tolist()
)


def extremes_of(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    lows, highs = np.empty((2, compiled(ordering.count_blocks)(values)))
    compiled(ordering.find_extremes)(values, lows, highs)
    return lows, highs


@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf])
def test_blocks_with_numbers_that_are_not_finite_are_found(value: float) -> None:
    values = np.linspace(-1, 1, 150)
    values[70] = math.copysign(value, value)
    lows, highs = extremes_of(values)
    assert np.isfinite(lows + highs).tolist() == [True, False, True]


@given(MANY_VALUES)
@settings(deadline=None)
def test_numbers_of_given_ranks_are_found_without_sorting(numbers: list[float]) -> None:
    values = np.array(numbers)
    lows, highs = extremes_of(values)
    begins = range(0, values.size, ordering.BLOCK)
    np.testing.assert_array_equal(lows, np.minimum.reduceat(values, begins))
    np.testing.assert_array_equal(highs, np.maximum.reduceat(values, begins))
    levels, ordered = np.empty((5, 2)), np.sort(values)
    compiled(ordering.find_levels)(values, lows, highs, np.empty(values.size), levels)
    assert (levels[0] == ordered[0]).all() and (levels[4] == ordered[-1]).all()
    median, spread = compiled(ordering.median_and_range)(values.size, levels)
    assert (median, spread or compiled(ordering.deviation)(values)) == (np.median(values), spread_of(values))
    others = np.insert(values, values.size // 2, [math.nan, math.inf, -math.inf])
    assert compiled(ordering.spread_of)(others) == spread_of(values)


def test_numbers_that_are_not_finite_have_no_spread() -> None:
    assert compiled(ordering.spread_of)(np.array([math.nan, math.inf])) == 0.0


@given(MANY_VALUES)
@settings(deadline=None)
def test_bins_of_outputs_are_of_equal_width_after_asinh(numbers: list[float]) -> None:
    values = np.array(numbers)
    unit = spread_of(values) or 1.0
    bins = bins_by_python(values, unit)
    lows, highs = extremes_of(values)
    bounds, reached = np.empty(25), np.empty((len(lows) + 1, 25), dtype=np.int64)
    extremes = float(values.min()), float(values.max())
    assert compiled(binning.cut)(values, 0.0, lows, highs, *extremes, float(np.median(values)), unit, bounds, reached)
    np.testing.assert_array_equal(-np.diff(reached[-1]), np.bincount(bins, minlength=24))
    for number in sorted(set(bins)):
        places = np.flatnonzero(np.array(bins) == number)
        ranks = np.arange(0, len(places), 1 + len(places) // 50)
        picked = np.empty(ranks.size, dtype=np.int64)
        compiled(binning.pick)(values, bounds, reached, np.full(ranks.size, number), ranks, picked)
        assert picked.tolist() == places[ranks].tolist()


def inputs_by_numpy(function: NumericFunction | CallableFunction) -> list[FloatArray]:
    """The held-out inputs of a function, drawn by NumPy's generator; see `NumericInputs`."""
    rng = np.random.default_rng(np.frombuffer(function.identity(), dtype=np.uint32))
    pool = np.linspace(-128, 128, 8193)[:-1] + rng.random(8192) / 32
    values = function.truth(pool)
    pool, values = pool[np.isfinite(values)], values[np.isfinite(values)]
    strata = [rng.uniform(-128, 128, 96), rng.uniform(-12, 12, 96)]
    if values.size:
        spread = spread_of(values)
        bins = np.array(bins_by_python(values, max(spread, 1e-270) if spread else 1.0))
        filled = [np.flatnonzero(bins == number) for number in sorted(set(bins.tolist()))]
        places = [filled[turn % len(filled)] for turn in range(96)]
        chosen = [own[rank] for own, rank in zip(places, rng.integers(0, [len(own) for own in places]), strict=True)]
        strata.append(np.clip(pool[chosen] + (rng.random(96) - 0.5) / 32, -128, 128))
    else:
        strata.append(rng.uniform(-128, 128, 96))
    pieces = merge_intervals([(region.lower, region.upper) for region in function.regions])
    if pieces.size:
        widths = pieces[:, 1] - pieces[:, 0]
        inside = rng.choice(widths.size, size=96, p=widths / widths.sum())
        strata.append(pieces[inside, 0] + widths[inside] * rng.random(96))
    return [*strata, np.where(np.arange(96) % 2, -1, 1) * rng.uniform(128, 256, 96)]


@pytest.mark.parametrize("level", ["find", "hard", "extreme"])
def test_held_out_inputs_are_those_of_numpys_generator(level: str) -> None:
    rng = np.random.default_rng(0)
    difficulty = {"base": level, "variants": {"plain": 0.4, "corrupted": 0.6}}
    drawn = [NumericFunction(sample_numeric(rng, difficulty=difficulty)) for _ in range(40)]
    for function in (*drawn, CallableFunction(lambda x: None), CallableFunction(lambda x: x if x > 3 else 1 / 0)):
        inputs = NumericInputs.of(function)
        np.testing.assert_array_equal([*inputs.strata.values(), inputs.beyond], inputs_by_numpy(function))


WAVES = st.tuples(
    st.sampled_from([1.0, -7.5, 1e-8, 1e-300, 1e150, 0.0]),
    st.sampled_from([0.1, 2.0, 6.3, 1e-3, 1e4, 1e12, 0.0]) | st.floats(0.05, 7.0),
    st.floats(-10.0, 10.0),
    st.sampled_from([0.0, 3.2, 1e6, -1e15]),
)
WAVE_REGIONS = st.sampled_from([(), (Region(-40.0, math.inf, 0.5),), (Region(3.0, 8.0, 1.0), Region(-90.0, 5.0, 0.0))])


@given(st.sampled_from(["sin", "cos"]), WAVES, WAVE_REGIONS)
@settings(deadline=None)
def test_held_out_inputs_of_waves_are_those_of_exact_outputs(
    name: str, constants: tuple[float, ...], regions: tuple[Region, ...]
) -> None:
    function = NumericFunction(NumericSpec(AtomRule(name, constants), (-100.0, 100.0), regions=regions))
    inputs = NumericInputs.of(function)
    np.testing.assert_array_equal([*inputs.strata.values(), inputs.beyond], inputs_by_numpy(function))
    (rule, bounds), x, y = loops_of(function), np.random.default_rng(0).uniform(-128, 128, 2000), np.empty(2000)
    error = compiled(evaluating.approximate_wave)(rule, x, bounds, y)
    assert error == math.inf or (abs(y - function.truth(x)) <= error).all()
    assert error < math.inf or not (0.1 <= constants[1] <= 1e12 and 1e-8 <= abs(constants[0]) <= 10)


@pytest.mark.parametrize("seed", range(4))
def test_spans_are_projected_out_of_a_window(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, offset, y = rng.normal(size=(3, 12)), rng.normal(size=12), rng.normal(size=12)
    columns[2] = 2 * columns[0]
    window = np.arange(12) % 3 > 0
    rest = np.empty(12)
    assert compiled(projecting.project_out)(offset, columns, window, y, rest) == 2
    basis, target = columns[:2, window].T, (y - offset)[window]
    expected = target - basis @ np.linalg.lstsq(basis, target)[0]
    np.testing.assert_allclose(rest[: window.sum()], expected, atol=1e-12)
    columns[1, 1] = np.inf
    assert compiled(projecting.project_out)(offset, columns, window, y, rest) == -1


def test_the_least_factor_that_makes_numbers_plain() -> None:
    assert compiled(quotients.plain_tenths)(np.array([1.0, -0.5, 0.25]), 1e-4) == 4
    assert compiled(quotients.plain_tenths)(np.array([1.0, 1 / 9.7]), 1e-4) == 97
    assert compiled(quotients.plain_tenths)(np.array([1.0, np.pi / 4]), 1e-4) == 100


def test_points_of_a_grid_are_evaluated_as_all_of_them() -> None:
    x = np.linspace(-7.3, 9.1, 11)
    for atom in ATOMS.values():
        if atom.fitting.scanned:
            places = np.array([0, 3, len(grid_of(atom)) - 1])
            np.testing.assert_array_equal(grid_values(atom, x, places), grid_values(atom, x)[places])


def test_parts_are_compiled_once_for_all_integers() -> None:
    @compiling.inlined_helper
    def part(number: int) -> int:
        return number + 1

    @numba.njit
    def whole() -> int:
        return part(1) + part(number=2)

    assert whole() == 5
    assert len(part.signatures) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["tanh", "erf", "sigmoid"])
def test_smooth_steps_are_tabulated_as_they_are_evaluated(name: str) -> None:
    atom, x = ATOMS[name], np.array([-40.0, 0.4, 2.2, 6.1, 50.0])
    expected = shape(atom, x[:, None], tuple(grid_of(atom).T))
    np.testing.assert_allclose(grid_values(atom, x)[: len(grid_of(atom))].T, expected, atol=1e-15)


def test_a_full_table_keeps_the_inputs_that_come_again() -> None:
    computed: list[int] = []

    def compute(x: FloatArray) -> FloatArray:
        computed.append(x.size)
        return np.stack([x, x**2], axis=1)

    columns, bank = Columns(np.zeros((1, 2)), compute), np.arange(10.0)
    for first in range(10, 1000, 5):
        x = np.concatenate([bank, np.arange(first, first + 5.0)])
        table, rows = columns.rows(x)
        np.testing.assert_array_equal(table[rows], np.stack([x, x**2], axis=1))
    assert computed == [15] + [5] * 197
    many = np.arange(-500.0, 500.0)
    np.testing.assert_array_equal(columns.at(many), [many, many**2])
    assert computed[-1] == 1000


@given(st.lists(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=40), min_size=1, max_size=8), max_size=12))
def test_rows_stay_while_fits_are_under_way(batches: list[list[list[int]]]) -> None:
    columns = Columns(np.zeros((1, 2)), lambda x: np.stack([x, x**2], axis=1))
    columns.rows(np.arange(1000.0, 1192.0))
    for batch in batches:
        inputs = [np.array(one, dtype=np.float64) for one in batch]
        with UNDER_WAY:
            asked = [columns.rows(x) for x in inputs]
            for x, (table, rows) in zip(inputs, asked, strict=True):
                np.testing.assert_array_equal(table[rows], np.stack([x, x**2], axis=1))
        np.testing.assert_array_equal(columns.at(inputs[0]), [inputs[0], inputs[0] ** 2])


def test_what_computes_values_may_ask_for_rows() -> None:
    def compute(x: FloatArray) -> FloatArray:
        if x.size == 3:
            np.testing.assert_array_equal(columns.at(x[:2]), [x[:2]])
            np.testing.assert_array_equal(columns.at(np.arange(192.0)), [np.arange(192.0)])
        return x[:, None]

    columns, x = Columns(np.zeros((1, 1)), compute), np.arange(50.0, 53.0)
    for inputs in (x, x[1:], np.arange(192.0), x):
        np.testing.assert_array_equal(columns.at(inputs), [inputs])


def test_the_sign_of_0_does_not_count() -> None:
    columns = Columns(np.zeros((1, 1)), lambda x: np.copysign(1.0, x)[:, None])
    for inputs in ([-0.0, -1.0], [0.0], [-0.0, *np.arange(1.0, 200.0)]):
        assert columns.at(np.array(inputs))[0, 0] == 1.0


def test_fits_do_not_wait_for_what_another_thread_compiles() -> None:
    x = np.linspace(-20, 20, 41)
    fit_skeleton("sin", (), x, np.sin(x))
    with ThreadPoolExecutor() as pool, compiling._lock:
        fitted = pool.submit(fit_skeleton, "sin", (), x + 0.25, np.sin(x + 0.25)).result(timeout=30)
    assert fitted is not None and fitted.rule.name == "sin"


def test_rows_are_right_after_a_signal() -> None:
    x, more = np.arange(190.0), np.arange(200.0, 212.0)
    before = sys.gettrace()
    for lines in range(999):
        columns, left = Columns(np.zeros((1, 2)), lambda x: np.stack([x, x**2], axis=1)), lines

        def trace(frame: Any, event: str, argument: Any) -> Any:
            nonlocal left
            if frame.f_globals["__name__"] != Columns.__module__:
                return None
            left -= event == "line"
            if left < 0:
                sys.settrace(before)
                raise KeyboardInterrupt
            return trace

        columns.rows(x)
        try:
            sys.settrace(trace)
            columns.rows(more)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        for inputs in (more, more + 6, x, more):
            np.testing.assert_array_equal(columns.at(inputs), [inputs, inputs**2])
        if left >= 0:
            break
    assert lines > 5
