"""The normal form of submitted code: what the judged function reaches, under names that say nothing."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from functools import cached_property

from find_gym.core import parsing
from find_gym.core.code.checks import MalformedError, check, is_special
from find_gym.core.code.names import MODULES, SAFE_BUILTINS, UNSAFE_ATTRIBUTES, known_names, public_names
from find_gym.core.code.pruning import Cleaner, drop_error_texts, prune
from find_gym.core.code.scopes import Names, Occurrence, Scope, owner


@dataclass(frozen=True)
class NormalForm:
    """Code in normal form.

    Attributes:
        tree: its syntax tree.
        source: the same as text.
        entry_point: the name of the function to call.
        own: all names that stand for one of the submission's own.
    """

    tree: ast.Module
    source: str
    entry_point: str
    own: frozenset[str]


def parse(code: str) -> ast.Module:
    """Parses code.

    Raises:
        MalformedError: it is not Python.
    """
    try:
        return parsing.parse(code)
    except parsing.PARSE_ERRORS as error:
        raise MalformedError(f"expected Python code, actual: {type(error).__name__}: {error}") from error


def normalise(code: str) -> NormalForm:
    """Brings code into its normal form.

    The function named f is judged, or else the last one. Comments, docstrings, annotations, texts of errors and all
    statements that it does not reach are left out, and all names of the submission's own (functions, parameters,
    variables, attributes) are replaced, so that nothing can be said or kept in them.

    Args:
        code: Python source.

    Returns:
        The normal form; it computes what the code computes.

    Raises:
        MalformedError: the code is not Python, has no function at its top level, or has something that is not allowed.
    """
    tree = parse(code)
    entry_point = _entry_point(tree)
    try:
        tree = Cleaner().visit(tree)
        drop_error_texts(tree)
        prune(tree, entry_point)
        renaming = _Renaming(tree)
        check(tree, renaming.names, renaming.own_attributes)
        entry_point = renaming.apply(entry_point)
        source = ast.unparse(ast.fix_missing_locations(tree))
        # Code that parses may still not compile, such as a `return` outside of a function.
        with parsing.no_warnings():
            compile(source, "<submission>", "exec", dont_inherit=True)
    except MalformedError:
        raise
    except parsing.PARSE_ERRORS as error:
        raise MalformedError(f"expected Python code, actual: {type(error).__name__}: {error}") from error
    return NormalForm(tree, source, entry_point, frozenset(renaming.own))


def _entry_point(tree: ast.Module) -> str:
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if "f" in names:
        return "f"
    lambdas = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    if "f" in lambdas or (lambdas and not names):
        return "f" if "f" in lambdas else lambdas[-1]
    if not names:
        raise MalformedError("expected a function f (a def at the top level of the code), actual: none")
    return names[-1]


class _Renaming:
    """Names for a module's own names, attributes and keywords; it knows them all before it changes the tree.

    Args:
        tree: a clean module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self.names = Names(tree)
        self.own_attributes = self._find_own_attributes()
        self.own: set[str] = set()
        kept = {each.name for each in self.names.occurrences if self._key(each) is None}
        self._fresh = (name for name in map("v{}".format, itertools.count()) if name not in kept)
        self._new: dict[tuple[object, str], str] = {}

    def apply(self, entry_point: str) -> str:
        """Renames everything and returns the new name of the function to call."""
        keywords = self._own_keywords()
        parameters = {keyword.arg for keyword in keywords}
        keys = [self._key(each, parameters) for each in self.names.occurrences]
        for each, key in zip(self.names.occurrences, keys, strict=True):
            if key is not None:
                each.rename(self._name(key))
        for keyword in keywords:
            keyword.arg = self._name(("keyword", str(keyword.arg)))
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute) and node.attr in self.own_attributes:
                node.attr = self._name(("attribute", node.attr))
            elif isinstance(node, ast.MatchClass):
                node.kwd_attrs = [
                    self._name(("attribute", name)) if name in self.own_attributes else name for name in node.kwd_attrs
                ]
        return self._new.get((self.names.module, entry_point), entry_point)

    def _name(self, key: tuple[object, str]) -> str:
        if key not in self._new:
            self._new[key] = next(self._fresh)
            self.own.add(self._new[key])
        return self._new[key]

    def _key(
        self, each: Occurrence, keywords: set[str | None] | frozenset[str | None] = frozenset()
    ) -> tuple[object, str] | None:
        """Returns what tells names apart; None for a name that stays."""
        scope = owner(each.scope, each.name)
        if scope is None or (scope is self.names.module and each.name in self._ambiguous):
            return None
        if scope.kind == "class":
            return ("attribute", each.name) if each.name in self.own_attributes else None
        if each.name in keywords and (scope, each.name) in self._parameters:
            return ("keyword", each.name)
        return (scope, each.name)

    @cached_property
    def _ambiguous(self) -> frozenset[str]:
        """Names of the module that are also found outside of it, so that a place may mean either."""
        starred = (
            node.module or "" for node in ast.walk(self._tree) if isinstance(node, ast.ImportFrom) and _is_star(node)
        )
        return SAFE_BUILTINS.union(*(public_names(module) for module in starred if module in MODULES))

    def _find_own_attributes(self) -> frozenset[str]:
        stored = {
            node.attr
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        }
        known = known_names() - UNSAFE_ATTRIBUTES
        return frozenset(name for name in stored | self._members if not is_special(name) and name not in known)

    @cached_property
    def _members(self) -> set[str]:
        return {each.name for each in self.names.occurrences if each.binds and each.scope.kind == "class"}

    @cached_property
    def _parameters(self) -> set[tuple[Scope, str]]:
        return {(each.scope, each.name) for each in self.names.occurrences if each.parameter}

    def _own_keywords(self) -> list[ast.keyword]:
        """Returns the keywords of calls that name a parameter of an own function."""
        parameters = {name for _, name in self._parameters}
        scopes = {id(each.node): owner(each.scope, each.name) for each in self.names.occurrences}
        return [
            keyword
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Call) and not self._is_outside(node.func, scopes)
            for keyword in node.keywords
            if keyword.arg in parameters
        ]

    def _is_outside(self, called: ast.expr, scopes: dict[int, Scope | None]) -> bool:
        """Whether what is called takes its own keywords: a built-in or imported function, or a method of theirs."""
        if isinstance(called, ast.Attribute):
            return called.attr not in self.own_attributes | self._members and called.attr != "partial"
        if not isinstance(called, ast.Name):
            return False
        scope = scopes[id(called)]
        if scope is None:
            return True
        return called.id in scope.imported and called.id not in self._partials

    @cached_property
    def _partials(self) -> set[str]:
        """What `functools.partial`, which hands keywords on, is imported as."""
        aliases = (node for node in ast.walk(self._tree) if isinstance(node, ast.alias))
        return {alias.asname for alias in aliases if alias.name == "partial" and alias.asname}


def _is_star(node: ast.ImportFrom) -> bool:
    return node.names[0].name == "*"
