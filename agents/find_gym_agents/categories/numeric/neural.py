"""The neural interpreter's view of evidence about functions of numbers: points, and how each lies beside the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from find_gym.categories.numeric.grammar import REGION_TOKENS
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories.numeric import sorted_words_of
from find_gym_agents.categories.numeric.constants import constants_of
from find_gym_agents.categories.numeric.constants_writer import NumericConstantsWriter
from find_gym_agents.categories.numeric.neighbours import BESIDE_FEATURES, beside, filled
from find_gym_agents.categories.numeric.teacher import ask_where_lines_fail, error_scale
from find_gym_agents.categories.numeric.telling import FEWEST_ANSWERS, ask_again, tell_apart
from find_gym_agents.categories.numeric.writing import write, write_as_it_is
from find_gym_agents.categories.numeric.zooming import ZoomTeacher, follow
from find_gym_agents.interpreters.atom_fit.design import EDGE_PRECISION
from find_gym_agents.interpreters.neural.category import Constants, Features, IntArray, NeuralCategory
from find_gym_agents.interpreters.neural.layers import Steps
from find_gym_agents.interpreters.neural.network import Reader, Tensors

# Positions on the scale on which the bank is even, as waves of these numbers of periods.
_SCALE, _WAVES = 1.5, (0.5, 1, 2, 4, 8, 16)
_TINY = 1e-9


def encode(inputs: Sequence[float], outputs: Sequence[float | None]) -> Features:
    """Encodes pairs as "x" and "y", float64 of shape `(pairs,)`; "y" is NaN where the function is undefined."""
    return {
        "x": np.array(inputs, dtype=np.float64),
        "y": np.array([math.nan if y is None else y for y in outputs], dtype=np.float64),
    }


class NumericReader(Reader):
    """Reads points by their place and size, and by how they lie beside their neighbours in the evidence.

    Args:
        width: features of a pair.
    """

    relates = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.point = nn.Linear(2 * len(_WAVES) + 12, width)
        self.beside = Steps(nn.Linear(BESIDE_FEATURES, width), nn.GELU())
        self.mix = Steps(nn.GELU(), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads points one by one; see `Reader.forward`."""
        x, y, defined = filled(features)
        place = th.asinh(x / _SCALE) / math.asinh(128 / _SCALE)
        waves = [wave(math.pi * periods * place) for periods in _WAVES for wave in (th.sin, th.cos)]
        size = th.log10(y.abs() + _TINY)
        whole = [(value - value.round()).abs() < 1e-6 for value in (y, 10 * y)]
        same = [(y - other).abs() < 1e-6 for other in (x, -x, th.zeros_like(x))]
        others = [place, x / 128, th.asinh(y) / 5, th.asinh(100 * y) / 10, size / 5, y.sign(), defined]
        rows = th.stack([each.float() for each in (*waves, *others, *whole, *same)], -1)
        return self.point(rows)  # type: ignore[no-any-return]

    def relate(self, vectors: th.Tensor, features: Tensors, present: th.Tensor | None) -> th.Tensor:
        """Adds how each point lies beside its neighbours in each set; see `Reader.relate`."""
        if present is None:
            present = th.ones(len(vectors), 1, vectors.shape[1], dtype=th.bool, device=vectors.device)
        # Two points that are absent, so that there are always neighbours.
        present = nn.functional.pad(present, (0, 2))
        values = [nn.functional.pad(each, (0, 2))[:, None].expand(present.shape) for each in filled(features)]
        # In ascending order of the inputs, those that are absent at the end.
        order = th.where(present, values[0], math.inf).argsort(-1)
        x, y, defined, there = (each.gather(-1, order) for each in (*values, present.to(values[0].dtype)))
        rows = beside(x, y, there, defined * there)
        back = order.argsort(-1)[..., None].expand(rows.shape)
        related = self.beside(rows.gather(-2, back)[..., :-2, :])
        return self.norm(self.mix(vectors[:, None] + related))  # type: ignore[no-any-return]


def _opening(codec: TokensInterface, budget: int) -> list[int]:
    """Returns probes for half of the budget, spread over the bank, none of a few queries much nearer than others."""
    spread = np.round(np.linspace(0, len(codec.probes) - 1, budget // 2)).astype(int).tolist()
    return sorted(spread, key=lambda place: f"{spread.index(place):08b}"[::-1])


def _demonstrate(
    functions: Sequence[Callable[..., object]],
    codec: TokensInterface,
    begun: IntArray,
    lengths: IntArray,
    rng: np.random.Generator,
) -> IntArray:
    """Asks where straight lines between the answers err most, see `ask_where_lines_fail` and `ZoomTeacher`."""
    bank = np.array(codec.probes)
    teacher = ZoomTeacher(bank)
    positions = teacher.x if codec.has_slots else bank
    truth = np.array([function.truth(positions) for function in functions])  # type: ignore[attr-defined]
    if codec.has_slots:
        return teacher.ask(truth, error_scale(truth), begun, lengths, rng)
    return ask_where_lines_fail(truth, error_scale(truth), positions, begun, lengths, rng)


def _follow(codec: TokensInterface, queries: IntArray) -> tuple[IntArray, NDArray[np.float64]]:
    """Returns the places of what is asked, and the inputs in slots, of which no more are used than are asked."""
    places, x, _ = follow(np.array(codec.probes), queries, np.full(len(queries), queries.shape[1]))
    slots = np.zeros((len(x), codec.places))
    np.put_along_axis(slots, places, x, 1)
    return places, slots[:, len(codec.probes) : len(codec.probes) + x.shape[1]]


NEURAL = NeuralCategory(
    encode,
    NumericReader,
    sorted_words_of,
    opening=_opening,
    demonstrate=_demonstrate,
    tell_apart=tell_apart,
    tell_from=FEWEST_ANSWERS,
    ask_again=ask_again,
    write=write,
    follow=_follow,
    narrowest=EDGE_PRECISION,
    claims=REGION_TOKENS.__contains__,
    constants=Constants(constants_of, NumericConstantsWriter, write_as_it_is),
)
