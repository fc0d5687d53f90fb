"""An episode of a task: the conversation about one function."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np

from find_gym.core.registry import category_named
from find_gym.interfaces import Message, ToolCall
from find_gym.interfaces.text import printable, write_pairs
from find_gym.tasks.task import Task

ALREADY_OVER = "ERROR expected no more messages, actual: the episode is over"

_SCORES = ("skill", "accuracy", "paper_score")


class TaskEpisode:
    """The conversation about one function; nothing that it hands on tells the truth.

    A message, or a call of a tool, is a step of the environment, which alone decides what it earns. After the end
    nothing is taken any more, and the answer says so.

    An episode can't be pickled or copied, since it holds the function; its task can.

    Args:
        task: the task.
        spec: the spec of a function in place of the one that the task draws, whose seed then only seeds the noise.

    Attributes:
        task: the task.
        prompt: the first message: what is hidden, what may be asked, how a submission is judged, what is given.
        reward: the sum of all rewards so far.
        over: whether the episode has ended.
        refused: whether the last message was refused.
        transcript: the messages so far, each with its answer.
    """

    def __init__(self, task: Task, spec: Any = None) -> None:
        self.task = task
        self.reward = 0.0
        self.over = False
        self.refused = False
        self.transcript: list[tuple[str, str]] = []
        self._refusals = 0
        self._env: Any = task.make_environment()
        options = {"function": task.sample_spec() if spec is None else spec}
        self.prompt, self._info = self._env.reset(seed=task.seed, options=options)
        if task.given:
            self.prompt = f"{self.prompt}\n\n{self._show()}"

    def __repr__(self) -> str:
        """Tells the task and how far the episode is."""
        return f"<TaskEpisode of {self.task}, messages={len(self.transcript)}, over={self.over}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        """Refuses to be pickled or copied."""
        raise TypeError("expected a task to pickle or copy, actual: an episode, which holds the hidden function")

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools `query` and `submit` as JSON schemas in the style of OpenAI's functions."""
        return self._env.unwrapped.tools  # type: ignore[no-any-return]

    @property
    def budget(self) -> int:
        """The inputs that can still be asked."""
        return int(self._info["budget"])

    @property
    def messages_left(self) -> int:
        """The messages that can still be sent."""
        return int(self._info["steps_left"])

    @property
    def info(self) -> dict[str, Any]:
        """The environment's info of the last step without the truth; at the end with the score and the submission."""
        return {name: value for name, value in self._info.items() if name != "truth"}

    @property
    def metrics(self) -> dict[str, float]:
        """How the episode has gone so far, as numbers.

        They are `reward`, `skill`, `accuracy` and `paper_score` (0 without a submission), `submitted` (0 or 1),
        `queries` (inputs that were charged), `messages`, and `refusals` (messages that were refused).
        """
        score = self._env.unwrapped.episode.last.score
        return {
            "reward": self.reward,
            **{name: float(getattr(score, name)) if score is not None else 0.0 for name in _SCORES},
            "submitted": float(score is not None),
            "queries": float(self.task.max_queries - self.budget),
            "messages": float(len(self.transcript)),
            "refusals": float(self._refusals),
        }

    def message(self, text: str) -> str:
        """Takes a message of the interpreter and returns the answer to it.

        Args:
            text: what was written, in any form that is read; a `find_gym.interfaces.Message` may have calls of tools.

        Returns:
            The answer, printable ASCII.

        Raises:
            SandboxError: the sandbox failed, so that the submission could not be judged; the message does not count,
                and may be sent again. What else fails, such as a judge's server, raises its own error.
        """
        if self.over:
            return ALREADY_OVER
        answer, reward, self.over, _, self._info = self._env.step(text)
        self.reward += float(reward)
        self.refused = bool(self._info["message"]) and not self._info.get("score")
        self._refusals += self.refused
        calls = text.tool_calls if isinstance(text, Message) else ()
        said = "\n".join(str(each) for each in (text, *calls) if str(each))
        self.transcript.append((said, answer))
        return str(answer)

    def call(self, name: str, arguments: Any) -> str:
        """Takes a call of a tool; see `message`.

        Args:
            name: the tool, "query" or "submit".
            arguments: its arguments by their names, or the same as JSON.
        """
        return self.message(Message(tool_calls=[ToolCall(name, arguments)]))

    def query(self, inputs: Sequence[Any]) -> str:
        """Asks for outputs; see `message`."""
        return self.call("query", {"inputs": list(inputs)})

    def submit(self, description: str, **parts: str) -> str:
        """Hands in the description, with `domain` and `code` where the category has them; see `message`."""
        return self.call("submit", {"description": description, **parts})

    def _show(self) -> str:
        """Answers the inputs that are given, and returns them with their outputs."""
        bank = _probes(self.task.category)
        if self.task.given > len(bank):
            raise ValueError(f"expected at most {len(bank)} inputs to be given, actual value: {self.task.given}")
        chosen = np.random.default_rng([self.task.seed, 0]).choice(len(bank), self.task.given, replace=False)
        inputs = tuple(bank[place] for place in sorted(chosen.tolist()))
        env = self._env.unwrapped
        outputs = env.examiner.to_json(env.episode.give(inputs))
        return printable(f"Here are some inputs with their outputs:\n{write_pairs(zip(inputs, outputs, strict=True))}")


@cache
def _probes(category: str) -> list[Any]:
    """Returns the bank of inputs of the interface `tokens`.

    Raises:
        ValueError: the category has no such interface.
    """
    env: Any = gym.make(category_named(category).environment_id(), interface="tokens", disable_env_checker=True)
    return list(env.unwrapped.codec.probes)
