"""String functions, as agents and their tools see them."""

from __future__ import annotations

from importlib import resources
from typing import Any

from find_gym.categories.strings.grammar import words_of
from find_gym.categories.strings.operations import OPERATIONS
from find_gym.core.submissions import Submission
from find_gym_agents.categories.paper import INTERACTIVE, PaperColumn, PaperSettings
from find_gym_agents.categories.quoted import read_quoted
from find_gym_agents.categories.record import (
    PAPER_SCORE,
    AgentCategory,
    Grouping,
    Imitation,
    LanguageModelSettings,
    PlaySettings,
    ReportSettings,
    TrainingSettings,
    by_family,
    by_variant,
    metrics,
)
from find_gym_agents.categories.strings.comparisons import compare_answers
from find_gym_agents.runs.records import EpisodeRecord
from find_gym_agents.training.evidence import table_evidence

_UNKNOWN = "unknown"
_LENGTHS = ("1 operation", *(f"{count} operations" for count in range(2, 10)), _UNKNOWN)


def _operations(record: EpisodeRecord) -> str:
    """Returns the greatest number of operations that a string passes through, in words."""
    program = record.spec.get("program")
    if program is None:
        return _UNKNOWN
    count = _longest(program)
    return "1 operation" if count == 1 else f"{count} operations"


def _longest(program: list[dict[str, Any]]) -> int:
    return sum(
        1 if "operation" in part else max(_longest(part["then"]), _longest(part["otherwise"])) for part in program
    )


def _kind_of_answer(probe: str, answer: str) -> int:
    if answer == probe:
        return 0
    if sorted(answer.lower()) == sorted(probe.lower()):
        return 1 + (answer.lower() == probe.lower())
    if len(answer) == len(probe):
        return 3
    kept = answer.startswith(probe) or probe.startswith(answer)
    return 4 + 2 * (len(answer) > len(probe)) + kept


def _hint(spec: Any) -> str:
    program = getattr(spec, "program", None)
    if program is None:
        return "It is a function of the published benchmark."
    return f"It has {len(program)} step{'s' if len(program) != 1 else ''}, one after the other."


# By scripts/find_blind.py --category strings --functions 24 --seed 0 on 2026-11-26.
FOUND = Submission(
    "It replaces every vowel by the character whose place is the number of vowels.",
    code="def f(s):\n    count = sum(c in 'aeiouAEIOU' for c in s)\n"
    "    return ''.join(s[count - 1] if c in 'aeiouAEIOU' else c for c in s)\n",
)

CATEGORY = AgentCategory(
    "strings",
    compare=compare_answers,
    report=ReportSettings(
        trivial="identity or constant",
        trivial_in_full="better of the identity and the best constant",
        paper_in_words="the share of exactly right outputs on ten inputs, as many as in the FIND paper",
        metrics=metrics(PAPER_SCORE),
        paper="paper_score",
        groups=(
            Grouping("by_operations", "operations", "By number of operations", _operations, _LENGTHS),
            by_variant(("plain", "stochastic", "corrupted", "published")),
            by_family((*OPERATIONS, "branch", "published"), "By family (the last operation)", most=20, plotted=False),
        ),
        legend="answers",
        score_parts={"complexity": "complexity (bits)", "paper_score": "paper's score"},
    ),
    training=TrainingSettings(
        encoder="find_gym_agents.categories.strings.encoder:StringEncoder",
        max_queries=12,
        imitation=Imitation(
            lambda spec: words_of(spec.program), table_evidence(_kind_of_answer), share=0.6, functions=3000
        ),
        simple={"lengths": {1: 1.0}},
        strongest="enumeration",
    ),
    play=PlaySettings(
        about="A hidden function takes one string and returns one string. It applies one operation, or one to the\n"
        "result of another, and may treat some strings by another rule.",
        syntax='a string, just as it is; in quotes for several ("a" "b c"), for none at all (""), for spaces at its '
        'ends ("  x "), or where it is a command ("help")',
        read=lambda line: read_quoted(line) if line.startswith('"') else [line],
        accuracy="of the held-out strings your code gives exactly the right output",
        trivial="the better of the identity and the best constant",
        paper="paper's score (the share of right outputs among ten)",
        hint=_hint,
    ),
    language_model=LanguageModelSettings(
        resources.files(__name__).joinpath("prompt.md").read_text(encoding="utf-8"),
        ("Hello, World!", "abc", "The quick brown fox", "a", "AbC 123", "12345", "level", "xyz xyz", "MISSISSIPPI", ""),
    ),
    blind=FOUND,
    blind_candidates="find_gym_agents.categories.strings.blind:CANDIDATES",
    red_team="find_gym_agents.categories.strings.attacks:RED_TEAM",
    checker="find_gym_agents.categories.strings.checker:StringChecker",
    neural="find_gym_agents.categories.strings.neural:NEURAL",
    paper=PaperSettings(
        "string functions: share of exact outputs of the code, share right of unit tests of the description",
        (
            PaperColumn("code", "share right of the code", (0.23, 0.13, 0.01, 0.0)),
            PaperColumn("unit tests", "unit tests of the description", (0.82, 0.66, 0.33, 0.33), figure="unit_tests"),
        ),
        INTERACTIVE,
    ),
)
