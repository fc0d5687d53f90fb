"""Numbers as a network reads and writes them: by their sign, their magnitude and their digits."""

from __future__ import annotations

import math

import torch as th
from torch import nn
from torch.nn import functional

# Decimal exponents of the numbers that are written; smaller ones are 0.
_EXPONENTS = range(-3, 12)
# 0, then each exponent of positive, then of negative numbers.
_KINDS = 1 + 2 * len(_EXPONENTS)
# Digits are read by waves that go so often round in a decade.
_TURNS = (1, 2, 4, 8, 16, 32)
_SMALLEST, _LARGEST = 1e-9, 1e15

NUMBER_FEATURES = 3 + 2 * len(_TURNS)
"""Features of a number that is read."""


def read_numbers(values: th.Tensor) -> th.Tensor:
    """Returns features of numbers, float32 of shape `(..., NUMBER_FEATURES)`: of their signs, magnitudes and digits."""
    size = values.abs().clamp(_SMALLEST, _LARGEST).log10()
    small = (values.abs() < _SMALLEST)[..., None]
    phase = (2 * math.pi * size[..., None] * th.tensor(_TURNS, device=size.device)).float()
    waves = th.cat([phase.sin(), phase.cos()], -1).masked_fill(small, 0.0)
    return th.cat([values.sign()[..., None].float(), size[..., None].float() / 5, small.float(), waves], -1)


def to_digits(values: th.Tensor) -> th.Tensor:
    """Returns numbers as sign and exponent in one, first digit (from 1 on) and second digit.

    Args:
        values: float64 of any shape; none is NaN. Those beyond the greatest exponent get the greatest number there is.

    Returns:
        int64 of shape `(..., 3)`; both digits of 0 are 0.
    """
    size = values.abs()
    exponent = size.clamp(min=10.0 ** (_EXPONENTS[0] - 2)).log10().floor()
    leading = (size / 10 ** (exponent - 1)).round()
    exponent, leading = th.where(leading >= 100, exponent + 1, exponent), th.where(leading >= 100, 10.0, leading)
    leading = th.where(exponent > _EXPONENTS[-1], 99.0, leading)
    exponent = exponent.clamp(max=_EXPONENTS[-1])
    kind = 1 + exponent - _EXPONENTS[0] + len(_EXPONENTS) * (values < 0)
    written = th.stack([kind, (leading / 10).floor(), leading % 10], -1).long()
    return written * (exponent >= _EXPONENTS[0])[..., None]


def from_digits(written: th.Tensor) -> th.Tensor:
    """Returns the numbers that `to_digits` writes so, float64."""
    kind, first, second = written.unbind(-1)
    negative, place = (kind - 1).div(len(_EXPONENTS), rounding_mode="floor"), (kind - 1) % len(_EXPONENTS)
    size = (10 * first + second) * 10.0 ** (place + _EXPONENTS[0] - 1).double()
    return th.where(kind == 0, 0.0, th.where(negative == 1, -size, size))


class DigitHead(nn.Module):
    """Writes a number for each vector: sign and exponent, then each digit by what was written before.

    Args:
        width: features of a vector.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kind = nn.Linear(width, _KINDS)
        self.digits = nn.ModuleList(nn.Sequential(nn.GELU(), nn.Linear(width, 10)) for _ in range(2))
        self.after = nn.ModuleList(nn.Embedding(count, width) for count in (_KINDS, 10))

    def losses(self, vectors: th.Tensor, written: th.Tensor) -> th.Tensor:
        """Returns the negative log-probabilities of numbers, in nats.

        Args:
            vectors: shape `(..., width)`.
            written: the numbers' digits, shape `(..., 3)`; see `to_digits`.
        """
        found = _surprise(self.kind(vectors), written[..., 0])
        for place, (before, digit) in enumerate(zip(self.after, self.digits, strict=True)):
            vectors = vectors + before(written[..., place])
            # 0 has no digits.
            found = found + _surprise(digit(vectors), written[..., place + 1]) * (written[..., 0] > 0)
        return found

    def forward(self, vectors: th.Tensor, sampled: th.Tensor, generator: th.Generator | None = None) -> th.Tensor:
        """Writes a number for each vector.

        Args:
            vectors: shape `(..., width)`.
            sampled: which of them are drawn by their probabilities, bool of shape `(...)`; of the others, each part is
                the likeliest one.
            generator: draws them; by default the global one.

        Returns:
            The digits, int64 of shape `(..., 3)`.
        """
        written = [_choose(self.kind(vectors), sampled, generator)]
        for before, digit in zip(self.after, self.digits, strict=True):
            vectors = vectors + before(written[-1])
            logits = digit(vectors)
            if len(written) == 1:
                logits = functional.pad(logits[..., 1:], (1, 0), value=-math.inf)
            written.append(_choose(logits, sampled, generator))
        return th.stack(written, -1) * (written[0] > 0)[..., None]


def _surprise(logits: th.Tensor, target: th.Tensor) -> th.Tensor:
    return functional.cross_entropy(logits.float().movedim(-1, 1), target, reduction="none")


def _choose(logits: th.Tensor, sampled: th.Tensor, generator: th.Generator | None) -> th.Tensor:
    noise = th.rand(logits.shape, device=logits.device, generator=generator)
    noise = -th.log(-th.log(noise.clamp(1e-9, 1 - 1e-6)))
    return (logits + noise * sampled[..., None]).argmax(-1)
