"""The network's view of evidence about relations."""

from __future__ import annotations

import torch as th
from gymnasium import spaces
from torch import nn

from find_gym.categories.relations.tokens import LETTERS
from find_gym_agents.training.encoders import (
    Encoder,
    Encoding,
    Fingerprint,
    Inputs,
    Packed,
    asked_probes,
    looked_up,
    probe_count_of,
)

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
            nn.Linear(LETTERS * 8 + 32 + 1, width),
            nn.ReLU(inplace=True),
            nn.Linear(width, width),
            nn.ReLU(inplace=True),
        )
        self.table = nn.Sequential(nn.Linear(2 * probe_count, table_width), nn.ReLU(inplace=True))
        self.width = 2 * width + table_width
        self.fingerprint = Fingerprint(LETTERS + 2)

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the letters of each answer, and which words were asked and undefined."""
        batch = observation["asked"].shape[0]
        index, present = asked_probes(observation, self.places)
        shown = observation["answer"].view(batch, self.probe_count, LETTERS)
        letters = (shown.gather(1, index[..., None].expand(-1, -1, LETTERS)) * (_LETTER_CODES - 1)).round().long()
        known, undefined = (observation["asked"] > 0).float(), observation["undefined"]
        undefined_there = undefined.gather(1, index)[..., None]
        return {
            "pairs": self.fingerprint(th.cat([letters, index[..., None], undefined_there.long()], 2)),
            "index": index,
            "present": present,
            "letters": letters.to(th.uint8),
            "undefined": undefined_there,
            "table": th.cat([known * (1 - undefined), undefined], 1),
            "asked": observation["asked"],
        }

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        packed = Packed(inputs["present"], inputs["pairs"])
        index, letters, undefined = (packed.take(inputs[name]) for name in ("index", "letters", "undefined"))
        features = [looked_up(self.letters, letters.int()).flatten(1), looked_up(self.embedding, index), undefined]
        evidence = th.cat([packed.pool(self.token(th.cat(features, 1))), self.table(inputs["table"])], 1)
        return Encoding(evidence, inputs["asked"])
