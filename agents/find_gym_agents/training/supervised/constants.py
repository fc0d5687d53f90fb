"""One gradient step for the constants of descriptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch as th
from torch.nn.utils.rnn import pad_sequence

from find_gym_agents.interpreters.neural.category import Constants
from find_gym_agents.interpreters.neural.constants import ConstantsWriter
from find_gym_agents.training.supervised.learning import Material

# Of the examples, so many have evidence of the whole budget.
_WHOLE_BUDGET = 0.5
# How likely it is that the network has corrected the constants no time, once and twice before.
_REWRITES = (0.6, 0.25, 0.15)


def padded_constants(record: Constants, specs: Sequence[Any]) -> th.Tensor:
    """Returns the constants of specs, NaN after the last one of each, float64 of shape `(specs, constants)`."""
    rows = [th.tensor(record.of(spec), dtype=th.float64) for spec in specs]
    return pad_sequence(rows, batch_first=True, padding_value=math.nan)


def constants_loss(
    writer: ConstantsWriter,
    material: Material,
    constants: th.Tensor,
    functions: th.Tensor,
    rng: np.random.Generator,
) -> th.Tensor:
    """Returns the mean negative log-probability of the true constants of true programs, in nats.

    Args:
        writer: the module that writes constants.
        material: transcripts.
        constants: the constants of their functions; see `padded_constants`.
        functions: the rows of the batch, shape `(batch,)`.
        rng: draws how many queries are seen.
    """
    budget = material.queries.shape[1]
    count = budget if rng.random() < _WHOLE_BUDGET else int(rng.integers(1, budget + 1))
    programs = [tuple(token for token in row if token >= 0) for row in material.programs[functions].tolist()]
    rewrites = int(rng.choice(len(_REWRITES), p=_REWRITES))
    return writer.losses(material.seen(functions, count), programs, constants[functions], rewrites).mean()
