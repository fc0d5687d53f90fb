"""What a report says in each category: its metrics, its groups, its words, and what it shows of an episode.

To add a category, append an entry to `CATEGORIES`: the summary, the tables, the plots and the page read this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.rules import OPERATORS
from find_gym.categories.numeric.variants import VARIANTS
from find_gym.categories.strings.operations import OPERATIONS
from find_gym_agents.report.answers import show_answers
from find_gym_agents.report.curves import show_curves
from find_gym_agents.report.exceptions import false_alarm
from find_gym_agents.runs.records import EpisodeRecord


@dataclass(frozen=True)
class Metric:
    """A quantity whose mean is reported.

    Attributes:
        column: the title of its column.
        read: an episode's value.
        bounded: whether it is a share, or a score whose best is 1.
    """

    column: str
    read: Callable[[EpisodeRecord], float]
    bounded: bool = False


@dataclass(frozen=True)
class Grouping:
    """A way to divide the episodes.

    Attributes:
        key: its name in results.json, such as "by_family".
        column: what divides them, the title of a column.
        title: the title of the table.
        read: an episode's group.
        order: the groups in the order in which they are listed; others follow by name.
        most: how many groups the table shows, the most frequent first; None for all of them.
        plotted: whether there is a plot.
    """

    key: str
    column: str
    title: str
    read: Callable[[EpisodeRecord], str]
    order: Sequence[str]
    most: int | None = None
    plotted: bool = True


@dataclass(frozen=True)
class ReportedCategory:
    """One category of functions, as reports see it.

    Attributes:
        introduction: what the page says of the scores, as HTML.
        trivial: the description that has skill 0, in words.
        metrics: what is averaged, by the names in results.json.
        group_metrics: those of the metrics that the tables by groups show.
        paper: the one of the metrics that is the paper's score.
        groups: how the episodes are divided.
        show: what the page shows of an episode: its curves as "plot", or a "table" of answers.
        score_parts: further parts of a score that the page shows, and their names there.
        badges: an episode's marks beside its outcome, each a kind ("right", "wrong", "failed") and a word.
        has_exceptions: whether submissions claim where a function departs from its rule.
    """

    introduction: str
    trivial: str
    metrics: Mapping[str, Metric]
    group_metrics: tuple[str, ...]
    paper: str
    groups: tuple[Grouping, ...]
    show: Callable[[EpisodeRecord], dict[str, Any]]
    score_parts: Mapping[str, str] = field(default_factory=dict)
    badges: Callable[[EpisodeRecord], list[tuple[str, str]]] = lambda record: []
    has_exceptions: bool = False

    @property
    def compared(self) -> tuple[str, str]:
        """The metrics by which agents are compared in pairs."""
        return "skill", self.paper


def _part(name: str) -> Callable[[EpisodeRecord], float]:
    """Returns what reads a part of the score; without a submission, or in a run older than the part, it is 0."""
    return lambda record: float(record.score.get(name, 0.0)) if record.score is not None else 0.0


def _metrics(*, paper: tuple[str, str], others: Mapping[str, Metric] | None = None) -> dict[str, Metric]:
    """Returns the metrics of a category: those that all have, the paper's (key and column), and others."""
    return {
        "accuracy": Metric("accuracy", _part("accuracy"), bounded=True),
        "skill": Metric("skill", _part("skill"), bounded=True),
        paper[0]: Metric(paper[1], _part(paper[0]), bounded=True),
        **(others or {}),
        "complexity": Metric("complexity", _part("complexity")),
        "queries": Metric("queries", lambda record: float(record.queries)),
        "seconds": Metric("seconds", lambda record: record.agent_seconds),
    }


def _family(record: EpisodeRecord) -> str:
    return record.family


def _variant(record: EpisodeRecord) -> str:
    return record.variant


def _numeric_badges(record: EpisodeRecord) -> list[tuple[str, str]]:
    passed = record.score is not None and record.score.get("paper_success", False)
    badges = [("right", "paper \N{CHECK MARK}")] if passed else []
    return [*badges, ("failed", "false alarm")] if false_alarm(record) else badges


_INTRODUCTION = (
    "An interpreter queries a hidden function and describes it. <b>Accuracy</b> is the share of held-out inputs that "
    "the description predicts; <b>skill</b> is accuracy rescaled so that the {trivial} has 0 and the truth 1; {paper}."
)

_SHARED_PARTS = {"complexity": "complexity (bits)"}

_NUMERIC = ReportedCategory(
    introduction=_INTRODUCTION.format(
        trivial="best constant",
        paper="<b>paper's success</b> is a normalised squared error below 0.1, as in the FIND paper",
    ),
    trivial="best constant",
    metrics=_metrics(
        paper=("paper_success", "paper's success"),
        others={"beyond_range": Metric("beyond range", _part("beyond_range"), bounded=True)},
    ),
    group_metrics=("accuracy", "skill", "paper_success", "queries", "seconds"),
    paper="paper_success",
    groups=(
        Grouping("by_variant", "variant", "By variant", _variant, VARIANTS),
        Grouping("by_family", "family", "By family", _family, (*ATOMS, *OPERATORS)),
    ),
    show=show_curves,
    score_parts=_SHARED_PARTS
    | {"beyond_range": "beyond range", "exception_iou": "exception IoU", "paper_error": "paper's error"},
    badges=_numeric_badges,
    has_exceptions=True,
)


_UNKNOWN = "unknown"
_LENGTHS = ("1 operation", *(f"{count} operations" for count in range(2, 10)), _UNKNOWN)


def _operations(record: EpisodeRecord) -> str:
    """Returns how many operations a string passes through at most, in words."""
    program = record.spec.get("program")
    if program is None:
        return _UNKNOWN
    count = _longest(program)
    return "1 operation" if count == 1 else f"{count} operations"


def _longest(program: list[dict[str, Any]]) -> int:
    return sum(
        1 if "operation" in part else max(_longest(part["then"]), _longest(part["otherwise"])) for part in program
    )


_STRINGS = ReportedCategory(
    introduction=_INTRODUCTION.format(
        trivial="better of the identity and the best constant",
        paper="<b>paper's score</b> is the share of exactly right outputs on ten inputs, as many as in the FIND paper",
    ),
    trivial="identity or constant",
    metrics=_metrics(paper=("paper_score", "paper's score")),
    group_metrics=("accuracy", "skill", "paper_score", "queries", "seconds"),
    paper="paper_score",
    groups=(
        Grouping("by_operations", "operations", "By number of operations", _operations, _LENGTHS),
        Grouping("by_variant", "variant", "By variant", _variant, ("plain", "stochastic", "corrupted", "published")),
        Grouping(
            "by_family",
            "family",
            "By family (the last operation)",
            _family,
            (*OPERATIONS, "branch", "published"),
            most=20,
            plotted=False,
        ),
    ),
    show=show_answers,
    score_parts=_SHARED_PARTS | {"paper_score": "paper's score"},
)


def _words(trivial: str) -> ReportedCategory:
    """Returns what a report says of a category of functions of words."""
    return ReportedCategory(
        introduction=_INTRODUCTION.format(
            trivial=trivial,
            paper="<b>paper's score</b> is the share of unit tests in which the judge picks the true execution",
        ),
        trivial=trivial,
        metrics=_metrics(paper=("paper_score", "paper's score")),
        group_metrics=("accuracy", "skill", "paper_score", "queries", "seconds"),
        paper="paper_score",
        groups=(
            Grouping("by_variant", "variant", "By variant", _variant, ()),
            Grouping("by_family", "family", "By family", _family, (), most=20, plotted=False),
        ),
        show=show_answers,
        score_parts=_SHARED_PARTS | {"paper_score": "paper's score"},
    )


CATEGORIES: dict[str, ReportedCategory] = {
    "numeric": _NUMERIC,
    "strings": _STRINGS,
    "entities": _words("chance"),
    "relations": _words("undefined or constant"),
}
