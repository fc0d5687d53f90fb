"""The `tokens` interface: a fixed bank of probes, and a description written token by token."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from find_gym.envs.episode import Episode, Move, Query, Refuse, Submit, Write
from find_gym.envs.features import log_magnitude, relative, squash
from find_gym.envs.grammar import MAX_TOKENS, TOKENS, Draft
from find_gym.envs.probes import numeric_probes
from find_gym.functions import NumericDifficulty
from find_gym.scoring import Submission
from find_gym.scoring.fitting import Effort, Problem, fit_skeletons

Features = dict[str, NDArray[np.float64]]

# So many questions to one probe fill its "asked" feature.
_FULLY_ASKED = 4


class Description(Protocol):
    """A description that is being written in a category's grammar.

    Attributes:
        tokens: indices of the tokens written so far.
    """

    tokens: list[int]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on; the same for drafts that go on alike."""

    def allowed(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next as far as the state tells; see `TokensInterface.once`."""

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next."""

    def write(self, token: int) -> None:
        """Writes a legal token."""


class TokensInterface:
    """Queries are probes of a fixed bank, descriptions are written token by token.

    Subclasses give the bank and the grammar, estimate the constants of a complete description, and encode the answers.

    Args:
        probes: the bank of inputs.
        tokens: the names of the tokens.
        max_tokens: the greatest length of a description.
        answers: the boxes of the observation that encode the answers, by name.

    Attributes:
        once: the tokens from this one on may be written only once in a description; their number where there are none.
    """

    extra_steps = 2 * MAX_TOKENS

    def __init__(
        self, probes: Sequence[Any], tokens: Sequence[str], max_tokens: int, answers: Mapping[str, spaces.Space[Any]]
    ) -> None:
        self.probes = list(probes)
        self.tokens = tuple(tokens)
        self.once = len(self.tokens)
        self.max_tokens = max_tokens
        self._draft = self.new_draft()
        self._asked = np.zeros(len(self.probes))
        self._pending = 0
        self.action_space = spaces.Discrete(len(self.probes) + len(self.tokens))
        self.observation_space = spaces.Dict(
            {
                "asked": unit_box(len(self.probes)),
                **answers,
                "written": unit_box(max_tokens * len(self.tokens)),
                "budget": unit_box(2),
            }
        )

    # --- What subclasses implement ------------------------------------------------------------------------------------

    def new_draft(self) -> Description:
        """Returns an empty description."""
        raise NotImplementedError

    def program(self, draft: Description, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the program that a complete description stands for, its constants from the evidence; or None."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Forgets all answers."""
        raise NotImplementedError

    def _record(self, probe: int, output: Any) -> None:
        """Remembers an answer."""
        raise NotImplementedError

    def _answers(self) -> Features:
        """Returns the features of the answers, fresh arrays."""
        raise NotImplementedError

    # --- The interface ------------------------------------------------------------------------------------------------

    def begin(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Starts an episode and returns its first observation."""
        self._draft = self.new_draft()
        self._asked = np.zeros(len(self.probes))
        self._forget()
        return self.observe(episode)

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that an action stands for."""
        if not self.action_space.contains(action):
            raise ValueError(f"expected an action in {self.action_space}, actual value: {action!r}")
        index = int(action)
        if index < len(self.probes):
            if episode.budget == 0:
                return Refuse("expected a token of the description: the budget of queries is spent")
            self._pending = index
            return Query((self.probes[index],))
        token = index - len(self.probes)
        if not self._draft.legal()[token]:
            return Refuse(f"expected a token that may come next, actual value: {self.tokens[token]!r}", charge=1)
        self._draft.write(token)
        if not self._draft.complete:
            return Write()
        program = self.program(self._draft, episode.inputs, episode.outputs)
        return Submit(Submission(description=self.written(self._draft), program=program))

    def draw_probes(self, rng: np.random.Generator, given: tuple[int, int]) -> list[int]:
        """Draws the probes that are answered at the start: from `given[0]` to `given[1]` of them, no one twice."""
        count = int(rng.integers(given[0], given[1], endpoint=True))
        return rng.choice(len(self.probes), size=count, replace=False).tolist()

    def give(self, probes: Sequence[int], episode: Episode) -> None:
        """Answers probes free of charge, one after the other, as if they had been asked."""
        for probe in probes:
            (output,) = episode.give((self.probes[probe],))
            self._asked[probe] += 1
            self._record(probe, output)

    def observe(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Returns the observation after a step, a fresh dict of fresh arrays."""
        if episode.last.outputs:
            self._asked[self._pending] += 1
            self._record(self._pending, episode.last.outputs[0])
        written = np.zeros((self.max_tokens, len(self.tokens)))
        written[np.arange(len(self._draft.tokens)), self._draft.tokens] = 1.0
        rules = episode.rules
        features = {
            "asked": np.minimum(self._asked / _FULLY_ASKED, 1.0),
            **self._answers(),
            "written": written.ravel(),
            "budget": np.array([episode.budget / max(rules.max_queries, 1), episode.steps_left / rules.max_steps]),
        }
        return {name: values.astype(np.float32) for name, values in features.items()}

    def action_masks(self, episode: Episode) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of the action space's size."""
        return np.concatenate([np.full(len(self.probes), episode.budget > 0), self._draft.legal()])

    def written(self, draft: Description | None = None) -> str:
        """Returns the tokens of a draft, by default those written so far, separated by spaces."""
        return " ".join(self.tokens[token] for token in (draft or self._draft).tokens)


def unit_box(size: int, low: float = 0.0) -> spaces.Box:
    """Returns a float32 box of shape `(size,)` from `low` to 1."""
    return spaces.Box(low, 1.0, (size,), np.float32)


class NumericTokens(TokensInterface):
    """The `tokens` interface to numeric functions.

    Action `a` asks probe `a` if a < 65; otherwise it writes token `a - 65` of `find_gym.envs.grammar.TOKENS`. A
    complete expression submits itself, its constants fitted to the evidence of the episode. An illegal action costs
    one input.

    The observation is a dict of float32 boxes, one entry for each probe where it says 65:

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
        effort: how hard constants are looked for; see `find_gym.scoring.fitting.fit_skeletons`.

    Attributes:
        effort: the argument.
    """

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
        super().__init__(probes, TOKENS, MAX_TOKENS, answers)
        self._forget()

    def new_draft(self) -> Draft:
        """Returns an empty description."""
        return Draft(self._level)

    def program(self, draft: Description, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the spec that fits the evidence best, or None."""
        assert isinstance(draft, Draft)
        return fit_skeletons([self.problem(draft, inputs, outputs)], effort=self.effort)[0]

    def problem(self, draft: Draft, inputs: Sequence[float], outputs: Sequence[float]) -> Problem:
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
        answered = self._asked - self._undefined
        mean = np.divide(self._sum, answered, out=np.zeros_like(self._sum), where=answered > 0)
        spread = np.subtract(self._high, self._low, out=np.zeros_like(self._low), where=answered > 0)
        return {
            "answer": squash(mean),
            "relative": relative(mean),
            "magnitude": np.where(answered > 0, log_magnitude(mean), 0.0),
            "spread": squash(spread),
            "undefined": (self._undefined > 0).astype(np.float64),
        }
