"""The neural interpreter's view of evidence about relations: what the tables know of each word and of its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from find_gym.categories.relations.answers import UNDEFINED, canonical, same
from find_gym.categories.relations.catalogue import RELATIONS, TABLES
from find_gym.categories.relations.conditions import Condition, conditions_of, words_that_meet
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.tables import load_table, normalise
from find_gym.categories.relations.tokens import words_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, IntArray, NeuralCategory
from find_gym_agents.interpreters.neural.layers import Steps
from find_gym_agents.interpreters.neural.network import Reader, Tensors
from find_gym_agents.training.supervised.teacher import SplittingTeacher

# Among the teacher's candidates, the share of relations without exception.
_PLAIN = 1 / 3
_BYTES = -(-len(RELATIONS) // 8)


def encode(inputs: Sequence[str], outputs: Sequence[str]) -> Features:
    """Encodes pairs by what the tables know.

    Returns:
        "word": the word's row in what is known of words, 0 for one that no table has; int64 of shape `(pairs,)`.
        "undefined": whether the answer is "undefined"; uint8 of shape `(pairs,)`.
        "explaining": the relations that give the answer, as packed bits; uint8 of shape `(pairs, relations / 8)`.
    """
    rows = _rows()
    return {
        "word": np.array([rows.get(normalise(word), 0) for word in inputs], dtype=np.int64),
        "undefined": np.array([canonical(answer) == UNDEFINED for answer in outputs], dtype=np.uint8),
        "explaining": np.array(
            [_explaining(word, answer) for word, answer in zip(inputs, outputs, strict=True)], dtype=np.uint8
        ).reshape(-1, _BYTES),
    }


@lru_cache(maxsize=1 << 16)
def _explaining(word: str, answer: str) -> NDArray[np.uint8]:
    gives = [
        _answers(name, word) != () and same(answer, _answers(name, word), RELATIONS[name].tolerance)
        for name in RELATIONS
    ]
    return np.packbits(gives)


def _answers(relation: str, word: str) -> tuple[str, ...]:
    """Returns all right answers of a relation to a word, none where it is not defined."""
    entry = RELATIONS[relation]
    name = entry.facts.find(word)
    return () if name is None else entry.facts.facts[name].get(entry.column, ())


@cache
def _rows() -> dict[str, int]:
    """Returns the row of each word, by its normalised name, from 1 on."""
    names = (name for table in TABLES for name in load_table(table).names)
    return {name: row for row, name in enumerate(dict.fromkeys(names), 1)}


@cache
def _conditions() -> tuple[Condition, ...]:
    """Returns the conditions that are exceptions to some relation, each once."""
    return tuple(dict.fromkeys(condition for name in RELATIONS for condition in conditions_of(name)))


@cache
def _facts() -> NDArray[np.float32]:
    """Returns which relations know each word and which conditions it meets, 0 or 1, shape `(rows, facts)`."""
    columns = {fact: column for column, fact in enumerate([*RELATIONS, *_conditions()])}
    facts = np.zeros((len(_rows()) + 1, len(columns)), dtype=np.float32)
    for table in TABLES:
        met: dict[str, set[int]] = {name: set() for name in load_table(table).facts}
        for relation in (entry for entry in RELATIONS.values() if entry.table == table):
            for word in relation.words:
                met[word].add(columns[relation.name])
            for condition in conditions_of(relation.name):
                for word in words_that_meet(relation.name, condition):
                    met[word].add(columns[condition])
        for name, word in load_table(table).names.items():
            facts[_rows()[name], list(met[word])] = 1.0
    return facts


class RelationReader(Reader):
    """Reads each pair by what the tables know of the word, and by the relations that explain its answer.

    Args:
        width: features of a pair.
    """

    facts: th.Tensor
    bits: th.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("facts", th.from_numpy(_facts()), persistent=False)
        bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32)
        self.register_buffer("bits", th.from_numpy(bits), persistent=False)
        # What is known of a word means something else where the answer is "undefined".
        self.defined, self.undefined = (nn.Linear(self.facts.shape[1], width) for _ in range(2))
        self.explaining = nn.Linear(len(RELATIONS), width, bias=False)
        self.pair = Steps(nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width))

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs; see `Reader.forward`."""
        word, undefined = features["word"], features["undefined"].bool()[..., None]
        facts = self.facts[word]
        known = th.where(undefined, self.undefined(facts), self.defined(facts))
        bits = self.bits[features["explaining"].int()].flatten(-2)[..., : len(RELATIONS)]
        return self.pair(known + self.explaining(bits))  # type: ignore[no-any-return]


def demonstrate(
    functions: Sequence[Any], codec: TokensInterface, queries: IntArray, taught: IntArray, rng: np.random.Generator
) -> IntArray:
    """Asks what tells the relations of some functions, and their possible exceptions, apart; see `NeuralCategory`."""
    names = tuple(name for name in RELATIONS if any(name == function.spec.relation for function in functions))
    bank = codec.probes
    teacher, numbers = _teacher(names, tuple(bank))
    asked = queries.copy()
    for row, function in enumerate(functions):
        truth = np.array([numbers.get(answer, -1) for answer in function.truth(bank)], dtype=np.int64)
        asked[row] = teacher.ask(truth, queries[row], int(taught[row]))
    return asked


@lru_cache(maxsize=4)
def _teacher(relations: tuple[str, ...], bank: tuple[str, ...]) -> tuple[SplittingTeacher, dict[str, int]]:
    """Returns the teacher whose candidates are relations with and without exception, and the answers' numbers."""
    candidates, prior = [], []
    for name in relations:
        conditions = conditions_of(name)
        count = Counter(condition.attribute for condition in conditions)
        candidates += [RelationSpec(name), *(RelationSpec(name, (condition,)) for condition in conditions)]
        prior += [_PLAIN, *((1 - _PLAIN) / len(count) / count[condition.attribute] for condition in conditions)]
    numbers: dict[str, int] = {}
    answers = [[numbers.setdefault(a, len(numbers)) for a in RelationFunction(c).truth(bank)] for c in candidates]
    return SplittingTeacher(np.array(answers, dtype=np.int64), np.array(prior)), numbers


# Answers hold no noise: the checker knows how likely they are; with the network's belief the skill is .887, not .912.
NEURAL = NeuralCategory(
    encode,
    RelationReader,
    words_of,
    demonstrate=demonstrate,
    belief=0.0,
    claims=lambda token: token not in RELATIONS,
)
