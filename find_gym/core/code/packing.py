"""Whether code can get several numbers out of one, so that a constant may hold more than it seems to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# What formulas and straight lines between points are written with. None of it yields digits, bits or remainders.
_PLAIN_NAMES = frozenset(
    """
    ArithmeticError Exception False_ OverflowError True_ TypeError ValueError ZeroDivisionError
    abs absolute acos acosh add all any arccos arccosh arcsin arcsinh arctan arctan2 arctanh array asarray asin asinh
    atan atan2 atanh bool cbrt clip cmath complex copysign cos cosh degrees divide e enumerate erf erfc errstate exp
    exp2 expm1 fabs float float64 gamma hypot imag inf interp isclose isfinite isinf isinstance isnan len lgamma
    linspace list log log10 log1p log2 math max maximum mean min minimum multiply nan nan_to_num numpy pi piecewise
    polyval pow power prod radians range real select sign sin sinc sinh sqrt square subtract sum tan tanh tau tuple
    where zip
    """.split()
)
_PLAIN_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_NEVER_PLAIN = (ast.While, ast.NamedExpr, ast.JoinedStr, ast.ClassDef, ast.Lambda, ast.Match, ast.Global, ast.Nonlocal)
# Where a comparison decides and is no number.
_DECISIONS = (ast.If, ast.IfExp, ast.BoolOp, ast.Assert)
_CHOICES = frozenset(("where", "select", "piecewise"))
# With more arguments, these divide.
_MOST_ARGUMENTS = {"pow": 2, "range": 1}


def takes_numbers_apart(tree: ast.Module, outside: frozenset[str]) -> bool:
    """Returns whether code may get several numbers out of one.

    It may unless it is plain: arithmetic, elementary functions, interpolation, and decisions. What changes a variable
    from one turn of a loop to the next, or counts with comparisons, can divide and is not plain.

    Args:
        tree: a module in normal form.
        outside: the names in it that are not its own.
    """
    if not outside <= _PLAIN_NAMES:
        return True
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return any(_divides(node, parents) for node in ast.walk(tree))


def _divides(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    if isinstance(node, ast.operator):
        return not isinstance(node, _PLAIN_OPERATORS)
    if isinstance(node, ast.Compare):
        return not _decides(node, parents)
    if isinstance(node, ast.Call):
        name = _called(node)
        return len(node.args) > _MOST_ARGUMENTS.get(name, len(node.args))
    if isinstance(node, ast.For):
        return _changes_from_turn_to_turn(node)
    if isinstance(node, _COMPREHENSIONS):
        return any(isinstance(part, ast.Compare) for part in ast.walk(node))
    if isinstance(node, ast.FunctionDef):
        return any(isinstance(part, ast.Name) and part.id == node.name for part in ast.walk(node))
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, _NEVER_PLAIN)


def _decides(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    parent = parents[id(node)]
    while isinstance(parent, (ast.UnaryOp, ast.BoolOp, ast.List, ast.Tuple)):
        if isinstance(parent, ast.UnaryOp) and not isinstance(parent.op, ast.Not):
            return False
        parent = parents[id(parent)]
    return isinstance(parent, _DECISIONS) or (isinstance(parent, ast.Call) and _called(parent) in _CHOICES)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _changes_from_turn_to_turn(loop: ast.For) -> bool:
    """Whether a name may be read in the loop before it is bound there, so that it holds what the turn before left."""
    read: set[str] = set()
    for name, is_read in (use for statement in loop.body for use in _uses(statement)):
        if is_read:
            read.add(name)
        elif name in read:
            return True
    return False


def _uses(statement: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yields the names that a statement uses, in order, each with whether it is read (or else bound)."""
    children = list(ast.iter_child_nodes(statement))
    blocks = [child for child in children if isinstance(child, (ast.stmt, ast.excepthandler))]
    names = [
        part for child in children if child not in blocks for part in ast.walk(child) if isinstance(part, ast.Name)
    ]
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, True
    for is_read in (True, False):
        yield from ((name.id, is_read) for name in names if isinstance(name.ctx, ast.Load) is is_read)
    for block in blocks:
        yield from _uses(block)
