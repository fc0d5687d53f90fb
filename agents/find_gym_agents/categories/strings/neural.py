"""The neural interpreter's view of evidence about string functions: answers and inputs, character by character."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.grammar import words_of
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.programs import Step, run
from find_gym_agents.interpreters.neural.category import Features, NeuralCategory
from find_gym_agents.interpreters.neural.layers import Steps
from find_gym_agents.interpreters.neural.network import Reader, Tensors

# Of longer texts the first and the last characters are read.
_SHOWN, _LAST = 24, 8
_CODES = 128
# How two characters compare: not both there, another kind, the same, or letters so far apart, in the same case or not.
_RELATIONS = 3 + 2 * 26
_KINDS = 30
# Every letter in either case, in two orders: these tell constants, which the programs do not have.
_ALPHABETS = ("zyxwvutsrqponmlkjihgfedcba", "MNBVCXZLKJHGFDSAPOIUYTREWQ")
_PLAIN = tuple(name for name in DETERMINISTIC if not OPERATIONS[name].kinds)


def encode(inputs: Sequence[str], outputs: Sequence[str]) -> Features:
    """Encodes pairs.

    Args:
        inputs: any strings.
        outputs: the answers, as many.

    Returns:
        uint8 arrays: the character codes "input" and "output" of shape `(pairs, 24)`, 0 after the end; the lengths
        "input_length" and "output_length" of shape `(pairs,)`; and "alike" of shape `(pairs, operations, 2)`: how much
        of the answer is what each operation without constants makes of the input, from the left and from the right,
        of 255.
    """
    made = zip(*map(_made, inputs), strict=True) if inputs else ([], [])
    backwards = [text[::-1] for text in outputs]
    alike = [_alike(known, _codes(texts)) for known, texts in zip(made, (outputs, backwards), strict=True)]
    return {
        "input": _codes(inputs),
        "output": _codes(outputs),
        "input_length": _lengths(inputs),
        "output_length": _lengths(outputs),
        "alike": np.stack(alike, axis=-1),
    }


def _codes(texts: Sequence[str]) -> NDArray[np.uint8]:
    shown = [text if len(text) <= _SHOWN else text[: _SHOWN - _LAST] + text[-_LAST:] for text in texts]
    # Numpy fills up with 0.
    codes = np.array(shown, dtype=f"U{_SHOWN}").view(np.uint32).reshape(len(shown), _SHOWN)
    return np.minimum(codes, _CODES - 1).astype(np.uint8)


def _lengths(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.array([min(len(text), 255) for text in texts], dtype=np.uint8)


@lru_cache(maxsize=4096)
def _made(text: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Returns the codes of what each operation without constants makes of a text, and of the same read backwards."""
    made = [run((Step(name),), [text])[0] for name in _PLAIN]
    return _codes(made), _codes([each[::-1] for each in made])


def _alike(known: Sequence[NDArray[np.uint8]], answers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the shares of characters that agree, of 255 and of the longer text, shape `(pairs, operations)`."""
    made = np.array(known, dtype=np.uint8).reshape(len(answers), len(_PLAIN), _SHOWN)
    answers = answers[:, None]
    longest = np.maximum(_filled(made), _filled(answers))
    agreeing = np.count_nonzero((made == answers) & (answers > 0), axis=2)
    return np.where(longest > 0, 255 * agreeing // np.maximum(longest, 1), 255).astype(np.uint8)


def _filled(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.count_nonzero(codes, axis=-1)


class StringReader(Reader):
    """Reads each answer by its characters, each beside those of the input that it may come from.

    These are the characters at the same place from the left and from the right, at the mirrored place, and one
    further. All characters of a pair then learn of the mean and the maximum over all of them, and the pair is their
    pool, with which characters there are more or less of.

    Args:
        width: features of a pair.
        rounds: how often the characters of a pair learn of the others.
    """

    relation: th.Tensor
    kind: th.Tensor
    first: th.Tensor

    def __init__(self, width: int, rounds: int = 1) -> None:
        super().__init__()
        inner = width // 2
        self.register_buffer("relation", th.from_numpy(_relations()), persistent=False)
        self.register_buffer("kind", th.tensor([_kind_of(chr(code)) for code in range(_CODES)]), persistent=False)
        # What is known of a character: itself, its places from both ends, and its relations; all in one table.
        sizes = [_CODES, _SHOWN, _SHOWN, *[_RELATIONS] * 4]
        self.register_buffer("first", th.tensor([0, *sizes[:-1]]).cumsum(0), persistent=False)
        self.known = nn.EmbeddingBag(sum(sizes), inner, mode="sum")
        self.own = nn.ModuleList(nn.Linear(inner, inner) for _ in range(rounds))
        self.others = nn.ModuleList(nn.Linear(2 * inner, inner) for _ in range(rounds))
        self.lengths = nn.Embedding(256, width)
        self.input_lengths = nn.Embedding(256, width)
        self.pair = Steps(nn.Linear(2 * (inner + _KINDS + len(_PLAIN)), width), nn.GELU(), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.known.weight, std=0.3)

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs; see `Reader.forward`."""
        batch, pairs = features["output_length"].shape
        flat = {name: values.flatten(0, 1).int() for name, values in features.items()}
        output, asked = flat["output"], flat["input"]
        # Only the characters that there are: most answers are short.
        pair, column = output.nonzero(as_tuple=True)
        counts = (output > 0).sum(1)
        hidden = nn.functional.gelu(self.known(self._known(pair, column, counts, output, asked)))
        for own, others in zip(self.own, self.others, strict=True):
            hidden = hidden + nn.functional.gelu(own(hidden) + others(_pool(hidden, pair, counts))[pair])
        more = self._tally(output) - self._tally(asked)
        alike = flat["alike"].flatten(1) / 255
        vectors = self.pair(th.cat([_pool(hidden, pair, counts), more / 4, more.sign(), alike], 1).to(hidden.dtype))
        vectors = vectors + self.lengths(flat["output_length"]) + self.input_lengths(flat["input_length"])
        return self.norm(vectors).view(batch, pairs, vectors.shape[1])  # type: ignore[no-any-return]

    def _known(
        self, pair: th.Tensor, column: th.Tensor, counts: th.Tensor, output: th.Tensor, asked: th.Tensor
    ) -> th.Tensor:
        """Returns what is known of each character of the answers, int64 of shape `(characters, 7)`."""
        here, last = output[pair, column], counts[pair] - 1 - column
        asked_count = (asked > 0).sum(1)[pair]
        places = th.stack([column, asked_count - 1 - last, asked_count - 1 - column, column + 1], 1)
        inside = (places >= 0) & (places < asked_count[:, None])
        others = asked[pair[:, None], places.clamp(0, _SHOWN - 1)] * inside
        return th.cat([th.stack([here, column, last], 1), self.relation[here[:, None], others]], 1) + self.first

    def _tally(self, codes: th.Tensor) -> th.Tensor:
        """Returns how many characters of each kind there are, shape `(pairs, kinds)`."""
        tally = th.zeros(len(codes), _KINDS, device=codes.device)
        return tally.scatter_add(1, self.kind[codes], (codes > 0).float())


def _pool(hidden: th.Tensor, pair: th.Tensor, counts: th.Tensor) -> th.Tensor:
    """Returns the mean and the maximum over the characters of each pair, 0 for an empty answer."""
    hidden = hidden.float()
    empty = hidden.new_zeros(len(counts), hidden.shape[1])
    mean = empty.index_add(0, pair, hidden) / counts.clamp(min=1)[:, None]
    most = th.segment_reduce(hidden, "max", lengths=counts, initial=-1.0, unsafe=True) if len(counts) else empty
    return th.cat([mean, most], 1)


def _kind_of(character: str) -> int:
    """Returns what a character counts as: its letter, a digit, a space, another sign; or a capital, whatever letter."""
    if character.islower():
        return ord(character) - ord("a")
    return 26 + [character.isupper(), character.isdigit(), character.isspace(), True].index(True)


def _relations() -> NDArray[np.int64]:
    """Returns how a character of an answer compares with one of an input, by their codes."""
    table = np.ones((_CODES, _CODES), dtype=np.int64)
    table[:, 0] = table[0] = 0
    table[np.arange(1, _CODES), np.arange(1, _CODES)] = 2
    letters = [code for code in range(_CODES) if chr(code).isalpha()]
    for one in letters:
        for other in letters:
            distance = (ord(chr(one).lower()) - ord(chr(other).lower())) % 26
            same_case = chr(one).islower() == chr(other).islower()
            table[one, other] = 3 + distance + (0 if same_case else 26)
    return table


NEURAL = NeuralCategory(
    encode,
    StringReader,
    lambda spec: words_of(spec.program),
    opening=lambda codec, budget: [codec.probes.index(text) for text in _ALPHABETS[:budget]],
    claims=CONDITIONS.__contains__,
)
