"""The network's view of evidence about synthetic neurons."""

from __future__ import annotations

import torch as th
from gymnasium import spaces
from torch import nn

from find_gym_agents.training.encoders import Encoder, Encoding, Inputs, probe_count_of


class EntityEncoder(Encoder):
    """Encodes a table of activations: all of them at once, as the bank has its own order.

    Args:
        space: the observation space; its table of exemplars is encoded as well, where there is one.
        places: the most words that are asked in an episode; not used.
        width: features of the table.
    """

    def __init__(self, space: spaces.Dict, places: int, width: int = 256) -> None:
        super().__init__()
        probe_count = probe_count_of(space)
        self.extra = extra = ("exemplar",) if "exemplar" in space.spaces else ()
        self.table = nn.Sequential(
            nn.Linear((3 + len(extra)) * probe_count, width),
            nn.ReLU(inplace=True),
            nn.Linear(width, width),
            nn.ReLU(inplace=True),
        )
        self.width = width

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the tables side by side, and what tells the queries apart."""
        known = (observation["asked"] > 0).float()
        activation = observation["activation"]
        top = activation / activation.amax(1, keepdim=True).clamp(min=1e-3)
        tables = [known, activation, top**4, *(observation[name] for name in self.extra)]
        return {"tables": th.cat(tables, 1), "queries": observation["asked"] + activation}

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        return Encoding(self.table(inputs["tables"]), inputs["queries"])
