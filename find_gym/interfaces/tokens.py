"""The `tokens` interface: a fixed bank of probes, and a description written token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from find_gym.core.arguments import read_actions
from find_gym.core.episode import Episode
from find_gym.core.moves import ILLEGAL_CHARGE, Move, Query, Refuse, Submit, Write
from find_gym.core.submissions import Submission
from find_gym.interfaces.draft import Draft

Features = dict[str, NDArray[np.float64]]

# So many questions to one probe fill its "asked" feature.
_FULLY_ASKED = 4


class TokensInterface:
    """Queries are probes of a fixed bank, descriptions are written token by token.

    Subclasses give the bank and the grammar, estimate the constants of a complete description, and encode the answers.

    Args:
        probes: the bank of inputs.
        tokens: the names of the tokens.
        max_tokens: the greatest length of a description.
        answers: the boxes of the observation that encode the answers, by name.
        slots: the inputs beside the bank that an episode can ask. They become known when they are asked, by further
            queries; with slots, there is one such query for each probe and each slot.

    Attributes:
        answers: the argument.
        places: the number of probes and slots, each of which has its part of the answers.
        queries: the number of actions that ask; those after them write.
        once: the tokens from this one on may be written only once in a description; their number where there are none.
        extra_steps: steps of an episode beyond its queries.
    """

    extra_steps: int

    def __init__(
        self,
        probes: Sequence[Any],
        tokens: Sequence[str],
        max_tokens: int,
        answers: Mapping[str, spaces.Space[Any]],
        slots: int = 0,
    ) -> None:
        self.probes = tuple(probes)
        self.places = len(self.probes) + slots
        self.queries = len(self.probes) + (self.places if slots else 0)
        self.tokens = tuple(tokens)
        self.once = len(self.tokens)
        self.max_tokens = max_tokens
        self._draft = self.new_draft()
        self._asked = np.zeros(self.places)
        self.answers = dict(answers)
        self._forget()
        self.action_space = spaces.Discrete(self.queries + len(self.tokens))
        self.observation_space = spaces.Dict(
            {
                "asked": unit_box(self.places),
                **answers,
                "written": unit_box(max_tokens * len(self.tokens)),
                "budget": unit_box(2),
            }
        )

    @property
    def has_slots(self) -> bool:
        """Whether an episode can ask inputs beside the bank, by halving gaps."""
        return self.places > len(self.probes)

    # --- What subclasses implement ------------------------------------------------------------------------------------

    def new_draft(self) -> Draft:
        """Returns an empty description."""
        raise NotImplementedError

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """Returns the program that a complete description stands for, its constants from the evidence; or None."""
        raise NotImplementedError

    def encode(self, outputs: Sequence[Any], probes: Sequence[int]) -> Features:
        """Encodes answers as features.

        Args:
            outputs: n answers.
            probes: the probes that were answered, by their places in the bank.

        Returns:
            For each box of the answers its part for each of them, float64 of shape `(n, size / probes)`. All answers of
            an episode are encoded in one way: a later answer to the same probe takes the place of the earlier one,
            unless the methods below are overridden as well.
        """
        raise NotImplementedError

    def _forget(self) -> None:
        """Forgets all answers."""
        sizes = {name: (box.shape or (0,))[0] for name, box in self.answers.items()}
        self._shown = {name: np.zeros((len(self.probes), size // len(self.probes))) for name, size in sizes.items()}

    def _record(self, probe: int, output: Any) -> None:
        """Remembers an answer."""
        for name, values in self.encode([output], [probe]).items():
            self._shown[name][probe] = values[0]

    def _answers(self) -> Features:
        """Returns the features of the answers."""
        return {name: values.ravel() for name, values in self._shown.items()}

    # --- What subclasses with slots implement as well -----------------------------------------------------------------

    def question(self, query: int) -> Move:
        """Returns the move of a query that the budget allows; its source is the place of the input."""
        return Query((self.probes[query],), source=query)

    def askable(self) -> NDArray[np.bool_]:
        """Returns which queries are legal as far as the budget allows any, bool of shape `(queries,)`."""
        return np.ones(self.queries, dtype=np.bool_)

    def legal_queries(self, observation: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
        """Returns the legal queries as observations tell them.

        Args:
            observation: one observation, or many in arrays of shape `(..., size)`.

        Returns:
            bool of shape `(..., queries)`.
        """
        return np.repeat(observation["budget"][..., :1] > 0, self.queries, axis=-1)

    def name_of(self, query: int) -> str:
        """Returns a short name of a query."""
        probe = self.probes[query]
        return f"{probe:g}" if isinstance(probe, float) else str(probe)

    def _note(self, place: int, value: Any, output: Any) -> None:
        """Takes note of an answer: the place of the input, the input itself, the output."""
        self._asked[place] += 1
        self._record(place, output)

    # --- The interface ------------------------------------------------------------------------------------------------

    def begin(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Starts an episode and returns its first observation."""
        self._draft = self.new_draft()
        self._asked = np.zeros(self.places)
        self._forget()
        return self.observe(episode)

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that an action stands for."""
        index = int(read_actions(action, (), self.queries + len(self.tokens)))
        if index < self.queries:
            if not episode.rules.can_ask(episode.budget):
                return Refuse("expected a token of the description: the budget of queries is spent")
            return self.question(index)
        token = index - self.queries
        try:
            draft = self._draft.extended(token)
        except ValueError:
            reason = f"expected a token that may come next, actual value: {self.tokens[token]!r}"
            return Refuse(reason, charge=ILLEGAL_CHARGE)
        if not draft.complete:
            return Write(source=draft)
        program = self.program(draft, episode.inputs, episode.outputs)
        return Submit(Submission(description=self.written(draft), program=program), source=draft)

    def draw_probes(self, rng: np.random.Generator, given: tuple[int, int]) -> list[int]:
        """Draws the probes that are answered at the start: from `given[0]` to `given[1]` of them, no one twice."""
        count = int(rng.integers(given[0], given[1], endpoint=True))
        return rng.choice(len(self.probes), size=count, replace=False).tolist()

    def give(self, probes: Sequence[int], episode: Episode) -> None:
        """Answers probes free of charge, one after the other, as if they had been asked."""
        for probe in probes:
            (output,) = episode.give((self.probes[probe],))
            self._note(probe, self.probes[probe], output)

    def observe(self, episode: Episode) -> dict[str, NDArray[np.float32]]:
        """Takes note of the last step and returns the observation after it, a fresh dict of fresh arrays."""
        move = episode.last.move
        if isinstance(move, Query) and episode.last.outputs:
            self._note(move.source, move.inputs[0], episode.last.outputs[0])
        elif isinstance(move, (Write, Submit)):
            self._draft = move.source
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
        return np.concatenate([self.askable() & episode.rules.can_ask(episode.budget), self._draft.legal()])

    def written(self, draft: Draft | None = None) -> str:
        """Returns the tokens of a draft, by default those written so far, separated by spaces."""
        return " ".join([self.tokens[token] for token in (draft or self._draft).tokens])


def tokens_written(written: NDArray[np.float32], tokens: int) -> list[int]:
    """Returns the tokens that the part "written" of an observation shows, of so many that there are, in their order."""
    rows = written.reshape(-1, tokens)
    return rows[rows.any(axis=1)].argmax(axis=1).tolist()


def unit_box(size: int, low: float = 0.0) -> spaces.Box:
    """Returns a float32 box of shape `(size,)` from `low` to 1."""
    return spaces.Box(low, 1.0, (size,), np.float32)
