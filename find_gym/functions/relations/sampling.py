"""Sampling: from a generator to the spec of a fresh relation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from find_gym.functions.relations.catalogue import RELATIONS
from find_gym.functions.relations.conditions import LEAST_REGULAR, Condition, conditions_of, words_that_meet
from find_gym.functions.relations.difficulty import RelationDifficulty
from find_gym.functions.relations.function import RelationSpec
from find_gym.functions.splits import check_split

# Words that no relation knows, such as FIND has among its exemplars.
OTHER_WORDS: tuple[str, ...] = (
    "justice", "sunshine", "yesterday's news", "wallpaper", "kindness of strangers", "gravel", "umbrella", "freedom",
    "homework", "spoonful", "weather forecast", "zigzag", "paperclip", "melancholy", "bandwidth", "algebra",
)  # fmt: skip
_ATTEMPTS = 10_000


def sample_relation(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | RelationDifficulty = "find",
) -> RelationSpec:
    """Samples the spec of a relation.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), a `RelationDifficulty`, or a mapping
            of its attributes to values that replace FIND's.

    Raises:
        ValueError: the split has no function of this difficulty.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions.relations.sampling import sample_relation
        >>> spec = sample_relation(np.random.default_rng(7), split="test")
        >>> spec.split, spec.category
        ('test', 'relations')
    """
    check_split(split)
    level = RelationDifficulty.of(difficulty)
    counts = list(level.exceptions)
    shares = np.array([level.exceptions[count] for count in counts], dtype=np.float64)
    count = counts[int(np.searchsorted(np.cumsum(shares), rng.random() * shares.sum(), side="right"))]
    for _ in range(_ATTEMPTS):
        name = level.relations[int(rng.integers(len(level.relations)))]
        exceptions = _draw_exceptions(rng, name, count)
        if exceptions is None:
            continue
        spec = RelationSpec(name, exceptions)
        if split is None or spec.split == split:
            return RelationSpec(name, exceptions, draw_exemplars(rng, name, level.exemplars))
    raise ValueError(f"expected a difficulty with functions in the split {split!r}, actual: {level}")


def _draw_exceptions(rng: np.random.Generator, name: str, count: int) -> tuple[Condition, ...] | None:
    """Draws exceptions that each except words that the others don't; None where they leave too little."""
    relation = RELATIONS[name]
    drawn: list[Condition] = []
    for _ in range(count):
        attributes = sorted({condition.attribute for condition in conditions_of(name)})
        if not attributes:
            return None
        attribute = attributes[int(rng.integers(len(attributes)))]
        values = [condition for condition in conditions_of(name) if condition.attribute == attribute]
        drawn.append(values[int(rng.integers(len(values)))])
    members = [words_that_meet(name, condition).intersection(relation.words) for condition in drawn]
    for index, own in enumerate(members):
        if not own - set().union(*members[:index], *members[index + 1 :]):
            return None
    if len(relation.words) - len(set().union(*members)) < LEAST_REGULAR:
        return None
    return tuple(sorted(drawn, key=lambda condition: (condition.attribute, condition.value)))


def draw_exemplars(rng: np.random.Generator, name: str, count: int) -> tuple[str, ...]:
    """Draws words to start from: one or two of the relation's own, the others of other tables, as in FIND."""
    if count == 0:
        return ()
    relation = RELATIONS[name]
    own = _some(rng, relation.words, min(1 + int(rng.integers(2)), count))
    tables = [other for other in RELATIONS.values() if other.table != relation.table]
    others = [_some(rng, tables[int(rng.integers(len(tables)))].words, 1)[0] for _ in range(count - len(own))]
    words = [*own, *others]
    return tuple(words[int(place)] for place in rng.permutation(len(words)))


def _some(rng: np.random.Generator, words: tuple[str, ...], count: int) -> list[str]:
    return [words[int(place)] for place in rng.choice(len(words), size=count, replace=False)]
