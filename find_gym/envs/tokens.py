"""The `tokens` interface: a fixed bank of probes, and a description written token by token."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from find_gym.envs.episode import Episode, Move, Query, Refuse, Submit, Write
from find_gym.envs.features import log_magnitude, relative, squash
from find_gym.envs.grammar import MAX_TOKENS, TOKENS, Draft
from find_gym.envs.probes import numeric_probes
from find_gym.functions import NumericDifficulty
from find_gym.scoring import Submission
from find_gym.scoring.fitting import fit_skeleton

# So many questions to one probe fill its "asked" feature.
_FULLY_ASKED = 4


class TokensInterface:
    """Queries are probes of a fixed bank, descriptions are expressions in prefix order.

    Action `a` asks probe `a` if a < 65; otherwise it writes token `a - 65` of `find_gym.envs.grammar.TOKENS`. A
    complete expression submits itself, its constants fitted to the evidence of the episode. An illegal action costs
    one input.

    The observation is a dict of float32 boxes, one entry for each probe where it says so:

    - `asked` (65,), in [0, 1]: how often the probe was asked, of four times;
    - `answer` (65,), in [-1, 1]: asinh of the mean answer, scaled;
    - `relative` (65,), in [-1, 1]: the mean answer over the largest magnitude of the episode;
    - `magnitude` (65,), in [0, 1]: logarithm of the mean answer's magnitude, scaled;
    - `spread` (65,), in [0, 1]: asinh of the range of the answers to the same probe, scaled; not 0 only for noise;
    - `undefined` (65,), in [0, 1]: whether the function was undefined there;
    - `written` (270,), in [0, 1]: the tokens written so far, one-hot by place (10 places, 27 tokens);
    - `budget` (2,), in [0, 1]: the shares of the budget and of the steps that are left.

    Args:
        level: the difficulty, whose distribution the grammar is cut down to; None for one's own functions.
    """

    def __init__(self, level: NumericDifficulty | None) -> None:
        self.probes = numeric_probes()
        self._level = level
        self._draft = Draft(level)
        count = self.probes.size
        self.extra_steps = 2 * MAX_TOKENS
        self.action_space = spaces.Discrete(count + len(TOKENS))

        def box(size: int, low: float = 0.0) -> spaces.Box:
            return spaces.Box(low, 1.0, (size,), np.float32)

        self.observation_space = spaces.Dict(
            {
                "asked": box(count),
                "answer": box(count, -1.0),
                "relative": box(count, -1.0),
                "magnitude": box(count),
                "spread": box(count),
                "undefined": box(count),
                "written": box(MAX_TOKENS * len(TOKENS)),
                "budget": box(2),
            }
        )

    def begin(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Starts an episode and returns its first observation."""
        self._draft = Draft(self._level)
        count = self.probes.size
        self._asked = np.zeros(count)
        self._undefined = np.zeros(count)
        self._sum = np.zeros(count)
        self._low = np.full(count, np.inf)
        self._high = np.full(count, -np.inf)
        return self.observe(episode)

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that an action stands for."""
        if not self.action_space.contains(action):
            raise ValueError(f"expected an action in {self.action_space}, actual value: {action!r}")
        index = int(action)
        if index < self.probes.size:
            if episode.budget == 0:
                return Refuse("expected a token of the description: the budget of queries is spent")
            self._pending = index
            return Query((float(self.probes[index]),))
        token = index - self.probes.size
        if not self._draft.legal()[token]:
            return Refuse(f"expected a token that may come next, actual value: {TOKENS[token]!r}", charge=1)
        self._draft.write(token)
        if not self._draft.complete:
            return Write()
        program = fit_skeleton(self._draft.skeleton(), self._draft.regions(), *episode.evidence())
        return Submit(Submission(description=self.written(), program=program))

    def observe(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Returns the observation after a step, a fresh dict of fresh arrays."""
        if episode.last.outputs.size and not episode.last.terminated:
            self._record(self._pending, float(episode.last.outputs[0]))
        answered = self._asked - self._undefined
        mean = np.divide(self._sum, answered, out=np.zeros_like(self._sum), where=answered > 0)
        spread = np.where(answered > 0, self._high - self._low, 0.0)
        written = np.zeros((MAX_TOKENS, len(TOKENS)))
        written[np.arange(len(self._draft.tokens)), self._draft.tokens] = 1.0
        rules = episode.rules
        features = {
            "asked": np.minimum(self._asked / _FULLY_ASKED, 1.0),
            "answer": squash(mean),
            "relative": relative(mean),
            "magnitude": np.where(answered > 0, log_magnitude(mean), 0.0),
            "spread": squash(spread),
            "undefined": (self._undefined > 0).astype(np.float64),
            "written": written.ravel(),
            "budget": np.array([episode.budget / max(rules.max_queries, 1), episode.steps_left / rules.max_steps]),
        }
        return {name: values.astype(np.float32) for name, values in features.items()}

    def _record(self, probe: int, output: float) -> None:
        self._asked[probe] += 1
        if not np.isfinite(output):
            self._undefined[probe] += 1
            return
        self._sum[probe] += output
        self._low[probe] = min(self._low[probe], output)
        self._high[probe] = max(self._high[probe], output)

    def action_masks(self, episode: Episode) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of shape `(92,)`."""
        return np.concatenate([np.full(self.probes.size, episode.budget > 0), self._draft.legal()])

    def written(self) -> str:
        """Returns the tokens written so far, separated by spaces."""
        return " ".join(TOKENS[token] for token in self._draft.tokens)
