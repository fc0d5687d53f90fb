"""What an agent is, and bases for scripted interpreters."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.interfaces.text import write_query, write_submission
from find_gym.scoring import Submission

Answers = NDArray[np.float64]
Solution = Generator[list[float], Answers, Submission]
StringSolution = Generator[list[str], list[str], Submission]


class PolicyError(ValueError):
    """A policy that can't be read, or does not fit the environment that it is to interpret."""


class Agent(Protocol):
    """An interpreter: sees observations and infos, returns actions.

    Attributes:
        interface: the interface it speaks: "tokens", "text" or "continuous".
    """

    interface: str

    def reset(self, seed: int) -> None:
        """Forgets the last episode and seeds the agent's own randomness for the next."""

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next action, from the observation and the info of the step before."""


class ScriptedAgent:
    """A scripted interpreter that speaks the `text` interface.

    Subclasses implement `solve`, a generator: it yields lists of inputs, is sent their outputs, and returns its
    submission. The budget is that of the info of the episode's first observation.
    """

    interface = "text"

    def __init__(self) -> None:
        self._solution: Generator[list[Any], Any, Submission] | None = None
        self._submitted = ""
        self._given: list[Any] | None = None
        self._rng = np.random.default_rng(0)

    def reset(self, seed: int) -> None:
        """Forgets the last episode and seeds the agent's own randomness for the next."""
        self._solution = None
        self._submitted = ""
        self._given = None
        self._rng = np.random.default_rng(seed)

    def ask_instead(self, inputs: Sequence[Any]) -> None:
        """Makes the agent ask given inputs in the next episode, in place of its own queries, and conclude from them.

        Args:
            inputs: what is asked, as far as the budget goes.
        """
        self._given = list(inputs)

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the next message: a query or the submission."""
        if self._submitted:
            # It was refused, and a script has nothing else to say.
            return self._submitted
        if info["message"]:
            raise RuntimeError(f"expected the environment to accept the query, actual: {info['message']}")
        try:
            if self._solution is None:
                self._solution = self._begin(info) if self._given is None else self._concluding(self._given, info)
                inputs = next(self._solution)
            else:
                inputs = self._solution.send(self._read_outputs(info["outputs"]))
        except StopIteration as stop:
            self._submitted = write_submission(stop.value)
            return self._submitted
        plain = [value if isinstance(value, str) else float(value) for value in inputs]
        return write_query(plain)

    def _begin(self, info: dict[str, Any]) -> Generator[list[Any], Any, Submission]:
        """Starts on an episode whose first info is given."""
        return self.solve(info["budget"], self._rng)

    def _concluding(self, given: list[Any], info: dict[str, Any]) -> Generator[list[Any], Any, Submission]:
        """Asks given inputs and concludes."""
        inputs = given[: info["budget"]]
        outputs = (yield inputs) if inputs else self._read_outputs([])
        return self.conclude(inputs, outputs, list(info.get("exemplars", ())))

    def conclude(self, inputs: list[Any], outputs: Any, exemplars: list[str]) -> Submission:
        """Describes a function from evidence, whoever asked for it; agents that can do so implement this.

        Args:
            inputs: what was asked.
            outputs: what was answered, as `solve` is sent it.
            exemplars: words to start from; empty where there are none.
        """
        raise NotImplementedError

    def _read_outputs(self, outputs: list[Any]) -> Any:
        """Returns the outputs of an info as `solve` is sent them."""
        return np.array([np.nan if value is None else value for value in outputs], dtype=np.float64)

    def solve(self, budget: int, rng: np.random.Generator) -> Generator[list[Any], Any, Submission]:
        """Interprets one function.

        Args:
            budget: inputs that may be asked in all.
            rng: the agent's own randomness.

        Yields:
            Lists of inputs in [-128, 128]; each is answered by an array of outputs, NaN where undefined.

        Returns:
            The submission.
        """
        raise NotImplementedError


class ScriptedStringAgent(ScriptedAgent):
    """A scripted interpreter of string functions: `solve` yields lists of strings and is sent as many."""

    def _read_outputs(self, outputs: list[Any]) -> list[str]:
        return list(outputs)


class ScriptedWordAgent(ScriptedStringAgent):
    """A scripted interpreter of functions of words, which may start from exemplars: see `interpret`."""

    def _begin(self, info: dict[str, Any]) -> Generator[list[Any], Any, Submission]:
        return self.interpret(info["budget"], list(info.get("exemplars", ())))

    def interpret(self, budget: int, exemplars: list[str]) -> Generator[list[str], list[Any], Submission]:
        """Interprets one function.

        Args:
            budget: words that may be asked in all.
            exemplars: words to start from; may be empty.

        Yields:
            Lists of words; each is answered by as many outputs.

        Returns:
            The submission.
        """
        raise NotImplementedError
