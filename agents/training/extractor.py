"""The features extractor for tables over probes, used by default in training."""

from __future__ import annotations

import torch as th
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from find_gym_agents.training.numeric_encoder import Encoding, NumericEncoder
from find_gym_agents.training.word_encoders import EntityEncoder, RelationEncoder, StringEncoder

TRUNK_WIDTH = 256


class ProbeTableExtractor(BaseFeaturesExtractor):
    """Features of what was asked, what it answered, what is written so far and what is left of the budget.

    The category's encoder pools over the probes; two layers make 256 features of that and the rest of the observation.
    The encoder's feature of each probe follows them unchanged, so that a linear layer can choose the next probe.

    Args:
        observation_space: that of the `tokens` interface.
        category: the category of functions.
        places: the most different probes that are asked in an episode.
    """

    def __init__(self, observation_space: spaces.Dict, category: str, places: int) -> None:
        probe_count = observation_space["asked"].shape[0]  # type: ignore[index]
        super().__init__(observation_space, TRUNK_WIDTH + probe_count)
        self.encoder: nn.Module
        if category == "numeric":
            self.encoder = NumericEncoder(places)
        elif category == "strings":
            self.encoder = StringEncoder(places)
        elif category == "relations":
            self.encoder = RelationEncoder(probe_count, places)
        elif category == "entities":
            extra = ("exemplar",) if "exemplar" in observation_space.spaces else ()
            self.encoder = EntityEncoder(probe_count, extra)
        else:
            raise ValueError(f"expected a category with an encoder, actual value: {category!r}")
        rest = observation_space["written"].shape[0] + 1  # type: ignore[index]
        self.trunk = nn.Sequential(
            nn.Linear(self.encoder.width + rest, TRUNK_WIDTH),
            nn.ReLU(),
            nn.Linear(TRUNK_WIDTH, TRUNK_WIDTH),
            nn.ReLU(),
        )

    def forward(self, observation: dict[str, th.Tensor]) -> th.Tensor:
        """Returns features of shape `(batch, 256 + probes)`."""
        return self.join(self.encoder(observation), observation["written"], observation["budget"])

    def join(self, encoding: Encoding, written: th.Tensor, budget: th.Tensor) -> th.Tensor:
        """Returns the features of evidence that has been encoded, with what is written and what is left."""
        # The share of the steps that are left tells nothing beyond the rest.
        trunk = self.trunk(th.cat([encoding.evidence, written, budget[:, :1]], 1))
        return th.cat([trunk, encoding.probes], 1)
