"""Complexity: how long a description is, in bits, whatever form it has.

Code is measured by a prefix code for syntax trees in normal form (`find_gym.scoring.code`), so a table costs at least
its information, however it is packed. Programs and texts have simple measures of their own.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from find_gym.functions.strings.alphabet import NUMBER_WORDS
from find_gym.scoring.code import NormalForm
from find_gym.scoring.code.names import known_names

# Bits for the kind of a node. Where it stands says most of it, so they are few. Whatever code can read back, such as a
# table, is made of names, operators and constants, and those cost their information in full.
_KIND_BITS: dict[type[ast.AST], float] = {
    ast.Module: 0,
    ast.Name: 1,
    ast.Constant: 1,
    ast.UnaryOp: 1,
    ast.BinOp: 1,
    ast.Call: 2,
    ast.Attribute: 3,
    ast.Subscript: 3,
    ast.Compare: 3,
    ast.Tuple: 3,
    ast.List: 3,
    ast.Add: 2,
    ast.Sub: 2,
    ast.Mult: 2,
    ast.Div: 2,
    ast.USub: 1,
}
_EXPRESSION_BITS = 5
_STATEMENT_BITS = 2
_OPERATOR_BITS = 4
# Clauses (arguments, comprehensions, ...), of which only a few can stand in a place.
_CLAUSE_BITS = 1
# Bits of constants count this often: they are what a table consists of, and few in a function of any family.
_CONSTANT_WEIGHT = 2
_LONG_LIST = 8
_DIGIT_BITS = math.log2(10)
_NUMBER_BITS = 1
_SINGLETON_BITS = 2
# One of 95 printable characters or 33 words, after a bit that says that it does not follow the character before.
_CHARACTER_BITS = 8
_SUCCESSOR_BITS = 1
_RARE_CHARACTER_BITS = 21
# Names outside of the submission: about a thousand. Those that nobody knows cost their characters.
_OUTSIDE_BITS = 10
_PROGRAM_NAME_BITS = 6

_WORD = re.compile(r"([a-z]+(?:-[a-z]+)?) ?")
_WORDS = frozenset((*NUMBER_WORDS, "none", "unknown"))


def code_complexity(form: NormalForm) -> float:
    """Returns the complexity of code in bits.

    Each node costs the bits of its kind, each element of a list one bit, each number its digits, each text its
    characters (both counted twice). A name costs the logarithm of how many there are; one from outside of the code
    costs ten bits more where it is first used. A constant that comes again costs no more than two names.
    A name in a long list counts twice as well: there, it stands for a constant.
    """
    nodes = list(ast.walk(form.tree))
    names = [name for node in nodes for name in _names_of(node)]
    outside = set(names) - form.own
    constants = [repr(node.value) for node in nodes if isinstance(node, (ast.Constant, ast.MatchSingleton))]
    reference = math.log2(len(form.own) + len(outside) + len(set(constants)) + 1)
    total = len(names) * reference
    total += sum(_OUTSIDE_BITS if name in known_names() else _CONSTANT_WEIGHT * _text_bits(name) for name in outside)
    known: set[str] = set()
    for node in nodes:
        total += _node_bits(node) + reference * _listed_names(node)
        if isinstance(node, (ast.Constant, ast.MatchSingleton)):
            bits = _CONSTANT_WEIGHT * _constant_bits(node.value)
            text = repr(node.value)
            total += min(bits, _CONSTANT_WEIGHT * reference) if text in known else bits
            known.add(text)
    return total


def text_complexity(text: str) -> float:
    """Returns the complexity of a text in bits: eight for each byte, repeated white space left out."""
    return 8.0 * len(" ".join(text.split()).encode("utf-8", "surrogatepass"))


def program_complexity(data: Any) -> float:
    """Returns the complexity of a program in bits, from its JSON: numbers cost their digits, names all the same."""
    if isinstance(data, Mapping):
        return sum(program_complexity(value) for value in data.values())
    if isinstance(data, (list, tuple)):
        return 1 + sum(1 + program_complexity(value) for value in data)
    return float(_PROGRAM_NAME_BITS) if isinstance(data, str) else _constant_bits(data)


def _listed_names(node: ast.AST) -> int:
    """Returns how many names stand in long lists: elements of a display, or arguments of a call."""
    if not isinstance(node, ast.expr):
        return 0
    long = [value for _, value in ast.iter_fields(node) if isinstance(value, list) and len(value) > _LONG_LIST]
    return sum(isinstance(part, ast.Name) for value in long for part in value)


def _names_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Constant, ast.MatchSingleton)):
        return
    for _, value in ast.iter_fields(node):
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (part for part in value if isinstance(part, str))


def _node_bits(node: ast.AST) -> float:
    if isinstance(node, ast.expr_context):
        return 0.0
    total = float(_KIND_BITS.get(type(node), _default_bits(node)))
    if isinstance(node, (ast.Constant, ast.MatchSingleton)):
        return total
    for _, value in ast.iter_fields(node):
        if isinstance(value, list):
            total += len(value)
        elif isinstance(value, int):
            # The conversion of an f-string, for one: a choice of a few.
            total += _SINGLETON_BITS
    return total


def _default_bits(node: ast.AST) -> float:
    if isinstance(node, ast.expr):
        return _EXPRESSION_BITS
    if isinstance(node, ast.stmt):
        return _STATEMENT_BITS
    is_operator = isinstance(node, (ast.operator, ast.unaryop, ast.cmpop, ast.boolop))
    return _OPERATOR_BITS if is_operator else _CLAUSE_BITS


def _constant_bits(value: object) -> float:
    if value is None or isinstance(value, bool) or value is Ellipsis:
        return _SINGLETON_BITS
    if isinstance(value, int):
        return _NUMBER_BITS + max(value.bit_length(), _DIGIT_BITS)
    if isinstance(value, (float, complex)):
        return _NUMBER_BITS + _DIGIT_BITS * sum(character.isdigit() for character in repr(value))
    return _text_bits(value.decode("latin-1") if isinstance(value, bytes) else str(value))


def _text_bits(text: str) -> float:
    # A number word counts as one character, with the space behind it.
    short = _WORD.sub(lambda match: "\0" if match.group(1) in _WORDS else match.group(), text)
    total, before = float(_CHARACTER_BITS), -1
    for character in short:
        code = ord(character)
        if code == before + 1:
            total += _SUCCESSOR_BITS
        else:
            total += _CHARACTER_BITS if code < 128 else _RARE_CHARACTER_BITS
        before = code
    return total
