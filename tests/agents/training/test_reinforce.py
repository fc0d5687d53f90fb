"""Tests of policy gradients: what is rewarded becomes likelier in the heads that learn, and runs resume."""

from copy import deepcopy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

th = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from find_gym.core.registry import category_named  # noqa: E402
from find_gym_agents.base import PolicyError  # noqa: E402
from find_gym_agents.interpreters.neural.agent import NeuralAgent  # noqa: E402
from find_gym_agents.interpreters.neural.category import neural_category  # noqa: E402
from find_gym_agents.interpreters.neural.checkpoints import portrait, restore  # noqa: E402
from find_gym_agents.interpreters.neural.making import make_network  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402
from find_gym_agents.training.checkpoints import POLICY, UNTRAINED, CheckpointError, load, save  # noqa: E402
from find_gym_agents.training.neural import information  # noqa: E402
from find_gym_agents.training.reinforce.config import ReinforceConfig  # noqa: E402
from find_gym_agents.training.reinforce.learning import program_loss, query_loss  # noqa: E402
from find_gym_agents.training.reinforce.loop import ReinforceTraining  # noqa: E402
from find_gym_agents.training.reinforce.rollouts import Player  # noqa: E402
from find_gym_agents.training.supervised.config import SupervisedConfig  # noqa: E402
from find_gym_agents.training.supervised.learning import Material  # noqa: E402
from find_gym_agents.training.supervised.loop import SupervisedTraining  # noqa: E402
from find_gym_agents.training.supervised.transcripts import Source, transcribe  # noqa: E402
from tests.agents.training.runs import Killed, train  # noqa: E402

ENV, BUDGET = "FIND-strings-v1", 4
FEW = ("string_concatenate", "add_number_to_string", "replace_vowels_with_character", "insert_letter")
# Four operations, each alone and with constants, so that all are in each split.
EASY = {"lengths": {1: 1.0}, "single_operations": FEW}
CPU = th.device("cpu")


def untrained(path, env=ENV, difficulty=EASY, budget=BUDGET):
    """Saves a network with random weights as if it had been trained."""
    th.manual_seed(0)
    network = make_network(env, LegalActions(env, difficulty).codec, "tiny")
    save(path, portrait(network, {"env": env, "difficulty": difficulty, "size": "tiny"}, budget, None))
    return str(path)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return untrained(tmp_path_factory.mktemp("start") / "network.pt")


def configured(folder, start, **changes) -> ReinforceConfig:
    config = ReinforceConfig(
        env=ENV,
        init_from=start,
        difficulty=EASY,
        max_queries=BUDGET,
        examples=24,
        functions=8,
        batch_size=4,
        learning_rate=1e-2,
        validate_every=100,
        validation_functions=2,
        env_workers=0,
        logger=("none",),
        device="cpu",
        out=str(folder),
    )
    return replace(config, **changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, start):
    return train(ReinforceTraining, configured(tmp_path_factory.mktemp("trained"), start))


@pytest.fixture
def played(start, tmp_path):
    """A network, its player, and transcripts of eight functions."""
    config = configured(tmp_path, start, exception_price=0.0, kl=0.0)
    network, _ = restore(load(start))
    transcripts = transcribe(Source(ENV, EASY, BUDGET), 8, (0,))
    return config, network, Player(config), transcripts, Material.of(transcripts, CPU)


def test_rewards_are_those_of_the_environment(played):
    config, network, player, transcripts, material = played
    sequences = player.ask(network, material, np.arange(8))
    programs = player.write(network, sequences, transcripts.truths)
    env = gym.make(ENV, interface="tokens", difficulty=EASY, max_queries=BUDGET, disable_env_checker=True)
    assert len(set(programs.skills.tolist())) > 1
    for sequence, tokens, skill in zip(programs.sets, programs.tokens, programs.skills, strict=True):
        spec = transcripts.truths[int(sequence) // config.sequences].spec
        env.reset(seed=0, options={"function": spec})
        for action in [*sequences.queries[sequence], *(42 + token for token in tokens if token >= 0)]:
            _, reward, over, _, _ = env.step(int(action))
        assert over and reward == pytest.approx(float(skill))


def test_sequences_begin_with_the_opening_and_repeat_nothing(played):
    _, network, player, transcripts, material = played
    sequences = player.ask(network, material, np.arange(8))
    programs = player.write(network, sequences, transcripts.truths)
    opening = neural_category("strings").opening(LegalActions(ENV, EASY).codec, BUDGET)
    assert (sequences.queries[:, : len(opening)] == th.tensor(opening)).all()
    assert all(len(set(row)) == BUDGET for row in sequences.queries.tolist())
    assert programs.mean(th.ones_like(programs.shares)).numpy() == pytest.approx(1.0)


def test_the_program_that_is_rewarded_becomes_likelier(played):
    config, network, player, transcripts, material = played
    reference = deepcopy(network)
    optimizer = th.optim.Adam(network.parameters(), lr=1e-2)
    earned = []
    for _ in range(12):
        sequences = player.ask(network, material, np.arange(8))
        programs = player.write(network, sequences, transcripts.truths)
        # Only those that begin with one token are rewarded, whatever the environment says.
        rewarded = (programs.tokens[:, 0] == programs.tokens[:, 0].max()).float()
        programs = replace(programs, skills=rewarded)
        earned.append(float(programs.mean(rewarded).mean()))
        optimizer.zero_grad()
        program_loss(network, reference, sequences, programs, config)["loss"].backward()
        optimizer.step()
    assert earned[0] < 0.5 < 0.95 < earned[-1]


def test_the_query_that_is_rewarded_becomes_likelier(played):
    config, network, player, transcripts, material = played
    config = replace(config, query_steps=BUDGET)
    reference, rng = deepcopy(network), np.random.default_rng(0)
    asked = player.ask(network, material, np.arange(8)).queries[:, 2:].flatten().bincount()
    # One that is asked now and then.
    wanted = asked.where(asked > 0, 1000).argmin()
    optimizer = th.optim.Adam(network.parameters(), lr=2e-2)
    shares = []
    for _ in range(15):
        sequences = player.ask(network, material, np.arange(8))
        earned = (sequences.queries == wanted).any(1).float()
        shares.append(float(earned.mean()))
        optimizer.zero_grad()
        found = query_loss(network, reference, sequences, config, earned=earned, begun=2, rng=rng)
        found["loss"].backward()
        optimizer.step()
    assert shares[0] < 0.5 < 0.9 < shares[-1]


def test_divergence_from_the_first_network_holds_it_back(played):
    config, network, player, transcripts, material = played
    sequences = player.ask(network, material, np.arange(8))
    programs = player.write(network, sequences, transcripts.truths)
    programs = replace(programs, skills=th.zeros_like(programs.skills))
    reference = deepcopy(network)
    with th.no_grad():
        network.next_token.bias += th.linspace(0, 1, len(network.next_token.bias))
    before = program_loss(network, reference, sequences, programs, replace(config, kl=1.0))
    optimizer = th.optim.SGD(network.parameters(), lr=0.1)
    before["loss"].backward()
    optimizer.step()
    after = program_loss(network, reference, sequences, programs, replace(config, kl=1.0))
    assert before["kl"] > after["kl"] > 0


@pytest.mark.parametrize(
    ("heads", "learning"),
    [("both", {"pairs", "queries", "program"}), ("queries", {"queries"}), ("program", {"program"})],
)
def test_the_heads_that_are_named_learn_and_nothing_else(tmp_path, start, heads, learning):
    training = train(ReinforceTraining, configured(tmp_path, start, heads=heads, examples=8))
    first = restore(load(training.folder / UNTRAINED))[0].parts()
    last = restore(load(training.folder / POLICY))[0].parts()
    changed = {name for name in first if any(not th.equal(*pair) for pair in zip(first[name], last[name], strict=True))}
    assert changed == learning


def test_a_killed_training_resumes_to_the_same_weights(trained, tmp_path, start):
    copied = tmp_path / "start.pt"
    copied.write_bytes(open(start, "rb").read())
    config = configured(tmp_path / "run", str(copied))
    with pytest.raises(Killed):
        train(ReinforceTraining, config, killed_after=5)
    # What it began with is in the folder of the run.
    copied.unlink()
    train(ReinforceTraining, config)
    expected, actual = (load(folder / POLICY)["network"] for folder in (trained.folder, config.folder))
    for name, values in expected.items():
        assert values.numpy().tobytes() == actual[name].numpy().tobytes(), name


def test_the_policy_is_played_by_the_agent_neural(trained):
    agent = NeuralAgent.load(str(trained.folder / POLICY), proposals=2)
    assert (agent.category, agent.max_queries) == ("strings", BUDGET)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"env": "FIND-strings-v0"}, "expected env='FIND-strings-v1'"),
        ({"env": "FIND-relations-v1", "difficulty": "find"}, "expected env='FIND-strings-v1'"),
        ({"max_queries": BUDGET + 1}, f"expected max_queries={BUDGET}"),
    ],
)
def test_checkpoints_for_something_else_are_refused_by_name(tmp_path, start, changes, named):
    with pytest.raises(CheckpointError, match=named):
        train(ReinforceTraining, configured(tmp_path, start, **changes))


def test_policies_that_are_no_neural_interpreters_are_refused(tmp_path, start):
    data = load(start)
    del data["network"]
    save(tmp_path / "policy.pt", data)
    with pytest.raises(PolicyError, match="expected the checkpoint of a neural interpreter, actual: .*policy.pt"):
        train(ReinforceTraining, configured(tmp_path / "run", str(tmp_path / "policy.pt")))


def test_the_folder_of_another_recipe_is_refused_by_name(trained):
    config = SupervisedConfig(env=ENV, difficulty=EASY, max_queries=BUDGET, out=str(trained.folder), device="cpu")
    with pytest.raises(CheckpointError, match="expected a run of the recipe 'supervised' .* one of 'reinforce'"):
        SupervisedTraining(config, lambda status: None)


def test_a_query_head_that_does_not_decide_can_not_be_rewarded(start):
    with pytest.raises(ValueError, match="expected heads='program' in numeric"):
        ReinforceConfig(env="FIND-numeric-v1", heads="both")


def test_programs_of_numbers_are_rewarded_on_the_evidence_of_transcripts(tmp_path):
    env = "FIND-numeric-v1"
    start = untrained(tmp_path / "network.pt", env, "easy", 8)
    training = train(
        ReinforceTraining, configured(tmp_path / "run", start, env=env, difficulty="easy", max_queries=8, examples=4)
    )
    assert training.progress.updates == 1


def test_what_queries_tell_is_compared_on_the_same_functions(trained, start):
    network, legal = restore(load(start))
    listener = information.Listener(network, Source(ENV, EASY, BUDGET, "test"), 6)
    opening = neural_category("strings").opening(legal.codec, BUDGET)
    asked = listener.asked_by(network, opening)
    assert th.equal(listener.after(asked), listener.after(asked))
    assert (asked[:, : len(opening)] == th.tensor(opening)).all()
    same = information.Difference.of(listener.after(asked), listener.after(asked))
    assert same == (0.0, 0.0)
    table = information.compare([start, str(trained.folder / POLICY)], 6)
    assert len(table.splitlines()) == 4


def test_differences_have_the_interval_of_their_mean():
    found = information.Difference.of(th.tensor([1.0, 2.0, 3.0, 4.0]), th.ones(4))
    assert found.mean == 1.5
    assert found.error == pytest.approx(1.96 * np.std([0, 1, 2, 3], ddof=1) / 2)


@pytest.mark.parametrize("name", ["numeric", "strings", "relations"])
def test_claims_are_the_exceptions_of_the_truth(name):
    rng, category, record = np.random.default_rng(0), category_named(name), neural_category(name)
    of = {
        "numeric": lambda spec: len(spec.regions),
        "strings": lambda spec: sum(hasattr(part, "condition") for part in spec.program),
        "relations": lambda spec: len(spec.exceptions),
    }[name]
    specs = [category.sample(rng, split="train", difficulty="hard") for _ in range(40)]
    assert sum(map(of, specs)) > 0
    for spec in specs:
        assert sum(map(record.claims, record.words_of(spec))) == of(spec)
