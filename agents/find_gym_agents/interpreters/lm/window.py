"""Prompts that fit the model's window: the oldest outputs are left out, never the task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from find_gym.interfaces.text import write_pairs
from find_gym.language import Message
from find_gym.language.messages import merged
from find_gym_agents.interpreters.lm.dialogue import Dialogue, Entry, Turn

Count = Callable[[Sequence[Message]], int]


class Window:
    """Makes the prompts of one dialogue, which only grows.

    As few of the oldest turns are left out as possible; a notice after the task has their inputs and outputs in short,
    or, where there is no room for that with any number of turns, only says how many they are. Where even the newest
    turn does not fit, its messages are cut in the middle.

    Args:
        count: tells the length of a prompt, in tokens.
        limit: the greatest length.
    """

    def __init__(self, count: Count, limit: int) -> None:
        self._count = count
        self._limit = limit
        # The fewest turns to leave out, with their data in short and without; they can only become more.
        self._fewest = {True: 0, False: 0}

    def prompt(self, dialogue: Dialogue) -> tuple[list[Message], int]:
        """Returns the prompt for the next reply, and the number of messages that were left out.

        Raises:
            ValueError: not even the task fits.
        """
        for in_short in (True, False):
            for left_out in range(self._fewest[in_short], max(len(dialogue.turns), 1)):
                messages = _messages(dialogue, left_out, in_short)
                if self._count(messages) <= self._limit:
                    return messages, _size(dialogue.turns[:left_out])
                self._fewest[in_short] = left_out + 1
        return self._cut(dialogue)

    def _cut(self, dialogue: Dialogue) -> tuple[list[Message], int]:
        """Returns the newest turn alone, its messages cut to the greatest length that fits."""
        left_out = max(len(dialogue.turns) - 1, 0)
        newest = dialogue.turns[left_out:]
        fits, too_long = -1, max((len(entry.prompt_text) for turn in newest for entry in turn.entries), default=0)
        while too_long - fits > 1:
            middle = max((fits + too_long) // 2, 0)
            shorter = self._count(_messages(dialogue, left_out, False, middle)) <= self._limit
            fits, too_long = (middle, too_long) if shorter else (fits, middle)
        if fits < 0:
            needed = self._count(_messages(dialogue, left_out, False, 0))
            raise ValueError(
                f"expected a window with room for the task ({needed} tokens) and a reply, actual: {self._limit} tokens "
                "for the task; give more context_tokens or fewer reply_tokens"
            )
        return _messages(dialogue, left_out, False, fits), _size(dialogue.turns[:left_out])


def _size(turns: Sequence[Turn]) -> int:
    return sum(len(turn.entries) for turn in turns)


def _messages(dialogue: Dialogue, left_out: int, in_short: bool, longest: int | None = None) -> list[Message]:
    messages = [entry.as_message(entry.content) for entry in dialogue.head]
    if left_out:
        messages.append(Message(role="user", content=_notice(dialogue.turns[:left_out], in_short)))
    for turn in dialogue.turns[left_out:]:
        messages += [entry.as_message(_shortened(entry, longest)) for entry in turn.entries]
    return merged(messages)


def _notice(turns: Sequence[Turn], in_short: bool) -> str:
    pairs = [pair for turn in turns for pair in turn.pairs]
    text = f"({len(turns)} earlier queries were left out here for want of room"
    if not in_short or not pairs:
        return f"{text}.)"
    return f"{text}; their inputs and outputs in short: {'; '.join(write_pairs(pairs).splitlines())})"


def _shortened(entry: Entry, longest: int | None) -> str:
    """Returns an entry's text, cut in the middle where it is longer than a number of characters."""
    text = entry.prompt_text
    if longest is None or len(text) <= longest:
        return text
    first, last = (longest + 1) // 2, longest // 2
    end = text[len(text) - last :]
    return f"{text[:first]}\n(... {len(text) - longest} characters were left out here ...)\n{end}"
