"""Functions of numbers, as agents and their tools see them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.grammar import words_of
from find_gym.categories.numeric.rules import OPERATORS, AtomRule, Rule, Skeleton
from find_gym.categories.numeric.variants import VARIANTS
from find_gym.core.submissions import Submission
from find_gym_agents.categories.numeric.curves import compare_curves
from find_gym_agents.categories.numeric.evidence import numeric_evidence
from find_gym_agents.categories.numeric.inputs import SYNTAX, read_numbers
from find_gym_agents.categories.numeric.pictures import draw_example, show_curves
from find_gym_agents.categories.numeric.terminal import plot_answers
from find_gym_agents.categories.paper import INTERACTIVE, PaperColumn, PaperSettings
from find_gym_agents.categories.record import (
    AgentCategory,
    Imitation,
    LanguageModelSettings,
    Metric,
    PlaySettings,
    ReportSettings,
    TrainingSettings,
    by_family,
    by_variant,
    metrics,
    score_part,
)
from find_gym_agents.report.exceptions import false_alarm
from find_gym_agents.runs.records import EpisodeRecord

# Networks approximate formulas, so what is learned from those carries over; and each takes half a second to make.
_SLOW_VARIANT = "approximated"


def _without_networks(level: NumericDifficulty) -> dict[str, Any]:
    shares = {name: share for name, share in level.variants.items() if name != _SLOW_VARIANT}
    return {"variants": shares} if sum(shares.values()) > 0 else {}


def sorted_words_of(spec: NumericSpec) -> list[str]:
    """Returns the names of the tokens that describe a spec, in one order of those that are equivalent."""
    return words_of(_sorted_skeleton(spec.rule), tuple(region.kind for region in spec.regions))


def _sorted_skeleton(rule: Rule) -> Skeleton:
    """Returns a rule without constants, the parts of sums and products in one order: they commute."""
    if isinstance(rule, AtomRule):
        return rule.name
    return (rule.operator, tuple(sorted((_sorted_skeleton(part) for part in rule.parts), key=str)))


def _badges(record: EpisodeRecord) -> list[tuple[str, str]]:
    passed = record.score is not None and record.score.get("paper_success", False)
    badges = [("right", "paper \N{CHECK MARK}")] if passed else []
    return [*badges, ("failed", "false alarm")] if false_alarm(record) else badges


def _explain(score: Mapping[str, Any]) -> list[str]:
    return [
        f"Beyond the range (128 < |x| < 256, not counted): {100 * score['beyond_range']:.0f} %.",
        f"Overlap of your domain with the true exception: {100 * score['exception_iou']:.0f} % (100 % as well "
        "where both are none).",
    ]


def _hint(spec: Any) -> str:
    if spec.family in OPERATORS:
        return f"It is made of two common functions by one {spec.family}."
    return "It is one common function, with constants of its own."


# By scripts/find_blind.py --category numeric --functions 24 --seed 0 on 2026-11-26.
FOUND = Submission("It gives math.ceil(x).", code="import math\n\n\ndef f(x):\n    return math.ceil(x)\n")

CATEGORY = AgentCategory(
    "numeric",
    compare=compare_curves,
    report=ReportSettings(
        trivial="best constant",
        paper_in_words="a normalised squared error below 0.1, as in the FIND paper",
        metrics=metrics(
            {
                "paper_success": Metric("paper's success", score_part("paper_success"), bounded=True),
                "beyond_range": Metric("beyond range", score_part("beyond_range"), bounded=True),
            }
        ),
        paper="paper_success",
        groups=(by_variant(VARIANTS), by_family((*ATOMS, *OPERATORS))),
        show=show_curves,
        legend="curves",
        example=draw_example,
        score_parts={
            "complexity": "complexity (bits)",
            "beyond_range": "beyond range",
            "exception_iou": "exception IoU",
            "paper_error": "paper's error",
        },
        badges=_badges,
        has_exceptions=True,
    ),
    training=TrainingSettings(
        encoder="find_gym_agents.categories.numeric.encoder:numeric_encoder",
        imitation=Imitation(sorted_words_of, numeric_evidence, share=0.2, functions=8000),
        changes=_without_networks,
        simple={"variants": {"plain": 1.0}, "compound_share": 0.0},
        strongest="atom-fit",
        quick_fits={"effort": "quick"},
    ),
    play=PlaySettings(
        about="A hidden function takes one number from -128 to 128 and returns one number. It may be a common "
        "function\nor a sum or product of two, be noisy, be undefined somewhere, or depart from its rule on a part of "
        "its inputs.",
        syntax=SYNTAX,
        read=read_numbers,
        domain="such as 3 < x < 7.5",
        accuracy="of the held-out inputs your code is right within 5 % of the output",
        trivial="the best constant",
        paper="paper's success (a normalised squared error below 0.1)",
        explain=_explain,
        hint=_hint,
        plot=plot_answers,
    ),
    language_model=LanguageModelSettings(
        resources.files(__name__).joinpath("prompt.md").read_text(encoding="utf-8"),
        (-100.0, -20.0, -5.0, -1.0, 0.0, 0.5, 2.0, 7.5, 30.0, 100.0),
    ),
    blind=FOUND,
    blind_candidates="find_gym_agents.categories.numeric.blind:CANDIDATES",
    red_team="find_gym_agents.categories.numeric.attacks:RED_TEAM",
    neural="find_gym_agents.categories.numeric.neural:NEURAL",
    checker="find_gym_agents.categories.numeric.checker:NumericChecker",
    paper=PaperSettings(
        "numeric functions: share of functions with a normalised squared error below 0.1",
        (PaperColumn("success", "success rate of the code", (0.33, 0.12, 0.01, 0.0)),),
        INTERACTIVE,
    ),
)
