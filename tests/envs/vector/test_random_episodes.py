"""Any legal sequence of actions is an episode: nothing raises, nothing warns, whatever was seen and described.

`FIND_GYM_SEED=1 FIND_GYM_EPISODES=100000 pytest tests/envs/vector/test_random_episodes.py` plays as many others of
each difficulty.
"""

import os
import warnings

import gymnasium as gym
import numpy as np
import pytest

import find_gym

EPISODES = int(os.environ.get("FIND_GYM_EPISODES", "64"))
# Networks take long to train, and give evidence like that of any other function.
WITHOUT_NETWORKS = {"variants": {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}}


def random_legal(masks: np.ndarray, queries: int, rng: np.random.Generator) -> np.ndarray:
    """Returns a legal action for each row: a query or a token, each in half of the steps where there are both."""
    weights = masks.astype(float)
    weights[:, :queries] /= np.maximum(weights[:, :queries].sum(axis=1, keepdims=True), 1)
    weights[:, queries:] /= np.maximum(weights[:, queries:].sum(axis=1, keepdims=True), 1)
    edges = np.cumsum(weights, axis=1)
    drawn = rng.random((len(masks), 1)) * edges[:, -1:]
    return (edges <= drawn).sum(axis=1)


@pytest.mark.parametrize("difficulty", ["easy", "find", "hard", "extreme"])
@pytest.mark.parametrize("category", ["numeric", "strings", "entities", "relations"])
def test_every_legal_sequence_of_actions_is_an_episode(category: str, difficulty: str) -> None:
    rng = np.random.default_rng(2093 + int(os.environ.get("FIND_GYM_SEED", "0")))
    played = 0
    while played < EPISODES:
        level = {"base": difficulty} | (WITHOUT_NETWORKS if category == "numeric" else {})
        budget = int(rng.choice([0, 1, 2, 4, 8, 16]))
        envs = gym.make_vec(
            find_gym.LATEST_IDS[category], num_envs=16, difficulty=level, max_queries=budget, autoreset_mode="SameStep"
        )
        queries = envs.codec.queries
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            envs.reset(seed=int(rng.integers(2**31)))
            ended = 0
            while ended < 32:
                actions = random_legal(envs.action_masks(), queries, rng)
                _, rewards, terminated, _, _ = envs.step(actions)
                assert np.isfinite(rewards).all() and ((rewards >= -1) & (rewards <= 1)).all()
                ended += int(terminated.sum())
        envs.close()
        played += ended
