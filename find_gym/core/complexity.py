"""Complexity: how long a description is, in bits, whatever form it has.

Code is measured by a prefix code for syntax trees in normal form (`find_gym.core.code`), in which each constant
costs a fixed number of bits beside its digits: a formula has few constants, a table many. A constant in which several
can be packed (a long number, a long text, any number where code can take numbers apart) costs as much as those would.
Programs and texts have simple measures of their own.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from find_gym.core.code import NormalForm
from find_gym.core.code.names import known_names
from find_gym.core.code.packing import takes_numbers_apart
from find_gym.core.number_words import NUMBER_WORDS

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
# What an answer in a table costs at least, however it is written: as an element of a list, as characters of a text, as
# digits of a number. Tables gain nothing by a third digit, so a number may have up to six at the cost of two, unless
# code can take numbers apart.
_CONSTANT_BITS = 32
_PACKED_DIGITS = 2
_NUMBER_DIGITS = 6
# So many characters make one constant, and each beyond them another, unless it follows the one before.
_TEXT_CHARACTERS = 8
# From so many on, elements of a display or arguments of a call are constants, whatever they are written as.
_LONG_LIST = 8
_DIGIT_BITS = math.log2(10)
_SINGLETON_BITS = 2
# One of 95 printable characters or 33 words, after a bit that says that it does not follow the character before.
_CHARACTER_BITS = 8
_SUCCESSOR_BITS = 1
_RARE_CHARACTER_BITS = 21
# Names outside of the submission: about a thousand. Those that nobody knows cost their characters.
_OUTSIDE_BITS = 10
_PROGRAM_NAME_BITS = 6

_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_WORD = re.compile(r"([a-z]+(?:-[a-z]+)?) ?")
# Number words count as one character each, so that their list is a run like the alphabet.
_WORDS = {word: chr(0xE000 + index) for index, word in enumerate((*NUMBER_WORDS, "none", "unknown"))}
_COMMON = frozenset(map(chr, range(128))) | frozenset(_WORDS.values())


def code_complexity(form: NormalForm) -> float:
    """Returns the complexity of code in bits.

    Each node costs the bits of its kind, each element of a list one bit. A name costs the logarithm of how many there
    are; one from outside of the code costs ten bits more where it is first used. A constant costs by its digits or
    characters; one that comes again no more than two names. An element of a long list costs a constant at least.
    """
    nodes = list(ast.walk(form.tree))
    names = [name for node in nodes for name in _names_of(node)]
    outside = frozenset(names) - form.own
    constants = {id(node): node.value for node in nodes if isinstance(node, (ast.Constant, ast.MatchSingleton))}
    digits = _PACKED_DIGITS if takes_numbers_apart(form.tree, outside) else _NUMBER_DIGITS
    reference = math.log2(len(form.own) + len(outside) + len(set(map(repr, constants.values()))) + 1)
    total = sum(map(_node_bits, nodes)) + len(names) * reference
    total += sum(_OUTSIDE_BITS if name in known_names() else _text_bits(name) for name in outside)
    costs = dict.fromkeys(_listed(nodes), float(_CONSTANT_BITS))
    known: set[str] = set()
    for place, value in constants.items():
        bits = _constant_bits(value, digits)
        bits = min(bits, 2 * reference) if repr(value) in known else bits
        costs[place] = max(bits, costs.get(place, 0.0))
        known.add(repr(value))
    return total + sum(costs.values())


def text_complexity(text: str) -> float:
    """Returns the complexity of a text in bits: eight for each byte, repeated white space left out."""
    return 8.0 * len(" ".join(text.split()).encode("utf-8", "surrogatepass"))


def program_complexity(data: Any) -> float:
    """Returns the complexity of a program in bits, from its JSON: numbers cost their digits, names all the same."""
    parts: Iterable[Any]
    if isinstance(data, dict):
        parts, bit = data.values(), 0
    elif isinstance(data, (list, tuple)):
        parts, bit = data, 1
    else:
        return float(_PROGRAM_NAME_BITS) if isinstance(data, str) else _digit_bits(data)
    total = 0.0
    for part in parts:
        kind = type(part)
        if kind is float:
            if 1e-4 <= abs(part) < 1e9 or part == 0.0:
                # As `_digit_bits`, several times as fast: one digit stands for all zeros before or after the others.
                digits = repr(part).strip("-0.")
                total += bit + _DIGIT_BITS * (len(digits) + (-1 if "." in digits else 1))
            else:
                total += bit + _digit_bits(part)
        elif kind is str:
            total += bit + _PROGRAM_NAME_BITS
        elif part is None:
            total += bit + _SINGLETON_BITS
        elif kind is int:
            total += bit + max(part.bit_length(), _DIGIT_BITS)
        else:
            total += bit + program_complexity(part)
    return bit + total


def _listed(nodes: Iterable[ast.AST]) -> set[int]:
    """Returns which nodes are elements of long lists (displays, arguments of a call), lists within lists included."""
    listed: set[int] = set()
    for node in nodes:
        elements = list(_elements(node)) if isinstance(node, (*_DISPLAYS, ast.Call)) else []
        if len(elements) > _LONG_LIST:
            listed.update(map(id, elements))
    return listed


def _elements(node: ast.AST) -> Iterator[ast.AST]:
    for part in ast.iter_child_nodes(node):
        while isinstance(part, (ast.UnaryOp, ast.Starred, ast.keyword)):
            part = part.operand if isinstance(part, ast.UnaryOp) else part.value
        if isinstance(part, _DISPLAYS) and any(isinstance(child, ast.expr) for child in ast.iter_child_nodes(part)):
            yield from _elements(part)
        elif isinstance(part, ast.expr):
            yield part


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


def _constant_bits(value: object, digits: int) -> float:
    """Returns the bits of a constant where a number of so many digits is one constant."""
    if value is None or isinstance(value, bool) or value is Ellipsis:
        return _SINGLETON_BITS
    if isinstance(value, (int, float, complex)):
        count = _digit_bits(value) / _DIGIT_BITS
        return _CONSTANT_BITS * (min(count, _PACKED_DIGITS) + max(0.0, count - digits)) / _PACKED_DIGITS
    return _text_bits(value.decode("latin-1") if isinstance(value, bytes) else str(value))


def _digit_bits(value: object) -> float:
    """Returns the bits of the digits of a number, or of True, False or None."""
    if value is None or isinstance(value, bool):
        return _SINGLETON_BITS
    if isinstance(value, int):
        return max(value.bit_length(), _DIGIT_BITS)
    if type(value) is float and 0.0 < abs(value) < 1e-4:
        # The same as below: what fits find in place of 0 has an exponent.
        mantissa, _, exponent = repr(value).lstrip("-").partition("e-")
        return _DIGIT_BITS * (len(mantissa) - ("." in mantissa) + len(exponent.lstrip("0")))
    text = repr(value)
    return _DIGIT_BITS * max(min(_count_digits(text), _count_digits(_scientific(text))), 1)


def _count_digits(text: str) -> int:
    return len(text) - len(text.encode().translate(None, b"0123456789"))


def _scientific(text: str) -> str:
    """Returns a float with an exponent and no zero that could be left out, 46235.0 as 46235e0."""
    mantissa, _, exponent = text.rstrip("j").partition("e")
    whole, _, decimals = mantissa.partition(".")
    digits = whole + decimals
    shortest = digits.rstrip("0")
    return f"{shortest.lstrip('-0')}e{int(exponent or 0) + len(digits) - len(shortest)}"


def _text_bits(text: str) -> float:
    short = _WORD.sub(lambda match: _WORDS.get(match.group(1), match.group()), text)
    total, before, characters = float(_CONSTANT_BITS), -1, 0
    for character in short:
        code = ord(character)
        if code == before + 1:
            total += _SUCCESSOR_BITS
        else:
            characters += 1
            total += _CHARACTER_BITS if character in _COMMON else _RARE_CHARACTER_BITS
            total += _CONSTANT_BITS - _CHARACTER_BITS if characters > _TEXT_CHARACTERS else 0
        before = code
    return total
