"""The network's view of numeric evidence: the probes that were asked, as points of a curve."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch as th
from gymnasium import spaces
from torch import nn
from torch.nn import functional

from find_gym.categories.numeric.probes import numeric_probes
from find_gym.interfaces.features import unsquash
from find_gym_agents.training.encoders import Encoder, Encoding, Inputs, Packed, probe_count_of

# Places in the bank over which the distance to the nearest asked probe grows to 1.
_FAR = 16
_SMALL = 1e-9


class _Points(NamedTuple):
    """The inputs that were asked, in ascending order; all of shape `(batch, places)`.

    `place` is that of the answer in the observation, `probe` the place in the bank: of a slot, that of the last probe
    below.
    """

    place: th.Tensor
    probe: th.Tensor
    present: th.Tensor
    defined: th.Tensor
    x: th.Tensor
    y: th.Tensor
    unit: th.Tensor
    span: th.Tensor


class _Ends(NamedTuple):
    """The line that goes over each probe of the bank; all of shape `(batch, probes)`.

    `left` and `right` are the ends on the scale of the bank's places, beyond it where there is none; `start` and `stop`
    the places of their answers in the observation; `share` where the probe lies between them.
    """

    left: th.Tensor
    right: th.Tensor
    start: th.Tensor
    stop: th.Tensor
    share: th.Tensor


class NumericEncoder(Encoder):
    """Encodes a table of numeric answers in two ways.

    - As points: each asked probe becomes a token with its position, its answer on several scales, and how it compares
      with its neighbours to the left and right (slope, deviation from the chord, equality). A network that is the same
      for all points, a convolution along the sorted points, then the mean and the maximum over them.
    - As a curve: answers are drawn as straight lines over the whole bank, which a linear layer reads.

    Each probe of the bank also gets a feature of its own, from the answers beside it: whether it is worth asking.

    Args:
        space: the observation space.
        places: the most probes that are asked in an episode.
        width: features of a point.
        curve_width: features of the curve.
    """

    point_features = 25
    x: th.Tensor
    position: th.Tensor
    order: th.Tensor

    def __init__(self, space: spaces.Dict, places: int, width: int = 48, curve_width: int = 128) -> None:
        super().__init__()
        x = th.as_tensor(numeric_probes(), dtype=th.float32)
        self.places = min(places, probe_count_of(space))
        self.probe_count = len(x)
        self.register_buffer("x", x)
        self.register_buffer("position", th.asinh(x / 1.5) / th.asinh(x.max() / 1.5))
        self.register_buffer("order", th.arange(len(x)))
        self._scale = math.asinh(float(unsquash(np.array(1.0))))
        self.embedding = nn.Embedding(len(x), 8)
        self.point = nn.Sequential(
            nn.Linear(self.point_features + 8, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.beside_points = nn.Linear(3 * width, width)
        self.curve = nn.Sequential(nn.Linear(5 * len(x), curve_width), nn.ReLU())
        self.beside = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
        self.width = 2 * width + curve_width + 4

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the features of the points and of the curve."""
        return self._inputs(observation, self._sort(observation))

    def _inputs(self, observation: Inputs, points: _Points) -> Inputs:
        tokens, overview = self._tokens(observation, points)
        lines, beside = self._curve(observation, points)
        return {
            "probe": points.probe,
            "present": points.present,
            "tokens": tokens,
            "overview": overview,
            "lines": lines,
            "beside": beside,
        }

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        packed = Packed(inputs["present"])
        tokens, probe = (packed.take(inputs[name]) for name in ("tokens", "probe"))
        hidden = self.point(th.cat([tokens, self.embedding(probe)], 1))
        # Points come first in their rows of places: the one before the first of a row is another row's, or none.
        goes_on = (packed.rows % inputs["present"].shape[1] > 0).float()[:, None]
        before = functional.pad(hidden, (0, 0, 1, 0))[:-1] * goes_on
        after = functional.pad(hidden * goes_on, (0, 0, 0, 1))[1:]
        hidden = hidden + functional.relu(self.beside_points(th.cat([before, hidden, after], 1)))
        evidence = th.cat([packed.pool(hidden), self.curve(inputs["lines"]), inputs["overview"]], 1)
        return Encoding(evidence, self._judge(inputs, packed, hidden))

    def _judge(self, inputs: Inputs, packed: Packed, hidden: th.Tensor) -> th.Tensor:
        """Returns the feature of each query, given those of the points that are kept."""
        return self.beside(inputs["beside"])[..., 0]

    def _sort(self, observation: Inputs) -> _Points:
        # The largest keys are the leftmost asked probes.
        keys = (observation["asked"] > 0) * (self.probe_count - self.order)
        index = keys.topk(self.places, dim=1).indices
        return self._points(observation, index, index, self.x[index])

    def _points(self, observation: Inputs, index: th.Tensor, probe: th.Tensor, x: th.Tensor) -> _Points:
        """Returns the points of the inputs x at places, given by their indices."""
        present = observation["asked"].gather(1, index) > 0
        defined = present & (observation["undefined"].gather(1, index) == 0)
        y = th.sinh(observation["answer"].gather(1, index) * self._scale) * defined
        none = th.full_like(y, 3e38)
        low = th.where(defined, y, none).amin(1, keepdim=True)
        high = th.where(defined, y, -none).amax(1, keepdim=True)
        any_defined = defined.any(1, keepdim=True)
        span = th.where(any_defined, high - low, th.ones_like(low)).clamp(min=_SMALL)
        unit = ((y - low) / span).clamp(0, 1) * defined
        return _Points(index, probe, present, defined, x * present, y, unit, span)

    def _tokens(self, observation: Inputs, points: _Points) -> tuple[th.Tensor, th.Tensor]:
        """Returns the features of each point, and a few of all of them."""

        def gathered(name: str) -> th.Tensor:
            return observation[name].gather(1, points.place) * points.present

        defined = points.defined.float()
        x, y = points.x, points.y
        pair = defined[:, 1:] * defined[:, :-1]
        run, rise = (x[:, 1:] - x[:, :-1]).clamp(min=1e-3), (y[:, 1:] - y[:, :-1]) * pair
        size = y[:, 1:].abs() + y[:, :-1].abs()
        slope = th.asinh(rise / run) / 10
        equal = (rise.abs() < 1e-5 * size + _SMALL).float() * pair
        jump = rise / points.span
        triple = defined[:, 2:] * defined[:, 1:-1] * defined[:, :-2]
        chord = (y[:, :-2] * run[:, 1:] + y[:, 2:] * run[:, :-1]) / (run[:, 1:] + run[:, :-1])
        bend = (y[:, 1:-1] - chord) * triple
        bend_share = bend.abs() / (y[:, 1:-1].abs() + size[:, 1:] + _SMALL)
        tokens = [
            self._positions(points) * points.present,
            x / 128,
            *(gathered(name) for name in ("answer", "relative", "magnitude", "undefined", "spread", "asked")),
            points.unit,
            *(_left(values) for values in (jump, slope, equal, th.asinh(rise) / 15)),
            *(_right(values) for values in (jump, slope, equal)),
            _left(th.log10(rise.abs() + 1e-6) / 10 * pair),
            _middle(th.asinh(bend) / 15),
            _middle((bend / points.span).clamp(-5, 5)),
            _middle((th.log10(bend_share + 1e-7) / 7 + 1) * triple),
            _middle(th.sign(bend)),
            _left(pair),
            _middle(triple),
            defined,
            points.present.float(),
        ]
        count = defined.sum(1, keepdim=True).clamp(min=1)
        overview = [
            th.log10(points.span) / 10,
            th.log10(y.abs().amax(1, keepdim=True) + _SMALL) / 10,
            count / self.places,
            equal.sum(1, keepdim=True) / count,
        ]
        return th.stack(tokens, 2), th.cat(overview, 1)

    def _positions(self, points: _Points) -> th.Tensor:
        """Returns the inputs on the scale on which the bank is even, in [-1, 1]."""
        return self.position[points.probe]

    def _ends(self, observation: Inputs, points: _Points) -> _Ends:
        """Returns the ends of the line that goes over each probe."""
        known = (observation["asked"] > 0) & (observation["undefined"] == 0)
        last = self.probe_count - 1
        left = th.where(known, self.order, -1).cummax(1).values
        right = th.where(known, self.order, last + 1).flip(1).cummin(1).values.flip(1)
        start = th.where(left >= 0, left, right.clamp(max=last))
        stop = th.where(right <= last, right, left.clamp(min=0))
        share = (self.order - start) / (stop - start).clamp(min=1)
        return _Ends(left, right, start, stop, share)

    def _curve(self, observation: Inputs, points: _Points) -> tuple[th.Tensor, th.Tensor]:
        """Returns the answers joined by lines, and the features of each probe of the bank."""
        asked = (observation["asked"][:, : self.probe_count] > 0).float()
        undefined = observation["undefined"][:, : self.probe_count]
        left, right, start, stop, share = self._ends(observation, points)
        unit = th.zeros_like(observation["undefined"]).scatter(1, points.place, points.unit)

        def joined(values: th.Tensor) -> tuple[th.Tensor, th.Tensor, th.Tensor]:
            before, after = values.gather(1, start), values.gather(1, stop)
            return before, after, before + share * (after - before)

        before, after, unit_line = joined(unit)
        answer_before, answer_after, answer_line = joined(observation["answer"])
        gap = th.minimum(self.order - left, right - self.order).clamp(max=_FAR) / _FAR
        lines = [joined(observation["relative"])[2], answer_line, unit_line, gap, undefined]
        beside = th.stack(
            [
                asked,
                gap,
                (self.order - left).clamp(max=_FAR) / _FAR,
                (right - self.order).clamp(max=_FAR) / _FAR,
                before,
                after,
                (after - before).abs(),
                (answer_after - answer_before).abs() * 10,
                share,
                undefined,
            ],
            2,
        )
        return th.cat(lines, 1), beside


class ZoomEncoder(NumericEncoder):
    """Encodes the answers of `ZoomTokens` in the same ways; inputs in slots are points like the others.

    Each gap gets a feature of its own as well, from what is known of the point at its right end.
    """

    def __init__(self, space: spaces.Dict, places: int, width: int = 48, curve_width: int = 128) -> None:
        super().__init__(space, places, width, curve_width)
        self.gap_count = probe_count_of(space)
        self.gap = nn.Sequential(nn.Linear(width + 1, 16), nn.ReLU(), nn.Linear(16, 1))

    def queries(self, space: spaces.Dict) -> int:
        """Returns the number of queries."""
        return self.probe_count + self.gap_count

    def _inputs(self, observation: Inputs, points: _Points) -> Inputs:
        gap = observation["gap"].gather(1, points.place)[..., None]
        return super()._inputs(observation, points) | {"place": points.place, "gap": gap}

    def _judge(self, inputs: Inputs, packed: Packed, hidden: th.Tensor) -> th.Tensor:
        judged = packed.put(self.gap(th.cat([hidden, packed.take(inputs["gap"])], 1)))[..., 0]
        gaps = judged.new_zeros(len(judged), self.gap_count)
        return th.cat([super()._judge(inputs, packed, hidden), gaps.scatter(1, inputs["place"], judged)], 1)

    def _sort(self, observation: Inputs) -> _Points:
        x = observation["x"] * 128
        index = th.where(observation["asked"] > 0, -x, -th.inf).topk(self.places, dim=1).indices
        x = x.gather(1, index)
        probe = (th.searchsorted(self.x, x, right=True) - 1).clamp(0, self.probe_count - 2)
        return self._points(observation, index, probe, x)

    def _positions(self, points: _Points) -> th.Tensor:
        return th.asinh(points.x / 1.5) / th.asinh(self.x.max() / 1.5)

    def _ends(self, observation: Inputs, points: _Points) -> _Ends:
        first, x = points.probe, self.x
        place = first + (points.x - x[first]) / (x[first + 1] - x[first])
        known, count = points.defined[:, None], place.shape[1]
        index, order = th.arange(count, device=x.device), self.order[:, None]
        left = th.where(known & (place[:, None] <= order), index, -1).amax(2)
        right = th.where(known & (place[:, None] >= order), index, count).amin(2)
        start = th.where(left >= 0, left, right.clamp(max=count - 1))
        stop = th.where(right < count, right, left.clamp(min=0))
        begin, end = place.gather(1, start), place.gather(1, stop)
        share = th.where(end > begin, (self.order - begin) / (end - begin).clamp(min=_SMALL), 0.0)
        return _Ends(
            th.where(left >= 0, begin, -1.0),
            th.where(right < count, end, float(self.probe_count)),
            points.place.gather(1, start),
            points.place.gather(1, stop),
            share,
        )


def numeric_encoder(space: spaces.Dict, places: int) -> NumericEncoder:
    """Makes the encoder for the observations of a version of the environment."""
    return (ZoomEncoder if "gap" in space.spaces else NumericEncoder)(space, places)


def _left(values: th.Tensor) -> th.Tensor:
    """Gives each point the feature of the pair that it ends."""
    return functional.pad(values, (1, 0))


def _right(values: th.Tensor) -> th.Tensor:
    """Gives each point the feature of the pair that it begins."""
    return functional.pad(values, (0, 1))


def _middle(values: th.Tensor) -> th.Tensor:
    """Gives each point the feature of the triple whose middle it is."""
    return functional.pad(values, (1, 1))
