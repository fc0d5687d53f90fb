"""The `tokens` interface to relations: probes are words, a description is an exception and a relation."""

from __future__ import annotations

import string
from collections.abc import Hashable, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.relations.answers import UNDEFINED, canonical
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import ATTRIBUTES, Condition, conditions_of, words_that_meet
from find_gym.categories.relations.difficulty import RelationDifficulty
from find_gym.categories.relations.function import RelationSpec
from find_gym.categories.relations.probes import probe_words
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import Features, TokensInterface, unit_box

# Exceptions are written first, by their attribute; the relation completes the description.
TOKENS: tuple[str, ...] = (*(f"except {name}" for name in ATTRIBUTES), *RELATIONS)
MAX_EXCEPTIONS = 2
MAX_TOKENS = MAX_EXCEPTIONS + 1
# Characters of an answer that are shown.
LETTERS = 8

_FIRST_RELATION = len(ATTRIBUTES)
_CODES = {character: place + 1 for place, character in enumerate(string.ascii_lowercase + string.digits + " .")}


@cache
def _attributes_of(relation: str) -> frozenset[str]:
    """Returns the attributes of the conditions that can be exceptions to a relation."""
    return frozenset(condition.attribute for condition in conditions_of(relation))


class RelationDraft(Draft):
    """A description that is being written.

    Args:
        level: the difficulty; only what its distribution holds can be written. None allows everything.
    """

    def __init__(self, level: RelationDifficulty | None) -> None:
        super().__init__()
        shares = {MAX_EXCEPTIONS: 1.0} if level is None else level.exceptions
        self._most = min(max((count for count, share in shares.items() if share > 0), default=0), MAX_EXCEPTIONS)
        names = tuple(RELATIONS) if level is None else level.relations
        self._attributes = {name: _attributes_of(name) for name in names}

    @property
    def complete(self) -> bool:
        """Whether the relation has been written."""
        return bool(self.tokens) and self.tokens[-1] >= _FIRST_RELATION

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on."""
        return (self.complete, len(self.tokens), frozenset(self.tokens) if not self.complete else None)

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of shape `(len(TOKENS),)`; none once the description is complete."""
        mask = np.zeros(len(TOKENS), dtype=np.bool_)
        if self.complete:
            return mask
        attributes = tuple(ATTRIBUTES)
        written = {attributes[token] for token in self.tokens}
        fitting = [name for name, known in self._attributes.items() if written <= known]
        for place, name in enumerate(RELATIONS):
            mask[_FIRST_RELATION + place] = name in fitting
        if len(self.tokens) < self._most:
            for place, name in enumerate(attributes):
                mask[place] = any(name in self._attributes[relation] for relation in fitting)
        return mask

    def attributes(self) -> tuple[str, ...]:
        """Returns the attributes of the exceptions that were written."""
        return tuple(tuple(ATTRIBUTES)[token] for token in self.tokens if token < _FIRST_RELATION)

    def relation(self) -> str:
        """Returns the relation that was written."""
        return TOKENS[self.tokens[-1]]


class RelationTokens(TokensInterface):
    """The `tokens` interface to relations.

    Action `a` asks word `a` of the bank (`find_gym.categories.relations.probes`) if a < 314; otherwise it writes token
    `a - 314` of `TOKENS`: "except ..." for an exception by one of 27 attributes, then one of 56 relations, which
    submits the description. The value of the attribute (which continent, which letter) is estimated from the answers
    of the episode. An illegal action costs one input.

    The observation is a dict of float32 boxes, all in [0, 1]:

    - `asked` (314,): how often the word was asked, of four times;
    - `undefined` (314,): whether the answer was "undefined";
    - `answer` (2512,): the first eight characters of the answer, as places in the alphabet of letters and digits;
    - `written` (249,): the tokens written so far, one-hot by place (3 places);
    - `budget` (2,): the shares of the budget and of the steps that are left.

    Args:
        level: the difficulty, whose distribution the grammar is cut down to; None for users' functions.
    """

    extra_steps = 16

    def __init__(self, level: RelationDifficulty | None) -> None:
        self._level = level
        probes = probe_words()
        answers = {"undefined": unit_box(len(probes)), "answer": unit_box(len(probes) * LETTERS)}
        super().__init__(probes, TOKENS, MAX_TOKENS, answers)

    def new_draft(self) -> RelationDraft:
        """Returns an empty description."""
        return RelationDraft(self._level)

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the spec with those values of the exceptions that fit the evidence best."""
        assert isinstance(draft, RelationDraft)
        return fit_exceptions(draft.relation(), draft.attributes(), inputs, outputs)

    def encode(self, outputs: Sequence[str], probes: Sequence[int]) -> Features:
        """Encodes answers as features."""
        encoded = [encode_answer(output) for output in outputs]
        return {
            "undefined": np.array([[undefined] for undefined, _ in encoded], dtype=np.float64),
            "answer": np.array([letters for _, letters in encoded]),
        }


def encode_answer(output: str) -> tuple[bool, NDArray[np.float64]]:
    """Encodes an answer: whether it is undefined, and its first characters, shape `(8,)`."""
    letters = np.zeros(LETTERS)
    text = canonical(output)
    if text == UNDEFINED:
        return True, letters
    for place, character in enumerate(text[:LETTERS]):
        letters[place] = _CODES.get(character, len(_CODES) + 1) / (len(_CODES) + 1)
    return False, letters


def fit_exceptions(
    relation: str, attributes: tuple[str, ...], inputs: Sequence[Any], outputs: Sequence[Any]
) -> RelationSpec:
    """Estimates the values of exceptions from the answers of an episode.

    Chooses the values whose words were most often undefined while others were not; of equally good values, the one
    with the fewest words.

    Args:
        relation: the relation's name.
        attributes: the exceptions' attributes.
        inputs: the words asked.
        outputs: their answers.

    Returns:
        The spec of the relation with as many exceptions.
    """
    if not attributes:
        return RelationSpec(relation)
    entry = RELATIONS[relation]
    known = {
        name for name in map(entry.facts.find, inputs) if name is not None and entry.column in entry.facts.facts[name]
    }
    undefined = {
        name
        for word, output in zip(inputs, outputs, strict=True)
        if (name := entry.facts.find(word)) in known and canonical(output) == UNDEFINED
    }
    members = {
        condition: words_that_meet(relation, condition) & known
        for condition in conditions_of(relation)
        if condition.attribute in attributes
    }
    sizes = {condition: len(words_that_meet(relation, condition).intersection(entry.words)) for condition in members}

    def misfit(chosen: tuple[Condition, ...]) -> tuple[int, int]:
        claimed = set().union(*(members[condition] for condition in chosen))
        return len(claimed ^ undefined), sum(sizes[condition] for condition in chosen)

    options = [[condition for condition in members if condition.attribute == name] for name in attributes]
    chosen = min(product(*options), key=misfit, default=())
    return RelationSpec(relation, tuple(sorted(set(chosen), key=lambda c: (c.attribute, c.value))))


def words_of(spec: RelationSpec) -> list[str]:
    """Returns the names of the tokens that write a relation."""
    return [*(f"except {condition.attribute}" for condition in spec.exceptions), spec.relation]


def tokens_of(spec: RelationSpec) -> list[int]:
    """Returns the tokens that write a relation."""
    return [TOKENS.index(word) for word in words_of(spec)]
