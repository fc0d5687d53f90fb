"""Unit tests of entity functions: the held-out words that they are made of, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.banks import held_out_bank
from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.exemplars import active_words
from find_gym.categories.entities.formulas import Combination, Formula, concepts_of
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntityBlackBox, EntityFunction, EntitySpec
from find_gym.categories.entities.neurons import NeuronKind, load_neuron
from find_gym.categories.entities.regions import Region
from find_gym.core.arrays import loop_array
from find_gym.core.draws import Loop, SeededBits, draw_in_loop
from find_gym.judges.embedding import VocabularyJudge
from find_gym.judges.protocol import Execution, Judge
from find_gym.judges.unit_tests import MARGIN, OPTIONS, DrawnTests, UnitTest, replace_untold

FloatArray = NDArray[np.float64]
DrawBits: TypeAlias = Callable[[int, Loop], None]

TESTS = 60
# Words on which rank correlations are computed.
RANKED_WORDS = 128
# How often a test is drawn again that the truth fails by the shipped vectors (which tell half at least), and how often
# those are that it fails by another judge, which has to be asked.
_ATTEMPTS = 40
ROUNDS = 2
# Words of random bits that all tests of a function and the words to be ranked take, as a rule.
_MOST_BITS = 4096
# 172 concepts, and some combinations; about 180 kB each.
_KEPT = 256


def source_of(function: EntityBlackBox) -> tuple[UnitTestSource, DrawBits]:
    """Returns what unit tests of a function are drawn from: all held-out words, or some of them for a slow neuron.

    Args:
        function: the function. Its identity seeds a generator, which draws the words for a language model.

    Returns:
        The source, and what lets it draw from that generator.
    """
    bank, spec = held_out_bank(), getattr(function, "spec", None)
    entropy = np.frombuffer(function.identity(), dtype=np.uint32).copy()
    if isinstance(spec, EntitySpec) and spec.kind == "language_model":
        rng = np.random.default_rng(entropy)
        words = _near_concepts(spec.formula, list(bank.words), rng)
        return UnitTestSource(function, words, function.truth(words)), partial(draw_in_loop, rng)
    draw_bits = SeededBits(entropy).draw
    if bank.knows(function) and isinstance(function, EntityFunction):
        spec = function.spec
        if function.neuron is load_neuron(spec.kind, spec.model):
            return _kept_source(spec.formula, spec.kind, spec.region), draw_bits
    return UnitTestSource(function, bank.words, bank.truth(function)), draw_bits


@lru_cache(maxsize=_KEPT)
def _kept_source(formula: Formula, kind: NeuronKind, region: Region | None) -> UnitTestSource:
    function = EntityFunction(EntitySpec(formula, kind, region))
    return UnitTestSource(function, held_out_bank().words, held_out_bank().truth(function))


def _near_concepts(formula: Formula, words: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Returns the members of a formula's concepts and as many other words, so that a language model is asked little."""
    names = [name for name in concepts_of(formula) if name in concepts()]
    members = {member for name in names for member in concepts()[name].members}
    own = [word for word in words if word in members]
    others = [word for word in words if word not in members]
    return own + [others[place] for place in rng.choice(len(others), 2 * RANKED_WORDS, replace=False)]


class Drawn(NamedTuple):
    """What is drawn to judge descriptions by.

    Attributes:
        turns: the part of an OR whose word each test has, int64 of shape `(n,)`.
        tests: the tests.
        ranked: the places of the words to be ranked.
        places: those of the options of all tests, and of the words to be ranked.
    """

    turns: NDArray[np.int64]
    tests: DrawnTests
    ranked: NDArray[np.int64]
    places: NDArray[np.int64]


class UnitTestSource:
    """Draws unit tests of a function: a word that activates it, and two that activate other concepts instead.

    What is drawn depends on the generator alone, so functions that differ in their seeds share one; see `source_of`.

    Args:
        function: the function.
        words: held-out words.
        truth: their activations, shape `(n,)`; other words are not drawn.

    Attributes:
        words: the words.
        truth: their activations.
        counts: how many of the tests have a word of each part of an OR; all of them of one part for other formulas.

    Raises:
        ValueError: no word activates the function, or all do.
    """

    def __init__(self, function: EntityBlackBox, words: Sequence[str], truth: FloatArray) -> None:
        self.words, self.truth = words, loop_array(truth, len(words))
        bank = held_out_bank()
        if words is bank.words:
            own, self._others, self._other_starts, silent, different = _sorted_words(self.truth)
        else:
            among = bank.places_of(words)
            assert among is not None  # they are chosen from the bank
            # Between activating the function and not, so that no other word is drawn.
            activations = np.full(len(bank.words), (ACTIVE + INACTIVE) / 2)
            activations[among] = self.truth
            _, self._others, self._other_starts, silent, different = _sorted_words(activations)
            own = among[np.flatnonzero(self.truth >= ACTIVE)]
        if len(own) == 0 or silent < 2:
            raise ValueError(f"expected a function that some words activate and others do not, actual: {len(own)} do")
        if different == 0:
            raise ValueError(
                f"expected words that do not activate the function, actual: {np.unique(self._others).size}"
            )
        # The parts of an OR take turns, so that each counts alike.
        self._own, self._own_starts = _divided(own, _parts_of(function))
        self._turns = np.resize(np.diff(self._own_starts).nonzero()[0], TESTS)
        self.counts: list[int] = np.bincount(self._turns).tolist()
        self._description = function.describe()
        self._rating = VocabularyJudge().rank_held_out(self._description).copy()

    def draw(self, draw_bits: DrawBits) -> Drawn:
        """Draws all tests, and the words to be ranked: half activate the function, as far as there are enough."""
        from find_gym.categories.entities.kernels.drawing import draw_ranked

        active, tested = len(self._own), TESTS * OPTIONS
        half = min(RANKED_WORDS // 2, active)
        rest = min(RANKED_WORDS - half, len(self.truth) - active)
        places = np.empty(tested + half + rest, dtype=np.int64)
        tests, draw_tests = self._tests(self._turns, places[:tested].reshape(TESTS, OPTIONS))
        ranked = places[tested:]

        def loop(words: NDArray[np.uint64], cursor: NDArray[np.int64]) -> None:
            draw_tests(words, cursor)
            draw_ranked(words, cursor, self.truth, ACTIVE, half, ranked)

        draw_bits(_MOST_BITS, loop)
        return Drawn(self._turns, tests, ranked, places)

    def replace(
        self, rng: np.random.Generator, turns: NDArray[np.int64], tests: Sequence[UnitTest], judge: Judge
    ) -> list[UnitTest]:
        """Draws tests again that a judge fails with the true description."""

        def draw(failed: list[int]) -> list[UnitTest]:
            tests, loop = self._tests(turns[failed], np.empty((len(failed), OPTIONS), dtype=np.int64))
            draw_in_loop(rng, _MOST_BITS, loop)
            return list(tests)

        return replace_untold(tests, judge, self._description, draw, ROUNDS)

    def _tests(self, turns: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[DrawnTests, Loop]:
        """Returns tests, and what draws them so that the shipped vectors tell them by the true description, if any."""
        from find_gym.categories.entities.kernels.drawing import draw_tests

        correct = np.empty(turns.size, dtype=np.int64)
        fixed = (turns, self._own, self._own_starts, self._others, self._other_starts, self._rating, MARGIN, _ATTEMPTS)
        tests = DrawnTests(_executions, places, correct)
        return tests, lambda words, cursor: draw_tests(words, cursor, *fixed, places, correct)


@cache
def _executions() -> list[Execution]:
    """Returns the executions of held-out words."""
    return [Execution(word) for word in held_out_bank().words]


def _sorted_words(
    activations: FloatArray,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int, int]:
    """Sorts held-out words by their activations.

    Returns:
        The places of those that activate the function; those that activate other concepts and not the function, one
        concept after the other; where each concept begins among these, and where the last one ends; how many words do
        not activate the function; and how many of the second differ from the first one of them.
    """
    from find_gym.categories.entities.kernels.sorting import sort_words

    places, starts = _active_places()
    own, others = np.empty(len(activations), dtype=np.int64), np.empty(len(places), dtype=np.int64)
    other_starts, sizes = np.empty(len(starts), dtype=np.int64), np.empty(5, dtype=np.int64)
    sort_words(activations, ACTIVE, INACTIVE, places, starts, own, others, other_starts, sizes)
    count, other_count, concept_count, silent, different = sizes.tolist()
    return own[:count].copy(), others[:other_count].copy(), other_starts[: concept_count + 1].copy(), silent, different


def _divided(places: NDArray[np.int64], parts: Sequence[EntityFunction]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divides words among the parts of an OR that they activate most.

    Returns:
        Their places, one part after the other; and where each part begins, and where the last one ends.
    """
    if not parts:
        return places, np.array([0, len(places)])
    from find_gym.categories.entities.kernels.sorting import divide_words

    activations = np.array([held_out_bank().truth(part, places) for part in parts])
    divided, starts = np.empty_like(places), np.empty(len(parts) + 1, dtype=np.int64)
    divide_words(activations, places, divided, starts)
    return divided, starts


@cache
def _active_places() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the places of the words that activate each concept, one concept after the other, and where each begins.

    The last of the beginnings is the end.
    """
    rows = active_words()
    places = held_out_bank().places_of([word for row in rows for word in row])
    assert places is not None  # they are among the words that scores are computed on
    return places.astype(np.int64), np.cumsum([0, *map(len, rows)], dtype=np.int64)


def _parts_of(function: EntityBlackBox) -> list[EntityFunction]:
    """Returns the parts of an OR; none for other formulas."""
    spec = getattr(function, "spec", None)
    if not isinstance(spec, EntitySpec) or not isinstance(spec.formula, Combination) or spec.formula.operator != "or":
        return []
    return [EntityFunction(EntitySpec(part, spec.kind, model=spec.model)) for part in spec.formula.parts]
