"""A network that writes the constants of numeric descriptions, looks at what they give, and corrects them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch as th
from torch import nn

from find_gym.categories.numeric.function import NumericSpec
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories.numeric.constants import Slot, most_constants, outputs_of, program_of, slots_of
from find_gym_agents.categories.numeric.neighbours import filled
from find_gym_agents.categories.numeric.residuals import POINT_FEATURES, SPECTRUM_FEATURES, point_features, spectrum
from find_gym_agents.interpreters.neural.constants import ConstantsWriter, Program
from find_gym_agents.interpreters.neural.digits import (
    NUMBER_FEATURES,
    DigitHead,
    from_digits,
    read_numbers,
    to_digits,
)
from find_gym_agents.interpreters.neural.network import Tensors
from find_gym_agents.interpreters.neural.sizes import Size

_CORRECTIONS = 4
# Of constants that are this near to the true ones, absolutely or relatively, nothing is left to correct.
_NEAR, _RELATIVELY_NEAR = 5e-4, 5e-4
# Of the descriptions that are to be corrected in training, so many were drawn by their probabilities.
_SAMPLED = 0.5
# Of these descriptions so many begin without constants; of the constants of the others so many are wrong, by their own
# size or up to so many decimal orders less.
_BLANK, _WRONG, _FINEST = 0.5, 0.7, 3.5


class _Layout(NamedTuple):
    """The tokens and constants of a batch of programs.

    Attributes:
        tokens: the tokens, shape `(batch, length)`, after the ends of programs one that stands for none.
        slots: what each constant is, shape `(batch, constants)`.
        places: the place of the token that it belongs to, of the same shape.
        present: which of them there are.
    """

    tokens: th.Tensor
    slots: th.Tensor
    places: th.Tensor
    present: th.Tensor


class NumericConstantsWriter(ConstantsWriter):
    """Writes constants as digits, and what is added to them to correct them, again as digits.

    The points of the evidence, the tokens of the program and its constants attend to each other. Beside each point
    stand what the description gives there with the constants written so far, at first 0, and how far that is off: what
    is written is always a correction, of two significant digits, so that several of them come to any precision.

    Args:
        codec: the interface `tokens`.
        size: the size.
    """

    def __init__(self, codec: TokensInterface, size: Size) -> None:
        super().__init__()
        width = size.width
        self._words, self._most = codec.tokens, most_constants(codec)
        self.points = nn.Sequential(
            nn.Linear(POINT_FEATURES, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )
        self.whole = nn.Linear(SPECTRUM_FEATURES, width)
        # The last entry stands for no token.
        self.tokens = nn.Embedding(len(codec.tokens) + 1, width)
        self.places = nn.Embedding(codec.max_tokens, width)
        self.slots = nn.Embedding(len(codec.tokens) * self._most, width)
        self.values = nn.Linear(NUMBER_FEATURES, width)
        layer = nn.TransformerEncoderLayer(
            width, size.heads, size.expansion * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.mix = nn.TransformerEncoder(layer, size.set_layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.digits = DigitHead(width)

    def losses(self, features: Tensors, programs: Sequence[Program], truth: th.Tensor, rewrites: int) -> th.Tensor:
        """Returns what is to be learned; see `ConstantsWriter.losses`."""
        layout = self._layout(programs)
        truth = truth[:, : layout.slots.shape[1]].nan_to_num()
        sampled = th.rand(len(programs), device=truth.device) < _SAMPLED
        written = self._rewritten(features, programs, layout, _disturbed(truth), sampled, rewrites)
        missing = truth - written
        near = missing.abs() < (_RELATIVELY_NEAR * truth.abs()).clamp(min=_NEAR)
        target = to_digits(th.where(near, 0.0, missing))
        found = self.digits.losses(self._vectors(features, programs, layout, written), target)
        return (found * layout.present).sum(1)

    def write(
        self,
        features: Tensors,
        programs: Sequence[Program],
        sampled: th.Tensor,
        generator: th.Generator | None = None,
        corrections: int | None = None,
    ) -> list[list[float]]:
        """Writes the constants of programs; see `ConstantsWriter.write`."""
        layout = self._layout(programs)
        times = 1 + (_CORRECTIONS if corrections is None else corrections)
        nothing = th.zeros(layout.slots.shape, dtype=th.float64, device=layout.slots.device)
        written = self._rewritten(features, programs, layout, nothing, sampled, times, generator).tolist()
        return [row[: len(_slots(self._named(own)))] for row, own in zip(written, programs, strict=True)]

    def describe(self, program: Program, constants: Sequence[float]) -> NumericSpec:
        """Returns a description with its constants."""
        return program_of(self._named(program), constants)

    def _named(self, program: Program) -> tuple[str, ...]:
        return tuple(self._words[token] for token in program)

    @th.no_grad()
    def _rewritten(
        self,
        features: Tensors,
        programs: Sequence[Program],
        layout: _Layout,
        written: th.Tensor,
        sampled: th.Tensor,
        times: int,
        generator: th.Generator | None = None,
    ) -> th.Tensor:
        """Returns constants after so many corrections, float64 of shape `(batch, constants)`."""
        for time in range(times):
            drawn = (sampled if time == 0 else th.zeros_like(sampled))[:, None].expand(written.shape)
            vectors = self._vectors(features, programs, layout, written)
            added = from_digits(self.digits(vectors, drawn, generator))
            # Decimals, which constants mostly are, are kept free of the errors of sums.
            written = (written + added * layout.present).mul(1e6).round().div(1e6)
        return written

    def _vectors(
        self, features: Tensors, programs: Sequence[Program], layout: _Layout, written: th.Tensor
    ) -> th.Tensor:
        """Returns a vector for each constant, shape `(batch, constants, width)`."""
        order = features["x"].argsort(1)
        sorted_features = {name: features[name].gather(1, order) for name in ("x", "y")}
        points = self.points(self._points(sorted_features, programs, written))
        points = th.cat([points, self.whole(spectrum(*filled(sorted_features)))[:, None]], 1)
        tokens = self.tokens(layout.tokens) + self.places.weight[: layout.tokens.shape[1]]
        slots = self.slots(layout.slots) + self.places(layout.places) + self.values(read_numbers(written))
        absent = th.cat(
            [
                th.zeros(points.shape[:2], dtype=th.bool, device=points.device),
                layout.tokens == len(self._words),
                ~layout.present,
            ],
            1,
        )
        mixed = self.mix(th.cat([points, tokens, slots], 1), src_key_padding_mask=absent)
        return mixed[:, points.shape[1] + tokens.shape[1] :]  # type: ignore[no-any-return]

    def _points(self, features: Tensors, programs: Sequence[Program], written: th.Tensor) -> th.Tensor:
        """Returns the features of points in ascending order, what the description gives there among them."""
        x, y, defined = filled(features)
        inputs, constants = x.cpu().numpy(), written.cpu().tolist()
        given = np.zeros(inputs.shape)
        for row, program in enumerate(programs):
            words = self._named(program)
            given[row] = outputs_of(words, constants[row][: len(_slots(words))], inputs[row])
        _, guess, guessed = filled({"x": x, "y": th.from_numpy(given).to(x.device)})
        return point_features(x, y, defined, guess, guessed)

    def _layout(self, programs: Sequence[Program]) -> _Layout:
        slots = [_slots(self._named(program)) for program in programs]
        length, count = max(map(len, programs)), max(1, *map(len, slots))
        tokens = np.full((len(programs), length), len(self._words))
        what, places = np.zeros((2, len(programs), count), dtype=np.int64)
        present = np.zeros(what.shape, dtype=np.bool_)
        for row, (program, own) in enumerate(zip(programs, slots, strict=True)):
            tokens[row, : len(program)] = program
            present[row, : len(own)] = True
            places[row, : len(own)] = [slot.place for slot in own]
            what[row, : len(own)] = [program[slot.place] * self._most + slot.number for slot in own]
        device = self.places.weight.device
        return _Layout(*(th.from_numpy(each).to(device) for each in (tokens, what, places, present)))


def _disturbed(truth: th.Tensor) -> th.Tensor:
    """Returns constants to be corrected: no constants for some descriptions, wrong ones for the others."""
    shape = (len(truth), 1)
    size = truth.abs().clamp(min=1.0) * 10 ** (-_FINEST * th.rand(shape, device=truth.device))
    wrong = th.rand(truth.shape, device=truth.device) < _WRONG
    blank = th.rand(shape, device=truth.device) < _BLANK
    return th.where(blank, 0.0, truth + size * th.randn_like(truth) * wrong)


@cache
def _slots(words: tuple[str, ...]) -> list[Slot]:
    return slots_of(words)
