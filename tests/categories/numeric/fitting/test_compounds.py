"""Sums and products as compiled loops see them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.atoms import ATOMS, flatten
from find_gym.categories.numeric.fitting import fit_skeleton
from find_gym.categories.numeric.fitting.constants import rule_of
from find_gym.categories.numeric.fitting.models import value_and_jacobian
from find_gym.categories.numeric.fitting.spans import span
from find_gym.categories.numeric.fitting.trees import LeafConstants, build, leaves
from find_gym.categories.numeric.kernels import asking, compounds, models, parts, scaling
from find_gym.categories.numeric.rules import Skeleton, evaluate
from tests.compiled import compiled

_SPANNED = ("linear", "polynomial", "constant", "absolute", "step", "relu", "root", "logarithm", "reciprocal", "floor")


def nested(names: tuple[str, ...]) -> st.SearchStrategy[Skeleton]:
    """Rules of atoms of these names, at least two of them."""
    operators, one = st.sampled_from(("sum", "product")), st.sampled_from(names)
    pairs = st.tuples(operators, st.tuples(one, one))
    return st.one_of(
        pairs, st.tuples(operators, st.tuples(one, pairs)), st.tuples(operators, st.tuples(pairs, one, one))
    )


def drawn(skeleton: Skeleton, seed: int) -> LeafConstants:
    """Draws constants of all atoms."""
    rng = np.random.default_rng(seed)
    return [ATOMS[name].sample(rng) for name in leaves(skeleton)]


@given(nested(_SPANNED), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_span_holds_all_functions_of_a_rule(skeleton: Skeleton, seed: int, positive: bool) -> None:
    constants = drawn(skeleton, seed)
    x = np.linspace(0.25 if positive else -6.0, 6.0, 90) + 0.01
    y, space = evaluate(build(skeleton, constants), x), span(skeleton, x)
    assert space is not None and len(space.columns) <= rule_of(skeleton).rule[asking.SPAN_SIZE]
    known = np.isfinite(y) & np.isfinite(space.offset) & np.isfinite(space.columns).all(axis=0)
    columns, rest = space.columns[:, known], (y - space.offset)[known]
    if known.any() and len(columns):
        columns = columns / np.maximum(np.abs(columns).max(axis=1, keepdims=True), 1e-300)
        rest = rest - columns.T @ np.linalg.lstsq(columns.T, rest)[0]
    assert np.all(np.abs(rest) <= 1e-7 * np.abs(y[known]).max(initial=1.0))


def test_rules_with_constants_that_are_not_linear_have_no_span() -> None:
    assert span(("sum", ("linear", "sin")), np.arange(3.0)) is None
    assert span(("product", ("linear", ("sum", ("tanh", "linear")))), np.arange(3.0)) is None
    space = span(("sum", ("ceil", "floor")), np.array([0.5, 1.0]))
    assert space is not None and space.columns.shape == (0, 2) and space.offset.tolist() == [1.0, 2.0]


@given(nested(tuple(ATOMS)), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_constants_of_parts_are_packed_into_one_row(skeleton: Skeleton, seed: int) -> None:
    rule, constants = rule_of(skeleton), drawn(skeleton, seed)
    row = rows_of(skeleton, constants)
    assert row.shape == (rule.row,)
    size = len([value for leaf in constants for value in flatten(leaf)])
    assert row[asking.SIZE] == size
    assert rule.constants(row.tolist()) == constants


def rows_of(skeleton: Skeleton, constants: LeafConstants) -> np.ndarray:
    """Packs constants as the loops do."""
    rule, row = rule_of(skeleton), np.zeros(rule_of(skeleton).row)
    if isinstance(skeleton, str):
        flat = flatten(constants[0])
        layout = len(constants[0][0]) if skeleton == "rational" else len(flat)
        row[: asking.CONSTANTS + len(flat)] = layout, len(flat), *flat
        return row
    place, part_rows = 0, np.zeros((len(skeleton[1]), rule.row))
    for number, part in enumerate(skeleton[1]):
        count = len(leaves(part))
        own = rows_of(part, constants[place : place + count])
        part_rows[number, : own.size] = own
        place += count
    known = compiled(parts.parts_from)(rule.table(np.zeros(1)).values.reshape(-1).view(np.int64), 5)
    compiled(parts.pack)(known, part_rows, row)
    unpacked = np.zeros_like(part_rows)
    compiled(parts.unpack)(known, row, -1, unpacked)
    np.testing.assert_array_equal(unpacked, part_rows)
    return row


@pytest.mark.parametrize("operator", ["sum", "product"])
def test_the_model_of_the_whole_is_joined_from_those_of_parts(operator: str) -> None:
    skeleton: Skeleton = (operator, ("polynomial", ("product", ("rational", "relu")), "floor"))  # type: ignore[assignment]
    x = np.linspace(-3.0, 4.0, 9)
    for seed in range(6):
        constants = drawn(skeleton, seed)
        rule, row = rule_of(skeleton), rows_of(skeleton, constants)
        answer = np.zeros((asking.ROWS, rule.row))
        answer[0] = row
        known = compiled(parts.parts_from)(rule.table(x).values.reshape(-1).view(np.int64), 5)
        part_rows = np.zeros((3, rule.row))
        compiled(parts.unpack)(known, row, -1, part_rows)
        compiled(compounds._write_model)(known, operator == "product", part_rows, answer.reshape(-1))
        flat = answer.reshape(-1)
        code = flat[1 : 1 + int(flat[0])].astype(np.int64)
        vector = row[asking.CONSTANTS : asking.CONSTANTS + int(row[asking.SIZE])]
        value, slope = np.empty(x.size), np.empty((vector.size, x.size))
        models.evaluate(code, vector, x, value, slope)
        expected, gradient = value_and_jacobian(skeleton, constants, x)
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(slope, gradient)


@pytest.mark.parametrize("scale", [0.37, 3.0, 1 / 7, 250.0])
def test_factors_are_scaled_to_plain_constants(scale: float) -> None:
    skeleton: Skeleton = ("product", ("linear", "floor", "relu"))
    constants: LeafConstants = [(4.5 * scale, -1.5 * scale), (), (2.5 / scale, -1.0 / scale, 0.25)]
    rows = np.zeros((3, 8))
    for row, name, own in zip(rows, leaves(skeleton), constants, strict=True):
        row[: asking.CONSTANTS + len(own)] = rows_of(name, [own])
    known = compiled(parts.parts_from)(rule_of(skeleton).table(np.zeros(1)).values.reshape(-1).view(np.int64), 5)
    compiled(scaling.rescale)(known[0], rows)
    found = [row[asking.CONSTANTS : asking.CONSTANTS + len(own)] for row, own in zip(rows, constants, strict=True)]
    # The value is linear in all but the leak.
    tenths = 10 * np.array([*found[0], *found[2][:2]])
    np.testing.assert_allclose(tenths, np.round(tenths), atol=1e-9)
    assert found[2][2] == 0.25
    np.testing.assert_allclose(np.outer(found[0], found[2][:2]), np.outer([4.5, -1.5], [2.5, -1.0]), rtol=1e-12)


@pytest.mark.parametrize("operator", ["sum", "product"])
def test_as_many_rules_are_described_as_there_are_parts(operator: str) -> None:
    # All but one of several scanned parts would have to be linear for a scan.
    scanned: Skeleton = (operator, ("rectangle", "square_wave") * 10)  # type: ignore[assignment]
    assert len(rule_of(scanned).table(np.zeros(2)).held) == 20
    beside: Skeleton = (operator, ("linear", "rectangle", "step"))  # type: ignore[assignment]
    (_, others) = rule_of(beside).table(np.zeros(2)).held
    assert others.held == []


def test_a_row_has_room_for_coefficients_of_the_basis() -> None:
    for name in ATOMS:
        assert rule_of(name).rule[asking.BASIS_SIZE] <= rule_of(name).row - asking.CONSTANTS


@pytest.mark.parametrize("count", [5, 30])
def test_products_of_many_polynomials_are_fitted(count: int) -> None:
    x = np.linspace(-2.0, 2.0, 21)
    for skeleton in (("product", ("polynomial",) * count), ("product", ("rectangle", *("polynomial",) * count))):
        assert span(skeleton, x) is None  # type: ignore[arg-type]
        spec = fit_skeleton(skeleton, (), x, x - 1.0)  # type: ignore[arg-type]
        assert spec is not None
    space = span(("product", ("polynomial",) * 4), x)
    assert space is not None and len(space.columns) == 6**4
