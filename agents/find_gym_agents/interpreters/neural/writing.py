"""A neural interpreter in the interface `text`, which describes functions in the way that its category has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent
from find_gym_agents.categories.checking import Checked, Evidence
from find_gym_agents.interpreters.neural.agent import NeuralAgent


class WritingAgent(ScriptedAgent):
    """Asks and proposes as a neural interpreter does, and writes the description that its category makes of that.

    Programs of the interface `tokens` can say nothing but what the grammar has; code can. See `NeuralCategory.write`.

    Args:
        interpreter: the interpreter.
        write: how its descriptions are written; see `NeuralCategory.write`.
    """

    def __init__(self, interpreter: NeuralAgent, write: Callable[[Checked, Evidence], Submission]) -> None:
        super().__init__()
        self._interpreter, self._write = interpreter, write

    def _begin(self, info: dict[str, Any]) -> Generator[list[Any], Any, Submission]:
        self._interpreter.check_budget(info["budget"])
        return self._solve(info["budget"])

    def _solve(self, budget: int) -> Generator[list[Any], Any, Submission]:
        interpreter = self._interpreter
        interpreter.reset(0)
        while budget > 0 and (asked := interpreter.ask(budget)) is not None:
            outputs = yield [asked.value]
            interpreter.hear([asked.value], outputs.tolist())
            budget -= 1
        return self._write(interpreter.conclude(), interpreter.evidence)

    def conclude(self, inputs: list[Any], outputs: Any, exemplars: list[str]) -> Submission:
        """Describes a function from evidence; see `ScriptedAgent.conclude`."""
        self._interpreter.reset(0)
        self._interpreter.hear(inputs, outputs.tolist())
        return self._write(self._interpreter.conclude(), self._interpreter.evidence)
