"""The network's view of numeric evidence: the probes that were asked, as points of a curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch as th
from gymnasium import spaces
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from find_gym.categories.numeric.probes import numeric_probes
from find_gym.interfaces.features import unsquash
from find_gym_agents.categories.numeric import encoding_kernel
from find_gym_agents.training.encoders import NOT_EVIDENCE, Encoder, Encoding, Inputs, Packed, looked_up, probe_count_of
from find_gym_agents.training.products import rounded, through


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

    zooms = False

    def __init__(self, space: spaces.Dict, places: int, width: int = 48, curve_width: int = 128) -> None:
        super().__init__()
        x = th.as_tensor(numeric_probes(), dtype=th.float32)
        # Rounded like the inputs of observations, which are compared with it.
        self._bank = x.double().numpy()
        self.places = min(places, probe_count_of(space))
        self.probe_count = len(x)
        # Checkpoints have these.
        self.register_buffer("x", x)
        self.register_buffer("position", th.asinh(x / 1.5) / th.asinh(x.max() / 1.5))
        self.register_buffer("order", th.arange(len(x)))
        self._scale = math.asinh(float(unsquash(np.array(1.0))))
        self.embedding = nn.Embedding(len(x), 8)
        self.point = nn.Sequential(
            nn.Linear(encoding_kernel.POINT_FEATURES + 8, width),
            nn.ReLU(inplace=True),
            nn.Linear(width, width),
            nn.ReLU(inplace=True),
        )
        self.beside_points = nn.Linear(3 * width, width)
        self.curve = nn.Sequential(nn.Linear(encoding_kernel.LINES * len(x), curve_width), nn.ReLU(inplace=True))
        self.beside = nn.Sequential(
            nn.Linear(encoding_kernel.PROBE_FEATURES, 16), nn.ReLU(inplace=True), nn.Linear(16, 1)
        )
        self.width = 2 * width + curve_width + 4

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the features of the points and of the curve."""
        device = observation["asked"].device
        shown = {name: values.cpu().numpy() for name, values in observation.items() if name not in NOT_EVIDENCE}
        batch, probes = len(shown["asked"]), self.probe_count
        inputs = {
            "place": np.zeros((batch, self.places), dtype=np.int64),
            "probe": np.zeros((batch, self.places), dtype=np.int64),
            "present": np.zeros((batch, self.places), dtype=np.bool_),
            "tokens": np.zeros((batch, self.places, encoding_kernel.POINT_FEATURES), dtype=np.float32),
            "overview": np.zeros((batch, 4), dtype=np.float32),
            "lines": np.zeros((batch, encoding_kernel.LINES * probes), dtype=np.float32),
            "beside": np.zeros((batch, probes, encoding_kernel.PROBE_FEATURES + 1), dtype=np.float32),
        }
        features = [shown[name] for name in ("asked", "undefined", "answer", "relative", "magnitude", "spread")]
        features += [self._inputs_of(shown), self._bank]
        arguments: list[Any] = [*features, self._scale, self.zooms, *inputs.values()]
        encoding_kernel.prepare(*arguments)
        return {name: th.from_numpy(values).to(device) for name, values in inputs.items()}

    def _inputs_of(self, observation: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Returns the inputs of all places over 128, shape `(batch, places)`."""
        return np.tile((self._bank / 128).astype(np.float32), (len(observation["asked"]), 1))

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        packed = Packed(inputs["present"])
        tokens, probe = (packed.take(inputs[name]) for name in ("tokens", "probe"))
        hidden = through(self.point, th.cat([tokens, looked_up(self.embedding, probe)], 1))
        # Points come first in their rows of places: the one before the first of a row is another row's, or none.
        neighbours = _neighbours(packed.rows % inputs["present"].shape[1] == 0)
        weights = (rounded(one) for one in (self.beside_points.weight, self.beside_points.bias))
        joined: th.Tensor = _Joined.apply(hidden, neighbours, *weights)  # type: ignore[no-untyped-call]
        hidden = hidden + functional.relu_(joined)
        evidence = th.cat([packed.pool(hidden.float()), through(self.curve, inputs["lines"]), inputs["overview"]], 1)
        return Encoding(evidence, self._judge(inputs, packed, hidden))

    def _judge(self, inputs: Inputs, packed: Packed, hidden: th.Tensor) -> th.Tensor:
        """Returns the feature of each query, given those of the points that are kept."""
        first, _, second = self.beside
        weights = first.weight, first.bias, second.weight, second.bias
        judged: th.Tensor = _OneFeature.apply(inputs["beside"], *weights)  # type: ignore[no-untyped-call]
        return judged


def _neighbours(begins: th.Tensor) -> th.Tensor:
    """Returns the numbers of the point before each, of itself and of the one after it, shape `(points, 3)`.

    Args:
        begins: which points are the first of an observation, bool of shape `(points,)`; where there is no point, the
            number is that of all points.
    """
    own = th.arange(len(begins), device=begins.device)
    before, after = (own - 1).masked_fill_(begins, len(begins)), own + 1
    after[:-1].masked_fill_(begins[1:], len(begins))
    return th.stack([before, own, after], 1)


def _beside(points: th.Tensor, neighbours: th.Tensor) -> th.Tensor:
    """Returns the points of these numbers, 0 for none, shape `(points, 3 * width)`."""
    width = points.shape[1]
    with_none = th.cat([points, points.new_zeros(1, width)])
    return with_none.index_select(0, neighbours.flatten()).view(len(points), 3 * width)


class _Joined(th.autograd.Function):
    """A linear layer that reads each point between those beside it, with gradients that take one product as well.

    What reads a point as the one before it is the point after it: the gradient of the points is read in the same way.
    """

    @staticmethod
    def forward(
        context: Any, points: th.Tensor, neighbours: th.Tensor, weight: th.Tensor, bias: th.Tensor
    ) -> th.Tensor:
        """Returns the features of each point, shape `(points, units)`.

        Args:
            context: what the gradient needs.
            points: of shape `(points, width)`.
            neighbours: see `_neighbours`.
            weight: of shape `(units, 3 * width)`.
            bias: of shape `(units,)`.
        """
        joined = _beside(points, neighbours)
        context.save_for_backward(joined, neighbours, weight)
        return functional.linear(joined, weight, bias)

    @staticmethod
    def backward(context: Any, gradient: th.Tensor) -> Any:  # type: ignore[override]
        """Returns the gradients of the points and of the weights."""
        joined, neighbours, weight = context.saved_tensors
        by_place = weight.view(len(weight), 3, -1).transpose(0, 1).flatten(0, 1)
        of_points = _beside(gradient, neighbours.flip(1)) @ by_place
        return of_points, None, gradient.t() @ joined, gradient.sum(0)


class _OneFeature(th.autograd.Function):
    """Two layers that give one feature, with gradients that take one matrix product.

    The gradient of each hidden unit is that of the feature times a weight, where the unit is not 0. Biases are weights
    of a last input that is 1.
    """

    @staticmethod
    def forward(
        context: Any, inputs: th.Tensor, weight: th.Tensor, bias: th.Tensor, last: th.Tensor, last_bias: th.Tensor
    ) -> th.Tensor:
        """Returns the feature, of the shape of the inputs without their last axis."""
        rows, weights = inputs.flatten(0, -2), th.cat([weight, bias[:, None]], 1)
        hidden = functional.linear(rows, weights).relu_()
        context.save_for_backward(rows, hidden, weights, last)
        return functional.linear(hidden, last, last_bias).view(inputs.shape[:-1])

    @staticmethod
    def backward(context: Any, gradient: th.Tensor) -> Any:  # type: ignore[override]
        """Returns the gradients of the weights, none of the inputs."""
        rows, hidden, weights, last = context.saved_tensors
        gradient = gradient.reshape(-1, 1)
        passed = hidden.sign_().mul_(gradient).t() @ rows
        of_last, of_weights = (passed * weights).sum(1), passed * last.t()
        return None, of_weights[:, :-1], of_weights[:, -1], of_last[None], gradient.sum()[None]


class ZoomEncoder(NumericEncoder):
    """Encodes the answers of `ZoomTokens` in the same ways; inputs in slots are points like the others.

    Each gap gets a feature of its own as well, from what is known of the point at its right end.
    """

    zooms = True

    def __init__(self, space: spaces.Dict, places: int, width: int = 48, curve_width: int = 128) -> None:
        super().__init__(space, places, width, curve_width)
        self.gap_count = probe_count_of(space)
        self.gap = nn.Sequential(nn.Linear(width + 1, 16), nn.ReLU(inplace=True), nn.Linear(16, 1))

    def queries(self, space: spaces.Dict) -> int:
        """Returns the number of queries."""
        return self.probe_count + self.gap_count

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the features of the points and of the curve, and the gaps below the points."""
        inputs = super().prepare(observation)
        return inputs | {"gap": observation["gap"].gather(1, inputs["place"])[..., None]}

    def _inputs_of(self, observation: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        return observation["x"]

    def _judge(self, inputs: Inputs, packed: Packed, hidden: th.Tensor) -> th.Tensor:
        judged = packed.put(through(self.gap, th.cat([hidden, packed.take(inputs["gap"])], 1)))[..., 0]
        gaps = judged.new_zeros(len(judged), self.gap_count)
        return th.cat([super()._judge(inputs, packed, hidden), gaps.scatter(1, inputs["place"], judged)], 1)


def numeric_encoder(space: spaces.Dict, places: int) -> NumericEncoder:
    """Makes the encoder for the observations of a version of the environment."""
    return (ZoomEncoder if "gap" in space.spaces else NumericEncoder)(space, places)
