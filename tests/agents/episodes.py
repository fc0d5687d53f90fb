"""Runs single episodes of agents."""

import gymnasium as gym

import find_gym  # noqa: F401
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.functions import NumericSpec

FULL = (-100.0, 100.0)
SPECS = {
    "linear": NumericSpec(AtomRule("linear", (2.5, -1.0)), FULL),
    "constant": NumericSpec(AtomRule("constant", (7,)), FULL),
    "logarithm": NumericSpec(AtomRule("logarithm", (3.0, 2.0, 1.5)), (1.0, 100.0)),
    "rectangle": NumericSpec(AtomRule("rectangle", (5.0,)), FULL),
    "noised": NumericSpec(AtomRule("absolute", (4.0, 1.0)), FULL, noise=Noise("normal"), seed=3),
    "corrupted": NumericSpec(AtomRule("linear", (1.0, 0.0)), FULL, regions=(Region(10.0, 30.0, 0.0),), seed=4),
}


def play(agent, spec=None, *, budget=100, seed=0, env="FIND-numeric-v1", **options):
    """Plays one episode and returns the last info and the messages that refused an action."""
    env = gym.make(env, interface=agent.interface, max_queries=budget, **options)
    observation, info = env.reset(seed=seed, options=None if spec is None else {"function": spec})
    agent.reset(seed)
    refusals, terminated = [], False
    while not terminated:
        observation, _, terminated, _, info = env.step(agent.act(observation, info))
        if info["message"] and not terminated:
            refusals.append(info["message"])
    return info, refusals
