"""Tests of supervised training: it learns, resumes to the same bytes, and its interpreters are told apart by name."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

th = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from find_gym_agents.categories import AgentCategory  # noqa: E402
from find_gym_agents.interpreters.neural import category  # noqa: E402
from find_gym_agents.interpreters.neural.agent import NeuralAgent  # noqa: E402
from find_gym_agents.interpreters.neural.making import make_network  # noqa: E402
from find_gym_agents.interpreters.neural.search import propose  # noqa: E402
from find_gym_agents.interpreters.policies import PolicyError, resolve  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402
from find_gym_agents.training.checkpoints import POLICY, CheckpointError, load  # noqa: E402
from find_gym_agents.training.supervised.config import SupervisedConfig  # noqa: E402
from find_gym_agents.training.supervised.learning import Material, losses  # noqa: E402
from find_gym_agents.training.supervised.loop import SupervisedTraining  # noqa: E402
from find_gym_agents.training.supervised.transcripts import Source, Supply, transcribe  # noqa: E402
from tests.agents.training.runs import Killed, train  # noqa: E402

ENV = "FIND-strings-v1"
FEW = ("string_concatenate", "add_number_to_string", "replace_vowels_with_character", "insert_letter")
# Four operations, each alone and with constants, so that all are in each split: what a network learns in seconds.
EASY = {"lengths": {1: 1.0}, "single_operations": FEW}


def tiny(folder, **changes) -> SupervisedConfig:
    config = SupervisedConfig(
        env=ENV,
        size="tiny",
        difficulty=EASY,
        max_queries=3,
        examples=6 * 4 * 64,
        functions=64,
        batch_size=16,
        learning_rate=1e-2,
        validate_every=100,
        validation_functions=8,
        env_workers=0,
        logger=("none",),
        device="cpu",
        out=str(folder),
    )
    return replace(config, **changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(SupervisedTraining, tiny(tmp_path_factory.mktemp("trained")))


def test_training_beats_an_untrained_network(trained):
    first, last = trained.progress.curve
    assert first["skill"] < 0.6
    assert last["skill"] > 0.9


def test_a_killed_training_resumes_to_the_same_weights(trained, tmp_path):
    with pytest.raises(Killed):
        train(SupervisedTraining, tiny(tmp_path), killed_after=40)
    train(SupervisedTraining, tiny(tmp_path))
    expected, actual = (load(folder / POLICY)["network"] for folder in (trained.folder, tmp_path))
    assert expected.keys() == actual.keys()
    for name, values in expected.items():
        assert values.numpy().tobytes() == actual[name].numpy().tobytes(), name


def test_a_run_of_another_configuration_is_not_gone_on_with(trained):
    with pytest.raises(CheckpointError, match="batch_size was 16, now 32"):
        train(SupervisedTraining, replace(trained.config, batch_size=32))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"env": "FIND-numeric-v0"}, "env='FIND-strings-v1'"),
        ({"env": "FIND-strings-v0"}, "env='FIND-strings-v1'"),
        ({"max_queries": 4}, "max_queries=3"),
    ],
)
def test_other_categories_versions_and_greater_budgets_are_refused_by_name(trained, asked, named):
    with pytest.raises(PolicyError, match=named):
        resolve(str(trained.folder / POLICY), **asked)


def test_smaller_budgets_are_taken(trained):
    assert resolve(str(trained.folder / POLICY), max_queries=2).max_queries == 2


def test_a_category_without_a_record_is_refused(monkeypatch):
    monkeypatch.setattr(category, "agent_category", AgentCategory)
    with pytest.raises(ValueError, match="expected a category with neural interpreters, actual: strings"):
        SupervisedConfig(env=ENV)


def test_transcripts_depend_on_the_seed_alone():
    source = Source(ENV, EASY, 3)
    pieces = [Supply(source, 20, seed=1, workers=0).segment(number) for number in (4, 4, 5)]
    for name, values in pieces[0].features.items():
        assert np.array_equal(values, pieces[1].features[name])
    assert np.array_equal(pieces[0].queries, pieces[1].queries)
    assert not np.array_equal(pieces[0].queries, pieces[2].queries)
    assert (np.sort(pieces[0].queries, axis=1)[:, 1:] > np.sort(pieces[0].queries, axis=1)[:, :-1]).all()


def test_processes_end_with_a_training_that_is_killed():
    # One alone would be told that nobody writes to it any more.
    program = """
import sys, time
from find_gym_agents.training.supervised.transcripts import Supply
pool = Supply(None, 1, seed=0, workers=2)._pool
list(pool.map(time.sleep, [0.5, 0.5]))
print(*pool._processes, flush=True)
sys.stdin.read()
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], text=True, **pipes) as training:
        workers = [int(word) for word in training.stdout.readline().split()]
        assert len(workers) == 2 and "Z" not in map(_state, workers)
        training.kill()
    give_up = time.monotonic() + 60
    while set(map(_state, workers)) != {"Z"}:
        assert time.monotonic() < give_up, f"expected processes to end, actual: {workers} go on"
        time.sleep(0.1)


def _state(process: int) -> str:
    """Returns the letter that Linux has for the state of a process, "Z" where it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.parametrize("env", [ENV, "FIND-numeric-v1"])
def test_the_order_of_the_pairs_has_no_influence(env):
    found = transcribe(Source(env, "easy", 5), 6, (0,))
    network = make_network(env, LegalActions(env, "easy").codec, "tiny").eval()
    material = Material.of(found, th.device("cpu"))
    rows = th.arange(6)

    def whole() -> th.Tensor:
        return losses(network, material, rows, np.random.default_rng(0), queries_too=False)["whole"]

    before = whole()
    material.places[:] = material.places.flip(1)
    assert th.allclose(whole(), before, atol=1e-4)


@pytest.mark.parametrize("env", [ENV, "FIND-numeric-v1"])
@pytest.mark.parametrize("length", [0, 1, 2])
def test_few_or_no_pairs_are_read(env, length):
    found = transcribe(Source(env, "easy", 5), 2, (0,))
    network = make_network(env, LegalActions(env, "easy").codec, "tiny").eval()
    features = {name: th.from_numpy(values[:, :length]) for name, values in found.features.items()}
    memory = network.read(features, th.ones(2, 1, length, dtype=th.bool))
    assert network.value_queries(memory).isfinite().all()


def test_transcripts_halve_gaps_as_the_environment_does():
    env = gym.make("FIND-numeric-v1", interface="tokens", max_queries=16).unwrapped
    found = transcribe(Source("FIND-numeric-v1", "easy", 16), 8, (3,))
    probes = len(env.codec.probes)
    assert (found.places >= probes).any()
    for places, queries, x in zip(found.places, found.queries, found.features["x"], strict=True):
        env.reset(seed=0)
        for step, query in enumerate(queries.tolist()):
            gap = query - probes
            env.step(query if gap < 0 else probes + int(places[gap]))
            assert env.episode.inputs[step] == x[places[step]]


def test_a_network_that_halves_gaps_asks_what_is_legal_and_wide_enough():
    env = gym.make("FIND-numeric-v1", interface="tokens", difficulty="easy", max_queries=24, disable_env_checker=True)
    codec = env.unwrapped.codec
    th.manual_seed(0)
    network = make_network("FIND-numeric-v1", codec, "tiny").eval()
    network.halving[-1].bias.data[:] = 9.0
    agent = NeuralAgent("numeric", network, codec, 24, proposals=1)
    observation, info = env.reset(seed=1)
    actions, over = [], False
    while not over:
        actions.append(agent.act(observation, info))
        observation, _, over, _, info = env.step(actions[-1])
        assert info["message"] == ""
    assert max(actions[:12]) < len(codec.probes) <= min(actions[12:24])
    assert np.diff(np.sort(env.unwrapped.episode.inputs)).min() > category.neural_category("numeric").narrowest / 2


def test_absent_pairs_have_no_influence():
    env = "FIND-numeric-v1"
    found = transcribe(Source(env, "easy", 5), 2, (0,))
    network = make_network(env, LegalActions(env, "easy").codec, "tiny").eval()
    features = {name: th.from_numpy(values) for name, values in found.features.items()}
    few = {name: values[:, 3:9] for name, values in features.items()}
    present = th.zeros(2, 1, features["x"].shape[1], dtype=th.bool)
    present[:, :, 3:9] = True
    apart = network.value_queries(network.read(few, th.ones(2, 1, 6, dtype=th.bool)))
    among = network.value_queries(network.read(features, present))
    probes = network.probes
    assert th.allclose(th.cat([among[:, :probes], among[:, probes + 3 : probes + 9]], 1), apart, atol=1e-5)


def test_proposals_are_the_likeliest_programs_and_no_two_the_same():
    legal = LegalActions(ENV, {"lengths": {1: 0.5, 2: 0.5}, "single_operations": FEW, "operations": FEW[:2]})
    th.manual_seed(0)
    network = make_network(ENV, legal.codec, "tiny").eval()
    found = transcribe(Source(ENV, EASY, 3), 1, (0,))
    with th.no_grad():
        features = {name: th.from_numpy(values[:, :3]) for name, values in found.features.items()}
        memory = network.read(features, th.ones(1, 1, 3, dtype=th.bool))
    everything = propose(network, memory, legal.grammar, 10_000)
    assert sum(np.exp(each.log_probability) for each in everything) == pytest.approx(1, abs=1e-4)
    few = propose(network, memory, legal.grammar, 40)
    assert [each.tokens for each in few[:5]] == [each.tokens for each in everything[:5]]
    assert len({each.tokens for each in few}) == 40


def test_the_agent_asks_no_probe_twice_and_writes_what_the_grammar_allows(trained):
    agent = NeuralAgent.load(str(trained.folder / POLICY), proposals=4)
    env = gym.make(ENV, interface="tokens", difficulty=EASY, max_queries=3, disable_env_checker=True)
    for seed in range(3):
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        actions, over = [], False
        while not over:
            actions.append(agent.act(observation, info))
            observation, reward, over, _, info = env.step(actions[-1])
            assert info["message"] == ""
        assert len(set(actions[:3])) == 3 and max(actions[:3]) < 42 <= min(actions[3:])
