"""Tokens of the texts that claim an exception: numbers, x, comparisons, and the words that stand for them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: "number", "x", "|x|", "<", ">", "[", "(", "]", ")", ",", "to", "between", "from", "in", "outside", "not",
            "and", "both" (a strict and), "or", "except", "doubt" (it is not certain what is denied, or what of x is
            compared), "rule" (the clause says where the rule holds), "everywhere", "none", "stop", "word" (any other)
            or "end".
        value: of a number; 1 of a "not" that can only deny the comparison after it ("no more than").
        spoken: whether it is a word, which may mean something else.
    """

    kind: str
    value: float = 0.0
    spoken: bool = False


# The alternatives begin with different characters, and each character is matched once.
_PIECE = re.compile(
    r"(?P<number>\d+(?:\.(?!\.)\d*)?(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)|(?P<magnitude>\| ?x ?\||\babs\(x\))"
    r"|(?P<word>(?:non-)?[a-z]+(?:'[a-z]+)?)|(?P<sign>[<>]=?|\.\.+|[^\w\s]|\n)"
)
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
_SPELLINGS = {
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2a7d": "\u2264", "\u2a7e": "\u2265", "\u2266": "\u2264",
    "\u2267": "\u2265", "\u2019": "'", "\u2026": "..",
}  # fmt: skip
_SPELLED = re.compile("|".join(_SPELLINGS))
_KINDS = {
    "<": "<", "<=": "<", "\u2264": "<", ">": ">", ">=": ">", "\u2265": ">", "[": "[", "(": "(", "]": "]", ")": ")",
    ",": ",", "\u2208": "in", "\u2209": "outside", "\u222a": "or", "\u2228": "or", "|": "or", "\u2229": "both",
    "\u2227": "both", "&": "both", "\u00ac": "not", "\u2205": "none", ";": "stop", ".": "stop", "\n": "stop",
    "{": "(", "}": ")", "-": "-", "+": "+", "\u221e": "infinity", "\\": "command",
    "^": "doubt", "*": "doubt", "/": "doubt", "%": "doubt", "\u00b1": "doubt", "\u2260": "doubt", "!": "doubt",
}  # fmt: skip
# LaTeX.
_COMMANDS = {
    "leq": "<", "le": "<", "leqslant": "<", "lt": "<", "geq": ">", "ge": ">", "geqslant": ">", "gt": ">",
    "infty": "infinity", "in": "in", "notin": "outside", "cup": "or", "lor": "or", "vee": "or", "cap": "both",
    "land": "both", "wedge": "both", "lnot": "not", "neg": "not", "neq": "doubt", "ne": "doubt", "setminus": "except",
    "emptyset": "none", "varnothing": "none", "pm": "doubt",
}  # fmt: skip
_WORDS = {
    kind: words.split()
    for kind, words in {
        "<": "below under less lower smaller fewer before until till downwards downward",
        ">": "above over beyond past after exceeds exceed exceeding greater higher larger bigger more upwards upward "
        "onwards onward",
        "x": "x input inputs",
        "to": "to through",
        "between": "between",
        "from": "from",
        "in": "in inside within",
        "outside": "outside",
        "not": "not cannot isn't doesn't don't aren't won't can't",
        "and": "and but",
        "or": "or union",
        "stop": "otherwise while whereas",
        "except": "except excluding excepting",
        "-": "minus",
        "doubt": "without neither nor never unless",
        "none": "none nowhere nothing nil null na",
        "no": "no",
        "infinity": "infinity inf infinite",
        "negative": "negative",
        "positive": "positive",
        "non-negative": "non-negative nonnegative",
        "non-positive": "non-positive nonpositive",
        "rule": "holds hold applies apply valid works correct accurate unchanged usual regular",
        "everywhere": "everywhere everything anywhere always",
        # Between a negation and what it denies they change nothing.
        "": "the a an interval intervals range region for when if where on at is are be of than equal value values "
        "number numbers all any either both does do",
    }.items()
}
_KINDS |= {word: kind for kind, words in _WORDS.items() for word in words}
# "Not defined there": the exception is there, as where the rule does not hold.
_HELD = frozenset("defined same follow followed following work normal linear constant exist return".split())
_PHRASES = {
    ("at", "least"): ">", ("at", "most"): "<", ("up", "to"): "<", ("other", "than"): "except",
    ("apart", "from"): "except", ("aside", "from"): "except",
    ("starting", "from"): ">", ("starting", "at"): ">", ("and", "up"): "upwards",
    ("or", "up"): "upwards", ("equal", "to"): "", ("n", "/"): "none", ("no", "output"): "", ("no", "outputs"): "",
    ("no", "value"): "", ("no", "values"): "", ("no", "result"): "", ("no", "longer"): "not",
}  # fmt: skip
_SIGNED = {"negative": "<", "positive": ">", "non-negative": ">", "non-positive": "<"}


def read_clauses(text: str) -> Iterator[list[Token]]:
    """Yields the clauses of a text that may name an exception, without the words that say nothing.

    A clause that says that there is none, or where the rule holds, is left out; of one that says where it holds with an
    exception, the exception is yielded, and of one that says where it does not hold, that.
    """
    clause: list[Token] = []
    for token in [*_read_tokens(text), Token("stop")]:
        if token.kind != "stop":
            clause.append(token)
        elif clause:
            yield _meant(_denied(clause))
            clause = []


def _meant(clause: list[Token]) -> list[Token]:
    """Returns what a clause says of the exception."""
    clause = [token for token in clause if token.kind != "word"]
    kinds = [token.kind for token in clause]
    if not kinds or kinds[0] in ("none", "no"):
        return []
    if "none" in kinds or "no" in kinds:
        return [Token("doubt")]
    kept = [token for token in clause if token.kind not in ("rule", "everywhere")]
    if "rule" not in kinds:
        # "Everywhere but there": where the exception is, or where the rule is?
        return [Token("doubt")] if "everywhere" in kinds and "except" in kinds else kept
    return _after(clause, "except") if "except" in kinds else []


def _after(clause: list[Token], kind: str) -> list[Token]:
    """Returns what follows the first token of a kind."""
    place = next(place for place, token in enumerate(clause) if token.kind == kind)
    return [token for token in clause[place + 1 :] if token.kind not in ("rule", "everywhere")]


def _denied(clause: list[Token]) -> list[Token]:
    """Resolves negations of words, and leaves those of conditions."""
    kept: list[Token] = []
    tokens = iter([*clause, Token("end")])
    for token in tokens:
        if token.kind == "not":
            denied = next(tokens)
            if denied.kind in ("rule", "held"):
                continue
            # What a negation of any other word is to say of the exception is not certain.
            doubtful = denied.kind in ("word", "not", "end", "none", "no", "everywhere")
            kept += [Token("doubt")] if doubtful else [token, denied]
        elif token.kind != "end":
            kept.append(Token("word") if token.kind == "held" else token)
    return kept


def _read_tokens(text: str) -> list[Token]:
    """Divides a text into tokens."""
    text = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text.lower())
    text = _SPELLED.sub(lambda match: _SPELLINGS[match.group()], unicodedata.normalize("NFKC", text))
    pieces = [(match.group(), match.lastgroup or "") for match in _PIECE.finditer(text)]
    return _drop_idle(_resolve_signs(_name_pieces(pieces)))


def _name_pieces(pieces: list[tuple[str, str]]) -> list[Token]:
    """Gives each piece its kind; small words are left out."""
    tokens: list[Token] = []
    place = 0
    while place < len(pieces):
        text, group = pieces[place]
        following = pieces[place + 1][0] if place + 1 < len(pieces) else ""
        place += 1
        if group == "number":
            tokens.append(Token("number", float(text)))
            continue
        spoken = group == "word"
        if (text, following) in _PHRASES:
            kind = _PHRASES[text, following]
            place += 1
        elif text == "\\" and following in _COMMANDS:
            kind, spoken = _COMMANDS[following], False
            place += 1
        elif group == "magnitude":
            kind = "|x|"
        elif spoken:
            kind = _KINDS.get(text, "held" if text in _HELD else "doubt" if text.startswith("non-") else "word")
        else:
            kind = "to" if text.startswith("..") else _KINDS.get(text, "")
        if kind:
            tokens.append(Token(kind, spoken=spoken))
    return tokens


def _resolve_signs(named: list[Token]) -> list[Token]:
    """Turns signs and infinities into numbers, dashes into "to", and "negative x" into comparisons."""
    tokens: list[Token] = []
    sign = 1.0
    for place, token in enumerate(named):
        previous = tokens[-1].kind if tokens else ""
        following = named[place + 1].kind if place + 1 < len(named) else ""
        is_number = following in ("number", "infinity")
        if token.kind in ("number", "infinity"):
            tokens.append(Token("number", sign * (math.inf if token.kind == "infinity" else token.value)))
            sign = 1.0
        elif token.kind in ("-", "negative", "+", "positive") and is_number and previous not in ("number", "x"):
            sign = -1.0 if token.kind in ("-", "negative") else 1.0
        elif token.kind in ("-", "+"):
            if previous == "x" and is_number or (token.kind == "+" and previous == "number"):
                tokens.append(Token("doubt"))
            elif previous == "number" and (is_number or following in ("-", "+")):
                tokens.append(Token("to", spoken=True))
        elif token.kind in _SIGNED:
            if previous in ("x", "not") or following == "x":
                tokens += [Token(_SIGNED[token.kind]), Token("number", 0.0)]
            else:
                tokens.append(Token("word"))
        elif token.kind == "x" and place > 0 and named[place - 1].kind in _SIGNED:
            # "Negative x" has been read already.
            continue
        elif token.kind == "command":
            if following in ("[", "(", "command") or not following:
                tokens.append(Token("except" if following in ("[", "(") else "word"))
        else:
            tokens.append(token)
    return tokens


def _drop_idle(tokens: list[Token]) -> list[Token]:
    """Drops words that could be comparisons or bounds, where no number is beside them."""
    kept: list[Token] = []
    for place, token in enumerate(tokens):
        previous = kept[-1].kind if kept else ""
        before = kept[-2].kind if len(kept) > 1 else ""
        following = tokens[place + 1].kind if place + 1 < len(tokens) else ""
        numbered = following in ("number", "or")
        if token.kind in ("<", ">") and token.spoken and following != "number":
            after_number = previous == "number" or (previous in ("or", "and") and before == "number")
            if following == "or" and not after_number:
                # "Less than or equal to 3": the rest is small words.
                numbered = place + 2 < len(tokens) and tokens[place + 2].kind == "number"
            else:
                numbered = after_number
            if not numbered:
                token = Token("word")
        elif token.kind in ("to", "from", "between"):
            is_bound = following in ("number", "x") if token.kind == "between" else following == "number"
            if not is_bound or (token.kind == "to" and previous != "number"):
                token = Token("word") if token.spoken else token
        elif token.kind == "no" and following in ("<", ">"):
            token = Token("not", 1.0)
        elif token.kind == "or" and previous in ("<", ">") and following == "number":
            continue
        elif token.kind == "x" and (previous == "number" or (previous == "(" and following == ")")):
            # "2x", "f(x)": what is compared is not x.
            token = Token("doubt")
        kept.append(token)
    return kept
