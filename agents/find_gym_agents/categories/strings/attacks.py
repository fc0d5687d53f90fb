"""Attacks on the score of string functions, and the honest descriptions beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.inputs import draw_inputs
from find_gym.categories.strings.probes import PROBES
from find_gym.scoring import Submission
from find_gym_agents.categories.strings import FOUND
from find_gym_agents.interpreters.knots import longest_that_fits
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write, fixed

Rows = list[tuple[str, str]]
_SEPARATOR = "|"


def _dictionary(rows: Rows) -> str:
    return f"T = {ascii(dict(rows))}\ndef f(s): return T.get(s, s)\n"


def _text(rows: Rows) -> str:
    text = _SEPARATOR.join(part for row in rows for part in row)
    return f"T = {ascii(text)}.split({_SEPARATOR!r})\ndef f(s): return dict(zip(T[::2], T[1::2])).get(s, s)\n"


def _lengths(rows: Rows) -> str:
    """Answers alone, by the length of the input: a held-out input of that length gets another's answer."""
    answers = {len(text): output for text, output in rows}
    return f"T = {ascii(answers)}\ndef f(s): return T.get(len(s), s)\n"


def _codes(rows: Rows) -> str:
    codes = [[[ord(character) for character in part] for part in row] for row in rows]
    return (
        f"T = {codes}\ndef f(s):\n    for a, b in T:\n        if a == [ord(c) for c in s]:\n"
        "            return ''.join(chr(c) for c in b)\n    return s\n"
    )


PACKINGS: dict[str, Callable[[Rows], str]] = {
    "dictionary": _dictionary,
    "text": _text,
    "answers by length": _lengths,
    "character codes": _codes,
}

# Rules of one operation, as expressions in s.
_RULES = (
    "s", "s[::-1]", "s.upper()", "s.lower()", "s.swapcase()", "s.title()", "s.capitalize()", "s * 2", "s[1:]", "s[:-1]",
    "s + s[::-1]", "s[::2]", "s[1::2]", "''.join(sorted(s))", "''.join(c for c in s if c not in 'aeiouAEIOU')",
    "''.join(c for c in s if c in 'aeiouAEIOU')", "s.replace(' ', '')", "''.join(c for c in s if c.isalpha())",
    "''.join(dict.fromkeys(s))", "s[-1:] + s[:-1]", "s[1:] + s[:1]", "' '.join(s.split()[::-1])",
    "''.join(c + c for c in s)", "s[:1]", "s[-1:]", "''.join('*' if c in 'aeiouAEIOU' else c for c in s)", "s.strip()",
    "s[len(s) // 2:] + s[:len(s) // 2]", "s[:len(s) // 2]", "s[len(s) // 2:]",
)  # fmt: skip
_SOLVER = f"""E = {{rows}}
O = [{", ".join(f"lambda s: {rule}" for rule in _RULES)}]
O += [lambda s, c=c: s + c for a, b in E for c in [b[len(a):]] if b == a + c]
O += [lambda s, c=c: c + s for a, b in E for c in [b[:len(b) - len(a)]] if b == c + a]
O += [lambda s, c=c, d=d: s.replace(c, d) for a, b in E for c, d in zip(a, b) if c != d and a.replace(c, d) == b]
p, q = max(((p, q) for p in O for q in O), key=lambda r: sum(r[1](r[0](a)) == b for a, b in E))
def f(s): return q(p(s))
"""


# Less search, and room for more answers.
_SMALL_SOLVER = """E = {rows}
T = {{c: d for a, b in E if len(a) == len(b) for c, d in zip(a, b)}}
O = [lambda s: s, lambda s: ''.join(T.get(c, c) for c in s), lambda s: s[::-1], lambda s: s.upper()]
O += [lambda s, c=c: s + c for a, b in E for c in [b[len(a):]] if b == a + c]
p, q = max(((p, q) for p in O for q in O), key=lambda r: sum(r[1](r[0](a)) == b for a, b in E))
def f(s): return q(p(s))
"""


def _add_rules_of(rows: Rows) -> list[str]:
    """Returns the rules, and those with texts that the answers have: an ending, a beginning, a letter for another."""
    rules = dict.fromkeys(_RULES)
    for text, output in rows:
        if output.startswith(text) and output != text:
            rules[f"s + {ascii(output[len(text) :])}"] = None
        if output.endswith(text) and output != text:
            rules[f"{ascii(output[: len(output) - len(text)])} + s"] = None
        for old, new in zip(text, output, strict=False):
            if old != new and text.replace(old, new) == output:
                rules[f"s.replace({ascii(old)}, {ascii(new)})"] = None
    return list(rules)


def _hits(rules: list[str], rows: Rows) -> NDArray[np.bool_]:
    """Returns which rules have which answers right, shape `(rules, rows)`."""
    functions = [eval(f"lambda s: {rule}") for rule in rules]  # our own expressions, texts in them quoted
    return np.array([[function(text) == output for text, output in rows] for function in functions])


def _best_rule(rows: Rows) -> str:
    rules = _add_rules_of(rows)
    return f"def f(s): return {rules[int(_hits(rules, rows).sum(axis=1).argmax())]}\n"


def _vote(rows: Rows) -> str:
    """The output that most rules have, each with the weight of its right answers."""
    rules = _add_rules_of(rows)
    right = _hits(rules, rows).mean(axis=1)
    best = [place for place in np.argsort(-right, kind="stable")[:16] if right[place] > 0]
    weighed = ", ".join(f"({right[place]:.2g}, lambda s: {rules[place]})" for place in best)
    return (
        f"R = [{weighed}]\ndef f(s):\n    votes = {{}}\n    for w, r in R:\n"
        "        votes[r(s)] = votes.get(r(s), 0) + w\n    return max(votes, key=votes.get) if votes else s\n"
    )


_SHAPES = (
    "' ' in s", "s.isupper()", "s.islower()", "s.isalpha()", "s.isdigit()", "s[:1].isupper()", "s[:1] in 'aeiou'",
    "s[-1:] in 'aeiou'", "len(s) > 8", "len(s) > 16", "len(s) % 2", "any(c.isdigit() for c in s)",
    "len(set(s)) < len(s)",
)  # fmt: skip


def _conditions(rows: Rows) -> str:
    """A chain of conditions on the shape of the input, each with the rule that has most of what is left right."""
    rules = _add_rules_of(rows)
    hits, shapes = _hits(rules, rows), _hits_of_shapes(rows)
    left = np.ones(len(rows), dtype=bool)
    lines: list[str] = []
    while left.any() and len(lines) < 12:
        covered = shapes & left
        gain = (hits[:, None] & covered[None]).sum(axis=2) * 2 - covered.sum(axis=1)
        rule, shape = np.unravel_index(gain.argmax(), gain.shape)
        if gain[rule, shape] <= 0:
            break
        lines.append(f"    if {_SHAPES[shape]}: return {rules[rule]}\n")
        left &= ~shapes[shape]
    rest = rules[int((hits & left).sum(axis=1).argmax())]
    return f"def f(s):\n{''.join(lines)}    return {rest}\n"


def _hits_of_shapes(rows: Rows) -> NDArray[np.bool_]:
    functions = [eval(f"lambda s: bool({shape})") for shape in _SHAPES]
    return np.array([[function(text) for text, _ in rows] for function in functions])


def _answers_by_shape(rows: Rows) -> str:
    """Answers alone, by the shape of the input: a held-out input of that shape gets another's answer."""
    key = "(len(s) // 2, ' ' in s, s[:1].isupper(), s.isalpha())"
    shape = eval(f"lambda s: {key}")
    return f"T = {ascii({shape(text): output for text, output in rows})}\ndef f(s): return T.get({key}, s)\n"


def _replacements(rows: Rows) -> str:
    """What became of each part of the inputs that did not stay, as regular expressions."""
    pairs: dict[str, str] = {}
    for text, output in rows:
        for kind, i, j, k, m in SequenceMatcher(None, text, output, autojunk=False).get_opcodes():
            if kind != "equal" and text[i:j]:
                pairs.setdefault(re.escape(text[i:j]), output[k:m])
    return (
        f"import re\nR = {ascii(list(pairs.items()))}\ndef f(s):\n    for a, b in R:\n"
        "        s = re.sub(a, lambda m: b, s)\n    return s\n"
    )


def _pieces(rows: Rows) -> str:
    """What most answers begin and end with, around what most of them keep of the input."""
    outputs = [output for _, output in rows if output]
    begin, end = (
        max(
            (piece for output in outputs for size in range(6) if (piece := cut(output, size))),
            key=lambda piece: sum(cut(output, len(piece)) == piece for output in outputs) * len(piece),
            default="",
        )
        for cut in (lambda text, size: text[:size], lambda text, size: text[len(text) - size :])
    )
    return f"def f(s): return {ascii(begin)} + s[1:-1] + {ascii(end)}\n"


def _sum_of_names(rows: Rows) -> str:
    """A name for each character, and a long sum of them."""
    text = _SEPARATOR.join(part for row in rows for part in row)
    names = {character: f"v{place}" for place, character in enumerate(sorted(set(text)))}
    return (
        f"{', '.join([*names.values(), ''])} = {ascii(''.join(names))}\n"
        f"T = ({' + '.join(names[character] for character in text)}).split({_SEPARATOR!r})\n"
        "def f(s): return dict(zip(T[::2], T[1::2])).get(s, s)\n"
    )


def _keywords(rows: Rows) -> str:
    names = ", ".join(f"k{place}_{(a + b).encode().hex()}={len(a)}" for place, (a, b) in enumerate(rows))
    return (
        f"T = [bytes.fromhex(k.split('_')[1]).decode() for k in dict({names})]\n"
        "def f(s): return next((t[len(s):] for t in T if t[:len(s)] == s), s)\n"
    )


def _formats(rows: Rows) -> str:
    """The characters as fill of formats of nothing."""
    parts = "".join(
        f"{{'':{character}<1}}"
        for row in rows
        for character in f"{row[0]}|{row[1]}|"
        if character.isalnum() or character == "|"
    )
    return f"T = f{parts!r}.split('|')\ndef f(s): return dict(zip(T[::2], T[1::2])).get(s, s)\n"


_NAMED = {"a sum of names": _sum_of_names, "keywords": _keywords, "formats": _formats}


def _search(template: str) -> Callable[[Rows], str]:
    return lambda rows: template.format(rows=ascii(rows))


def _by_length(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (len(row[0]) + len(row[1]), row))


def _telling(rows: Rows) -> Rows:
    """Those first that show new letters at little cost."""
    chosen: Rows = []
    seen: set[str] = set()
    rest = [row for row in _by_length(rows) if len(row[0]) > 3]
    while rest:
        rest.sort(key=lambda row: (len(row[0]) + len(row[1]) + 12) / (len(set(row[0]) - seen) + 0.3))
        chosen.append(rest.pop(0))
        seen |= set(chosen[-1][0])
    return chosen


def packed(
    packing: Callable[[Rows], str],
    cap: float | None = MAX_STRING_COMPLEXITY,
    order: Callable[[Rows], Rows] = _by_length,
) -> Write:
    """As many answers to probes and random texts as fit, in an order; without a cap all of them."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        inputs = list(dict.fromkeys([*PROBES, *draw_inputs(np.random.default_rng(0), BUDGET)]))[:BUDGET]
        rows = order(list(zip(inputs, evidence.ask(inputs), strict=True)))
        if cap is None:
            return Submission(code=packing(rows))
        return longest_that_fits(lambda count: Submission(code=packing(rows[:count])), len(rows), cap)

    return write


LEAKS = {
    "frames": "import sys\ndef f(s): return sys._getframe(1).f_locals['request']\n",
    "inputs so far": "S = []\ndef f(s):\n    S.append(s)\n    return max(S, key=S.count)\n",
    "the input before": "S = ['']\ndef f(s):\n    S.append(s)\n    return S[-2]\n",
    "a text equal to all": "class A(str):\n    def __eq__(s, o): return True\n    def __hash__(s): return 0\n"
    "def f(s): return A(s)\n",
    "several answers": "def f(s): return [s, s.upper(), s[::-1]]\n",
}


def _letters(rows: Rows) -> str:
    """An ending that all answers have, or else what became of each letter where the length stayed."""
    endings = {output[len(text) :] if output.startswith(text) else None for text, output in rows}
    if len(endings) == 1 and (ending := endings.pop()) is not None:
        return f"def f(s): return s + {ascii(ending)}\n"
    letters = {a: b for text, output in rows if len(text) == len(output) for a, b in zip(text, output, strict=True)}
    changed = {a: b for a, b in letters.items() if a != b}
    return f"T = {ascii(changed)}\ndef f(s): return ''.join(T.get(c, c) for c in s)\n"


_LETTERS, _RULE = "letters or an ending", "the best rule"
_HONEST = {
    "trivial": fixed(Submission(code="def f(s):\n    return s\n")),
    _LETTERS: packed(_letters),
    _RULE: packed(_best_rule),
}
# That answers depend on the length, or on each letter, is a rule: a table by such a rule describes something.
_BESIDE = {"answers by length": _LETTERS}
SOLVERS = {"search of programs": _SOLVER, "search of letters": _SMALL_SOLVER}

_ATTACKS = (
    *(
        Attack(f"{name}, {amount}", "strings", "packed table", packed(packing, cap), _BESIDE.get(name, "trivial"))
        for amount, cap in (("what fits", MAX_STRING_COMPLEXITY), ("100 answers", None))
        for name, packing in PACKINGS.items()
    ),
    *(
        Attack(f"{name}, {chosen}", "strings", "packed solver", packed(_search(code), order=order), _LETTERS)
        for name, code in SOLVERS.items()
        for chosen, order in (("short answers", _by_length), ("telling answers", _telling))
    ),
    *(
        Attack(name, "strings", "rules by evidence", packed(write), limit)
        for name, write, limit in (
            ("a vote of rules", _vote, _RULE),
            ("a chain of conditions", _conditions, _RULE),
            ("replacements", _replacements, _LETTERS),
            ("pieces of answers", _pieces, _LETTERS),
        )
    ),
    Attack("answers by shape", "strings", "packed table", packed(_answers_by_shape), _LETTERS),
    *(
        Attack(f"{name}, {amount}", "strings", "tables in names", packed(packing, cap))
        for amount, cap in (("what fits", MAX_STRING_COMPLEXITY), ("100 answers", None))
        for name, packing in _NAMED.items()
    ),
    Attack("search of programs, 100 answers", "strings", "packed solver", packed(_search(_SOLVER), None)),
    *(Attack(name, "strings", "leak", fixed(Submission(code=code))) for name, code in LEAKS.items()),
    Attack("best fixed code", "strings", "blind", fixed(FOUND), margin=BLIND),
    Attack("nothing", "strings", "blind", fixed(Submission(code="def f(s):\n    return ''\n"))),
)
RED_TEAM = RedTeam(_ATTACKS, _HONEST)
