"""The entities category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.entities.function import EntityBlackBox
from find_gym.categories.entities.score import EntityScore, EntityScorer, objection_to_claims
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.categories.words import (
    MAX_QUOTED_WORD,
    MAX_WORD_LENGTH,
    WordText,
    objection_to,
    objection_to_unknown,
    read_words,
)
from find_gym.core.episode import Episode
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_text
from find_gym.core.scorers import scorers
from find_gym.core.submissions import Submission
from find_gym.interfaces.text import Task
from find_gym.judges.embedding import EmbeddingJudge
from find_gym.judges.protocol import Judge

TASK = Task(
    opening="""\
There is a hidden function f, a stand-in for a neuron. It takes one word or name (or a short expression) and returns its
activation, a number in [0, 1]. It responds to one concept, or to a combination of a few. Find out which, and describe
it.""",
    asking="""\
Inputs are a JSON list of any words of at most 200 characters. Each word costs 1 of your budget of {budget}. You get a
line `word -> activation` for each of them. Words that have to do with the concept activate the function by more than
0.5, others by less; words that have a little to do with it may lead you there.""",
    hints="{exemplars}",
    judging="""\
The description is judged by how well one can tell from it which words activate the function, on words that you have not
seen. Name what it responds to, by six names at most; a list of everything is worth nothing. Words that you have asked
are examples and are not read, unless they name a concept: say what they have in common. You have one submission and
{messages} messages in all.""",
)
_EXEMPLARS = "Some of these words activate it, you may begin with them: {words}"

ENTITY_MESSAGES = MessageRules(
    read_inputs=read_words,
    input_schema={"type": "string", "minLength": 1, "maxLength": MAX_WORD_LENGTH},
    inputs="The words, of at most 200 characters; each costs 1 of the budget.",
    example='["violin", "Mount Everest", "tax"]',
    parts={"description": "the concept, or the concepts, that the function responds to, in one sentence"},
    required=("description",),
)


class EntityExaminer:
    """Functions from words to activations.

    Args:
        judge: reads descriptions; None for the embedding judge.
    """

    messages = ENTITY_MESSAGES

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge: Judge = EmbeddingJudge() if judge is None else judge
        self._scorers = scorers(EntityScorer, judge)

    def check_models(self) -> None:
        """Raises MissingModelError where descriptions in free text could not be judged."""
        if isinstance(self._judge, EmbeddingJudge):
            self._judge.check_models()

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        return objection_to(inputs) or objection_to_unknown(
            inputs,
            lambda word: entity_vectors().row(word) is not None,
            "the vocabulary (find_gym.categories.entities.concepts.vocabulary())",
        )

    def answer(self, function: EntityBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs."""
        return function(inputs, rng).tolist()

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as they are."""
        return outputs

    def objection_to_submission(
        self, function: EntityBlackBox, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged, or returns None."""
        if submission.program is not None:
            return None
        objection = objection_to_text(submission.description)
        if objection is None and strict:
            objection = objection_to_claims(function, submission.description, asked)
        return objection

    def score(self, function: EntityBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> EntityScore:
        """Judges a submission."""
        return self._scorers.of(function).score(submission, asked)


class EntityText(WordText):
    """The `text` or `tools` interface to entity functions.

    Args:
        max_queries: the budget; observations have room for the answers to all of it at once.
        exemplars: whether the task names words to start from.
        tools: whether it speaks of tools.
    """

    def __init__(self, max_queries: int, exemplars: bool, *, tools: bool = False) -> None:
        size = 8192 + (64 + MAX_QUOTED_WORD) * max_queries
        super().__init__(TASK, ENTITY_MESSAGES, size, _EXEMPLARS if exemplars else None, tools=tools)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        return episode.function.exemplars()
