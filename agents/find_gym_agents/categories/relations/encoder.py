"""The network's view of evidence about relations."""

from __future__ import annotations

import torch as th
from gymnasium import spaces
from torch import nn

from find_gym.categories.relations.tokens import LETTERS
from find_gym_agents.training.encoders import Encoder, Encoding, asked_probes, pooled, probe_count_of

# The letters that answers are shown with, and one code for all other characters.
_LETTER_CODES = 40


class RelationEncoder(Encoder):
    """Encodes a table of answers to words: the letters of each answer and the word that it answers.

    Args:
        space: the observation space.
        places: the most words that are asked in an episode.
        width: features of a token.
        table_width: features of the table of which words were asked and undefined.
    """

    def __init__(self, space: spaces.Dict, places: int, width: int = 96, table_width: int = 128) -> None:
        super().__init__()
        probe_count = probe_count_of(space)
        self.places = min(places, probe_count)
        self.probe_count = probe_count
        self.letters = nn.Embedding(_LETTER_CODES + 1, 8)
        self.embedding = nn.Embedding(probe_count, 32)
        self.token = nn.Sequential(
            nn.Linear(LETTERS * 8 + 32 + 1, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.table = nn.Sequential(nn.Linear(2 * probe_count, table_width), nn.ReLU())
        self.width = 2 * width + table_width

    def forward(self, observation: dict[str, th.Tensor]) -> Encoding:
        """Encodes observations."""
        batch = observation["asked"].shape[0]
        index, present = asked_probes(observation, self.places)
        shown = observation["answer"].view(batch, self.probe_count, LETTERS)
        letters = (shown.gather(1, index[..., None].expand(-1, -1, LETTERS)) * (_LETTER_CODES - 1)).round().long()
        undefined = observation["undefined"].gather(1, index)[..., None]
        tokens = self.token(th.cat([self.letters(letters).flatten(2), self.embedding(index), undefined], 2))
        known = (observation["asked"] > 0).float()
        table = self.table(th.cat([known * (1 - observation["undefined"]), observation["undefined"]], 1))
        return Encoding(th.cat([pooled(tokens, present), table], 1), observation["asked"])
