"""`AgentCategory`: what reports, evaluation, training, play and the red team need to know about one category.

Every field has a default that works for any category, so that a new one needs no record at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from find_gym.core.category import load_reference
from find_gym.core.registry import category_named
from find_gym.core.submissions import Submission
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories.checking import Checker
from find_gym_agents.categories.paper import PaperSettings
from find_gym_agents.runs.records import EpisodeRecord

# --- Reports ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Metric:
    """A quantity whose mean is reported.

    Attributes:
        column: the heading of its column.
        read: returns an episode's value.
        bounded: whether it is a share, or a score whose best value is 1.
    """

    column: str
    read: Callable[[EpisodeRecord], float]
    bounded: bool = False


@dataclass(frozen=True)
class Grouping:
    """A way to divide the episodes into groups.

    Attributes:
        key: its name in results.json, such as "by_family".
        column: the heading of the column with the groups.
        title: the title of the table.
        read: returns an episode's group.
        order: the groups in the order in which they are listed; others follow alphabetically.
        most: the number of groups that the table shows, the most frequent first; None for all.
        plotted: whether there is a plot.
    """

    key: str
    column: str
    title: str
    read: Callable[[EpisodeRecord], str]
    order: Sequence[str] = ()
    most: int | None = None
    plotted: bool = True


def score_part(name: str) -> Callable[[EpisodeRecord], float]:
    """Returns a function that reads a part of the score: 0 without a submission, or if the run predates the part."""
    return lambda record: float(record.score.get(name, 0.0)) if record.score is not None else 0.0


def metrics(others: Mapping[str, Metric] | None = None) -> dict[str, Metric]:
    """Returns the metrics that all categories have, with others after skill and accuracy."""
    return {
        "skill": Metric("skill", score_part("skill"), bounded=True),
        "accuracy": Metric("accuracy", score_part("accuracy"), bounded=True),
        **(others or {}),
        "complexity": Metric("complexity", score_part("complexity")),
        "queries": Metric("queries", lambda record: float(record.queries)),
        "seconds": Metric("seconds", lambda record: record.agent_seconds),
    }


PAPER_SCORE = {"paper_score": Metric("paper's score", score_part("paper_score"), bounded=True)}


def by_variant(order: Sequence[str] = ()) -> Grouping:
    """Returns the grouping by variant."""
    return Grouping("by_variant", "variant", "By variant", lambda record: record.variant, order)


def by_family(order: Sequence[str] = (), title: str = "By family", **options: Any) -> Grouping:
    """Returns the grouping by family; the options are those of `Grouping`."""
    return Grouping("by_family", "family", title, lambda record: record.family, order, **options)


@dataclass(frozen=True)
class ReportSettings:
    """What a report says about a category.

    Attributes:
        trivial: the description with skill 0, in a few words.
        trivial_in_full: the same in full; by default `trivial`.
        paper_in_words: the paper's score in words (HTML); empty where the paper has none.
        metrics: the reported metrics, by their names in results.json.
        paper: the metric that is the paper's score, None where there is none.
        groups: the groupings.
        show: returns what the page shows of an episode: its curves as "plot" or its answers as "table"; None for the
            table of answers.
        legend: the legend on the page that explains what `show` returns: "curves", "answers" or "" for none.
        example: `(axes, record)`: draws an episode into the plot of examples; None for no such plot.
        score_parts: further parts of the score on the page, with their names there.
        badges: returns an episode's marks, each a kind ("right", "wrong", "failed") and a word.
        has_exceptions: whether submissions claim where a function departs from its rule.
    """

    trivial: str = "trivial description"
    trivial_in_full: str = ""
    paper_in_words: str = ""
    metrics: Mapping[str, Metric] = field(default_factory=metrics)
    paper: str | None = None
    groups: tuple[Grouping, ...] = (by_variant(), by_family(most=20, plotted=False))
    show: Callable[[EpisodeRecord], dict[str, Any]] | None = None
    legend: str = ""
    example: Callable[[Any, EpisodeRecord], None] | None = None
    score_parts: Mapping[str, str] = field(default_factory=dict)
    badges: Callable[[EpisodeRecord], list[tuple[str, str]]] = lambda record: []
    has_exceptions: bool = False

    @property
    def introduction(self) -> str:
        """The explanation of the scores on the page, as HTML."""
        paper = f"; <b>{self.metrics[self.paper].column}</b> is {self.paper_in_words}" if self.paper else ""
        return (
            "An interpreter queries a hidden function and describes it. <b>Accuracy</b> is the share of held-out "
            "inputs that the description predicts; <b>skill</b> is accuracy rescaled so that the "
            f"{self.trivial_in_full or self.trivial} has 0 and the truth 1{paper}."
        )

    @property
    def group_metrics(self) -> tuple[str, ...]:
        """The metrics in the tables by groups."""
        return ("skill", "accuracy", *([self.paper] if self.paper else []), "queries", "seconds")

    @property
    def compared(self) -> tuple[str, str]:
        """The metrics by which agents are compared in pairs."""
        return "skill", self.paper or "accuracy"


# --- Training ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Imitation:
    """Behaviour cloning of a teacher that knows the truth.

    Attributes:
        words_of: returns the names of the tokens that describe a spec, in one order of several equivalent ones.
        evidence: makes the evidence that the teacher gathers, from an environment and specs; see
            `find_gym_agents.training.evidence.Evidence`.
        share: the share of the training time, by default.
        functions: the number of functions that the teacher shows before new ones are sampled, by default.
    """

    words_of: Callable[[Any], list[str]]
    evidence: Callable[[Any, Sequence[Any]], Any]
    share: float
    functions: int


@dataclass(frozen=True)
class TrainingSettings:
    """How policies are trained in a category.

    Attributes:
        encoder: "module:Class" of the network that encodes the evidence, made from the observation space and the
            budget; None for `find_gym_agents.training.encoders.BoxEncoder`, which suits any observation. A string, so
            that nothing but training imports torch.
        max_queries: the budget, by default.
        imitation: behaviour cloning before reinforcement learning; None for reinforcement learning alone.
        changes: returns the attributes of a difficulty that are replaced in training; docs/training.md says why.
        simple: the attributes of the difficulty in the first stage of the curriculum; None for no curriculum.
        strongest: the strongest scripted agent, which the closing table sets beside the policy.
        quick_fits: the arguments of the environment with which constants are fitted faster and less well; empty where
            there are none.
    """

    encoder: str | None = None
    max_queries: int = 24
    imitation: Imitation | None = None
    changes: Callable[[Any], dict[str, Any]] = lambda level: {}
    simple: Mapping[str, Any] | None = None
    strongest: str | None = None
    quick_fits: Mapping[str, Any] = field(default_factory=dict)


# --- Play -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaySettings:
    """What a person is told and may type when playing.

    Attributes:
        about: the functions in words; None for the task of the interface `text`.
        syntax: what may be typed as a query.
        read: returns the inputs that a line stands for, and raises ValueError for others; None for lines that are
            messages of the interface `text`.
        domain: an example of the domain that a person is asked for; None where submissions have none.
        accuracy: what the accuracy is the share of.
        trivial: the description with skill 0.
        paper: the paper's score; None where there is none.
        explain: returns further lines about a score.
        hint: returns a sentence that hints at the function of a spec.
        plot: `(episode, span)`: returns a plot made of characters, of the inputs between two bounds (None for all);
            None where functions can't be plotted.
    """

    about: str | None = None
    syntax: str = 'a message such as QUERY ["..."]'
    read: Callable[[str], list[Any]] | None = None
    domain: str | None = "in words"
    accuracy: str = "of the held-out inputs your description gives the right answer"
    trivial: str = "the trivial description"
    paper: str | None = None
    explain: Callable[[Mapping[str, Any]], list[str]] = lambda score: []
    hint: Callable[[Any], str] = lambda spec: ""
    plot: Callable[[Any, tuple[float, float] | None], str] | None = None


# --- Agents -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LanguageModelSettings:
    """What the agent `lm` needs to know about a category.

    Attributes:
        prompt: the system prompt in sections, see `find_gym_agents.interpreters.lm.instructions`; None for one that
            suits any category.
        exemplars: inputs that are asked for a model that starts from exemplars; empty where the environment has some.
    """

    prompt: str | None = None
    exemplars: tuple[Any, ...] = ()


@dataclass(frozen=True)
class BlindCandidates:
    """What `scripts/find_blind.py` tries for the agent `blind`.

    Attributes:
        first: returns submissions by their names.
        refined: returns others like the one of a name, tried if that is among the best.
    """

    first: Callable[[], dict[str, Submission]]
    refined: Callable[[str], dict[str, Submission]] = lambda name: {}


# --- The category -----------------------------------------------------------------------------------------------------


def _compare_nothing(record: EpisodeRecord, function: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class AgentCategory:
    """One category of functions, as agents and their tools see it.

    Attributes:
        name: the category's name.
        compare: returns the entries of a scored episode's record in which the submission stands beside the truth:
            "curve" (the submission over the query range) or "comparison" (rows of answers). Its arguments are the
            record and the function. It raises `SandboxError` where the sandbox fails.
        report: what reports say.
        training: how policies are trained.
        play: what a person is told and may type.
        language_model: what the agent `lm` needs to know.
        blind: the best fixed submission, which the agent `blind` makes; None where none is known.
        blind_candidates: the place "module:name" of the `BlindCandidates` that it was chosen from; None for none.
        red_team: the place "module:name" of the attacks on its scores, a `find_gym_agents.redteam.attack.RedTeam`;
            None where there are none.
        checker: the place "module:Class" of what checks programs against evidence, a
            `find_gym_agents.categories.checking.Checker`; by default the first program is taken for the best.
        paper: the paper's protocol; None for categories that it does not cover.
        units: the place of `(UnitOptions, seed) -> (specs by name, reasons by the name of what can't be served)`, which
            finds the units that the command line names; None where functions are no units of networks.
        neural: the place "module:name" of what neural interpreters need to know, a
            `find_gym_agents.interpreters.neural.category.NeuralCategory`; None where there are none.
    """

    name: str
    compare: Callable[[EpisodeRecord, Any], dict[str, Any]] = _compare_nothing
    report: ReportSettings = field(default_factory=ReportSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    play: PlaySettings = field(default_factory=PlaySettings)
    language_model: LanguageModelSettings = LanguageModelSettings()
    blind: Submission | None = None
    blind_candidates: str | None = None
    red_team: str | None = None
    checker: str = "find_gym_agents.categories.checking:NoChecker"
    paper: PaperSettings | None = None
    units: str | None = None
    neural: str | None = None

    @property
    def in_code(self) -> bool:
        """Whether submissions have code, rather than language alone."""
        return category_named(self.name).code_cap is not None

    def make_checker(self, codec: TokensInterface) -> Checker:
        """Makes what checks programs of an interface `tokens` against evidence."""
        checker: Checker = load_reference(self.checker)(codec)
        return checker
