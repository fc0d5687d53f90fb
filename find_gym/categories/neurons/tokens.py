"""The `tokens` interface to units: a fixed list of words to ask, and programs written token by token."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import place_of, probe_words
from find_gym.categories.neurons.function import top_words
from find_gym.categories.neurons.predicates import listed_predicates
from find_gym.categories.neurons.programs import LEVELS, MAX_CLAUSES, OPERATORS, Clause, NeuronProgram
from find_gym.core.episode import Episode
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import Features, TokensInterface, unit_box

LEVEL_NAMES = {1.0: "fully", 0.5: "half", 0.25: "little"}
END = "end"
# Each clause is an operator (but for the first), a level, a predicate; the last one needs no end.
MAX_TOKENS = 3 * MAX_CLAUSES - 1
TOKENS: tuple[str, ...] = (
    END,
    *OPERATORS,
    *LEVEL_NAMES.values(),
    *(predicate.name for predicate in listed_predicates()),
)
_FIRST_OPERATOR = 1
_FIRST_LEVEL = _FIRST_OPERATOR + len(OPERATORS)
_FIRST_PREDICATE = _FIRST_LEVEL + len(LEVELS)
EXEMPLAR_PROBES = 5


class NeuronDraft(Draft):
    """A program that is being written: level and predicate, then operator, level and predicate, or the end."""

    @property
    def complete(self) -> bool:
        """Whether the program ended."""
        return len(self.tokens) == MAX_TOKENS or self.tokens[-1:] == [0]

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on, but for the predicates that have been written."""
        return (len(self.tokens), self.complete)

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of the tokens' number; none once the program ended."""
        mask = self.allowed()
        mask[[token for token in self.tokens if token >= _FIRST_PREDICATE]] = False
        return mask

    def allowed(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next if no predicate had been written yet."""
        mask = np.zeros(len(TOKENS), dtype=np.bool_)
        if self.complete:
            return mask
        turn = len(self.tokens) % 3
        if turn == 0:
            mask[_FIRST_LEVEL:_FIRST_PREDICATE] = True
        elif turn == 1:
            mask[_FIRST_PREDICATE:] = True
        else:
            mask[:_FIRST_LEVEL] = True
        return mask

    def program(self) -> NeuronProgram:
        """Returns the program.

        Raises:
            ValueError: it did not end.
        """
        if not self.complete:
            raise ValueError(f"expected a complete program, actual: {[TOKENS[token] for token in self.tokens]}")
        written = [_FIRST_OPERATOR, *self.tokens]
        return NeuronProgram(
            tuple(
                Clause(
                    OPERATORS[operator - _FIRST_OPERATOR],
                    listed_predicates()[predicate - _FIRST_PREDICATE],
                    LEVELS[level - _FIRST_LEVEL],
                )
                for operator, level, predicate in zip(*[iter(written)] * 3, strict=False)
            )
        )


def words_of(program: NeuronProgram) -> list[str]:
    """Returns the names of the tokens that write a program.

    Example:
        >>> words_of(NeuronProgram.of(("or", "near", "golf"), ("except", "digit", "")))
        ['fully', 'near golf', 'except', 'fully', 'digit', 'end']
    """
    words = [
        word
        for clause in program.clauses
        for word in (clause.operator, LEVEL_NAMES[clause.level], clause.predicate.name)
    ][1:]
    return words if len(words) == MAX_TOKENS else [*words, END]


@cache
def _places() -> dict[str, int]:
    return {name: place for place, name in enumerate(TOKENS)}


def tokens_of(program: NeuronProgram) -> list[int]:
    """Returns the tokens that write a program.

    Raises:
        KeyError: a predicate of it has no token.
    """
    return [_places()[word] for word in words_of(program)]


class NeuronTokens(TokensInterface):
    """The `tokens` interface to units.

    The probes are 256 words of the bank, one for each concept and others beside them; no score is computed on them.
    Action `a` asks probe `a`; the actions above write the tokens of a program: a level ("fully", "half", "little") and
    a predicate ("near golf", "begins d", "digit"), then "end", or an operator ("or", "and", "except"), a level and a
    predicate, up to three of them. A complete program submits itself. An illegal action costs one input.

    The observation is a dict of float32 boxes in [0, 1], one entry for each of the 256 probes where it says 256:

    - `asked` (256,): how often the probe was asked, of four times;
    - `activation` (256,): its output; 0 before it is asked;
    - `exemplar` (256,): whether the probe is one of the five that activate the unit most; only with `exemplars=True`;
    - `written` (8 places times the number of tokens): the tokens written so far, one-hot by place;
    - `budget` (2,): the shares of the budget and of the steps that are left.

    Args:
        exemplars: whether the observation has words to start from.
    """

    extra_steps = 2 * MAX_TOKENS

    def __init__(self, exemplars: bool = False) -> None:
        probes = probe_words()
        answers = {"activation": unit_box(len(probes))}
        if exemplars:
            answers["exemplar"] = unit_box(len(probes))
        self._with_exemplars = exemplars
        self._exemplar = np.zeros(len(probes))
        super().__init__(probes, TOKENS, MAX_TOKENS, answers)
        self.once = _FIRST_PREDICATE
        self._forget()

    def begin(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Starts an episode and returns its first observation."""
        if self._with_exemplars:
            self._exemplar = exemplar_probes(episode.function.bank_outputs())
        return super().begin(episode)

    def exemplars(self, episode: Episode) -> list[str]:
        """Returns the words to start from."""
        return [probe for probe, chosen in zip(self.probes, self._exemplar, strict=True) if chosen]

    def new_draft(self) -> NeuronDraft:
        """Returns an empty description."""
        return NeuronDraft()

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> NeuronProgram:
        """Returns the program; there are no constants to estimate."""
        assert isinstance(draft, NeuronDraft)
        return draft.program()

    def _forget(self) -> None:
        self._activation = np.zeros(len(self.probes))

    def _record(self, probe: int, output: Any) -> None:
        self._activation[probe] = output

    def _answers(self) -> Features:
        features = {"activation": self._activation.copy()}
        if self._with_exemplars:
            features["exemplar"] = self._exemplar.copy()
        return features


@cache
def probe_places() -> NDArray[np.intp]:
    """Returns the places of the probes in the bank."""
    return np.array([place_of(word) for word in probe_words()], dtype=np.intp)


def exemplar_probes(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns which probes are words to start from, 0 or 1, float64 of shape `(256,)`."""
    chosen = set(top_words(outputs, probe_places(), EXEMPLAR_PROBES))
    return np.array([float(probe in chosen) for probe in probe_words()])
