"""The entities category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

import ast
import shlex
from typing import Any

import numpy as np

from find_gym.envs.episode import Episode
from find_gym.envs.quoting import quote_values
from find_gym.envs.text import TextInterface, shorten
from find_gym.functions.entities.function import MAX_WORD_LENGTH, EntityBlackBox
from find_gym.functions.entities.vectors import entity_vectors
from find_gym.language.embeddings import explain_missing_model
from find_gym.scoring import Submission
from find_gym.scoring.entities import EntityScore, EntityScorer
from find_gym.scoring.judges.protocol import Judge

TASK = """\
There is a hidden function f, a stand-in for a neuron. It takes one word or name (or a short expression) and returns its
activation, a number in [0, 1]. It responds to one concept, or to a combination of a few. Find out which, and describe
it.

To see activations, send a line such as
QUERY ["violin", "Mount Everest", "tax"]
with a JSON list of any words of at most 200 characters. Each word costs 1 of your budget of {budget}. You get the
activations in the same order. Words that have to do with the concept activate the function by more than 0.5, others by
less; words that have a little to do with it may lead you there.
{exemplars}
When you know enough, or when the budget is spent, submit in this form:
[DESCRIPTION]: the concept, or the concepts, that the function responds to, in one sentence.
The description is judged by how well one can tell from it which words activate the function, on words that you have not
seen. Name what it responds to; a list of everything is worth nothing. You have one submission and {messages} messages
in all."""
_EXEMPLARS = "\nSome of these words activate it, you may begin with them: {words}\n"


class EntityCategory:
    """Functions from words to activations.

    Args:
        judge: reads descriptions; None for the embedding judge.
    """

    name = "entities"

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        for word in inputs:
            if not word.strip() or len(word) > MAX_WORD_LENGTH:
                return f"expected words of 1 to {MAX_WORD_LENGTH} characters, actual value: {shorten(word)}"
        unknown = [word for word in inputs if entity_vectors().row(word) is None]
        missing = explain_missing_model() if unknown else None
        if missing is not None:
            return (
                "expected words of the vocabulary (find_gym.knowledge.concepts.vocabulary()), actual value: "
                f"{shorten(unknown[0])}; for other words: {missing}"
            )
        return None

    def answer(self, function: EntityBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs."""
        return function(inputs, rng).tolist()

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as they are."""
        return outputs

    def score(self, function: EntityBlackBox, submission: Submission) -> EntityScore:
        """Judges a submission."""
        return EntityScorer(function, self._judge).score(submission)


class EntityText(TextInterface):
    """The `text` interface to entity functions.

    Args:
        max_queries: the budget; observations have room for the answers to all of it at once.
        exemplars: whether the task names words to start from.
    """

    def __init__(self, max_queries: int, exemplars: bool) -> None:
        super().__init__(TASK, read_words, 8192 + 64 * max_queries)
        self._exemplars = exemplars

    def begin(self, episode: Episode) -> str:
        """Starts an episode and returns its task."""
        words = episode.function.exemplars() if self._exemplars else []
        text = _EXEMPLARS.replace("{words}", quote_values(words)) if words else ""
        return super().begin(episode).replace("{exemplars}", text)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        return episode.function.exemplars()


def read_words(argument: list[Any] | str) -> list[str]:
    """Reads the inputs of one query: a JSON or Python list of words, words between commas, or as in a shell.

    Raises:
        ValueError: there is none, or something in it is not a word.
    """
    items = _read_line(argument) if isinstance(argument, str) else argument
    for item in items:
        if not isinstance(item, str):
            raise ValueError(f"expected words in quotes as inputs, actual value: {shorten(repr(item))}")
    if not items:
        raise ValueError("expected at least one word after QUERY, actual: none")
    return items


def _read_line(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            items = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            items = None
        if isinstance(items, list):
            return items
        text = text.strip("[]")
    if "," in text:
        return [word for part in text.split(",") if (word := part.strip(" \"'"))]
    try:
        return shlex.split(text)
    except ValueError:
        return [text.strip("\"' ")] if text.strip("\"' ") else []
