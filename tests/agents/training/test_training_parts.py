"""Tests of the parts of training: evidence as the environment shows it, masks, teachers, networks, files."""

from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest

from find_gym import LATEST_IDS

th = pytest.importorskip("torch")

from find_gym.core.registry import category_named  # noqa: E402
from find_gym_agents.categories import agent_category  # noqa: E402
from find_gym_agents.categories.numeric.teacher import ask_where_lines_fail, error_scale  # noqa: E402
from find_gym_agents.categories.numeric.zooming import ZoomTeacher  # noqa: E402
from find_gym_agents.interpreters.policies.trained import PolicyAgent  # noqa: E402
from find_gym_agents.training.checkpoints import CheckpointError, load, save  # noqa: E402
from find_gym_agents.training.config import TrainConfig  # noqa: E402
from find_gym_agents.training.curriculum import environment_options, stages  # noqa: E402
from find_gym_agents.training.imitation import Demonstrations, clone  # noqa: E402
from find_gym_agents.training.networks import make_policy  # noqa: E402
from find_gym_agents.training.plots import reference_labels  # noqa: E402
from find_gym_agents.training.policy_episodes import own_masks, play  # noqa: E402

CATEGORY_NAMES = tuple(LATEST_IDS)
# Small enough to sample quickly; numeric functions without noise, so that two tables can be compared.
DIFFICULTY = {"numeric": {"variants": {"plain": 1.0}}}


def make(name, budget=6):
    return gym.make(
        LATEST_IDS[name], max_queries=budget, difficulty=DIFFICULTY.get(name, "find"), disable_env_checker=True
    )


def sample(name, count):
    rng = np.random.default_rng(5)
    difficulty = DIFFICULTY.get(name, "find")
    return [category_named(name).sample(rng, split="train", difficulty=difficulty) for _ in range(count)]


def demonstrate(name, env, count):
    imitation = agent_category(name).training.imitation
    return Demonstrations(env, imitation, DIFFICULTY.get(name, "find"), count, np.random.default_rng(1))


@pytest.mark.parametrize("name", CATEGORY_NAMES)
def test_evidence_shows_what_the_environment_shows(name):
    env, specs = make(name), sample(name, 4)
    evidence = agent_category(name).training.imitation.evidence(env, specs)
    rng = np.random.default_rng(0)
    sequence = evidence.demonstrate(np.arange(4), 6, rng)
    assert all(len(set(row)) == 6 for row in sequence.tolist())
    counts = np.array([0, 2, 4, 6])
    shown = evidence.show(np.arange(4), sequence, counts, rng)
    for row, spec in enumerate(specs):
        observation, _ = env.reset(seed=row, options={"function": spec})
        for probe in sequence[row, : counts[row]].tolist():
            observation, *_ = env.step(probe)
        for key, values in shown.items():
            np.testing.assert_array_equal(values[row], observation[key], err_msg=f"{name} {key}")


@pytest.mark.parametrize("name", CATEGORY_NAMES)
def test_examples_are_legal_and_write_the_truth(name):
    env = make(name)
    demonstrations = Demonstrations(
        env, agent_category(name).training.imitation, DIFFICULTY.get(name, "find"), 6, np.random.default_rng(1)
    )
    examples = demonstrations.draw(16)
    taken = examples.masks[th.arange(len(examples.actions)), examples.actions]
    assert taken.all()
    assert (examples.masks.sum(1) > 1).all()
    assert th.equal(examples.asking, examples.actions < env.unwrapped.codec.queries)


@pytest.mark.parametrize("name", CATEGORY_NAMES)
def test_policy_learns_a_few_examples_by_heart(name):
    th.manual_seed(0)
    env = make(name)
    demonstrations = Demonstrations(
        env, agent_category(name).training.imitation, DIFFICULTY.get(name, "find"), 3, np.random.default_rng(1)
    )
    examples = demonstrations.draw(8)
    policy = make_policy(name, 6, env.observation_space, env.action_space)
    optimizer = th.optim.Adam(policy.parameters(), lr=2e-3)
    first = clone(policy, optimizer, examples)["loss"]
    for _ in range(40):
        last = clone(policy, optimizer, examples)["loss"]
    assert last < 0.5 * first


@pytest.mark.parametrize("name", CATEGORY_NAMES)
def test_agent_knows_which_actions_are_legal(name, tmp_path):
    env = make(name, budget=3)
    policy = make_policy(name, 3, env.observation_space, env.action_space)
    path = tmp_path / "policy.pt"
    save(
        path,
        {
            "config": {"env": LATEST_IDS[name], "difficulty": DIFFICULTY.get(name, "find")},
            "category": name,
            "max_queries": 3,
            "free_stopping": False,
            "policy": policy.state_dict(),
        },
    )
    agent = PolicyAgent(str(path))
    rng = np.random.default_rng(2)
    for seed in range(3):
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        over = False
        while not over:
            masks = env.unwrapped.action_masks()
            np.testing.assert_array_equal(agent._legal(observation), masks)
            action = agent.act(observation, info)
            assert own_masks(masks[None], observation["asked"][None], env.unwrapped.codec, False)[0, action]
            # Goes on with a random action, so that the agent meets what it would not do itself.
            action = rng.choice(np.flatnonzero(masks))
            observation, _, over, _, info = env.step(action)


def test_agent_refuses_another_category(tmp_path):
    env = make("strings", budget=3)
    policy = make_policy("strings", 3, env.observation_space, env.action_space)
    config = {"env": "FIND-strings-v1", "difficulty": "find"}
    state = {"config": config, "category": "strings", "max_queries": 3, "free_stopping": False}
    save(tmp_path / "policy.pt", state | {"policy": policy.state_dict()})
    agent = PolicyAgent(str(tmp_path / "policy.pt"))
    observation, info = make("numeric", budget=3).reset(seed=0)
    with pytest.raises(CheckpointError, match="expected the environment FIND-strings-v1"):
        agent.act(observation, info)


def test_masks_ask_no_probe_twice_and_write_when_the_budget_is_spent():
    masks = np.array([[True, True, True, True], [False, False, True, False]])
    asked = np.array([[0.25, 0.0], [0.25, 0.25]], dtype=np.float32)
    codec = SimpleNamespace(probes=[0.0, 1.0], queries=2)
    narrow = own_masks(masks, asked, codec, free_stopping=False)
    assert narrow.tolist() == [[False, True, False, False], [False, False, True, False]]
    free = own_masks(masks, asked, codec, free_stopping=True)
    assert free.tolist() == [[False, True, True, True], [False, False, True, False]]
    # A gap is halved as often as it is legal, wherever it ends.
    narrow = own_masks(masks, asked, SimpleNamespace(probes=[0.0], queries=3), free_stopping=False)
    assert narrow.tolist() == [[False, True, True, False], [False, False, True, False]]


def test_zooming_teacher_bisects_the_edge_of_a_step():
    env = make("numeric").unwrapped
    bank = np.array(env.codec.probes)
    teacher = ZoomTeacher(bank)
    edge = 41.3
    truth = np.where(teacher.x > edge, 1.0, 0.0)[None]
    begun = np.array([[0, 64, *range(1, 23)]])
    sequence = teacher.ask(truth, error_scale(truth), begun, np.array([2]), np.random.default_rng(0))[0]
    env = gym.make("FIND-numeric-v1", function=lambda x: float(x > edge), max_queries=24).unwrapped
    env.reset(seed=0)
    for action in sequence.tolist():
        assert env.action_masks()[action]
        env.step(action)
    asked = np.array(env.episode.inputs)
    between = asked[asked > edge].min() - asked[asked <= edge].max()
    # Three halvings within the gap of the bank.
    assert between < np.diff(bank)[bank[1:] > edge][0] / 7.9


def test_teacher_looks_for_the_edge_of_a_step():
    x = np.linspace(-1, 1, 65)
    truth = np.where(x > 0.4, 1.0, 0.0)[None]
    begun = np.array([[0, 64, *range(1, 11)]])
    rng = np.random.default_rng(0)
    sequence = ask_where_lines_fail(truth, error_scale(truth), x, begun, np.array([2]), rng)[0]
    edge = int(np.argmax(truth[0]))
    assert sequence[:2].tolist() == [0, 64]
    assert {edge - 1, edge} <= set(sequence.tolist())


@pytest.mark.parametrize("name", CATEGORY_NAMES)
def test_teacher_asks_first_the_same_and_then_what_depends_on_the_answer(name):
    functions = np.arange(60)
    evidence = agent_category(name).training.imitation.evidence(make(name), sample(name, 60))
    first, second = evidence.ask(np.repeat(functions, 4), 6, np.random.default_rng(0))[:, :2].T
    regular = first == np.bincount(first).argmax()
    assert regular.mean() > 0.4
    assert np.bincount(second[regular]).max() < 0.8 * regular.sum()


@pytest.mark.parametrize("imitation", [0, 5])
def test_stages_share_the_whole_time(imitation):
    for free in (0.0, 0.2):
        found = stages(TrainConfig(imitation_minutes=imitation, free_stopping=free))
        assert sum(stage.share for stage in found) == pytest.approx(1.0)
        assert found[-1].free_stopping == (free > 0)
        assert any(stage.given for stage in found) == (imitation == 0)


def test_stage_of_given_evidence_leaves_only_writing():
    config = TrainConfig(imitation_minutes=0)
    options = environment_options(config, stages(config)[0])
    assert options["max_queries"] == 0 and options["given"] == (12, 24)
    env = gym.make("FIND-numeric-v1", disable_env_checker=True, **options)
    observation, _ = env.reset(seed=0)
    masks = env.unwrapped.action_masks()
    assert not masks[:65].any()
    assert 12 <= np.count_nonzero(observation["asked"]) <= 24


def test_quick_fits_are_for_training_alone():
    config = TrainConfig(imitation_minutes=0, quick_fits=True)
    assert environment_options(config, stages(config)[-1])["effort"] == "quick"
    assert "effort" not in environment_options(config)


def test_given_queries_are_asked():
    env = make("numeric", budget=4)
    policy = make_policy("numeric", 4, env.observation_space, env.action_space)
    queries = [[3, 1, 4, 10], [64, 0, 32, 16]]
    options = {"max_queries": 4, "difficulty": DIFFICULTY["numeric"]}
    specs = sample("numeric", 2)
    played = play(policy, "FIND-numeric-v1", specs, options=options, free_stopping=False, queries=queries)
    assert [episode.asked for episode in played] == queries


def test_files_that_are_no_checkpoints_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="there is none"):
        load(tmp_path / "missing.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(CheckpointError, match="expected a checkpoint of find-gym"):
        load(tmp_path / "text.pt")
    th.save({"other": 1}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match="expected a checkpoint of find-gym"):
        load(tmp_path / "other.pt")


def test_lines_too_close_for_two_labels_share_one():
    labels = reference_labels({"random": 0.02, "atom-fit": 0.93, "blind": 0.0, "lookup": 0.4})
    assert labels == [
        (0.93, "test functions: atom-fit 0.93"),
        (0.4, "test functions: lookup 0.40"),
        (0.02, "test functions: random 0.02, blind 0.00"),
    ]
