"""What submitted code may not do, told from its syntax alone; the sandbox stands behind it."""

from __future__ import annotations

import ast
import string

from find_gym.core.code.names import MODULES, SPECIAL_METHODS, UNSAFE_ATTRIBUTES, UNSAFE_BUILTINS
from find_gym.core.code.scopes import Names, Occurrence, owner

_REFUSED: dict[type[ast.AST], str] = {
    ast.AsyncFunctionDef: "async def",
    ast.AsyncFor: "async for",
    ast.AsyncWith: "async with",
    ast.Await: "await",
    ast.TryStar: "except*",
}


class MalformedError(ValueError):
    """A submission that can't be judged: the message says what was expected and what came."""


def refuse(node: ast.AST, expected: str, actual: str) -> MalformedError:
    """Returns the error for a construct, with its line."""
    return MalformedError(f"line {getattr(node, 'lineno', 1)}: expected {expected}, actual: {actual}")


def is_special(name: str) -> bool:
    """Whether Python itself gives the name a meaning."""
    return name.startswith("__") and name.endswith("__")


def check(tree: ast.Module, names: Names, own_attributes: frozenset[str]) -> None:
    """Checks a clean module.

    Args:
        tree: the module.
        names: its names.
        own_attributes: attributes that it defines itself.

    Raises:
        MalformedError: something in it is not allowed; the message has the line and the reason.
    """
    receivers = {
        id(node.func): node.func.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    single = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
        if not node.keywords
    }
    for node in ast.walk(tree):
        _check_construct(node)
        if isinstance(node, ast.Attribute):
            _check_attribute(node, receivers.get(id(node)), own_attributes)
        elif isinstance(node, ast.MatchClass):
            for attribute in node.kwd_attrs:
                _check_attribute_name(node, attribute, own_attributes)
    starred = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree))
    for occurrence in names.occurrences:
        _check_name(occurrence, starred, id(occurrence.node) in single)


def _check_construct(node: ast.AST) -> None:
    for kind, name in _REFUSED.items():
        if isinstance(node, kind):
            raise refuse(node, "plain functions", name)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        _check_import(node)
    elif isinstance(node, ast.ClassDef) and node.keywords:
        raise refuse(node, "a class without keywords", f"{node.keywords[0].arg or '**'}=")
    elif isinstance(node, (ast.FunctionDef, ast.Lambda)) and node.args.kwarg is not None:
        raise refuse(node, "parameters that have names", f"**{node.args.kwarg.arg}")
    elif isinstance(node, ast.Call) and any(keyword.arg is None for keyword in node.keywords):
        raise refuse(node, "arguments that have names", "** in a call")


def _check_import(node: ast.Import | ast.ImportFrom) -> None:
    name = node.names[0].name
    module = name if isinstance(node, ast.Import) else node.module or ""
    if getattr(node, "level", 0) or module not in MODULES:
        raise refuse(
            node, f"an import of one of the modules {', '.join(sorted(MODULES))}", module or "a relative import"
        )
    if isinstance(node, ast.ImportFrom) and name != "*" and f"{module}.{name}" not in MODULES:
        _check_attribute_name(node, name, frozenset())


def _check_attribute(node: ast.Attribute, receiver: ast.expr | None, own: frozenset[str]) -> None:
    _check_attribute_name(node, node.attr, own)
    if node.attr == "format":
        text = receiver.value if isinstance(receiver, ast.Constant) else None
        if not isinstance(text, str) or not _is_plain_format(text):
            raise refuse(node, "format() of a literal string without attributes, or an f-string", ".format")


def _check_attribute_name(node: ast.AST, name: str, own: frozenset[str]) -> None:
    if name in own and not is_special(name):
        return
    if name.startswith("_") or name in UNSAFE_ATTRIBUTES:
        raise refuse(node, "attributes that a function of this kind needs", f".{name}")


def _is_plain_format(text: str) -> bool:
    try:
        fields = [(field, spec) for _, field, spec, _ in string.Formatter().parse(text) if field is not None]
    except ValueError:
        return True
    return all("." not in field and _is_plain_format(spec or "") for field, spec in fields)


def _check_name(occurrence: Occurrence, starred: bool, called_with_one: bool) -> None:
    node, name = occurrence.node, occurrence.name
    if occurrence.scope.kind == "class" and occurrence.binds:
        if is_special(name) and name not in SPECIAL_METHODS:
            raise refuse(node, "methods without a special meaning", name)
        return
    if occurrence.scope.kind == "class" and name in occurrence.scope.bound:
        outside = occurrence.scope.parent
        if outside is None or owner(outside, name) is not None:
            raise refuse(node, "a name with one meaning in a class", name)
    if owner(occurrence.scope, name) is not None:
        return
    if is_special(name) or name in UNSAFE_BUILTINS or (starred and name in UNSAFE_ATTRIBUTES):
        raise refuse(node, "names that a function of this kind needs", name)
    if name == "type" and not called_with_one:
        raise refuse(node, "type(...) with one argument", "type")
