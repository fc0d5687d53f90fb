"""The `tokens` interface to numeric functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.fitting import Effort, Problem, fit_skeletons
from find_gym.categories.numeric.gaps import SLOTS, Gaps, gap_feature
from find_gym.categories.numeric.grammar import MAX_TOKENS, NumericDraft, vocabulary
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.core.moves import ILLEGAL_CHARGE, Move, Query, Refuse
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.features import log_magnitude, relative, squash
from find_gym.interfaces.tokens import Features, TokensInterface, unit_box

FloatArray = NDArray[np.float64]


class NumericTokens(TokensInterface):
    """The `tokens` interface to numeric functions.

    Action `a` asks probe `a` if a < 65; otherwise it writes token `a - 65` of
    `find_gym.categories.numeric.grammar.TOKENS`, which has 27; a difficulty that names other atoms has a token more for
    each. A complete expression submits itself, its constants fitted to the evidence of the episode. An illegal action
    costs one input.

    The observation is a dict of float32 boxes, one entry for each probe where it says 65:

    - `asked` (65,), in [0, 1]: how often the probe was asked, of four times;
    - `answer` (65,), in [-1, 1]: asinh of the mean answer, scaled;
    - `relative` (65,), in [-1, 1]: the mean answer over the largest magnitude of the episode;
    - `magnitude` (65,), in [0, 1]: logarithm of the mean answer's magnitude, scaled;
    - `spread` (65,), in [0, 1]: asinh of the range of the answers to the same probe, scaled; not 0 only for noise;
    - `undefined` (65,), in [0, 1]: whether the function was undefined there;
    - `written` (270,), in [0, 1]: the tokens written so far, one-hot by place (10 places, 27 tokens or more);
    - `budget` (2,), in [0, 1]: the shares of the budget and of the steps that are left.

    Args:
        level: the difficulty, whose distribution the grammar is cut down to; None for users' functions.
        effort: how hard constants are looked for; see `find_gym.categories.numeric.fitting.fit_skeletons`.

    Attributes:
        effort: the argument.
        slots: how many inputs beside the bank an episode can ask.
        boxes: the features of the answers, each with the least value it can have.
    """

    extra_steps = 2 * MAX_TOKENS
    slots = 0
    boxes: Mapping[str, float] = {"answer": -1.0, "relative": -1.0, "magnitude": 0.0, "spread": 0.0, "undefined": 0.0}

    def __init__(self, level: NumericDifficulty | None, effort: Effort = "full") -> None:
        self._level = level
        self.effort: Effort = effort
        probes = numeric_probes().tolist()
        answers = {name: unit_box(len(probes) + self.slots, low) for name, low in self.boxes.items()}
        super().__init__(probes, vocabulary(level), MAX_TOKENS, answers, self.slots)

    def new_draft(self) -> NumericDraft:
        """Returns an empty description."""
        return NumericDraft(self._level)

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the spec that fits the evidence best, or None."""
        assert isinstance(draft, NumericDraft)
        return fit_skeletons([self.problem(draft, inputs, outputs)], effort=self.effort)[0]

    def problem(self, draft: NumericDraft, inputs: ArrayLike, outputs: ArrayLike) -> Problem:
        """Returns what is to be fitted."""
        return Problem(draft.skeleton(), draft.regions(), inputs, outputs)

    def _forget(self) -> None:
        count = self.places
        self._undefined = np.zeros(count)
        self._sum = np.zeros(count)
        self._low = np.full(count, np.inf)
        self._high = np.full(count, -np.inf)

    def _record(self, probe: int, output: Any) -> None:
        if not np.isfinite(output):
            self._undefined[probe] += 1
            return
        self._sum[probe] += output
        self._low[probe] = min(self._low[probe], output)
        self._high[probe] = max(self._high[probe], output)

    def _answers(self) -> Features:
        return encode(self._sum, self._asked - self._undefined, self._high - self._low, self._undefined)


class ZoomTokens(NumericTokens):
    """The `tokens` interface of version 1: queries of the bank, and queries that halve a gap between asked inputs.

    A *place* is one of the 65 probes of the bank or one of 32 slots, in which the inputs of halved gaps are kept, in
    the order in which they are asked. The gap of a place goes from its input to the next smaller input that was asked.

    - Actions 0 to 64 ask the probes of the bank, which are sorted.
    - Action 65 + i asks the middle of the gap of place i, for i from 0 to 96; the answer is kept in the first free
      slot. That halves the gap, so a bisection repeats the action of one end (which goes on in the right half), or
      takes that of the slot just filled (the left half). It is legal if the place was asked, a smaller input was asked,
      both are at least 1/512 apart, and a slot is free; otherwise it costs one input.
    - The others write the description, as in `NumericTokens`.

    The observation is that of `NumericTokens`, with 97 places where it has 65 probes, and two more entries:

    - `x` (97,), in [-1, 1]: the input of each place, over 128; 0 for a slot that is free;
    - `gap` (97,), in [0, 1]: how often the gap of the place can be halved, of 18 times (a real number); 0 where it
      can't be.
    """

    slots = SLOTS
    boxes = {**NumericTokens.boxes, "x": -1.0, "gap": 0.0}

    def question(self, query: int) -> Move:
        """Returns the move of a query that the budget allows; its source is the place of the input."""
        if query < len(self.probes):
            return super().question(query)
        place = query - len(self.probes)
        if not self._gaps.open()[0, place]:
            reason = f"expected a gap that can be halved, actual: {self.name_of(query)}, which can't"
            return Refuse(reason, charge=ILLEGAL_CHARGE)
        env, places = np.zeros(1, dtype=np.int64), np.array([place])
        return Query(tuple(self._gaps.middles(env, places).tolist()), source=int(self._gaps.free[0]))

    def askable(self) -> NDArray[np.bool_]:
        """Returns which queries are legal as far as the budget allows any, bool of shape `(queries,)`."""
        return np.concatenate([np.ones(len(self.probes), dtype=np.bool_), self._gaps.open()[0]])

    def legal_queries(self, observation: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
        """Returns the legal queries as observations tell them; see `TokensInterface.legal_queries`."""
        legal = super().legal_queries(observation)
        # Slots are filled in their order.
        legal[..., len(self.probes) :] &= (observation["gap"] > 0) & (observation["asked"][..., -1:] == 0)
        return legal

    def name_of(self, query: int) -> str:
        """Returns a short name of a query."""
        place = query - len(self.probes)
        if place < 0:
            return super().name_of(query)
        slot = place - len(self.probes)
        return f"gap of {super().name_of(place) if slot < 0 else f'slot {slot}'}"

    def _forget(self) -> None:
        super()._forget()
        self._gaps = Gaps(1, np.array(self.probes))

    def _note(self, place: int, value: Any, output: Any) -> None:
        self._gaps.add(np.zeros(1, dtype=np.int64), np.array([place]), np.array([value]))
        super()._note(place, value, output)

    def _answers(self) -> Features:
        return super()._answers() | {"x": self._gaps.scaled()[0], "gap": gap_feature(self._gaps.width[0])}


def encode(total: FloatArray, counts: FloatArray, spread: FloatArray, undefined: FloatArray) -> Features:
    """Encodes the answers to the probes of one episode, or of many, as features.

    Args:
        total: the sum of the defined answers to each probe, shape `(..., probes)`.
        counts: how many they are.
        spread: the distance of the least and the greatest of them; of no account where there are none.
        undefined: how many answers were undefined.

    Returns:
        The features of `NumericTokens` that encode answers, float64 of the same shape.
    """
    answered = counts > 0
    mean = np.divide(total, counts, out=np.zeros_like(total), where=answered)
    return {
        "answer": squash(mean),
        "relative": relative(mean),
        "magnitude": np.where(answered, log_magnitude(mean), 0.0),
        "spread": squash(np.where(answered, spread, 0.0)),
        "undefined": (undefined > 0).astype(np.float64),
    }
