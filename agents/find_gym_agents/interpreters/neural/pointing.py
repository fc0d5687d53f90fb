"""Pointing: what has a meaning, such as a concept or a word, is chosen by a direction that the pairs add up to.

A network that learns a weight for each concept knows nothing of concepts that it was not trained on. A pointer decides
only how much each pair's own vector counts; the sum is a direction, and whatever lies in that direction is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

_SIZE = 16
_SHARPNESS = 10.0


@dataclass(frozen=True, eq=False)
class Meanings:
    """Vectors of what can be asked and written.

    Attributes:
        queries: those of the queries of the interface, float32 of shape `(queries, d)`.
        tokens: those of the grammar's tokens, 0 for tokens without one, float32 of shape `(tokens, d)`.
    """

    queries: NDArray[np.float32]
    tokens: NDArray[np.float32]


class Pointer(nn.Module):
    """Says how much what has a vector is meant.

    Args:
        width: features of what points and of the pairs.
        targets: the vectors of what is pointed at, shape `(targets, d)`; those that are 0 have the logit 0.
        heads: directions that are added up.
    """

    targets: th.Tensor

    def __init__(self, width: int, targets: NDArray[np.float32], heads: int) -> None:
        super().__init__()
        self.register_buffer("targets", th.from_numpy(targets), persistent=False)
        self.heads = heads
        self.asking, self.key = nn.Linear(width, heads * _SIZE), nn.Linear(width, heads * _SIZE)
        self.strength = nn.Linear(width, heads)
        each = (self.asking, self.key, self.strength)
        self._weights = [(layer.weight, layer.bias) for layer in each]

    def forward(
        self,
        pointing: th.Tensor,
        pairs: th.Tensor,
        absent: th.Tensor | None,
        meanings: th.Tensor | None,
        likeness: th.Tensor | None = None,
    ) -> th.Tensor:
        """Points.

        Args:
            pointing: what points, shape `(sets, n, width)`.
            pairs: the sets as a whole and their pairs, shape `(sets, 1 + pairs, width)`.
            absent: which of them to overlook, bool of shape `(sets, 1 + pairs)`; None for none.
            meanings: the vectors of the pairs' inputs, shape `(sets, pairs, d)`.
            likeness: in place of the vectors, their products with the targets, shape `(sets, pairs, targets)`.

        Returns:
            Logits of shape `(sets, n, targets)`.
        """
        sets, count, _ = pointing.shape
        of_asking, of_key, of_strength = self._weights
        asking = functional.linear(pointing, *of_asking).view(sets, count, self.heads, _SIZE).transpose(1, 2)
        keys = functional.linear(pairs, *of_key).view(sets, -1, self.heads, _SIZE).transpose(1, 2)
        scores = asking @ keys.transpose(2, 3) / _SIZE**0.5
        if absent is not None:
            scores = scores.masked_fill(absent[:, None, None], -th.inf)
        # What falls to the set as a whole points nowhere.
        shares = scores.softmax(3)[..., 1:]
        strength = functional.linear(pointing, *of_strength)
        shares = (shares * strength.transpose(1, 2)[..., None]).sum(1)
        if likeness is not None:
            return _SHARPNESS * shares @ likeness
        assert meanings is not None
        return _SHARPNESS * (shares @ meanings) @ self.targets.T
