"""How the rows of a batch are decoded, each by its own options, within transformers' greedy search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria, TopKLogitsWarper, TopPLogitsWarper

from find_gym.language.chat import ChatOptions


class RowSampling(LogitsProcessor):
    """Makes the greatest score of a row a draw from the row's distribution, where its temperature is above 0.

    Standard Gumbel noise on scores divided by the temperature makes their maximum such a draw. Each row has a
    generator of its own, so that a draw depends on its seed and not on the rest of the batch.

    Args:
        options: temperature and seed of each row.
        device: where the scores are.
        top_k: if given, draws are from this many of the likeliest tokens only.
        top_p: if given, draws are from the likeliest tokens with this probability in all only.
    """

    def __init__(
        self, options: Sequence[ChatOptions], device: str, *, top_k: int | None = None, top_p: float | None = None
    ) -> None:
        self._rows = [
            (row, option.temperature, torch.Generator(device).manual_seed(option.seed))
            for row, option in enumerate(options)
            if option.temperature > 0
        ]
        self._limits: list[LogitsProcessor] = []
        if top_k:
            self._limits.append(TopKLogitsWarper(top_k))
        if top_p is not None and top_p < 1:
            self._limits.append(TopPLogitsWarper(top_p))

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Returns scores of shape `(rows, tokens)` whose maxima are the next tokens."""
        if not self._rows:
            return scores
        drawn: Any = scores.clone()
        for row, temperature, generator in self._rows:
            limited: Any = scores[row : row + 1].float() / temperature
            for limit in self._limits:
                limited = limit(input_ids[row : row + 1], limited)
            waiting = torch.empty_like(limited).exponential_(generator=generator)
            drawn[row] = (limited - waiting.log())[0]
        return drawn


class RowLengths(StoppingCriteria):
    """Ends each row at a length of its own.

    Args:
        lengths: the greatest length of each row, prompt and padding included.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lengths: Any = torch.tensor(list(lengths))

    def __call__(self, input_ids: torch.LongTensor, scores: object, **_: object) -> torch.BoolTensor:
        """Returns which rows are complete, of shape `(rows,)`."""
        return input_ids.shape[1] >= self._lengths.to(input_ids.device)
