"""The rules of the neurons category: what may be asked, what answers look like, how submissions are judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.neurons.bank import MAX_WORD_LENGTH, place_of
from find_gym.categories.neurons.category import MAX_COMPLEXITY
from find_gym.categories.neurons.function import NeuronBlackBox
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.score import NeuronScore, NeuronScorer, is_program, objection_to_claims
from find_gym.categories.words import MAX_QUOTED_WORD, WordText, objection_to, objection_to_unknown, read_words
from find_gym.core.episode import Episode
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_code, objection_to_text
from find_gym.core.scorers import scorers
from find_gym.core.submissions import Submission
from find_gym.interfaces.text import Task
from find_gym.judges.embedding import EmbeddingJudge
from find_gym.judges.protocol import Judge

TASK = Task(
    opening="""\
There is a hidden function f: a unit of a neural network that reads text. It takes one word, name or short text and
returns how strongly that activates the unit, scaled to [0, 1]. Find out what it responds to, and describe it.""",
    asking="""\
Inputs are a JSON list of any texts of at most 200 characters. Each costs 1 of your budget of {budget}. You get a line
`text -> output` for each of them. Of common words and names half have an output of 0, one in ten has more than 0.3,
and one in thirty, those that activate the unit, more than 0.5.""",
    hints="""\
It may respond to a subject, to the form of texts (letters at the beginning or the end, capitals, digits, length,
several words), to both, or to one but for the other.

{exemplars}""",
    judging="""\
You describe it in words, or as Python code f(text) that returns a number, greater for what activates the unit more;
code, where there is any, is what counts. Either is judged by how well it tells words that activate the unit from words
that do not, many of them similar, all of which you have not seen. Of words, six names at most are read, and none that
merely repeats what you asked, unless it names a subject; a list of everything is worth nothing. You have one submission
and {messages} messages in all.""",
)
_EXEMPLARS = "These words activate it most: {words}"

NEURON_MESSAGES = MessageRules(
    read_inputs=read_words,
    input_schema={"type": "string", "minLength": 1, "maxLength": MAX_WORD_LENGTH},
    inputs="The texts, of at most 200 characters; each costs 1 of the budget.",
    example='["violin", "Mount Everest", "tax 2019"]',
    parts={
        "description": "what the unit responds to, in one sentence",
        "code": "optional Python code that defines f(text), greater for what activates the unit more",
    },
    required=("description",),
    template="def f(text):\n    return ...",
)


class NeuronExaminer:
    """The rules of functions from texts to activations.

    Args:
        judge: reads descriptions; None for the embedding judge.
        exemplars: whether the words that activate a unit most are shown, so that they count as asked.
    """

    messages = NEURON_MESSAGES

    def __init__(self, judge: Judge | None = None, *, exemplars: bool = False) -> None:
        self._judge: Judge = EmbeddingJudge() if judge is None else judge
        self._exemplars = exemplars
        self._scorers = scorers(NeuronScorer, judge)

    def check_models(self) -> None:
        """Raises MissingModelError where descriptions in free text could not be judged."""
        if isinstance(self._judge, EmbeddingJudge):
            self._judge.check_models()

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        return objection_to(inputs) or objection_to_unknown(
            inputs,
            lambda word: place_of(word) is not None,
            "the bank (find_gym.categories.neurons.bank.bank_words())",
        )

    def answer(self, function: NeuronBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs."""
        return function(inputs, rng).tolist()

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as they are."""
        return outputs

    def objection_to_submission(
        self, function: NeuronBlackBox, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged, or returns None."""
        if not (submission.program is None or isinstance(submission.program, NeuronProgram)):
            return f"expected a NeuronProgram as the program, actual value: {submission.program!r}"
        if submission.program is not None or is_program(submission.description):
            return None
        if submission.code.strip():
            return objection_to_code(submission, MAX_COMPLEXITY)
        objection = objection_to_text(submission.description)
        if objection is None and strict:
            objection = objection_to_claims(function, submission.description, self._shown(function, asked))
        return objection

    def score(self, function: NeuronBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> NeuronScore:
        """Judges a submission."""
        return self._scorers.of(function).score(submission, self._shown(function, asked))

    def _shown(self, function: NeuronBlackBox, asked: Sequence[Any]) -> Sequence[Any]:
        return (*asked, *function.exemplars()) if self._exemplars else asked


class NeuronText(WordText):
    """The `text` or `tools` interface to units.

    Args:
        max_queries: the budget; observations have room for the answers to all of it at once.
        exemplars: whether the task names the words that activate the unit most.
        tools: whether it speaks of tools.
    """

    def __init__(self, max_queries: int, exemplars: bool, *, tools: bool = False) -> None:
        size = 16384 + (64 + MAX_QUOTED_WORD) * max_queries
        super().__init__(TASK, NEURON_MESSAGES, size, _EXEMPLARS if exemplars else None, tools=tools)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        words: list[str] = episode.function.exemplars()
        return words
