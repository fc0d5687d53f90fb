"""Scorers that are kept: many submissions to one function share what is made for judging it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache, partial
from typing import Any, Generic, TypeVar

Scorer = TypeVar("Scorer")

# Functions that are remembered. A scorer has the held-out inputs and their truth, some tens of kilobytes. A training on
# relations draws some 360 different functions.
_KEPT = 512


class Scorers(Generic[Scorer]):
    """The scorers of the functions that were judged last.

    Functions of the same spec share one, whoever made them: the rollouts of a group, agents on the same functions,
    scores that are computed again. A user's callable shares with nobody but itself. A scorer is kept from its second
    use on: where each episode has another function, as in training, none is.

    Args:
        make: makes the scorer of a function, always the same one for the same function.
    """

    def __init__(self, make: Callable[[Any], Scorer]) -> None:
        self._make = make
        # None for a function that was judged once.
        self._scorers: OrderedDict[Hashable, Scorer | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, function: Any) -> Scorer:
        """Returns the scorer of a function."""
        # By its identity where it has a spec, which tells all of it, else by the object itself.
        has_spec = getattr(function, "spec", None) is not None
        key: Hashable = (type(function), function.identity()) if has_spec else _Itself(function)
        with self._lock:
            kept = self._scorers.get(key)
            is_known = kept is not None or key in self._scorers
            if is_known:
                self._scorers.move_to_end(key)
            else:
                self._scorers[key] = None
                if len(self._scorers) > _KEPT:
                    self._scorers.popitem(last=False)
        if kept is not None:
            return kept
        # Outside the lock: judges may take long. Two threads that are at the same function make the same scorer.
        scorer = self._make(function)
        if is_known:
            with self._lock:
                self._scorers[key] = scorer
        return scorer

    def __reduce__(self) -> tuple[Any, ...]:
        """Leaves the scorers behind, which hold the truth."""
        return type(self), (self._make,)


def scorers(make: Callable[..., Scorer], judge: Any = None) -> Scorers[Scorer]:
    """Returns scorers made by a class or function: those of the whole process, or others where a judge is chosen.

    Args:
        make: takes a function, and `judge` where there is one.
        judge: reads descriptions; it is let go together with these scorers.
    """
    return _shared(make) if judge is None else Scorers(partial(make, judge=judge))


@cache
def _shared(make: Callable[..., Scorer]) -> Scorers[Scorer]:
    return Scorers(make)


class _Itself:
    """An object as a key that no other one equals."""

    __slots__ = ("_object",)

    def __init__(self, one: Any) -> None:
        self._object = one

    def __hash__(self) -> int:
        return id(self._object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self._object is other._object
