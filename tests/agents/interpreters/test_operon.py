"""Symbolic regression: reading operon's notation, and a short search where pyoperon is installed."""

import ast
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym_agents.interpreters.operon import OperonAgent, read_expression
from tests.agents.episodes import SPECS, play

LEAVES = st.one_of(st.just("X1"), st.floats(-9, 9).map(lambda value: f"({value:.6f})"))
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "abs"]), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        inner.map(lambda part: f"({part} ^ 2)"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.floats(-3, 3))
@settings(max_examples=200, deadline=None)
def test_folding_keeps_the_value(model, x):
    written = ast.unparse(read_expression(model, digits=17))
    value = eval(written, {"np": np, "x": x})
    names = {"sin": math.sin, "cos": math.cos, "tanh": math.tanh, "abs": abs, "X1": x}
    expected = eval(model.replace("^", "**"), names)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-4)


def test_constants_are_gathered():
    assert ast.unparse(read_expression("(4.0 * (0.5 + ((-2.0) * (sin(X1) ^ 2))))")) == "2 + -8 * np.sin(x) ** 2"
    assert ast.unparse(read_expression("(sin(0.0) + (1.5 + X1))")) == "1.5 + x"


def test_unknown_functions_are_named():
    with pytest.raises(ValueError, match="actual: 'acos'"):
        read_expression("acos(X1)")


def test_missing_pyoperon_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyoperon.sklearn", None)
    monkeypatch.setitem(sys.modules, "pyoperon", None)
    with pytest.raises(ImportError, match=r"pip install 'find-gym\[sr\]'"):
        OperonAgent()


@pytest.mark.parametrize("budget", [0, 1, 2, 40])
def test_operon_submits_within_its_time(budget, monkeypatch):
    pytest.importorskip("pyoperon")
    monkeypatch.setattr(OperonAgent, "seconds", 1)
    info, refusals = play(OperonAgent(), SPECS["linear"], budget=budget)
    assert not refusals
    assert info["score"]["outcome"] in ("right", "wrong")
    if budget == 40:
        assert info["score"]["skill"] > 0.9


def test_operon_guards_the_undefined_part(monkeypatch):
    pytest.importorskip("pyoperon")
    monkeypatch.setattr(OperonAgent, "seconds", 1)
    info, _ = play(OperonAgent(), SPECS["logarithm"], budget=60)
    assert "return np.nan" in info["submission"]["code"]
