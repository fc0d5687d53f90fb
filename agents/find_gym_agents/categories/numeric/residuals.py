"""What a network sees of points beside what a description gives there."""

from __future__ import annotations

import math

import torch as th
from torch.nn.functional import pad

from find_gym_agents.categories.numeric.neighbours import BESIDE_FEATURES, beside
from find_gym_agents.interpreters.neural.digits import NUMBER_FEATURES, read_numbers

_TINY = 1e-9
# The greatest order of the divided differences of residuals: the leading coefficients of polynomials.
_ORDERS = 5
_NUMBERS = 15 + _ORDERS - 1
# The periods of the spectrum.
_PERIODS = th.arange(1, 101) / 10

POINT_FEATURES = _NUMBERS * NUMBER_FEATURES + 2 * BESIDE_FEATURES + 3
"""Features of a point."""
SPECTRUM_FEATURES = 2 * len(_PERIODS)
"""Features of all points together."""


def point_features(x: th.Tensor, y: th.Tensor, defined: th.Tensor, guess: th.Tensor, guessed: th.Tensor) -> th.Tensor:
    """Returns the features of points, float32 of shape `(batch, points, POINT_FEATURES)`.

    Args:
        x: inputs in ascending order, float64 of shape `(batch, points)`.
        y: outputs, 0 where they are not defined.
        defined: 1 where they are defined, else 0.
        guess: what the description gives, 0 where that is not defined.
        guessed: 1 where it is defined, else 0.
    """
    count = x.shape[1]
    # Points that are absent, so that there are always neighbours.
    absent = max(0, _ORDERS + 1 - count)
    columns = (x, y, defined, guess, guessed, th.ones_like(x))
    x, y, defined, guess, guessed, there = (pad(values, (0, absent)) for values in columns)
    both = defined * guessed
    residual = (y - guess) * both
    numbers = [x, y, guess, residual, x * y, _divided(y, x), _divided(y, guess)]
    numbers += _slopes(x, y, defined) + _slopes(x, residual, both)
    log_x, log_y = ((values.abs() + _TINY).log() for values in (x, y))
    growth, *_ = _slopes(x, log_y, defined)
    bend = _divided(pad(growth[:, 1:] - growth[:, :-1], (0, 1)), pad(x[:, 2:] - x[:, :-2], (1, 1)) / 2)
    numbers += [growth, bend, _slopes(log_x, log_y, defined)[0], _slopes(log_x, y, defined)[0]]
    numbers += _divided_differences(x, residual, both)
    near = both * (residual.abs() < 1e-6 * y.abs() + _TINY)
    neighbours = [beside(x, values, there, known) for values, known in ((y, defined), (residual, both))]
    flags = th.stack([defined, guessed, near], -1).float()
    digits = read_numbers(th.stack(numbers, -1)).flatten(-2)
    return th.cat([digits, *neighbours, flags], -1)[:, :count]


def spectrum(x: th.Tensor, y: th.Tensor, defined: th.Tensor) -> th.Tensor:
    """Returns how strongly waves of some periods are in the outputs, float32 of shape `(batch, SPECTRUM_FEATURES)`."""
    mean = y.sum(1, keepdim=True) / defined.sum(1, keepdim=True).clamp(min=1)
    centred = (y - mean) * defined
    centred = centred / centred.abs().sum(1, keepdim=True).clamp(min=_TINY)
    phase = 2 * math.pi * x[:, :, None] / _PERIODS.to(x)
    return th.cat([(centred[:, :, None] * wave(phase)).sum(1) for wave in (th.sin, th.cos)], 1).float()


def _divided(values: th.Tensor, by: th.Tensor) -> th.Tensor:
    """Returns quotients, 0 where there is none."""
    return th.where(by.abs() > _TINY, values / th.where(by.abs() > _TINY, by, 1.0), 0.0)


def _slopes(x: th.Tensor, y: th.Tensor, known: th.Tensor) -> list[th.Tensor]:
    """Returns the slopes to the left and to the right of each point, 0 where there is none."""
    pair = known[:, 1:] * known[:, :-1]
    slope = _divided(y[:, 1:] - y[:, :-1], x[:, 1:] - x[:, :-1]) * pair
    return [pad(slope, ends) for ends in ((1, 0), (0, 1))]


def _divided_differences(x: th.Tensor, y: th.Tensor, known: th.Tensor) -> list[th.Tensor]:
    """Returns the divided differences of orders 2 to `_ORDERS` of each point and those after it, 0 at the end."""
    found, values, pairs = [], y, known
    for order in range(1, _ORDERS + 1):
        values, pairs = values[:, 1:] - values[:, :-1], pairs[:, 1:] * pairs[:, :-1]
        values = _divided(values, x[:, order:] - x[:, : x.shape[1] - order]) * pairs
        found.append(pad(values, (0, order)))
    return found[1:]
