"""Animated pictures of episodes, as environments render them.

python scripts/docs_pictures.py      makes docs/episode.gif, the picture of the README: atom-fit on a corrupted sum
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import gymnasium as gym
from PIL import Image

from find_gym.core.registry import category_of
from find_gym.interfaces.text import write_query
from find_gym_agents.registry import find_agent

FIRST_PAGE = Path(__file__).resolve().parents[1] / "docs" / "episode.gif"
CORRUPTED_SUM = {"compound_share": 1.0, "product_share": 0.0, "variants": {"corrupted": 1.0}}
# Frames in which the budget is spent.
FRAMES = 8
COLOURS = 64
QUERY = "QUERY "


def animate(env_id: str, agent_name: str, seed: int, *, max_queries: int, **options: Any) -> bytes:
    """Returns an animated GIF of an episode.

    Args:
        env_id: the environment's id.
        agent_name: the agent that plays it.
        seed: seeds function and agent.
        max_queries: the budget.
        **options: further arguments of the environment.
    """
    agent = find_agent(agent_name).make(category_of(env_id))
    arguments = {"interface": agent.interface, "render_mode": "rgb_array", "max_queries": max_queries, **options}
    env = gym.make(env_id, **arguments)
    observation, info = env.reset(seed=seed)
    agent.reset(seed)
    frames = [env.render()]
    terminated = False
    while not terminated:
        observation, terminated, info = _step(env, agent.act(observation, info), -(-max_queries // FRAMES), frames)
    env.close()
    # One palette for all frames, so that a frame holds only what changed.
    palette = Image.fromarray(frames[-1]).quantize(COLOURS)
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [500] * (len(images) - 1) + [4000]
    written = io.BytesIO()
    images[0].save(written, "gif", save_all=True, append_images=images[1:], duration=durations, loop=0)
    return written.getvalue()


def _step(env: gym.Env[Any, Any], action: Any, each: int, frames: list[Any]) -> tuple[Any, bool, dict[str, Any]]:
    """Steps an environment: a query of many inputs in several parts, so that the picture moves."""
    asked = json.loads(action.removeprefix(QUERY)) if str(action).startswith(QUERY) else []
    parts = [write_query(asked[first : first + each]) for first in range(0, len(asked), each)] or [action]
    outputs: list[Any] = []
    for part in parts:
        observation, _, terminated, _, info = env.step(part)
        outputs += info.get("outputs", [])
        frames.append(env.render())
    return observation, terminated, {**info, "outputs": outputs}


if __name__ == "__main__":
    FIRST_PAGE.write_bytes(animate("FIND-numeric-v1", "atom-fit", 13, max_queries=60, difficulty=CORRUPTED_SUM))
