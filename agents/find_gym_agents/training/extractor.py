"""The features extractor for tables over probes, used by default in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch as th
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn
from torch.nn import functional

from find_gym_agents.training.encoders import Encoding, Inputs, make_encoder
from find_gym_agents.training.products import linear, rounded


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
            modules += [nn.Linear(width, self.hidden), nn.ReLU(inplace=True)]
        return nn.Sequential(*modules)


class TrunkWeights(NamedTuple):
    """The weights of the trunk, as they are multiplied with.

    Attributes:
        of_rest: in the first layer those of the features of the evidence and of the share of the queries that are left,
            shape `(hidden, width + 1)`.
        of_tokens: those of a token at each place of the description, shape `(places, hidden)`.
        bias: shape `(hidden,)`.
        others: the weights and the biases of the other layers.
    """

    of_rest: th.Tensor
    of_tokens: th.Tensor
    bias: th.Tensor
    others: list[tuple[th.Tensor, th.Tensor]]


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
        queries = encoder.queries(observation_space)
        super().__init__(observation_space, trunk.hidden + queries)
        self.encoder, self.query_count = encoder, queries
        rest = observation_space["written"].shape[0] + 1  # type: ignore[index]
        self.trunk = trunk.build(self.encoder.width + rest)

    def forward(self, observation: Inputs) -> th.Tensor:
        """Returns features of shape `(batch, hidden + queries)`."""
        encoding = self.encoder(observation)
        return self.join(self.trunk_weights(), encoding, observation["written"] > 0, observation["budget"])

    def trunk_weights(self) -> TrunkWeights:
        """Returns the weights of the trunk, those of the first layer by what they are multiplied with."""
        first, *layers = (layer for layer in self.trunk if isinstance(layer, nn.Linear))
        widths = self.encoder.width, first.in_features - self.encoder.width - 1, 1
        of_evidence, of_tokens, of_budget = first.weight.split(widths, 1)
        of_rest = rounded(th.cat([of_evidence, of_budget], 1))
        others = [(rounded(layer.weight), rounded(layer.bias)) for layer in layers]
        return TrunkWeights(of_rest, of_tokens.t(), rounded(first.bias), others)

    def join(self, trunk: TrunkWeights, encoding: Encoding, written: th.Tensor, budget: th.Tensor) -> th.Tensor:
        """Returns the features of evidence that has been encoded, with what is written and what is left.

        Args: as those of `hidden`.
        """
        return th.cat([self.hidden(trunk, encoding, written, budget), encoding.queries], 1)

    def hidden(self, trunk: TrunkWeights, encoding: Encoding, written: th.Tensor, budget: th.Tensor) -> th.Tensor:
        """Returns the features that stand before those of the queries.

        Args:
            trunk: the weights.
            encoding: the evidence.
            written: the places where a token stands, bool of shape `(batch, places)`.
            budget: the shares of the queries and of the steps that are left, shape `(batch, 2)`.
        """
        # The share of the steps that are left tells nothing beyond the rest.
        hidden = linear(th.cat([encoding.evidence, budget[:, :1]], 1), trunk.of_rest, trunk.bias)
        # Of up to 1,500 places where a token may stand, a few have one: their weights are added, nothing is multiplied.
        rows, places = written.nonzero(as_tuple=True)
        if len(places):
            starts = th.searchsorted(rows, th.arange(len(written), device=rows.device))
            hidden = hidden + functional.embedding_bag(places, trunk.of_tokens, starts, mode="sum")
        hidden = functional.relu_(hidden)
        for weight, bias in trunk.others:
            hidden = functional.relu_(linear(hidden, weight, bias))
        return hidden
