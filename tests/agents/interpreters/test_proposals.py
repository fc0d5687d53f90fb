"""Policies propose several programs, of which their own evidence chooses one."""

import json

import gymnasium as gym
import numpy as np
import pytest

from find_gym import LATEST_IDS
from find_gym_agents.categories import agent_category

th = pytest.importorskip("torch")
stable_baselines3 = pytest.importorskip("stable_baselines3")
pytest.importorskip("sb3_contrib")

from find_gym_agents.commands.evaluate import main  # noqa: E402
from find_gym_agents.interpreters.policies import make_policy_agent, resolve  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402
from find_gym_agents.interpreters.policies.proposals import propose  # noqa: E402
from find_gym_agents.training.checkpoints import save  # noqa: E402
from find_gym_agents.training.networks import make_policy  # noqa: E402
from find_gym_agents.training.policy_episodes import log_probabilities  # noqa: E402

BUDGET = 4
CATEGORIES = ("numeric", "strings", "relations", "entities", "neurons")


def _env(category):
    return gym.make(LATEST_IDS[category], interface="tokens", max_queries=BUDGET, disable_env_checker=True)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Returns a function that writes an untrained policy of a category, once, and returns its file."""
    folder = tmp_path_factory.mktemp("policies")

    def write(category):
        path = folder / category / "policy.pt"
        if not path.exists():
            env = _env(category)
            th.manual_seed(0)
            policy = make_policy(category, BUDGET, env.observation_space, env.action_space)
            with th.no_grad():
                # Untrained policies find everything about as probable.
                policy.action_net.weight.mul_(30)
            path.parent.mkdir()
            config = {"env": LATEST_IDS[category], "difficulty": "find"}
            data = {"category": category, "max_queries": BUDGET, "free_stopping": False, "config": config}
            save(path, data | {"policy": policy.state_dict()})
        return str(path)

    return write


def _play(agent, env, seed=0):
    """Returns the actions of an episode, and what was asked and answered."""
    agent.reset(seed)
    observation, info = env.reset(seed=seed)
    actions, evidence, over = [], [], False
    while not over:
        actions.append(agent.act(observation, info))
        observation, _, over, _, info = env.step(actions[-1])
        assert not info["message"]
        evidence += zip(info["inputs"], info["outputs"], strict=True)
    return actions, evidence


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_likeliest_of_the_proposals_is_written(category, checkpoint):
    env = _env(category)
    one, many = (make_policy_agent(resolve(checkpoint(category), proposals=count)) for count in (1, 12))
    (greedy, _), (actions, evidence) = _play(one, env), _play(many, env)
    assert actions[:BUDGET] == greedy[:BUDGET]
    checker = agent_category(category).make_checker(env.unwrapped.codec)
    probes = env.unwrapped.codec.queries
    written, own = ([action - probes for action in found[BUDGET:]] for found in (actions, greedy))
    chosen = checker.best([own, written], evidence)
    assert chosen.tokens == tuple(written) or own == written
    assert _play(many, env) == (actions, evidence)


def test_probabilities_are_those_that_the_policy_gives_in_the_environment(checkpoint):
    """The observations of drafts are those of the environment, and the most probable programs come first."""
    path = checkpoint("relations")
    agent = make_policy_agent(resolve(path))
    env = _env("relations")
    legal = LegalActions(LATEST_IDS["relations"], "find")
    observation, _ = env.reset(seed=1)
    for probe in (3, 50, 8, 120):
        observation, *_ = env.step(probe)
    network, probes = agent.network, legal.codec.queries
    found = propose(
        lambda rows, masks: log_probabilities(network, rows, masks),
        legal,
        observation,
        8,
        env.unwrapped.rules.max_steps,
    )
    totals = []
    for program in found:
        other = _env("relations")
        shown, _ = other.reset(seed=1)
        for probe in (3, 50, 8, 120):
            shown, *_ = other.step(probe)
        total = 0.0
        for token in program:
            mask = other.unwrapped.action_masks()
            rows = {name: values[None] for name, values in shown.items()}
            total += log_probabilities(network, rows, mask[None])[0, probes + token]
            shown, _, over, *_ = other.step(probes + token)
        assert over
        totals.append(total)
    assert len(set(map(tuple, found))) == 8 and totals == sorted(totals, reverse=True)
    # A relation alone is a program of one token: the beam can't miss a more probable one.
    rows = {name: values[None] for name, values in observation.items()}
    mask = np.concatenate([np.zeros(probes, dtype=bool), legal.codec.new_draft().legal()])
    first = log_probabilities(network, rows, mask[None])[0, probes:]
    alone = [value for value, word in zip(first, legal.codec.tokens, strict=True) if not word.startswith("except")]
    assert totals[0] >= max(alone) - 1e-6


def test_a_program_goes_on_from_what_is_written(checkpoint):
    """Whoever wrote the first token: the program begins with it."""
    env = _env("strings")
    agent = make_policy_agent(resolve(checkpoint("strings"), proposals=6))
    agent.reset(0)
    observation, info = env.reset(seed=0)
    for _ in range(BUDGET):
        observation, *_, info = env.step(agent.act(observation, info))
    agent.act(observation, info)
    codec = env.unwrapped.codec
    first = codec.tokens.index("reverse_string")
    observation, _, over, _, info = env.step(codec.queries + first)
    while not over:
        observation, _, over, _, info = env.step(agent.act(observation, info))
        assert codec.written().startswith("reverse_string ")


@pytest.mark.parametrize(("name", "proposals"), [("PPO", 8), ("A2C", 8), ("DQN", 1)])
def test_models_of_other_libraries_propose_if_they_have_probabilities(name, proposals, tmp_path, recwarn):
    env = _env("relations")
    extra = {"buffer_size": 10} if name == "DQN" else {}
    model = getattr(stable_baselines3, name)(
        "MultiInputPolicy", env, seed=0, device="cpu", policy_kwargs={"net_arch": [4]}, **extra
    )
    model.save(tmp_path / "model.zip")
    options = resolve(str(tmp_path / "model.zip"), env=LATEST_IDS["relations"], max_queries=BUDGET, proposals=8)
    assert options.proposals == proposals
    said = [str(one.message) for one in recwarn if "makes 1 proposal" in str(one.message)]
    assert len(said) == (proposals == 1)
    agent = make_policy_agent(options)
    agent.reset(0)
    observation, info = env.reset(seed=0)
    for probe in range(BUDGET):
        observation, *_, info = env.step(probe)
    assert env.action_space.contains(agent.act(observation, info))


def test_the_command_line_says_how_many(checkpoint, tmp_path, capsys):
    path = checkpoint("relations")
    words = ["--agent", "policy", "--checkpoint", path, "--functions", "2", "--workers", "1", "--no-report"]
    assert main([*words, "--out", str(tmp_path / "a")]) == 0
    assert json.loads((tmp_path / "a" / "config.json").read_text())["identity"]["proposals"] == 32
    assert main([*words, "--proposals", "1", "--out", str(tmp_path / "b")]) == 0
    assert "proposals" not in json.loads((tmp_path / "b" / "config.json").read_text())["identity"]
    assert main([*words, "--proposals", "4", "--out", str(tmp_path / "a")]) == 2
    assert "proposals was 32, now 4" in capsys.readouterr().err
    for wrong in (
        ["--agent", "policy", "--checkpoint", path, "--proposals", "0"],
        ["--agent", "random", "--proposals", "2"],
    ):
        with pytest.raises(SystemExit):
            main(wrong)
