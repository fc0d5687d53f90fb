"""The agent that looks answers up in the tables."""

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401
from find_gym_agents.interpreters.table_lookup import TableLookupAgent
from find_gym_agents.registry import find_agent, make_agent


@pytest.mark.parametrize(("level", "exemplars"), [("find", False), ("find", True), ("extreme", False)])
def test_it_finds_relations_and_exceptions(level: str, exemplars: bool) -> None:
    agent = TableLookupAgent()
    arguments = {"interface": "text", "split": "test", "difficulty": level, "exemplars": exemplars}
    env = gym.make("FIND-relations-v1", disable_env_checker=True, **arguments)
    rewards = []
    for seed in range(6):
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        terminated = False
        while not terminated:
            observation, reward, terminated, _, info = env.step(agent.act(observation, info))
        rewards.append(reward)
    assert np.mean(rewards) >= 0.9


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_it_submits_whatever_the_budget(budget: int) -> None:
    agent = make_agent("table-lookup")
    env = gym.make("FIND-relations-v1", disable_env_checker=True, interface="text", max_queries=budget)
    observation, info = env.reset(seed=1)
    agent.reset(0)
    for _ in range(budget + 1):
        observation, _, terminated, _, info = env.step(agent.act(observation, info))
        if terminated:
            break
    assert terminated and info["score"] is not None


def test_what_is_undefined_everywhere_is_said_so() -> None:
    agent = TableLookupAgent()
    solution = agent.interpret(8, [])
    words = next(solution)
    with pytest.raises(StopIteration) as stop:
        while True:
            words = solution.send(["undefined"] * len(words))
    assert "undefined" in stop.value.value.description


def test_it_is_for_relations_only() -> None:
    find_agent("table-lookup").check("relations")
    with pytest.raises(ValueError, match="expected an agent for numeric functions"):
        find_agent("table-lookup").check("numeric")


def test_it_is_evaluated_and_reported(tmp_path) -> None:
    pytest.importorskip("joblib")
    from find_gym_agents.evaluation import EvaluationConfig, evaluate

    config = EvaluationConfig(
        agents=("table-lookup",),
        env="FIND-relations-v1",
        functions=12,
        exemplars=True,
        workers=1,
        report=False,
        out=str(tmp_path / "run"),
    )
    result = evaluate(config, progress=False)
    assert not result.unscored and result.summary["agents"]["table-lookup"]["overall"]["skill"]["mean"] >= 0.9
