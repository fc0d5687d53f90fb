"""Generic symbolic regression: genetic programming with pyoperon (extra `sr`)."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.parsing import parse
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, Solution
from find_gym_agents.interpreters.constant import best_constant
from find_gym_agents.interpreters.knots import defined_span
from find_gym_agents.interpreters.spread import spread_inputs

# Leaves room for the cap on complexity: at most every second node is a leaf, and each leaf holds one number.
_MAX_LENGTH = 24
_SYMBOLS = "add,sub,mul,div,abs,square,sqrt,exp,log,sin,cos,tanh,constant,variable"
_FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tanh")


class OperonAgent(ScriptedAgent):
    """Spends the budget on spread inputs and evolves an expression for three seconds, on one thread.

    Operon (Burlacu, Kronberger, Kommenda 2020) is the strongest generic symbolic regression that is easily installed.
    It minimises the squared error alone; the expression is simplified afterwards by folding its constants.

    Raises:
        ImportError: pyoperon is not installed.
    """

    seconds = 3

    def __init__(self) -> None:
        super().__init__()
        self._regressor = _import_regressor()

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        x, y = np.empty(0), np.empty(0)
        if budget > 0:
            x = spread_inputs(budget)
            y = yield x.tolist()
        defined = np.isfinite(y)
        if defined.sum() < 3 or np.ptp(y[defined]) == 0:
            return _submit(ast.Constant(best_constant(y)), (None, None))
        model = self._fit(x[defined], y[defined], seed=int(rng.integers(2**32)))
        return _submit(read_expression(model), defined_span(x, defined))

    def _fit(self, x: NDArray[np.float64], y: NDArray[np.float64], seed: int) -> str:
        """Evolves an expression in X1 and returns it in operon's notation."""
        regressor = self._regressor(
            allowed_symbols=_SYMBOLS,
            max_length=_MAX_LENGTH,
            population_size=500,
            generations=10**6,
            max_evaluations=10**8,
            optimizer_iterations=5,
            model_selection_criterion="mean_squared_error",
            n_threads=1,
            max_time=self.seconds,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Outputs of any size: the regression works on values of about 1.
            scale = float(f"{np.max(np.abs(y)):.3g}")
            regressor.fit(x[:, None], y / scale)
            return f"({scale!r} * {regressor.get_model_string(regressor.model_, precision=12)})"


def _import_regressor() -> Callable[..., Any]:
    try:
        from pyoperon.sklearn import SymbolicRegressor
    except ImportError as error:
        raise ImportError("expected pyoperon for the agent 'operon': pip install 'find-gym[sr]'") from error
    return SymbolicRegressor  # type: ignore[no-any-return]


def read_expression(model: str, digits: int = 7) -> ast.expr:
    """Reads an expression in operon's notation and folds its constants.

    Args:
        model: such as `(0.5 + ((-2.0) * (sin(X1) ^ 2)))`, with every operation in parentheses.
        digits: the significant digits of the constants that are kept.

    Returns:
        A Python expression in `x` and functions of numpy.
    """
    tree = parse(model.replace("^", "**").replace("X1", "x"), mode="eval")
    return ast.fix_missing_locations(_Folding(digits).visit(tree.body))


_FOLDED: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


class _Folding(ast.NodeTransformer):
    """Computes what has no variable in it, and gathers constant terms and factors of nested sums and products."""

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        assert isinstance(node.value, (int, float))
        return self._constant(node.value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        value = _value(operand)
        return ast.UnaryOp(node.op, operand) if value is None else self._constant(-value)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments = [self.visit(argument) for argument in node.args]
        name = node.func.id
        if name != "abs" and name not in _FUNCTIONS:
            raise ValueError(f"expected a function among {('abs', *_FUNCTIONS)}, actual: {name!r}")
        value = _value(arguments[0])
        if value is not None:
            with np.errstate(all="ignore"):
                return self._constant(float(getattr(np, name)(value)))
        function: ast.expr = node.func
        if name != "abs":
            function = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
        return ast.Call(function, arguments, [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        first, second = _value(left), _value(right)
        if first is not None and second is not None:
            with np.errstate(all="ignore"):
                return self._constant(float(_FOLDED[type(node.op)](np.float64(first), second)))
        if isinstance(node.op, (ast.Add, ast.Mult)):
            if second is not None:
                left, right, first = right, left, second
            gathered = self._gather(node.op, first, right)
            if gathered is not None:
                return gathered
        return ast.BinOp(left, node.op, right)

    def _gather(self, operation: ast.operator, constant: float | None, other: ast.expr) -> ast.expr | None:
        """Returns `a + (b + X)` as `(a + b) + X`, products likewise, and `a * (b + c * X)` as `ab + ac * X`.

        None where there is nothing to gather.
        """
        if constant is None or not isinstance(other, ast.BinOp):
            return None
        inner = _value(other.left)
        if inner is None:
            return None
        if type(other.op) is type(operation):
            return ast.BinOp(self._constant(_FOLDED[type(operation)](constant, inner)), operation, other.right)
        if isinstance(operation, ast.Mult) and isinstance(other.op, ast.Add):
            product = self._gather(operation, constant, other.right)
            if product is not None:
                return ast.BinOp(self._constant(constant * inner), ast.Add(), product)
        return None

    def _constant(self, value: float) -> ast.expr:
        """Returns a literal with so many significant digits, negative ones as Python writes them."""
        if not math.isfinite(value):
            return ast.Attribute(ast.Name("np", ast.Load()), "nan", ast.Load())
        rounded = float(f"{value:.{self._digits}g}")
        if rounded == int(rounded) and abs(rounded) < 1e6:
            rounded = int(rounded)
        return ast.UnaryOp(ast.USub(), ast.Constant(-rounded)) if rounded < 0 else ast.Constant(rounded)


def _value(node: ast.expr) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        node, sign = node.operand, -1.0
    else:
        sign = 1.0
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return sign * node.value
    return None


def _submit(expression: ast.expr, span: tuple[float | None, float | None]) -> Submission:
    low, high = span
    guards = [f"x < {low!r}"] if low is not None else []
    guards += [f"x > {high!r}"] if high is not None else []
    text = ast.unparse(expression).replace("nan", "np.nan").replace("np.np.", "np.")
    lines = ["import numpy as np\n\n", "def f(x):", "    x = np.float64(x)"]
    if guards:
        lines += [f"    if {' or '.join(guards)}:", "        return np.nan"]
    return Submission(f"f(x) = {text.replace('np.', '')}", code="\n".join([*lines, f"    return {text}\n"]))
