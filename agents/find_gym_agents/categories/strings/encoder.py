"""The network's view of evidence about string functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch as th
from gymnasium import spaces
from torch import nn

from find_gym.categories.strings import programs
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Step
from find_gym.categories.strings.tokens import SHOWN
from find_gym_agents.training.encoders import Encoder, Encoding, Fingerprint, Inputs, Packed, asked_probes, looked_up

_CODES = 129
_CASE = 32
_ALPHABET = 26
# Kinds of characters that are counted: small letters, capitals, digits, spaces, others.
_KINDS = 30
_PLAIN_OPERATIONS = tuple(name for name in DETERMINISTIC if not OPERATIONS[name].kinds)


class StringEncoder(Encoder):
    """Encodes a table of string answers: each answer beside the probe that it answers.

    For each asked probe: its answer's characters, and where they are those of the probe counted from the left, from
    the right, and backwards, exactly or but for the case; and which kinds of characters there are more or less of. A
    network that is the same for all probes makes a token of it; tokens are pooled, and read by a linear layer that
    knows which probe is which.

    Args:
        space: the observation space.
        places: the most probes that are asked in an episode.
        width: features of a token.
        table_width: features of the table of tokens.
    """

    codes: th.Tensor
    lengths: th.Tensor
    column: th.Tensor
    kind: th.Tensor
    counts: th.Tensor
    most: th.Tensor
    known: th.Tensor
    known_backwards: th.Tensor
    known_lengths: th.Tensor

    def __init__(self, space: spaces.Dict, places: int, width: int = 64, table_width: int = 192) -> None:
        super().__init__()
        self.places = min(places, len(PROBES))
        codes = th.zeros(len(PROBES), 64, dtype=th.long)
        for row, probe in enumerate(PROBES):
            codes[row, : len(probe)] = th.tensor([min(ord(character), 128) for character in probe])
        lengths = th.tensor([len(probe) for probe in PROBES])
        self.register_buffer("codes", codes)
        self.register_buffer("lengths", lengths)
        self.register_buffer("column", th.arange(SHOWN))
        self.characters = nn.Embedding(_CODES, 8)
        self.embedding = nn.Embedding(len(PROBES), 16)
        # The greatest value of each mark of a character: how far it is from the probe's in the alphabet, or 1.
        self.register_buffer("most", th.tensor([1, 1, 1, 1, 1, 1, _ALPHABET, 1]), persistent=False)
        per_character = 8 + len(self.most)
        self.register_buffer("kind", th.tensor([_kind_of(code) for code in range(_CODES)]))
        counts = th.zeros(len(PROBES), _KINDS)
        for row, probe in enumerate(PROBES):
            for character in probe[:SHOWN]:
                counts[row, _kind_of(min(ord(character), 128))] += 1
        self.register_buffer("counts", counts)
        outputs = [programs.run((Step(name),), PROBES) for name in _PLAIN_OPERATIONS]
        rows = list(zip(*outputs, strict=True))
        self.register_buffer("known", _codes(rows))
        self.register_buffer("known_backwards", _codes([[text[::-1] for text in row] for row in rows]))
        self.register_buffer("known_lengths", th.tensor([[len(text) for text in row] for row in rows]))
        self.compared = 5 + _KINDS + 2 * len(_PLAIN_OPERATIONS)
        self.token = nn.Sequential(
            nn.Linear(SHOWN * per_character + self.compared + 16, 96),
            nn.ReLU(inplace=True),
            nn.Linear(96, width),
            nn.ReLU(inplace=True),
        )
        self.narrow = nn.Linear(width, 16)
        self.table = nn.Sequential(nn.Linear(16 * len(PROBES), table_width), nn.ReLU(inplace=True))
        self.width = 2 * width + table_width
        self.fingerprint = Fingerprint(SHOWN + 3)

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the characters of each answer, and how they compare with the probe and with what operations make."""
        return self._prepare(observation, None)

    def prepare_next(self, observation: Inputs, before: Callable[[], Inputs]) -> Inputs:
        """Returns what `prepare` does; an answer that was there before is not compared again."""
        return self._prepare(observation, before())

    def _prepare(self, observation: Inputs, before: Inputs | None) -> Inputs:
        index, present = asked_probes(observation, self.places)
        shown = observation["characters"].view(len(index), len(PROBES), SHOWN)
        answers = {
            "answer": (shown.gather(1, index[..., None].expand(-1, -1, SHOWN)) * 128).round().to(th.uint8),
            "length": (observation["length"].gather(1, index) * 64).round().long(),
            "same": observation["same"].gather(1, index),
        }
        if before is None:
            fresh = present
            marks = th.zeros(*index.shape, SHOWN, len(self.most), dtype=th.uint8, device=index.device)
            numbers = th.zeros(*index.shape, self.compared, device=index.device)
        else:
            # Where the probe of each place stood before, if anywhere.
            stood = (before["index"][:, None] == index[..., None]) & before["present"][:, None]
            known, place = stood.any(2), stood.int().argmax(2)
            rows = th.arange(len(index), device=index.device)[:, None]
            for name, values in answers.items():
                known &= (before[name][rows, place] == values).view(*index.shape, -1).all(2)
            fresh = present & ~known
            marks, numbers = (before[name][rows, place] for name in ("marks", "numbers"))
        marks[fresh], numbers[fresh] = self._pairs(index[fresh], *(values[fresh] for values in answers.values()))
        pair = [index, answers["length"], answers["same"].round().long()]
        pairs = self.fingerprint(th.cat([answers["answer"], th.stack(pair, 2)], 2))
        places = {"index": index, "present": present, "pairs": pairs, "asked": observation["asked"]}
        return places | answers | {"marks": marks, "numbers": numbers}

    def _pairs(
        self, index: th.Tensor, answer: th.Tensor, length: th.Tensor, same: th.Tensor
    ) -> tuple[th.Tensor, th.Tensor]:
        """Returns the marks of the characters of n answers, and their numbers, float32 of shape `(n, compared)`."""
        answer, lengths = answer.long(), self.lengths[index]
        numbers = th.stack(
            [length / 32, lengths / 32, (length - lengths) / 8, same, (length == lengths).float()],
            1,
        )
        counts = th.zeros_like(self.counts[index]).scatter_add(1, self.kind[answer], (answer > 0).float())
        changes = (counts - self.counts[index]) / 4
        alike = self._compare_with_operations(index, answer, length)
        return self._compare(index, answer, length), th.cat([numbers, changes, alike], 1)

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        packed, index = Packed(inputs["present"], inputs["pairs"]), inputs["index"]
        answer, marks, numbers = (packed.take(inputs[name]) for name in ("answer", "marks", "numbers"))
        characters = th.cat([looked_up(self.characters, answer.int()), marks.float() / self.most], 2).flatten(1)
        hidden = self.token(th.cat([characters, numbers, looked_up(self.embedding, packed.take(index))], 1))
        narrow = packed.put(self.narrow(hidden))
        table = narrow.new_zeros(len(index), len(PROBES), narrow.shape[2])
        table = table.scatter(1, index[..., None].expand_as(narrow), narrow)
        evidence = th.cat([packed.pool(hidden), self.table(table.flatten(1))], 1)
        return Encoding(evidence, inputs["asked"])

    def _compare(self, index: th.Tensor, answer: th.Tensor, length: th.Tensor) -> th.Tensor:
        """Returns the marks of the characters, uint8 of shape `(n, characters, marks)`."""
        probe, probe_length = self.codes[index], self.lengths[index]
        here = probe[..., :SHOWN]
        from_right = self.column + (probe_length - length)[..., None]
        backwards = probe_length[..., None] - 1 - self.column

        def taken(places: th.Tensor) -> th.Tensor:
            inside = (places >= 0) & (places < 64)
            return probe.gather(1, places.clamp(0, 63)) * inside

        right, back = taken(from_right), taken(backwards)
        filled = answer > 0
        folded = _folded(answer)
        marks = [(answer == other) & filled for other in (here, right, back)]
        marks += [(folded == _folded(other)) & filled for other in (here, right, back)]
        letters = (answer >= 65) & (here >= 65)
        step = th.remainder(folded - _folded(here), _ALPHABET) * letters
        return th.stack([*marks, step, filled], 2).to(th.uint8)

    def _compare_with_operations(self, index: th.Tensor, answer: th.Tensor, length: th.Tensor) -> th.Tensor:
        """Returns which share of an answer is what each operation makes of the probe, from either end."""
        shown = answer.to(th.uint8)[:, None]
        ends = length[..., None] - 1 - self.column
        backwards = (answer.gather(1, ends.clamp(0, SHOWN - 1)) * ((ends >= 0) & (ends < SHOWN))).to(th.uint8)
        longest = th.maximum(length[..., None], self.known_lengths[index]).clamp(1, SHOWN)
        shares = []
        for outputs, text in ((self.known, shown), (self.known_backwards, backwards[:, None])):
            agreeing = ((outputs[index] == text) & (text > 0)).sum(2, dtype=th.uint8)
            shares.append(agreeing / longest)
        return th.cat(shares, 1)


def _codes(rows: Sequence[Sequence[str]]) -> th.Tensor:
    """Returns the codes of the first characters of texts, uint8 of shape `(rows, texts, characters)`; 0 at the end."""
    codes = th.zeros(len(rows), len(rows[0]), SHOWN, dtype=th.uint8)
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            shown = [min(ord(character), 128) for character in text[:SHOWN]]
            codes[row, column, : len(shown)] = th.tensor(shown, dtype=th.uint8)
    return codes


def _kind_of(code: int) -> int:
    """Returns what a character counts as: its letter, a capital, a digit, a space, or another sign."""
    character = chr(code)
    if character.islower():
        return ord(character) - ord("a")
    return 26 + [character.isupper(), character.isdigit(), character.isspace(), True].index(True)


def _folded(codes: th.Tensor) -> th.Tensor:
    """Returns character codes with capital letters as small ones."""
    return codes + _CASE * ((codes >= 65) & (codes <= 90))
