"""An episode played by an interpreter that writes, and the conversation that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from find_gym.tasks import Task, TaskEpisode
from find_gym_agents.base import Agent

# What a model that calls tools says once its submission has been taken.
CLOSING = "Submitted."


@dataclass(frozen=True)
class Trajectory:
    """A conversation about one function.

    Attributes:
        task: the task.
        messages: the conversation, in the layout of chat templates.
        tools: the JSON schemas of the tools; empty in the form "text".
        metrics: how the episode went, see `find_gym.tasks.TaskEpisode.metrics`.
    """

    task: Task
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    metrics: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Returns JSON-serialisable data: `messages`, `tools` in that form, `task` and `metrics`."""
        tools = {"tools": self.tools} if self.tools else {}
        return {"messages": self.messages, **tools, "task": self.task.to_row(), "metrics": self.metrics}


def converse(task: Task, agent: Agent, seed: int) -> Trajectory | None:
    """Has an agent interpret a function.

    Args:
        task: the task.
        agent: an agent that writes messages.
        seed: seeds the agent.

    Returns:
        The conversation; None where it has a message that was refused, which nobody should learn from, or no
        submission.
    """
    episode = TaskEpisode(task)
    agent.reset(seed)
    messages: list[dict[str, Any]] = [{"role": "user", "content": episode.prompt}]
    while not episode.over:
        said = agent.act(episode.transcript[-1][1] if episode.transcript else episode.prompt, episode.info)
        answer = episode.message(said)
        if episode.refused:
            return None
        if task.form == "text":
            messages += [{"role": "assistant", "content": str(said)}, {"role": "user", "content": answer}]
        else:
            messages += _called(episode, answer)
    if not episode.metrics["submitted"]:
        return None
    if task.form == "text":
        # Nothing is said after the submission.
        return Trajectory(task, messages[:-1], [], episode.metrics)
    messages.append({"role": "assistant", "content": CLOSING})
    return Trajectory(task, messages, episode.tools, episode.metrics)


def _called(episode: TaskEpisode, answer: str) -> list[dict[str, Any]]:
    """Returns the last step as the call of a tool, and its answer."""
    submission = episode.info.get("submission")
    if submission is None:
        name, arguments = "query", {"inputs": episode.info["inputs"]}
    else:
        parts = episode.tools[1]["function"]["parameters"]["properties"]
        name, arguments = "submit", {part: submission[part] for part in parts if submission[part]}
    call = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": name, "content": answer},
    ]
