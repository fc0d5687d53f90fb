"""Conversations of one message, as the agent `lm` has them with `--milan`: exemplars, then the submission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from find_gym.interfaces.text import write_submission
from find_gym.language import Message, ScriptedChatModel
from find_gym.tasks import Task, TaskEpisode
from find_gym_agents.interpreters.lm.agent import LanguageModelAgent
from find_gym_agents.interpreters.lm.options import LanguageModelOptions
from find_gym_agents.trajectories.conversation import Trajectory
from find_gym_agents.trajectories.teacher import truth


def answer_once(task: Task, answer: str, system_prompt: str | None = None) -> tuple[list[Message], TaskEpisode]:
    """Plays an episode in which a language model sees exemplars with their outputs and answers once.

    The agent `lm` itself writes the prompt, so a model that is trained on it is evaluated on the same by
    `find-gym evaluate --agent lm --milan`.

    Args:
        task: the task; its form and its number of messages are replaced.
        answer: what the model answers.
        system_prompt: a file with the system prompt, in place of the category's.

    Returns:
        The prompt, and the episode after the answer.
    """
    model = ScriptedChatModel(lambda messages: answer)
    settings = LanguageModelOptions(milan=True, system_prompt=system_prompt)
    agent = LanguageModelAgent(task.category, settings, chat_model=model)
    needed = agent.environment_options
    messages = needed.pop("max_steps")
    episode = TaskEpisode(replace(task, form="text", max_messages=messages, options={**task.options, **needed}))
    message = agent.act(episode.prompt, episode.info)
    if not model.calls:
        message = agent.act(episode.message(message), episode.info)
    episode.message(message)
    [(prompt, _)] = model.calls
    return list(prompt), episode


def converse_once(task: Task, system_prompt: str | None = None) -> Trajectory:
    """Has the teacher, which knows the truth, answer once; see `answer_once`."""
    answer = write_submission(truth(task.category, task.sample_spec()))
    prompt, episode = answer_once(task, answer, system_prompt)
    messages: list[dict[str, Any]] = [dict(message) for message in prompt]
    messages.append({"role": "assistant", "content": answer})
    return Trajectory(episode.task, messages, [], episode.metrics)
