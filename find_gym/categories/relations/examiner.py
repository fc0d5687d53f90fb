"""The relations category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.relations.function import RelationBlackBox
from find_gym.categories.relations.score import RelationScore, RelationScorer, join_domain
from find_gym.categories.words import MAX_QUOTED_WORD, MAX_WORD_LENGTH, WordText, objection_to, read_words
from find_gym.core.episode import Episode
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_text
from find_gym.core.scorers import scorers
from find_gym.core.submissions import Submission
from find_gym.interfaces.text import Task
from find_gym.judges.protocol import Judge

TASK = Task(
    opening="""\
There is a hidden function f. It takes one word or name and returns one word, a name or a number: for inputs of one kind
(countries, animals, verbs, ...) it answers with what stands in one relation to them, for all others with "undefined".
It may be "undefined" for a part of its own inputs as well (countries in Asia, verbs that begin with S, ...). Find out
which relation it is and where its exception is, and describe both.""",
    asking="""\
Inputs are a JSON list of any words of at most 200 characters. Each word costs 1 of your budget of {budget}. You get a
line `word -> output` for each of them.""",
    hints="{exemplars}",
    judging="""\
The description is judged by the answers that it predicts for words that you have not seen. A list of many relations
describes none of them. You have one submission and {messages} messages in all.""",
)
_EXEMPLARS = "You may begin with these words, for some of which it is defined: {words}"

RELATION_MESSAGES = MessageRules(
    read_inputs=read_words,
    input_schema={"type": "string", "minLength": 1, "maxLength": MAX_WORD_LENGTH},
    inputs="The words, of at most 200 characters; each costs 1 of the budget.",
    example='["Norway", "zebra", "Moby-Dick"]',
    parts={
        "description": "what the function maps to what, in a sentence",
        "domain": (
            'on which of these inputs it is undefined all the same, such as "the input country is in Asia"; or none'
        ),
    },
    required=("description",),
)


class RelationExaminer:
    """Functions from words to words.

    Args:
        judge: reads descriptions for the unit tests; None for the grounding judge.
    """

    messages = RELATION_MESSAGES

    def __init__(self, judge: Judge | None = None) -> None:
        self._scorers = scorers(RelationScorer, judge)

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        return objection_to(inputs)

    def answer(self, function: RelationBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs."""
        return function(inputs, rng)

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as they are."""
        return outputs

    def objection_to_submission(
        self, function: RelationBlackBox, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged, or returns None."""
        if submission.program is not None:
            return None
        return objection_to_text(join_domain(submission.description, submission.domain))

    def score(self, function: RelationBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> RelationScore:
        """Judges a submission, whatever was asked."""
        return self._scorers.of(function).score(submission)


class RelationText(WordText):
    """The `text` or `tools` interface to relations.

    Args:
        max_queries: the budget; observations have room for the answers to all of it at once.
        exemplars: whether the task names words to start from.
        tools: whether it speaks of tools.
    """

    def __init__(self, max_queries: int, exemplars: bool, *, tools: bool = False) -> None:
        size = 8192 + (1024 + MAX_QUOTED_WORD) * max_queries
        super().__init__(TASK, RELATION_MESSAGES, size, _EXEMPLARS if exemplars else None, tools=tools)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        return list(episode.function.exemplars)
