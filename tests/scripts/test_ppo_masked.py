"""The example of PPO in one file: it trains, takes legal actions alone, and evaluates on functions of its own."""

import importlib
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples"))
    return importlib.import_module("ppo_masked")


def test_it_trains_with_legal_actions_alone(example, monkeypatch, capsys):
    taken = []
    make = example.make_envs

    def watched(args, split, num_envs):
        envs = make(args, split, num_envs)
        step = envs.step

        def check(actions):
            taken.append(envs.action_masks()[range(num_envs), actions].all())
            return step(actions)

        envs.step = check
        return envs

    monkeypatch.setattr(example, "make_envs", watched)
    rules = {"max_queries": 3, "num_envs": 4, "num_steps": 16, "update_epochs": 1, "hidden": 8}
    args = example.Args(env="FIND-strings-v1", total_timesteps=128, test_functions=6, **rules)
    agent = example.train(args)
    assert capsys.readouterr().out.count("step ") == 2
    # The same weights as those that the training began with.
    torch.manual_seed(args.seed)
    untrained = example.Agent(agent.actor[0].in_features, agent.actor[-1].out_features, args.hidden)
    assert not torch.equal(agent.actor[0].weight, untrained.actor[0].weight)
    assert 0.0 <= example.evaluate(args, agent) <= 1.0
    assert len(taken) > 32 and all(taken)
