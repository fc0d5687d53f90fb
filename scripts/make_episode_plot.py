"""Makes `docs/episode.png`, the picture of an episode in the README: atom-fit on a corrupted sum.

python scripts/make_episode_plot.py
"""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
from matplotlib.image import imsave

import find_gym  # noqa: F401  (registers the environments)
from find_gym_agents.interpreters.atom_fit.agent import AtomFit

PLOT = Path(__file__).resolve().parents[1] / "docs" / "episode.png"
SEED = 13
DIFFICULTY = {"compound_share": 1.0, "product_share": 0.0, "variants": {"corrupted": 1.0}}


def main() -> None:
    """Plays one episode and draws its end."""
    env = gym.make("FIND-numeric-v0", interface="text", difficulty=DIFFICULTY, max_queries=60, render_mode="rgb_array")
    observation, info = env.reset(seed=SEED)
    agent = AtomFit()
    agent.reset(SEED)
    terminated = False
    while not terminated:
        observation, _, terminated, _, info = env.step(agent.act(observation, info))
    imsave(PLOT, env.render())
    print(info["truth"]["description"], info["submission"]["description"], info["score"]["skill"], sep="\n")


if __name__ == "__main__":
    main()
