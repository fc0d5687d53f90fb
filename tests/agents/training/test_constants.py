"""Tests of constants that a network writes: digits, the row of constants of a description, training, the agent."""

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

th = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from find_gym.categories.numeric.rules import AtomRule, CompoundRule  # noqa: E402
from find_gym.functions import NumericFunction, NumericSpec, sample_numeric  # noqa: E402
from find_gym_agents.categories.numeric import sorted_words_of  # noqa: E402
from find_gym_agents.categories.numeric.constants import constants_of, outputs_of, program_of, slots_of  # noqa: E402
from find_gym_agents.interpreters.neural.agent import NeuralAgent  # noqa: E402
from find_gym_agents.interpreters.neural.category import neural_category  # noqa: E402
from find_gym_agents.interpreters.neural.digits import from_digits, to_digits  # noqa: E402
from find_gym_agents.interpreters.neural.making import make_network  # noqa: E402
from find_gym_agents.interpreters.neural.own_constants import OwnConstantsAgent, shares, writing_agent  # noqa: E402
from find_gym_agents.interpreters.neural.writing import WritingAgent  # noqa: E402
from find_gym_agents.interpreters.policies import PolicyError, make_policy_agent, resolve  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402
from find_gym_agents.training.checkpoints import POLICY, UNTRAINED, CheckpointError, load  # noqa: E402
from find_gym_agents.training.supervised.config import SupervisedConfig  # noqa: E402
from find_gym_agents.training.supervised.constants import constants_loss, padded_constants  # noqa: E402
from find_gym_agents.training.supervised.learning import Material  # noqa: E402
from find_gym_agents.training.supervised.loop import SupervisedTraining  # noqa: E402
from find_gym_agents.training.supervised.transcripts import Source, transcribe  # noqa: E402
from tests.agents.training.runs import train  # noqa: E402

ENV = "FIND-numeric-v1"
NESTED = {
    "variants": {"plain": 1.0, "corrupted": 1.0},
    "compound_share": 0.5,
    "parts": (2, 3),
    "depth": 2,
    "region_count": (1, 3),
}
LINES = {"families": ("linear", "constant"), "compound_share": 0.0, "variants": {"plain": 1.0}}


@given(st.floats(-9.9e11, 9.9e11).filter(lambda value: abs(value) >= 1e-3))
def test_two_digits_come_within_five_per_cent(value):
    assert float(from_digits(to_digits(th.tensor(value, dtype=th.float64)))) == pytest.approx(value, rel=0.05 + 1e-9)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, 0.0),
        (4e-4, 0.0),
        (-0.001, -0.001),
        (3.4, 3.4),
        (-45.3, -45.0),
        (99.6, 100.0),
        (0.0996, 0.1),
        (3e15, 9.9e11),
    ],
)
def test_numbers_are_rounded_to_two_digits(value, written):
    found = to_digits(th.tensor([value], dtype=th.float64))
    assert from_digits(found).item() == pytest.approx(written, rel=1e-12)
    assert th.equal(to_digits(from_digits(found)), found)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_description_with_its_own_constants_is_the_function(seed):
    rng = np.random.default_rng(seed)
    spec = sample_numeric(rng, difficulty=NESTED)
    words, x = sorted_words_of(spec), np.linspace(-100, 100, 81)
    values = constants_of(spec)
    assert len(values) == len(slots_of(words))
    truth = NumericFunction(NumericSpec(spec.rule, spec.domain, regions=spec.regions)).truth(x).clip(-1e12, 1e12)
    assert outputs_of(words, values, x) == pytest.approx(truth, rel=1e-6, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AtomRule("sin", (2.0, 3.0, 0.5, 1.0)), AtomRule("sin", (-2.0, 3.0, 5.0, 1.0))),
        (AtomRule("logarithm", (2.0, 1.0, 10.0)), AtomRule("logarithm", (1.0, 1.0, 10.0**0.5))),
        (AtomRule("rational", ((1.0, 2.0), (2.0, 1.0))), AtomRule("rational", ((3.0, 6.0), (6.0, 3.0)))),
        (
            CompoundRule("sum", (AtomRule("linear", (2.0, 5.0)), AtomRule("step", (1.0, 0.0, 0.5)))),
            CompoundRule("sum", (AtomRule("step", (1.0, 4.0, 0.5)), AtomRule("linear", (2.0, 1.0)))),
        ),
    ],
)
def test_the_same_function_has_the_same_constants(one, other):
    rows = [constants_of(NumericSpec(rule, (-100.0, 100.0))) for rule in (one, other)]
    assert rows[0] == pytest.approx(rows[1])


def test_exceptions_and_whole_numbers_are_read_whatever_is_written():
    spec = program_of(["inside", "root"], [7.0, 3.0, 2.5, 1.0, 0.0, 1.6])
    assert [(region.lower, region.upper, region.mean) for region in spec.regions] == [(3.0, 7.0, 2.5)]
    assert spec.rule == AtomRule("root", (1.0, 0.0, 2))
    assert program_of(["inside", "linear"], [3.0, 3.0, 2.5, 1.0, 0.0]).regions == ()


@pytest.mark.parametrize(
    ("log_probabilities", "total", "counts"), [([0.0], 8, [8]), ([-0.2, -2.0, -9.0], 8, [7, 1, 0]), ([-1.0], 1, [1])]
)
def test_proposals_are_shared_out_by_probability(log_probabilities, total, counts):
    assert shares(log_probabilities, total) == counts


def config(folder, **changes) -> SupervisedConfig:
    options = {
        "env": ENV,
        "size": "tiny",
        "difficulty": LINES,
        "max_queries": 6,
        "examples": 64,
        "functions": 16,
        "batch_size": 16,
        "validate_every": 100,
        "validation_functions": 1,
        "env_workers": 0,
        "logger": ("none",),
        "device": "cpu",
        "constants": True,
        "out": str(folder),
    }
    return SupervisedConfig(**(options | changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(SupervisedTraining, config(tmp_path_factory.mktemp("trained")))


def test_the_constants_of_lines_are_learned():
    found = transcribe(Source(ENV, LINES, 6), 16, (0,))
    material, rng = Material.of(found, th.device("cpu")), np.random.default_rng(0)
    constants = padded_constants(neural_category("numeric").constants, [truth.spec for truth in found.truths])
    th.manual_seed(0)
    writer = make_network(ENV, LegalActions(ENV, LINES).codec, "tiny", constants=True).constants
    optimizer = th.optim.Adam(writer.parameters(), lr=1e-2)
    losses = []
    for _ in range(24):
        loss = constants_loss(writer, material, constants, th.arange(16), rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-6:]) < 0.85 * np.mean(losses[:6])


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_constants_are_written_from_few_or_no_pairs_in_any_order(length):
    found = transcribe(Source(ENV, "easy", 5), 3, (0,))
    programs = [tuple(token for token in row if token >= 0) for row in found.programs.tolist()]
    th.manual_seed(0)
    writer = make_network(ENV, LegalActions(ENV, "easy").codec, "tiny", constants=True).constants
    rows = []
    for order in (slice(0, length), slice(None, None, -1)):
        features = {name: th.from_numpy(values[:, :length][:, order].copy()) for name, values in found.features.items()}
        rows.append(writer.write(features, programs, th.zeros(3, dtype=th.bool)))
    assert rows[0] == rows[1] and all(np.isfinite(row).all() for row in rows[0])


def test_constants_alone_leave_the_rest_of_the_network_as_it_is(trained, tmp_path):
    without = train(SupervisedTraining, config(tmp_path / "without", examples=16, constants=False))
    added = train(SupervisedTraining, config(tmp_path / "added", examples=16, init_from=str(without.folder / POLICY)))
    before, after = (load(each.folder / POLICY)["network"] for each in (without, added))
    assert all(th.equal(values, after[name]) for name, values in before.items())
    untrained = load(added.folder / UNTRAINED)["network"]
    assert {name for name in after if not th.equal(untrained[name], after[name])} <= after.keys() - before.keys()
    with pytest.raises(PolicyError, match="expected a policy that writes constants"):
        resolve(str(without.folder / POLICY), constants="network")


def test_another_environment_or_size_is_no_beginning(trained, tmp_path):
    with pytest.raises(CheckpointError, match="expected a small neural interpreter of FIND-numeric-v1"):
        train(SupervisedTraining, config(tmp_path, size="small", init_from=str(trained.folder / POLICY)))


def test_constants_need_a_grammar_that_leaves_them_out():
    with pytest.raises(ValueError, match="expected a category whose grammar leaves constants out, actual: strings"):
        SupervisedConfig(env="FIND-strings-v1", constants=True)


def test_an_agent_writes_its_constants_and_the_same_seed_the_same_ones(trained):
    agent = make_policy_agent(resolve(str(trained.folder / POLICY), proposals=4, constants="network"))
    assert isinstance(agent, WritingAgent)
    env = gym.make(ENV, interface="text", difficulty=LINES, max_queries=6, split="test", disable_env_checker=True)
    messages = []
    for _ in range(2):
        observation, info = env.reset(seed=3)
        agent.reset(3)
        over = False
        while not over:
            messages.append(agent.act(observation, info))
            observation, _, over, _, info = env.step(messages[-1])
        assert info["score"]["outcome"] in ("right", "wrong")
    half = len(messages) // 2
    assert half == 7 and messages[:half] == messages[half:]
    assert all(message.startswith("QUERY") for message in messages[: half - 1])


def test_it_asks_what_the_agent_with_fitted_constants_asks():
    codec = LegalActions(ENV, "easy").codec
    th.manual_seed(0)
    network = make_network(ENV, codec, "tiny", constants=True).eval()
    network.halving[-1].bias.data[:] = 9.0
    asked = []
    for kind in (NeuralAgent, OwnConstantsAgent):
        interpreter = kind("numeric", network, codec, 12, proposals=1)
        agent = writing_agent(interpreter) if kind is OwnConstantsAgent else interpreter
        env = gym.make(ENV, interface=agent.interface, difficulty="easy", max_queries=12, disable_env_checker=True)
        observation, info = env.reset(seed=1)
        agent.reset(1)
        while info["budget"]:
            observation, *_, info = env.step(agent.act(observation, info))
        asked.append(env.unwrapped.episode.inputs)
    assert asked[0] == asked[1] and len(asked[0]) == 12
