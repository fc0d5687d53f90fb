"""What knowing nothing earns: the agent `blind` on functions of the split `test`."""

import gymnasium as gym
import numpy as np
import pytest

from find_gym import LATEST_IDS
from find_gym.core.category import load_reference
from find_gym.core.submissions import Submission
from find_gym.functions import function_seed
from find_gym_agents.categories import agent_category
from find_gym_agents.registry import find_agent, make_agent

# Networks take half a second each, and are scored as all other functions are.
DIFFICULTY = {"numeric": {"variants": {"plain": 0.5, "noised": 0.2, "corrupted": 0.3}}}


@pytest.mark.parametrize("category", find_agent("blind").categories)
def test_the_best_fixed_submission_earns_next_to_nothing(category: str) -> None:
    """It is read and judged like any other, without a query."""
    env = gym.make(
        LATEST_IDS[category], interface="text", split="test", difficulty=DIFFICULTY.get(category, "find"),
        disable_env_checker=True,
    )  # fmt: skip
    agent = make_agent("blind", category)
    skills = []
    for index in range(40):
        seed = function_seed("test", category, 0, index)
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        _, reward, terminated, _, info = env.step(agent.act(observation, info))
        assert terminated and info["budget"] == 100 and info["score"]["outcome"] in ("right", "wrong")
        skills.append(reward)
    assert np.mean(skills) <= 0.05


def test_each_category_has_a_submission() -> None:
    known = {category for category in LATEST_IDS if agent_category(category).blind is not None}
    assert known == set(find_agent("blind").categories)


@pytest.mark.parametrize("category", find_agent("blind").categories)
def test_it_was_chosen_from_submissions_that_stand_for_different_things(category: str) -> None:
    candidates = load_reference(agent_category(category).blind_candidates)
    first = candidates.first()
    assert len(first) > 10 and len(set(first.values())) == len(first)
    assert all(isinstance(one, Submission) for name in first for one in candidates.refined(name).values())
