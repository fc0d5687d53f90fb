"""FIND as a resources server of NeMo Gym, for its agent `gymnasium_agent`.

Each row of a data set has a task, which names a function by its seed; a session is a conversation about it. What fails,
such as the sandbox, is an error of the server, so that the rollout fails; it is never a reward of 0.
"""

from __future__ import annotations

import asyncio
from typing import Any

from nemo_gym.openai_utils import NeMoGymResponse
from resources_servers.gymnasium import GymnasiumServer, extract_text

from find_gym.interfaces import Message, ToolCall
from find_gym.tasks import Task, TaskEpisode

_ANSWERED = "(answered together with the first call)"


class FindServer(GymnasiumServer):
    """Conversations about hidden functions; each step is a message of the model, its calls of tools included."""

    async def reset(self, metadata: dict[str, Any], session_id: str | None = None) -> tuple[str, dict[str, Any]]:
        """Starts the episode of a row and returns its prompt."""
        # To sample a network, or to judge a submission, takes a while, and other sessions are waiting.
        episode = await asyncio.to_thread(TaskEpisode, Task.from_row(metadata["task"]))
        self.session_state[session_id] = episode
        return episode.prompt, {}

    async def step(
        self, action: NeMoGymResponse, metadata: dict[str, Any], session_id: str | None = None
    ) -> tuple[str | None, float, bool, bool, dict[str, Any]]:
        """Takes a message; returns the answer, or None where it goes to the calls of tools, and the reward.

        The info has the answers to calls of tools, and at the end the metrics of the episode.
        """
        episode: TaskEpisode = self.session_state[session_id]
        before = episode.reward
        calls = [item for item in action.output if item.type == "function_call"]
        message = Message(extract_text(action), [ToolCall(call.name, call.arguments) for call in calls])
        answer = await asyncio.to_thread(episode.message, message)
        info: dict[str, Any] = dict(episode.metrics) if episode.over else {}
        if calls:
            texts = [answer, *[_ANSWERED] * (len(calls) - 1)]
            named = zip(calls, texts, strict=True)
            info["tool_outputs"] = [{"call_id": call.call_id, "output": text} for call, text in named]
        return None if calls else answer, episode.reward - before, episode.over, False, info


if __name__ == "__main__":
    FindServer.run_webserver()
