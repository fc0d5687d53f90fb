"""RLlib's adapter: observations with masks, a policy that heeds them; the script's run, checkpoint, continuation."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("ray.rllib")

import ray
import torch

from find_gym.adapters.rllib import MaskedPolicy, make_environment

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_rllib.py"


@pytest.fixture(scope="module")
def example():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("train_rllib", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["train_rllib"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["train_rllib"]


@pytest.mark.parametrize("env", ["FIND-numeric-v1", "FIND-strings-v1", "FIND-entities-v1", "FIND-relations-v1"])
def test_observations_begin_with_the_legal_actions(env):
    environment = make_environment(env, max_queries=3)
    plain = gym.make(f"find_gym:{env}", max_queries=3)
    observation, _ = environment.reset(seed=5)
    expected, _ = plain.reset(seed=5)
    rng = np.random.default_rng(0)
    terminated = False
    while not terminated:
        assert observation in environment.observation_space
        mask, features = np.split(observation, [environment.action_space.n])
        assert np.array_equal(mask, plain.unwrapped.action_masks())
        assert np.array_equal(features, gym.spaces.flatten(plain.observation_space, expected))
        action = int(rng.choice(np.flatnonzero(mask)))
        observation, reward, terminated, _, _ = environment.step(action)
        expected, same_reward, same_end, _, _ = plain.step(action)
        assert (reward, terminated) == (same_reward, same_end)


def test_workers_with_neighbouring_seeds_share_no_function():
    drawn = set()
    for worker in (1, 2):
        environment = make_environment("FIND-numeric-v1", worker)
        for index in range(4):
            environment.reset(seed=100 + worker + index)
            drawn.add(environment.unwrapped.function.source())
    assert len(drawn) == 8


def test_the_policy_never_takes_an_illegal_action():
    environment = make_environment("FIND-numeric-v1")
    policy = MaskedPolicy(
        observation_space=environment.observation_space, action_space=environment.action_space, model_config={}
    )
    observations = torch.rand(500, environment.observation_space.shape[0])
    legal = torch.rand(500, environment.action_space.n) < 0.05
    legal[:, 0] = True
    observations[:, : environment.action_space.n] = legal.float()
    logits = policy.forward_exploration({"obs": observations})["action_dist_inputs"]
    actions = policy.get_exploration_action_dist_cls().from_logits(logits).sample()
    assert legal[torch.arange(500), actions].all()
    assert len(set(actions.tolist())) > 20
    assert policy.compute_values({"obs": observations}).shape == (500,)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--env", "CartPole-v1"], "expected an environment among FIND-numeric-v1"),
        (["--workers", "0"], "expected workers to be an integer >= 1"),
        (["--seed", "-1"], "expected seed to be an integer >= 0"),
        (["--split", "tset"], "expected a split"),
        (["--difficulty", "odd"], "expected a difficulty"),
        (["--max-queries", "-1"], "expected max_queries to be an integer >= 0"),
    ],
)
def test_bad_command_lines_end_with_2_and_say_why(example, words, message, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train_rllib.py", *words])
    with pytest.raises(SystemExit) as ended:
        example.main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_two_workers_train_save_and_go_on(example, tmp_path, monkeypatch):
    """Two iterations as a user runs them, then a third one here, from the checkpoint."""
    words = "--difficulty easy --max-queries 8 --batch 256 --functions 4 --split validation --workers 2"
    command = [sys.executable, str(SCRIPT), *words.split(), "--timesteps", "500", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "mean skill on 4 functions of validation" in done.stdout
    args = example.Args(difficulty="easy", max_queries=8, batch=256, functions=4, timesteps=750, out=str(tmp_path))
    checkpoint, first = example.last_checkpoint(args)
    assert checkpoint.name == "checkpoint-000002" and [row["iteration"] for row in first] == [1, 2]
    assert all(row["illegal_actions"] == 0 and np.isfinite(row["mean_return"]) for row in first)
    assert f"mean_return {first[1]['mean_return']:.6g}" in done.stdout

    saved = example.RLModule.from_checkpoint(f"{checkpoint}/{example.POLICY}").get_state()
    make_algorithm = example.make_algorithm
    compared = []

    def watched(args, iteration):
        algorithm = make_algorithm(args, iteration)
        restore = algorithm.restore_from_path

        def compare(path):
            before = learner_and_workers(algorithm)
            restore(path)
            compared.append((before, learner_and_workers(algorithm)))

        monkeypatch.setattr(algorithm, "restore_from_path", compare)
        return algorithm

    monkeypatch.setattr(example, "make_algorithm", watched)
    example.train(args)
    [(before, after)] = compared
    assert len(before) == len(after) == 3
    assert not any(same_weights(weights, saved) for weights in before)
    assert all(same_weights(weights, saved) for weights in after)

    checkpoint, iterations = example.last_checkpoint(args)
    assert iterations[:2] == first and len(iterations) == 3
    assert iterations[2]["timesteps"] >= 750 > first[1]["timesteps"]
    assert iterations[2]["illegal_actions"] == 0
    assert [path.name for path in args.folder.iterdir()] == ["checkpoint-000003"]
    assert not same_weights(example.RLModule.from_checkpoint(f"{checkpoint}/{example.POLICY}").get_state(), saved)
    assert not ray.is_initialized()


def learner_and_workers(algorithm):
    """The weights of the learner, and of each of the workers."""
    learner = algorithm.learner_group.get_weights()["default_policy"]
    return [
        learner,
        *algorithm.env_runner_group.foreach_env_runner(
            lambda runner: runner.module.get_state(), local_env_runner=False
        ),
    ]


def same_weights(one, other):
    assert set(one) == set(other)
    return all(np.array_equal(one[name], other[name]) for name in other)
