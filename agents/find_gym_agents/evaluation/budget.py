"""The budget of a run: what its language models have used, and whether another episode may begin."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from find_gym_agents.interpreters.lm.options import LanguageModelOptions


class Budget:
    """Counts what the episodes of a run have used against `max_tokens` and `max_cost`.

    Episodes that have begun are played to their end, so that a run may use as much more as those that run side by side
    need. May be used from many threads.

    Args:
        options: the budget and the prices.
        usages: what the episodes have used that the run has already, as `EpisodeRecord.usage` has it; None where an
            episode has none.

    Example:
        >>> budget = Budget(LanguageModelOptions(max_tokens=100), [{"prompt_tokens": 60, "completion_tokens": 30}])
        >>> budget.spent
        >>> budget.add({"prompt_tokens": 30, "completion_tokens": 5})
        >>> budget.spent
        'its budget of 100 tokens is spent (125 used)'
    """

    def __init__(self, options: LanguageModelOptions, usages: Iterable[Mapping[str, Any] | None] = ()) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._prompt_tokens = self._completion_tokens = 0.0
        self._untold = False
        for usage in usages:
            self.add(usage)

    def add(self, usage: Mapping[str, Any] | None) -> None:
        """Counts what an episode has used."""
        if not usage or not usage.get("calls", 1):
            return
        read, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
        with self._lock:
            self._untold = self._untold or read is None or written is None
            self._prompt_tokens += read or 0
            self._completion_tokens += written or 0

    @property
    def spent(self) -> str | None:
        """Why no further episode may begin, None where one may."""
        options = self._options
        if options.max_tokens is None and options.max_cost is None:
            return None
        with self._lock:
            if self._untold:
                return "the server does not tell how many tokens it used, so that no budget can be kept"
            tokens = self._prompt_tokens + self._completion_tokens
            cost = options.cost(self._prompt_tokens, self._completion_tokens)
        if options.max_tokens is not None and tokens >= options.max_tokens:
            return f"its budget of {options.max_tokens:,} tokens is spent ({tokens:,.0f} used)"
        if options.max_cost is not None and cost is not None and cost >= options.max_cost:
            return f"its budget of {options.max_cost:g} is spent ({cost:.4g} used)"
        return None
