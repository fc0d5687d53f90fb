"""What categories of words share: which words are allowed, how they are read, exemplars."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from find_gym.core.episode import Episode
from find_gym.core.message_rules import MessageRules
from find_gym.core.parsing import read_literal
from find_gym.interfaces.quoting import quote_values, shorten
from find_gym.interfaces.text import Task, TextInterface
from find_gym.language.embeddings import explain_missing_model

MAX_WORD_LENGTH = 200
# The longest a word can be as JSON of ASCII characters.
MAX_QUOTED_WORD = 12 * MAX_WORD_LENGTH + 2


class WordText(TextInterface):
    """The `text` or `tools` interface to functions of words.

    Args:
        task: the task, with a place for `{exemplars}`.
        rules: what messages of the category look like.
        size: the greatest length of an observation, in characters.
        invitation: the sentence that names `{words}` to start from; None to name none.
        tools: whether the task and refusals speak of the tools.
    """

    def __init__(
        self, task: Task, rules: MessageRules, size: int, invitation: str | None, *, tools: bool = False
    ) -> None:
        super().__init__(task, rules, size, tools=tools)
        self._invitation = invitation

    def begin(self, episode: Episode) -> str:
        """Starts an episode and returns its task."""
        text = ""
        if self._invitation and (words := self.exemplars(episode)):
            text = self._invitation.replace("{words}", quote_values(words))
        return super().begin(episode).replace("{exemplars}\n\n" if not text else "{exemplars}", text)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        raise NotImplementedError


def objection_to(words: tuple[str, ...]) -> str | None:
    """Says why a query with these words can't be answered, or returns None."""
    for word in words:
        if not word.strip() or len(word) > MAX_WORD_LENGTH:
            return f"expected words of 1 to {MAX_WORD_LENGTH} characters, actual value: {shorten(word)}"
        if not word.isascii() and word != word.encode("utf-8", "replace").decode():
            return f"expected words of Unicode characters, actual value: {shorten(word)}"
    return None


def objection_to_unknown(words: tuple[str, ...], is_known: Callable[[str], bool], known: str) -> str | None:
    """Says that words can't be answered without an embedding model, or returns None.

    Args:
        words: the words.
        is_known: whether a word needs no model.
        known: which words those are.
    """
    unknown = [word for word in words if not is_known(word)]
    missing = explain_missing_model() if unknown else None
    if missing is None:
        return None
    return f"expected words of {known}, actual value: {shorten(unknown[0])}; for other words: {missing}"


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
            items = read_literal(text)
        except ValueError:
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
