"""Sampling: from a generator to the spec of a fresh entity function."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.banks import WordBank
from find_gym.categories.entities.category import CATEGORY
from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.difficulty import EntityDifficulty
from find_gym.categories.entities.exemplars import active_words
from find_gym.categories.entities.formulas import Combination, Formula, OperatorName, split_of_concept
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntitySpec
from find_gym.categories.entities.neurons import EmbeddingNeuron
from find_gym.categories.entities.regions import BIAS, FORMS, Region
from find_gym.core.draws import address_of, choose
from find_gym.core.splits import SPLITS, check_split

# A function that differs from a simpler one on fewer words of the vocabulary can't be told from it.
LEAST_WORDS = 12
_DIFFERENT = 0.2
_ATTEMPTS = 100_000
# The operator of each shape of more than one concept, and how many concepts it combines.
_COMBINATIONS: dict[str, tuple[OperatorName, int]] = {
    "or": ("or", 2),
    "and": ("and", 2),
    "and not": ("and", 2),
    "not": ("not", 1),
    "half": ("half", 2),
    "or three": ("or", 3),
}


def sample_entity(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | EntityDifficulty = "find",
    version: int | None = None,
) -> EntitySpec:
    """Samples the spec of an entity function.

    Formulas that hardly any word of the vocabulary activates, or that can't be told from one of their parts, are drawn
    again; this is decided by embedding neurons, whatever the kind of the function.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), an `EntityDifficulty`, or a mapping
            of its attributes to values that replace FIND's.
        version: the version of the splits; by default the latest one.

    Raises:
        ValueError: the difficulty has next to no function of the split.

    Example:
        >>> import numpy as np
        >>> from find_gym.categories.entities.sampling import sample_entity
        >>> spec = sample_entity(np.random.default_rng(7), split="test")
        >>> spec.split, spec.category
        ('test', 'entities')
    """
    from find_gym.categories.entities.kernels.sampling import draw_function

    check_split(split)
    number = CATEGORY.check_version(version)
    level = EntityDifficulty.of(difficulty, number)
    shape, kind = choose(rng, level.shapes), choose(rng, level.kinds)
    biased = rng.random() < level.region_share
    names, splits = _splits(level.concepts)
    # In version 0 the split does not follow from the concepts.
    wanted = -1 if split is None or number == 0 else SPLITS.index(split)
    used = 1 if shape == "single" else _COMBINATIONS[shape][1]
    drawn, left = np.empty(6, dtype=np.int64), _ATTEMPTS
    while True:
        with rng.bit_generator.lock:
            left = draw_function(address_of(rng), splits, wanted, used, biased * len(FORMS), left, drawn)
        if left < 0:
            raise ValueError(f"expected a difficulty with functions in the split {split!r}, actual value: {level!r}")
        *places, form, is_more, seed = drawn.tolist()
        formula = _formula(shape, [names[place] for place in places])
        region = Region(tuple(FORMS)[form], BIAS if is_more else -BIAS) if biased else None
        if is_degenerate(formula, region):
            continue
        model = level.model if kind == "language_model" else ""
        spec = EntitySpec(formula, kind, region, model=model, seed=seed)  # type: ignore[arg-type]
        if wanted >= 0 or split is None or spec.split_in(number) == split:
            return spec


@cache
def _splits(names: tuple[str, ...] | None) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Returns concepts, all of them for None, and the numbers of their splits."""
    chosen = tuple(concepts()) if names is None else names
    return chosen, np.array([SPLITS.index(split_of_concept(name)) for name in chosen])


def _formula(shape: str, names: list[str]) -> Formula:
    """Returns the formula of a shape that combines as many of these concepts as it needs."""
    if shape == "single":
        return names[0]
    operator, count = _COMBINATIONS[shape]
    parts: list[Formula] = [*names[:count]]
    if shape == "and not":
        parts[1] = Combination("not", (parts[1],))
    return Combination(operator, tuple(parts))


@lru_cache(4096)
def is_degenerate(formula: Formula, region: Region | None = None) -> bool:
    """Whether hardly any word activates a formula, or all do, or it can't be told from one of its parts."""
    from find_gym.categories.entities.kernels.formulas import count_words

    known = _vocabulary_bank().known(EmbeddingNeuron(), formula, region)
    places, tested = _vocabulary_places()
    counts = np.array([tested, 0, 0, 0])
    bounds = np.array([ACTIVE, INACTIVE, _DIFFERENT])
    count_words(known.activations, known.in_region, known.code, known.bias, places, bounds, counts)
    active, tested_active, tested_inactive, told = counts.tolist()
    # Of the words that unit tests are made of, one has to activate it, and two have not to.
    are_testable = tested_active > 0 and tested_inactive >= 2
    return not (LEAST_WORDS <= active <= len(places) - LEAST_WORDS and are_testable and told >= LEAST_WORDS)


@cache
def _vocabulary_bank() -> WordBank:
    return WordBank(vocabulary())


@cache
def _vocabulary_places() -> tuple[NDArray[np.int64], int]:
    """Returns the places of the vocabulary, those of held-out words that some concept activates first, and how many."""
    words = {word for concept in active_words() for word in concept}
    is_tested = np.array([word in words for word in vocabulary()])
    return np.argsort(~is_tested, kind="stable").astype(np.int64), int(np.count_nonzero(is_tested))
