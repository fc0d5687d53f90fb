"""The features extractor for tables over probes, used by default in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch as th
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn
from torch.nn import functional

from find_gym_agents.training.encoders import Encoding, Inputs, make_encoder


@dataclass(frozen=True)
class Trunk:
    """The layers that follow the encoder.

    Attributes:
        hidden: units of each layer.
        layers: their number.
    """

    hidden: int = 256
    layers: int = 2

    @staticmethod
    def of(config: Mapping[str, Any]) -> Trunk:
        """Returns the layers of a training's configuration; those of files from before it could be chosen."""
        return Trunk(**{name: config[name] for name in ("hidden", "layers") if name in config})

    def build(self, inputs: int) -> nn.Sequential:
        """Returns the layers, with weights that are still random."""
        modules: list[nn.Module] = []
        for width in [inputs] + [self.hidden] * (self.layers - 1):
            modules += [nn.Linear(width, self.hidden), nn.ReLU()]
        return nn.Sequential(*modules)


class ProbeTableExtractor(BaseFeaturesExtractor):
    """Features of what was asked, what it answered, what is written so far and what is left of the budget.

    The category's encoder pools over the probes; the trunk makes features of that and the rest of the observation.
    The encoder's feature of each query follows them unchanged, so that a linear layer can choose the next one.

    Args:
        observation_space: that of the `tokens` interface.
        category: the category of functions.
        places: the most different probes that are asked in an episode.
        trunk: the layers that follow the encoder.
    """

    def __init__(self, observation_space: spaces.Dict, category: str, places: int, trunk: Trunk) -> None:
        encoder = make_encoder(category, observation_space, places)
        super().__init__(observation_space, trunk.hidden + encoder.queries(observation_space))
        self.encoder = encoder
        rest = observation_space["written"].shape[0] + 1  # type: ignore[index]
        self.trunk = trunk.build(self.encoder.width + rest)

    def forward(self, observation: Inputs) -> th.Tensor:
        """Returns features of shape `(batch, hidden + queries)`."""
        return self.join(self.encoder(observation), observation["written"] > 0, observation["budget"])

    def join(self, encoding: Encoding, written: th.Tensor, budget: th.Tensor) -> th.Tensor:
        """Returns the features of evidence that has been encoded, with what is written and what is left."""
        first, *others = self.trunk
        assert isinstance(first, nn.Linear)
        width = encoding.evidence.shape[1]
        of_evidence, of_tokens, of_budget = first.weight.tensor_split((width, -1), 1)
        # The share of the steps that are left tells nothing beyond the rest.
        rest = th.cat([encoding.evidence, budget[:, :1]], 1)
        hidden = functional.linear(rest, th.cat([of_evidence, of_budget], 1), first.bias)
        # Of up to 1,500 places where a token may stand, a few have one: their weights are added, nothing is multiplied.
        rows, places = written.nonzero(as_tuple=True)
        starts = th.searchsorted(rows, th.arange(len(written), device=rows.device))
        hidden = hidden + functional.embedding_bag(places, of_tokens.t(), starts, mode="sum")
        for layer in others:
            hidden = layer(hidden)
        return th.cat([hidden, encoding.queries], 1)
