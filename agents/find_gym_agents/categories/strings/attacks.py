"""Attacks on the score of string functions, and the honest descriptions beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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

_SOLVER = """E = {rows}
V = 'aeiouAEIOU'
O = [
    lambda s: s, lambda s: s[::-1], lambda s: s.upper(), lambda s: s.lower(), lambda s: s.swapcase(),
    lambda s: s.title(), lambda s: s.capitalize(), lambda s: s * 2, lambda s: s[1:], lambda s: s[:-1],
    lambda s: s + s[::-1], lambda s: s[::2], lambda s: s[1::2], lambda s: ''.join(sorted(s)),
    lambda s: ''.join(c for c in s if c not in V), lambda s: ''.join(c for c in s if c in V),
    lambda s: s.replace(' ', ''),
    lambda s: ''.join(c for c in s if c.isalpha()), lambda s: ''.join(dict.fromkeys(s)), lambda s: s[-1:] + s[:-1],
    lambda s: s[1:] + s[:1], lambda s: ' '.join(s.split()[::-1]), lambda s: ''.join(c + c for c in s),
    lambda s: s[:1], lambda s: s[-1:], lambda s: ''.join('*' if c in V else c for c in s), lambda s: s.strip(),
    lambda s: s[len(s) // 2:] + s[:len(s) // 2], lambda s: s[:len(s) // 2], lambda s: s[len(s) // 2:],
]
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
}


def _letters(rows: Rows) -> str:
    """An ending that all answers have, or else what became of each letter where the length stayed."""
    endings = {output[len(text) :] if output.startswith(text) else None for text, output in rows}
    if len(endings) == 1 and (ending := endings.pop()) is not None:
        return f"def f(s): return s + {ascii(ending)}\n"
    letters = {a: b for text, output in rows if len(text) == len(output) for a, b in zip(text, output, strict=True)}
    changed = {a: b for a, b in letters.items() if a != b}
    return f"T = {ascii(changed)}\ndef f(s): return ''.join(T.get(c, c) for c in s)\n"


_LETTERS = "letters or an ending"
_HONEST = {"trivial": fixed(Submission(code="def f(s):\n    return s\n")), _LETTERS: packed(_letters)}
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
    Attack("search of programs, 100 answers", "strings", "packed solver", packed(_search(_SOLVER), None)),
    *(Attack(name, "strings", "leak", fixed(Submission(code=code))) for name, code in LEAKS.items()),
    Attack("best fixed code", "strings", "blind", fixed(FOUND), margin=BLIND),
    Attack("nothing", "strings", "blind", fixed(Submission(code="def f(s):\n    return ''\n"))),
)
RED_TEAM = RedTeam(_ATTACKS, _HONEST)
