"""Names and scopes of a parsed module: where each name occurs, and which scope binds it, by Python's rules."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass(eq=False)
class Scope:
    """A module, a class, a function (lambdas included) or a comprehension.

    Attributes:
        kind: "module", "class", "function" or "comprehension".
        parent: the scope around it; None for the module.
        bound: names bound in it.
        declared: names that it declares "global" or "nonlocal".
        imported: those of the bound names that an import binds.
        defined: those of the bound names that a `def` or a `class` binds.
    """

    kind: str
    parent: Scope | None = None
    bound: set[str] = field(default_factory=set)
    declared: dict[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Occurrence:
    """One place where a name stands: the field of a node, or one element of that field.

    Attributes:
        node: the node.
        place: the name of its field.
        index: the element of that field, where it is a list.
        name: the name.
        scope: the scope that it is looked up from.
        statement: the index of the top-level statement that it stands in.
        binds: whether it binds the name there rather than reads it.
        parameter: whether it is a parameter.
    """

    node: ast.AST
    place: str
    index: int | None
    name: str
    scope: Scope
    statement: int
    binds: bool
    parameter: bool

    def rename(self, name: str) -> None:
        """Writes another name in this place of the tree."""
        if self.index is None:
            setattr(self.node, self.place, name)
        else:
            getattr(self.node, self.place)[self.index] = name


def owner(scope: Scope, name: str) -> Scope | None:
    """Returns the scope whose name it is when looked up from another; None for a name that the module does not bind."""
    here: Scope | None = scope
    while here is not None:
        how = here.declared.get(name)
        if how == "global":
            while here.parent is not None:
                here = here.parent
            return here if name in here.bound else None
        if how is None and name in here.bound and (here is scope or here.kind != "class"):
            return here
        here = here.parent
    return None


class Names(ast.NodeVisitor):
    """Collects all occurrences of names in a module, in the order in which they stand.

    Imports have to bind what they name: `import a.b as b`, never `import a.b` alone.

    Args:
        tree: the module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.module = self._scope = Scope("module")
        self.occurrences: list[Occurrence] = []
        self._statement = 0
        for self._statement, statement in enumerate(tree.body):
            self.visit(statement)

    def _add(
        self,
        node: ast.AST,
        place: str,
        *,
        index: int | None = None,
        binds: bool = False,
        parameter: bool = False,
        scope: Scope | None = None,
    ) -> None:
        name = getattr(node, place)
        if index is not None:
            name = name[index]
        if name is None:
            return
        scope = scope or self._scope
        self.occurrences.append(Occurrence(node, place, index, name, scope, self._statement, binds, parameter))
        if not binds:
            return
        how = scope.declared.get(name)
        bound_in = self.module if how == "global" else None if how == "nonlocal" else scope
        if bound_in is not None:
            bound_in.bound.add(name)
            if isinstance(node, ast.alias):
                bound_in.imported.add(name)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound_in.defined.add(name)

    def _within(self, kind: str, *parts: ast.AST | list[ast.stmt]) -> None:
        outer, self._scope = self._scope, Scope(kind, self._scope)
        for part in parts:
            for node in part if isinstance(part, list) else [part]:
                self.visit(node)
        self._scope = outer

    def _visit_all(self, nodes: list[ast.expr] | list[ast.keyword]) -> None:
        for node in nodes:
            self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802, D102
        self._add(node, "id", binds=not isinstance(node.ctx, ast.Load))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:  # noqa: N802, D102
        self.visit(node.value)
        scope = self._scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        self._add(node.target, "id", binds=True, scope=scope)

    def visit_arg(self, node: ast.arg) -> None:  # noqa: D102
        self._add(node, "arg", binds=True, parameter=True)

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        self._visit_all(arguments.defaults)
        self._visit_all([node for node in arguments.kw_defaults if node is not None])

    def _visit_parameters(self, arguments: ast.arguments) -> None:
        for node in (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg):
            if node is not None:
                self.visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:  # noqa: N802, D102
        self._visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        self._add(node, "name", binds=True)
        self._enter_function(node.args, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:  # noqa: N802, D102
        self._visit_defaults(node.args)
        self._enter_function(node.args, [node.body])

    def _enter_function(self, arguments: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> None:
        outer, self._scope = self._scope, Scope("function", self._scope)
        self._visit_parameters(arguments)
        for node in body:
            self.visit(node)
        self._scope = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:  # noqa: N802, D102
        self._visit_all(node.decorator_list)
        self._visit_all(node.bases)
        self._visit_all(node.keywords)
        self._add(node, "name", binds=True)
        self._within("class", node.body)

    def _visit_comprehension(self, generators: list[ast.comprehension], *elements: ast.expr) -> None:
        # Python evaluates the first iterable outside.
        self.visit(generators[0].iter)
        outer, self._scope = self._scope, Scope("comprehension", self._scope)
        for index, generator in enumerate(generators):
            if index:
                self.visit(generator.iter)
            self.visit(generator.target)
            self._visit_all(generator.ifs)
        self._visit_all(list(elements))
        self._scope = outer

    def visit_ListComp(self, node: ast.ListComp) -> None:  # noqa: N802, D102
        self._visit_comprehension(node.generators, node.elt)

    def visit_SetComp(self, node: ast.SetComp) -> None:  # noqa: N802, D102
        self._visit_comprehension(node.generators, node.elt)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:  # noqa: N802, D102
        self._visit_comprehension(node.generators, node.elt)

    def visit_DictComp(self, node: ast.DictComp) -> None:  # noqa: N802, D102
        self._visit_comprehension(node.generators, node.key, node.value)

    def visit_Global(self, node: ast.Global) -> None:  # noqa: N802, D102
        self._declare(node, "global")

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:  # noqa: N802, D102
        self._declare(node, "nonlocal")

    def _declare(self, node: ast.Global | ast.Nonlocal, how: str) -> None:
        for index, name in enumerate(node.names):
            if self._scope is not self.module:
                self._scope.declared[name] = how
            self._add(node, "names", index=index)

    def visit_alias(self, node: ast.alias) -> None:  # noqa: D102
        self._add(node, "asname", binds=True)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:  # noqa: N802, D102
        if node.type is not None:
            self.visit(node.type)
        self._add(node, "name", binds=True)
        for statement in node.body:
            self.visit(statement)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:  # noqa: N802, D102
        self.generic_visit(node)
        self._add(node, "name", binds=True)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:  # noqa: N802, D102
        self._add(node, "name", binds=True)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:  # noqa: N802, D102
        self.generic_visit(node)
        self._add(node, "rest", binds=True)
