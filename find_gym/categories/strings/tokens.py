"""The `tokens` interface to string functions."""

from __future__ import annotations

from collections.abc import Sequence
from operator import eq
from typing import Any

import numpy as np

from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.fitting import fit_string_skeleton
from find_gym.categories.strings.grammar import MAX_TOKENS, StringDraft, vocabulary
from find_gym.categories.strings.probes import PROBES
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import Features, TokensInterface, unit_box

# Most of what operations change shows within so many characters of the answer.
SHOWN = 32
_LONGEST = 64
_CODES = 128.0


class StringTokens(TokensInterface):
    """Queries are probe strings of a fixed bank, descriptions are programs in prefix order.

    Action `a` asks probe `a` of `find_gym.categories.strings.probes.PROBES` if a < 42; otherwise it writes token
    `a - 42` of `find_gym.categories.strings.grammar.TOKENS`, which has 74; a difficulty that names other operations has
    a token more for each. A complete program submits itself, its constants inferred from the evidence of the episode.
    An illegal action costs one input.

    The observation is a dict of float32 boxes in [0, 1]:

    - `asked` (42,): how often each probe was asked, of four times;
    - `characters` (42 × 32 = 1344,): the character codes of each answer's first 32 characters, over 128 (1 for codes
      above), 0 after its end;
    - `length` (42,): the length of each answer, of 64;
    - `same` (42,): whether the answer is the probe itself;
    - `written` (12 × 74 = 888,): the tokens written so far, one-hot by place (12 places, 74 tokens or more);
    - `budget` (2,): the shares of the budget and of the steps that are left.

    Args:
        level: the difficulty, whose distribution the grammar is cut down to; None for users' functions.
    """

    extra_steps = 20

    def __init__(self, level: StringDifficulty | None) -> None:
        self._level = level
        count = len(PROBES)
        answers = {"characters": unit_box(count * SHOWN), "length": unit_box(count), "same": unit_box(count)}
        super().__init__(PROBES, vocabulary(level), MAX_TOKENS, answers)

    def new_draft(self) -> StringDraft:
        """Returns an empty description."""
        return StringDraft(self._level)

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the first program that is consistent with the evidence, or None."""
        assert isinstance(draft, StringDraft)
        # Each question once: the functions are deterministic.
        evidence = dict(zip(inputs, outputs, strict=True))
        return fit_string_skeleton(draft.skeleton(), list(evidence), list(evidence.values()))

    def encode(self, outputs: Sequence[str], probes: Sequence[int]) -> Features:
        """Encodes answers as features."""
        # Numpy cuts strings off and fills them up with 0.
        count = len(outputs)
        characters = np.array(outputs, dtype=f"U{SHOWN}").view(np.uint32).reshape(count, SHOWN) / _CODES
        length = np.fromiter(map(len, outputs), np.float64, count)[:, None] / _LONGEST
        same = np.fromiter(map(eq, outputs, map(self.probes.__getitem__, probes)), np.float64, count)[:, None]
        for shares in (characters, length):
            np.minimum(shares, 1.0, out=shares)
        return {"characters": characters, "length": length, "same": same}
