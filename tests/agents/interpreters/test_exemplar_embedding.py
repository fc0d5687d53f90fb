"""The agent for entity functions, and the runner and report on them."""

import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401
from find_gym.functions import FINDDataset
from find_gym_agents.commands.make_dataset import DatasetConfig, make_dataset
from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.interpreters.exemplar_embedding import ExemplarEmbeddingAgent


def skill(exemplars: bool, budget: int, episodes: int = 20) -> float:
    env = gym.make(
        "FIND-entities-v1",
        interface="text",
        exemplars=exemplars,
        max_queries=budget,
        split="test",
        disable_env_checker=True,
    )
    agent = ExemplarEmbeddingAgent()
    rewards = []
    for seed in range(episodes):
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        terminated = False
        while not terminated:
            observation, reward, terminated, _, info = env.step(agent.act(observation, info))
        rewards.append(reward)
    return float(np.mean(rewards))


def test_it_finds_the_concepts() -> None:
    assert skill(exemplars=True, budget=40) > 0.8
    assert skill(exemplars=False, budget=100) > 0.75


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_any_budget_will_do(budget: int) -> None:
    assert -0.5 <= skill(exemplars=False, budget=budget, episodes=3) <= 1


def test_the_runner_evaluates_and_reports(tmp_path: Path) -> None:
    config = EvaluationConfig(
        agents=("exemplar-embedding",),
        env="FIND-entities-v1",
        functions=3,
        exemplars=True,
        workers=1,
        out=str(tmp_path / "run"),
    )
    result = evaluate(config, progress=False)
    assert not result.unscored
    assert "exemplars" in json.loads((tmp_path / "run" / "config.json").read_text())["identity"]
    assert result.summary["agents"]["exemplar-embedding"]["overall"]["paper_score"]["mean"] > 0.5
    page = (tmp_path / "run" / "report.html").read_text()
    assert "It responds to words related to" in page


def test_datasets_are_made_and_evaluated(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    made = make_dataset(DatasetConfig(out=folder, category="entities", functions=3, workers=1), progress=False)
    assert len(made) == len(FINDDataset(folder, "entities")) == 3
    config = EvaluationConfig(
        agents=("exemplar-embedding",),
        env="FIND-entities-v1",
        dataset=folder,
        workers=1,
        report=False,
        out=str(tmp_path / "run"),
    )
    assert len(evaluate(config, progress=False).episodes) == 3


def test_settings_of_other_categories_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a category with exemplars"):
        EvaluationConfig(agents=("constant",), exemplars=True)
    with pytest.raises(ValueError, match="expected an agent for entities"):
        EvaluationConfig(agents=("constant",), env="FIND-entities-v1")
