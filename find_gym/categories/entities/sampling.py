"""Sampling: from a generator to the spec of a fresh entity function."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities import formulas
from find_gym.categories.entities.category import CATEGORY
from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.difficulty import EntityDifficulty
from find_gym.categories.entities.exemplars import active_words
from find_gym.categories.entities.formulas import Combination, Formula, OperatorName
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntitySpec
from find_gym.categories.entities.regions import BIAS, FORMS, Region
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.core.draws import choose
from find_gym.core.splits import check_split

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
    check_split(split)
    number = CATEGORY.check_version(version)
    level = EntityDifficulty.of(difficulty, number)
    shape, kind = choose(rng, level.shapes), choose(rng, level.kinds)
    biased = rng.random() < level.region_share
    names = tuple(concepts()) if level.concepts is None else level.concepts
    for _ in range(_ATTEMPTS):
        formula = _draw_formula(rng, shape, names)
        region = _draw_region(rng) if biased else None
        spec = EntitySpec(
            formula,
            kind,  # type: ignore[arg-type]
            region,
            model=level.model if kind == "language_model" else "",
            seed=int(rng.integers(2**63)),
        )
        if (split is None or spec.split_in(number) == split) and not is_degenerate(formula, region):
            return spec
    raise ValueError(f"expected a difficulty with functions in the split {split!r}, actual value: {level!r}")


def _draw_formula(rng: np.random.Generator, shape: str, names: tuple[str, ...]) -> Formula:
    drawn: list[Formula] = [names[place] for place in _draw_places(rng, len(names))]
    if shape == "single":
        return drawn[0]
    if shape == "and not":
        drawn[1] = Combination("not", (drawn[1],))
    operator, count = _COMBINATIONS[shape]
    return Combination(operator, tuple(drawn[:count]))


def _draw_places(rng: np.random.Generator, count: int) -> list[int]:
    places: list[int] = []
    while len(places) < 3:
        place = int(rng.integers(count))
        if place not in places:
            places.append(place)
    return places


def _draw_region(rng: np.random.Generator) -> Region:
    forms = tuple(FORMS)
    form = forms[int(rng.integers(len(forms)))]
    return Region(form, BIAS if rng.random() < 0.5 else -BIAS)


@lru_cache(4096)
def is_degenerate(formula: Formula, region: Region | None = None) -> bool:
    """Whether hardly any word activates a formula, or all do, or it can't be told from one of its parts."""
    activations = _activations_by_concept()

    def values(part: Formula) -> NDArray[np.float64]:
        return formulas.evaluate(part, activations.__getitem__)

    whole = values(formula)
    rivals = [values(part) for part in formulas.simpler(formula)]
    if region is not None:
        rivals.append(whole)
        whole = np.clip(whole + region.bias * region.contains(vocabulary()), 0, 1)
    active = np.count_nonzero(whole >= ACTIVE)
    if not LEAST_WORDS <= active <= len(whole) - LEAST_WORDS:
        return True
    # Of the words that unit tests are made of, one has to activate it, and two have not to.
    tested = whole[_tested()]
    if not np.any(tested >= ACTIVE) or np.count_nonzero(tested < INACTIVE) < 2:
        return True
    return any(np.count_nonzero(np.abs(whole - rival) > _DIFFERENT) < LEAST_WORDS for rival in rivals)


@cache
def _activations_by_concept() -> dict[str, NDArray[np.float64]]:
    """Returns the activations of the vocabulary by each concept, float64 of shape `(words,)`."""
    return dict(zip(concepts(), np.ascontiguousarray(entity_vectors().vocabulary_activations().T), strict=True))


@cache
def _tested() -> NDArray[np.intp]:
    """Returns the places in the vocabulary of the held-out words that some concept activates."""
    words = {word for concept in active_words() for word in concept}
    return np.flatnonzero([word in words for word in vocabulary()])
