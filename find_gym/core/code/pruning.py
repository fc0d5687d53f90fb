"""What a function does not need is taken out of its code: comments, annotations, docstrings, all it never reaches."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable

from find_gym.core.code.names import SAFE_BUILTINS
from find_gym.core.code.scopes import Names, owner

# Those that can be made without arguments.
_PLAIN_ERRORS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type)
    and issubclass(value, Exception)
    and not issubclass(value, (UnicodeError, BaseExceptionGroup))
)
# Stands for all names that a star import may bind.
_ANY = "*"


class Cleaner(ast.NodeTransformer):
    """Removes annotations and statements without effect, and writes each import as one that says what it binds."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # noqa: N802
        """Removes docstrings and other constants that stand alone."""
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:  # noqa: N802
        """Keeps the assignment."""
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([self.visit(node.target)], self.visit(node.value)), node)

    def visit_TypeAlias(self, node: ast.AST) -> None:  # noqa: N802
        """Removes names of types."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Keeps the name of a parameter."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802
        """Removes annotations."""
        node.returns = None
        return self._visit_definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # noqa: N802
        """Removes parameters of types."""
        return self._visit_definition(node)

    def _visit_definition(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        if hasattr(node, "type_params"):
            node.type_params = []
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:  # noqa: N802
        """Removes what would run only if the code were run as a script."""
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        if isinstance(node.test, ast.Compare) and "__name__" in names:
            return self.generic_visit(ast.Module(node.orelse, [])).body  # type: ignore[attr-defined, no-any-return]
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:  # noqa: N802
        """Returns one import for each module."""
        single: list[ast.stmt] = []
        for alias in node.names:
            # Without a name of its own, `import a.b` binds a, which has b as all modules that may be imported are.
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            whole = ast.copy_location(ast.alias(name, alias.asname or name), alias)
            single.append(ast.copy_location(ast.Import([whole]), node))
        return single

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:  # noqa: N802
        """Returns one import for each name."""
        if node.module == "__future__":
            return []
        single: list[ast.stmt] = []
        for alias in node.names:
            binding = None if alias.name == "*" else alias.asname or alias.name
            whole = ast.copy_location(ast.alias(alias.name, binding), alias)
            single.append(ast.copy_location(ast.ImportFrom(node.module, [whole], node.level), node))
        return single

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Fills bodies that became empty."""
        super().generic_visit(node)
        if getattr(node, "body", None) == [] and not isinstance(node, ast.Module):
            node.body = [ast.copy_location(ast.Pass(), node)]  # type: ignore[attr-defined]
        return node


class _ErrorTexts(ast.NodeTransformer):
    """Removes the texts of errors, which nobody reads: `raise ValueError("expected a number")`."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:  # noqa: N802
        """Keeps the kind of error, if it is one of Python's own that needs no arguments."""
        call = node.exc
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _PLAIN_ERRORS:
            if not call.keywords and all(map(_is_text, call.args)):
                node.exc = call.func
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:  # noqa: N802
        """Keeps the condition."""
        if node.msg is not None and _is_text(node.msg):
            node.msg = None
        return node


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is a text, with names and numbers filled in at most."""
    parts = (ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Name, ast.expr_context, ast.BinOp, ast.Add, ast.Mod)
    return all(isinstance(part, parts) for part in ast.walk(node))


def drop_error_texts(tree: ast.Module) -> None:
    """Removes the texts of errors that are raised, unless the code may read them or gives Python's names a new meaning.

    Args:
        tree: a clean module, changed in place.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name is not None:
            return
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id in _PLAIN_ERRORS:
            return
        name = getattr(node, "name", None)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and name in _PLAIN_ERRORS | {"__exit__"}:
            return
    _ErrorTexts().visit(tree)


def prune(tree: ast.Module, entry_point: str) -> None:
    """Removes all top-level statements that have no part in what a function computes.

    A statement has a part if it binds, or may change, a name that the function reaches. Whatever is in doubt stays.

    Args:
        tree: a clean module, changed in place.
        entry_point: the function's name.
    """
    parts = _Parts(tree)
    by_effect: dict[str, list[int]] = defaultdict(list)
    for index in range(len(tree.body)):
        for name in parts.effects(index):
            by_effect[name].append(index)
    reached, live, pending = {entry_point}, set(), [entry_point]
    while pending:
        for index in by_effect.pop(pending.pop(), ()):
            if index in live:
                continue
            live.add(index)
            new = parts.uses[index] - reached
            reached |= new
            pending += new
    tree.body = [statement for index, statement in enumerate(tree.body) if index in live]


class _Parts:
    """What each top-level statement binds, reads and may change, by the names of the module."""

    def __init__(self, tree: ast.Module) -> None:
        self._body = tree.body
        names = Names(tree)
        self._variables = names.module.bound - names.module.imported - names.module.defined
        self._functions = names.module.defined
        self.uses: list[set[str]] = [set() for _ in tree.body]
        self._binds: list[set[str]] = [set() for _ in tree.body]
        self._changes: list[set[str]] = [set() for _ in tree.body]
        self._roots: list[set[str]] = [set() for _ in tree.body]
        self._definitions: dict[str, list[int]] = defaultdict(list)
        executed, anywhere = _changed_nodes(tree.body)
        for each in names.occurrences:
            found = owner(each.scope, each.name)
            if found is None and not each.binds:
                self.uses[each.statement] |= {each.name, _ANY}
            if found is not names.module:
                continue
            self.uses[each.statement].add(each.name)
            if each.binds:
                at_once = each.scope is names.module or not isinstance(tree.body[each.statement], ast.FunctionDef)
                (self._binds if at_once else self._changes)[each.statement].add(each.name)
            if id(each.node) in anywhere:
                self._roots[each.statement].add(each.name)
                if each.name in self._variables:
                    self._changes[each.statement].add(each.name)
        for index, statement in enumerate(tree.body):
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                self._definitions[statement.name].append(index)
        self._at_once = {index for index, nodes in enumerate(executed) if nodes}

    def effects(self, index: int) -> set[str]:
        """Returns the names that a statement binds or may change when it is executed."""
        statement = self._body[index]
        if _is_report(statement):
            return set()
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            return {_ANY}
        effects = set(self._binds[index])
        if isinstance(statement, ast.FunctionDef) and index not in self._at_once:
            return effects
        effects |= self._changes[index]
        if isinstance(statement, ast.Expr):
            effects |= self._roots[index] - self._functions
        for reached in self._reachable(index):
            effects |= self._changes[reached]
        return effects

    def _reachable(self, index: int) -> set[int]:
        """Returns the definitions that a statement may call."""
        seen: set[int] = set()
        pending = list(self.uses[index])
        asked = set(pending)
        while pending:
            for definition in self._definitions.get(pending.pop(), ()):
                seen.add(definition)
                new = self.uses[definition] - asked
                asked |= new
                pending += new
        return seen


def _is_report(statement: ast.stmt) -> bool:
    """Whether a statement only shows or checks something."""
    if isinstance(statement, ast.Expr):
        call = statement.value
        return not isinstance(call, ast.Call) or (isinstance(call.func, ast.Name) and call.func.id == "print")
    return isinstance(statement, (ast.Assert, ast.Pass))


def _changed_nodes(body: list[ast.stmt]) -> tuple[list[set[int]], set[int]]:
    """Returns the names that may stand for something changed: those executed with each statement, and all of them."""
    executed: list[set[int]] = []
    anywhere: set[int] = set()
    for statement in body:
        nodes = set(_roots_of_changes(ast.walk(statement)))
        anywhere |= nodes
        if isinstance(statement, ast.FunctionDef):
            defaults = [node for node in statement.args.kw_defaults if node is not None]
            parts = [*statement.decorator_list, *statement.args.defaults, *defaults]
            nodes = {id(node) for part in parts for node in ast.walk(part) if isinstance(node, (ast.Name, ast.Call))}
        executed.append(nodes)
    return executed, anywhere


def _roots_of_changes(nodes: Iterable[ast.AST]) -> Iterable[int]:
    for node in nodes:
        changed: list[ast.AST] = []
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            changed = [node]
        elif isinstance(node, ast.Call):
            harmless = isinstance(node.func, ast.Name) and node.func.id in SAFE_BUILTINS - {"next", "map", "filter"}
            changed = [node.func] if isinstance(node.func, ast.Attribute) else []
            changed += [] if harmless else node.args
        for part in changed:
            root = part
            while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred)):
                root = root.value
            if isinstance(root, ast.Name):
                yield id(root)
