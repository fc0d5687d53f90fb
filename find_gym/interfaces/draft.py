"""Drafts: descriptions that are being written, token by token."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Self

import numpy as np
from numpy.typing import NDArray

_CONTAINERS = (list, dict, set, np.ndarray)


class Draft(ABC):
    """A description that is being written in a category's grammar.

    Subclasses say which tokens may come next. What `_note` changes are attributes that are values, or containers of
    values that stay as they are.

    Attributes:
        tokens: indices of the tokens written so far, in the order in which they were written.
    """

    def __init__(self) -> None:
        self.tokens: list[int] = []

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether nothing is missing."""

    @property
    @abstractmethod
    def state(self) -> Hashable:
        """All that decides what may be written from here on; the same for drafts that go on alike."""

    @abstractmethod
    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of the number of tokens; none once the description is complete."""

    def allowed(self) -> NDArray[np.bool_]:
        """Returns which may come next as far as the state tells; see `TokensInterface.once`."""
        return self.legal()

    def write(self, token: int) -> None:
        """Writes a legal token.

        Raises:
            ValueError: the token may not come next.
        """
        legal = self.legal()
        if not 0 <= token < legal.size or not legal[token]:
            raise ValueError(f"expected a token that may come next, actual value: {token!r}")
        self.append(token)

    def append(self, token: int) -> None:
        """Writes a token that is known to be legal."""
        self.tokens.append(token)
        self._note(token)

    def copied(self) -> Self:
        """Returns a draft with the same tokens, which goes on by itself."""
        other = object.__new__(type(self))
        for name, value in vars(self).items():
            other.__dict__[name] = value.copy() if isinstance(value, _CONTAINERS) else value
        return other

    def extended(self, token: int) -> Self:
        """Returns the draft with one more token; this one stays as it is.

        Raises:
            ValueError: the token may not come next.
        """
        other = self.copied()
        other.write(token)
        return other

    def _note(self, token: int) -> None:
        """Notes what a token that has been written means for those to come."""
        return
