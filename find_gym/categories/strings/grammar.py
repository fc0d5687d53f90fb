"""The grammar in which descriptions of string functions are written, token by token, in prefix order.

A program is written from its last operation to its first, as function calls are: an operation is followed by the
program whose result it works on, and "input" is the input itself. A condition is followed by three programs: what
happens to the strings that meet it, what happens to the others, and the program whose result it is asked of. Constants
are not written: they are inferred from the evidence of the episode.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.fitting import BranchSkeleton, StringSkeleton
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.programs import Program, Step
from find_gym.interfaces.draft import Draft

INPUT = "input"
# The tokens of all environments: FIND's operations.
TOKENS: tuple[str, ...] = (INPUT, *CONDITIONS, *DETERMINISTIC)
MAX_TOKENS = 12

_FIRST_CONDITION = 1
_FIRST_OPERATION = _FIRST_CONDITION + len(CONDITIONS)
# Without a difficulty, programs are as long as the longest that are sampled.
_MAX_LENGTH, _MAX_SIDE = 4, 2


def vocabulary(level: StringDifficulty | None) -> tuple[str, ...]:
    """Returns the tokens of a difficulty: `TOKENS`, then the operations beyond FIND's that it names.

    So a new operation changes no action space but those of difficulties that name it.
    """
    drawn = () if level is None else (*level.single_operations, *level.operations, *level.inner_operations)
    return tuple(dict.fromkeys((*TOKENS, *(name for name in drawn if not OPERATIONS[name].stochastic))))


@dataclass(frozen=True)
class _Frame:
    """A program that is being written: how many parts it may have, how many it has."""

    limit: int
    side: bool
    may_be_empty: bool
    parts: int = 0


class StringDraft(Draft):
    """A description that is being written.

    Args:
        level: the difficulty; only what its distribution holds can be written. None allows all of `TOKENS`.

    Attributes:
        vocabulary: the names of the tokens.
    """

    def __init__(self, level: StringDifficulty | None) -> None:
        super().__init__()
        length = _MAX_LENGTH if level is None else max(key for key, share in level.lengths.items() if share > 0)
        self._stack = [_Frame(length, side=False, may_be_empty=False)]
        self._side_length = _MAX_SIDE if level is None else level.branch_length
        self._branches_left = 1 if level is None or level.branch_share > 0 else 0
        self.vocabulary = vocabulary(level)
        names = self.vocabulary[_FIRST_OPERATION:]
        self._alone = self._last = self._inner = np.ones(len(names), dtype=np.bool_)
        if level is not None:
            self._alone = np.array([name in level.single_operations for name in names])
            self._last = np.array([name in level.operations for name in names])
            self._inner = np.array([name in level.inner_operations for name in names])

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self._stack

    @property
    def words(self) -> list[str]:
        """The names of the tokens written so far."""
        return [self.vocabulary[token] for token in self.tokens]

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on."""
        first = self.tokens[0] - _FIRST_OPERATION if self.tokens else 0
        own = first < 0 or bool(self._alone[first])
        return (len(self.tokens), tuple(map(astuple, self._stack)), self._branches_left, own)

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of shape `(tokens,)`; none once the description is complete."""
        mask = np.zeros(len(self.vocabulary), dtype=np.bool_)
        if self.complete:
            return mask
        frame = self._stack[-1]
        # Each open program still needs its "input".
        room = MAX_TOKENS - len(self.tokens) - len(self._stack)
        if frame.parts < frame.limit and room > 0:
            if frame.side:
                mask[_FIRST_OPERATION:] = self._last
            elif frame.parts:
                mask[_FIRST_OPERATION:] = self._inner
            else:
                mask[_FIRST_OPERATION:] = (self._last if frame.limit > 1 else False) | self._alone
        if not frame.side and self._branches_left and frame.parts < frame.limit and room >= 4:
            mask[_FIRST_CONDITION:_FIRST_OPERATION] = True
        mask[0] = self._may_end(frame)
        return mask

    def _may_end(self, frame: _Frame) -> bool:
        if frame.parts == 0:
            return frame.may_be_empty
        first = self.tokens[0]
        alone = not frame.side and frame.parts == 1 and first >= _FIRST_OPERATION
        # An operation that is not drawn as a whole function has to follow another one.
        return not alone or frame.limit == 1 or bool(self._alone[first - _FIRST_OPERATION])

    def _note(self, token: int) -> None:
        if token == 0:
            self._stack.pop()
            return
        frame = self._stack[-1]
        frame = replace(frame, parts=frame.parts + 1)
        self._stack[-1] = frame
        if token < _FIRST_OPERATION:
            self._branches_left -= 1
            # What follows the branch is applied before it, and may be nothing.
            self._stack[-1] = replace(frame, may_be_empty=True)
            self._stack.append(_Frame(self._side_length, side=True, may_be_empty=True))
            self._stack.append(_Frame(self._side_length, side=True, may_be_empty=False))

    def skeleton(self) -> StringSkeleton:
        """Returns the program without its constants, its parts in the order in which they are applied.

        Raises:
            ValueError: the description is not complete.
        """
        if not self.complete:
            raise ValueError(f"expected a complete program, actual: {self.words}")
        remaining = iter(self.words)

        def read() -> StringSkeleton:
            parts: list[str | BranchSkeleton] = []
            while (name := next(remaining)) != INPUT:
                if name in CONDITIONS:
                    then = read()
                    parts.append(BranchSkeleton(name, then, read()))
                else:
                    parts.append(name)
            return tuple(reversed(parts))

        return read()


def words_of(program: Program) -> list[str]:
    """Returns the names of the tokens that write a program."""
    words: list[str] = []
    for part in reversed(program):
        if isinstance(part, Step):
            words.append(part.name)
        else:
            words += [part.condition, *words_of(part.then), *words_of(part.otherwise)]
    return [*words, INPUT]


def tokens_of(program: Program) -> list[int]:
    """Returns the tokens that write a program with the vocabulary `TOKENS`."""
    return [TOKENS.index(word) for word in words_of(program)]
