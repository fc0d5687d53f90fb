"""Tests of the weights that come with the package: small, documented, and better than nothing."""

import json
from importlib.resources import files
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("torch")

from find_gym.core.registry import category_of  # noqa: E402
from find_gym.functions import function_seed  # noqa: E402
from find_gym_agents.interpreters.policies import PolicyError, make_policy_agent, resolve  # noqa: E402

WEIGHTS = sorted(Path(str(files("find_gym_agents.interpreters.neural").joinpath("weights"))).glob("*.pt"))


def test_the_weights_are_small():
    assert sum(path.stat().st_size for path in WEIGHTS) <= 8_000_000


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.stem)
def test_weights_say_how_they_were_made_and_what_they_earn(path):
    about = json.loads(path.with_suffix(".json").read_text())
    assert {"command", "date", "seed", "figures"} <= about.keys()
    assert f"--env {path.stem}" in about["command"] and about["evaluation"]["env"] == path.stem
    assert all(0 < figures["skill"]["mean"] <= 1 for figures in about["figures"].values())


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.stem)
def test_pretrained_interpreters_play(path):
    env, category = path.stem, category_of(path.stem)
    options = resolve("pretrained", env=env, proposals=4)
    assert (options.env, options.label) == (env, f"weights/{env}")
    agent = make_policy_agent(options)
    made = gym.make(
        env, interface=agent.interface, split="test", max_queries=options.max_queries, disable_env_checker=True
    )
    skills = []
    for index in range(3):
        observation, info = made.reset(seed=function_seed("test", category, 0, index))
        agent.reset(index)
        over = False
        while not over:
            observation, reward, over, _, info = made.step(agent.act(observation, info))
        skills.append(reward)
    assert np.mean(skills) > 0.25


def test_the_time_of_episodes_is_measured(capsys):
    from find_gym_agents.benchmarks.interpreters import PARTS, main, play

    (episode,) = play("FIND-strings-v1", 3, functions=1, proposals=2)
    assert len(episode.seconds) == len(PARTS) and all(seconds > 0 for seconds in episode.seconds)
    main(["--env", "FIND-relations-v1", "--functions", "1", "--proposals", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| FIND-relations-v1 | 24 | ")
    with pytest.raises(SystemExit):
        main(["--env", "FIND-numeric-v9"])
    assert "invalid choice: 'FIND-numeric-v9'" in capsys.readouterr().err


def test_exemplars_are_asked_first_and_no_probe_twice():
    agent = make_policy_agent(resolve("pretrained", env="FIND-neurons-v0", proposals=1))
    env = gym.make("FIND-neurons-v0", max_queries=7, exemplars=True, split="test", disable_env_checker=True)
    observation, info = env.reset(seed=0)
    agent.reset(0)
    asked = []
    while info["budget"]:
        observation, *_, info = env.step(agent.act(observation, info))
        asked += info["inputs"]
    assert asked[:5] == info["exemplars"] and len(set(asked)) == 7


def test_the_numeric_interpreter_makes_no_proposals_before_they_can_be_told_apart(monkeypatch):
    from find_gym_agents.interpreters.neural.agent import NeuralAgent

    made = []
    propose = NeuralAgent._propose
    monkeypatch.setattr(
        NeuralAgent, "_propose", lambda self, count: made.append((len(self.evidence), count)) or propose(self, count)
    )
    options = resolve("pretrained", env="FIND-numeric-v1", proposals=2)
    agent = make_policy_agent(options)
    env = gym.make("FIND-numeric-v1", interface=agent.interface, max_queries=13, disable_env_checker=True)
    observation, info = env.reset(seed=0)
    agent.reset(0)
    over = False
    while not over:
        observation, _, over, _, info = env.step(agent.act(observation, info))
    assert made == [(12, 2), (13, 2)]


def test_environments_without_weights_are_refused_by_name():
    with pytest.raises(PolicyError, match=r"expected an environment with pretrained weights \(.*FIND-strings-v0"):
        resolve("pretrained", env="FIND-strings-v0")
