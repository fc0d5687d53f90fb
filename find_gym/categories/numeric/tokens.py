"""The `tokens` interface to numeric functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.fitting import Effort, Problem, fit_skeletons
from find_gym.categories.numeric.grammar import MAX_TOKENS, NumericDraft, vocabulary
from find_gym.categories.numeric.probes import numeric_probes
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
    """

    extra_steps = 2 * MAX_TOKENS

    def __init__(self, level: NumericDifficulty | None, effort: Effort = "full") -> None:
        self._level = level
        self.effort: Effort = effort
        probes = numeric_probes().tolist()
        count = len(probes)
        answers = {
            "answer": unit_box(count, -1.0),
            "relative": unit_box(count, -1.0),
            "magnitude": unit_box(count),
            "spread": unit_box(count),
            "undefined": unit_box(count),
        }
        super().__init__(probes, vocabulary(level), MAX_TOKENS, answers)
        self._forget()

    def new_draft(self) -> NumericDraft:
        """Returns an empty description."""
        return NumericDraft(self._level)

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the spec that fits the evidence best, or None."""
        assert isinstance(draft, NumericDraft)
        return fit_skeletons([self.problem(draft, inputs, outputs)], effort=self.effort)[0]

    def problem(self, draft: NumericDraft, inputs: Sequence[float], outputs: Sequence[float]) -> Problem:
        """Returns what is to be fitted."""
        return Problem(draft.skeleton(), draft.regions(), np.array(inputs), np.array(outputs))

    def _forget(self) -> None:
        count = len(self.probes)
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
