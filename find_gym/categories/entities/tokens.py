"""The `tokens` interface to entity functions: a bank of words, and a grammar over concepts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.difficulty import EntityDifficulty
from find_gym.categories.entities.exemplars import draw_exemplars, probe_words
from find_gym.categories.entities.formulas import OPERATORS, Combination, Formula, OperatorName
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.entities.regions import BIAS, FORMS, Region
from find_gym.core.episode import Episode
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import Features, TokensInterface, unit_box

MAX_TOKENS = 8
_REGIONS = {
    f"{word} if {form}": Region(form, bias) for word, bias in (("more", BIAS), ("less", -BIAS)) for form in FORMS
}
TOKENS: tuple[str, ...] = (*_REGIONS, *OPERATORS, *concepts())
_FIRST_OPERATOR = len(_REGIONS)
_FIRST_CONCEPT = _FIRST_OPERATOR + len(OPERATORS)
# The operators that each shape of formula needs, and its number of concepts.
_NEEDS: dict[str, tuple[tuple[OperatorName, ...], int]] = {
    "single": ((), 1),
    "or": (("or",), 2),
    "and": (("and",), 2),
    "and not": (("and", "not"), 2),
    "not": (("not",), 1),
    "half": (("half",), 2),
    "or three": (("or",), 3),
}


class EntityDraft(Draft):
    """A description that is being written: a biased region or none, then a formula in prefix order.

    Args:
        level: the difficulty; only the operators of its formulas can be written. None allows everything.
    """

    def __init__(self, level: EntityDifficulty | None) -> None:
        super().__init__()
        self._open = 1
        self._leaves = 0
        shapes = [shape for shape, share in level.shapes.items() if share > 0] if level else list(_NEEDS)
        operators = {operator for shape in shapes for operator in _NEEDS[shape][0]}
        self._operators = np.array([operator in operators for operator in OPERATORS])
        self._max_leaves = max(_NEEDS[shape][1] for shape in shapes)
        self._regions = level is None or level.region_share > 0
        names = None if level is None else level.concepts
        self._concepts = np.array([names is None or name in names for name in concepts()])

    @property
    def complete(self) -> bool:
        """Whether the formula is complete."""
        return self._open == 0

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on, but for the concepts that have been written."""
        last = TOKENS[self.tokens[-1]] if self.tokens else ""
        return (len(self.tokens), self._open, self._leaves, last == "not")

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of the tokens' number; none once the formula is complete."""
        mask = self.allowed()
        mask[[token for token in self.tokens if token >= _FIRST_CONCEPT]] = False
        return mask

    def allowed(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next if no concept had been written yet."""
        mask = np.zeros(len(TOKENS), dtype=np.bool_)
        if self.complete:
            return mask
        room = MAX_TOKENS - len(self.tokens)
        mask[:_FIRST_OPERATOR] = self._regions and not self.tokens
        operators = self._operators & (room > self._open + 1)
        last = TOKENS[self.tokens[-1]] if self.tokens else ""
        for place, operator in enumerate(OPERATORS):
            if operator == "not":
                operators[place] &= last != "not" and room > self._open
            elif self._leaves + self._open >= self._max_leaves:
                operators[place] = False
        mask[_FIRST_OPERATOR:_FIRST_CONCEPT] = operators
        mask[_FIRST_CONCEPT:] = self._concepts
        return mask

    def _note(self, token: int) -> None:
        if token >= _FIRST_CONCEPT:
            self._open -= 1
            self._leaves += 1
        elif token >= _FIRST_OPERATOR and TOKENS[token] != "not":
            self._open += 1

    def region(self) -> Region | None:
        """Returns the biased region that was written, if any."""
        return _REGIONS[TOKENS[self.tokens[0]]] if self.tokens and self.tokens[0] < _FIRST_OPERATOR else None

    def formula(self) -> Formula:
        """Returns the formula.

        Raises:
            ValueError: the formula is not complete.
        """
        if not self.complete:
            raise ValueError(f"expected a complete formula, actual: {[TOKENS[token] for token in self.tokens]}")
        return _read(iter(token for token in self.tokens if token >= _FIRST_OPERATOR))


def _read(remaining: Iterator[int]) -> Formula:
    token = next(remaining)
    if token >= _FIRST_CONCEPT:
        return TOKENS[token]
    operator = OPERATORS[token - _FIRST_OPERATOR]
    parts = [_read(remaining) for _ in range(1 if operator == "not" else 2)]
    if operator in ("or", "and"):
        # What is nested in the same operator is one combination of more parts.
        parts = [part for nested in parts for part in _parts_within(nested, operator)]
    return Combination(operator, tuple(parts))


def _parts_within(formula: Formula, operator: OperatorName) -> tuple[Formula, ...]:
    if isinstance(formula, Combination) and formula.operator == operator:
        return formula.parts
    return (formula,)


def words_of(formula: Formula, region: Region | None = None) -> list[str]:
    """Returns the names of the tokens that write a formula; more than two parts are nested to the left."""
    return [*_region_words(region), *_words(formula)]


def tokens_of(formula: Formula, region: Region | None = None) -> list[int]:
    """Returns the tokens that write a formula."""
    return [TOKENS.index(word) for word in words_of(formula, region)]


def _region_words(region: Region | None) -> list[str]:
    return [] if region is None else [next(word for word, known in _REGIONS.items() if known == region)]


def _words(formula: Formula) -> list[str]:
    if isinstance(formula, str):
        return [formula]
    words = _words(formula.parts[0])
    if formula.operator == "not":
        return ["not", *words]
    for part in formula.parts[1:]:
        words = [formula.operator, *words, *_words(part)]
    return words


class EntityTokens(TokensInterface):
    """The `tokens` interface to entity functions.

    The probes are words, the most specific member of each concept of the inventory. Action `a` asks probe
    `a`; the actions above write tokens of a formula in prefix order: "more if ..." and "less if ..." (a biased region,
    at higher difficulty), "or", "and", "not", "half", and the names of all concepts. A complete formula submits itself.
    An illegal action costs one input.

    The observation is a dict of float32 boxes in [0, 1], one entry for each of the 172 probes where it says 172:

    - `asked` (172,): how often the probe was asked, of four times;
    - `activation` (172,): its activation; 0 before it is asked;
    - `exemplar` (172,): whether the probe is a word to start from; only with `exemplars=True`;
    - `written` (1504,): the tokens written so far, one-hot by place (8 places, 188 tokens);
    - `budget` (2,): the shares of the budget and of the steps that are left.

    Args:
        level: the difficulty, whose formulas the grammar is cut down to; None for users' functions.
        exemplars: whether the observation has words to start from.
    """

    extra_steps = 2 * MAX_TOKENS

    def __init__(self, level: EntityDifficulty | None, exemplars: bool = False) -> None:
        self._level = level
        probes = probe_words()
        answers = {"activation": unit_box(len(probes))}
        if exemplars:
            answers["exemplar"] = unit_box(len(probes))
        self._with_exemplars = exemplars
        self._exemplar = np.zeros(len(probes))
        super().__init__(probes, TOKENS, MAX_TOKENS, answers)
        self.once = _FIRST_CONCEPT

    def begin(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Starts an episode and returns its first observation."""
        if self._with_exemplars:
            chosen = set(draw_exemplars(episode.function, tuple(self.probes)))
            self._exemplar = np.array([float(probe in chosen) for probe in self.probes])
        return super().begin(episode)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        return [probe for probe, chosen in zip(self.probes, self._exemplar, strict=True) if chosen]

    def new_draft(self) -> EntityDraft:
        """Returns an empty description."""
        return EntityDraft(self._level)

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> EntitySpec:
        """Returns the spec of the formula; there are no constants to estimate."""
        assert isinstance(draft, EntityDraft)
        return EntitySpec(draft.formula(), region=draft.region())

    def encode(self, outputs: Sequence[float], probes: Sequence[int]) -> Features:
        """Encodes answers as features."""
        return {"activation": np.array(outputs)[:, None]}

    def _answers(self) -> Features:
        return super()._answers() | ({"exemplar": self._exemplar} if self._with_exemplars else {})
