"""Tests of policies that were trained elsewhere: models of Stable-Baselines3, users' functions."""

import copy
import json

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401

th = pytest.importorskip("torch")
stable_baselines3 = pytest.importorskip("stable_baselines3")
sb3_contrib = pytest.importorskip("sb3_contrib")

from find_gym_agents.commands.evaluate import main  # noqa: E402
from find_gym_agents.evaluation import EvaluationConfig  # noqa: E402
from find_gym_agents.interpreters.policies import PolicyError, make_policy_agent, resolve  # noqa: E402
from find_gym_agents.interpreters.policies.saved_models import algorithm_of  # noqa: E402

BUDGET = 3
_TABLE = {"policy": "MultiInputPolicy", "interface": "tokens"}
_BOX = {"policy": "MlpPolicy", "interface": "continuous"}
_SMALL = {"policy_kwargs": {"net_arch": [8]}}
_ROLLOUT = {**_SMALL, "n_steps": 64}
_REPLAY = {**_SMALL, "buffer_size": 200, "learning_starts": 50, "batch_size": 16}
_SMALL_LSTM = {
    "n_steps": 32,
    "batch_size": 32,
    "n_epochs": 1,
    "policy_kwargs": {"net_arch": [8], "lstm_hidden_size": 8},
}
MODELS = {
    "PPO": (_TABLE, {**_ROLLOUT, "batch_size": 32}),
    "A2C": (_TABLE, _SMALL),
    "DQN": (_TABLE, _REPLAY),
    "SAC": (_BOX, _REPLAY),
    "TD3": (_BOX, _REPLAY),
    "MaskablePPO": (_TABLE, {**_ROLLOUT, "batch_size": 32}),
    "RecurrentPPO": ({**_TABLE, "policy": "MultiInputLstmPolicy"}, _SMALL_LSTM),
    "TRPO": (_TABLE, {**_ROLLOUT, "batch_size": 32}),
    "QRDQN": (_TABLE, _REPLAY),
    "TQC": (_BOX, _REPLAY),
    "ARS": ({**_BOX, "policy": "LinearPolicy"}, {"n_delta": 1}),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = th.get_num_threads()
    th.set_num_threads(1)
    yield
    th.set_num_threads(threads)


def make(interface):
    return gym.make("FIND-numeric-v1", interface=interface, max_queries=BUDGET, difficulty="easy")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Returns a function that trains a tiny model for a few hundred steps, once, and returns its file."""
    folder = tmp_path_factory.mktemp("models")

    def save(name):
        path = folder / f"{name}.zip"
        if not path.exists():
            where, arguments = MODELS[name]
            library = sb3_contrib if hasattr(sb3_contrib, name) else stable_baselines3
            # The libraries add to the arguments of policies.
            arguments = copy.deepcopy(arguments)
            model = getattr(library, name)(where["policy"], make(where["interface"]), seed=0, device="cpu", **arguments)
            model.learn(200).save(path)
        return path

    return save


@pytest.mark.parametrize("name", MODELS)
def test_model_is_recognised_and_plays_whole_episodes(name, saved):
    path = saved(name)
    assert algorithm_of(path).__name__ == name
    interface = MODELS[name][0]["interface"]
    budget = BUDGET if interface == "tokens" else None
    options = resolve(str(path), env="FIND-numeric-v1", max_queries=budget, difficulty="easy")
    assert (options.interface, options.max_queries) == (interface, BUDGET)
    agent, env = make_policy_agent(options), make(interface)
    actions = []
    for seed in (0, 1, 0):
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        taken, over = [], False
        while not over:
            action = agent.act(observation, info)
            assert env.action_space.contains(action)
            if name == "MaskablePPO":
                assert env.unwrapped.action_masks()[action]
            observation, _, over, _, info = env.step(action)
            taken.append(np.asarray(action).tolist())
        actions.append(taken)
    # Nothing is left of the episode between, recurrent states neither.
    assert actions[0] == actions[2]


def test_recurrent_model_remembers_the_episode(saved):
    options = resolve(str(saved("RecurrentPPO")), env="FIND-numeric-v1", max_queries=BUDGET, difficulty="easy")
    agent, env = make_policy_agent(options), make("tokens")
    observation, info = env.reset(seed=0)
    agent.act(observation, info)
    first = agent._state
    agent.act(observation, info)
    assert not np.array_equal(first[0], agent._state[0])


def test_masks_are_those_of_the_environment(saved):
    options = resolve(str(saved("MaskablePPO")), env="FIND-numeric-v1", max_queries=BUDGET, difficulty="easy")
    agent, env = make_policy_agent(options), make("tokens")
    rng = np.random.default_rng(0)
    observation, _ = env.reset(seed=0)
    over = False
    while not over:
        masks = env.unwrapped.action_masks()
        np.testing.assert_array_equal(agent._legal(observation), masks)
        observation, _, over, _, _ = env.step(rng.choice(np.flatnonzero(masks)))


def evaluate(folder, checkpoint, *words):
    arguments = ["--agent", "policy", "--checkpoint", str(checkpoint), "--functions", "2", "--workers", "1"]
    return main([*arguments, "--no-report", "--out", str(folder / "run"), *words])


def test_model_is_an_agent_of_the_benchmark(saved, tmp_path, capsys):
    words = ["--env", "FIND-numeric-v1", "--max-queries", str(BUDGET), "--difficulty", "easy", "--agent", "constant"]
    assert evaluate(tmp_path, saved("MaskablePPO"), *words) == 0
    assert f"policy:{saved('MaskablePPO').parent.name}/MaskablePPO" in capsys.readouterr().out
    records = [json.loads(line) for line in (tmp_path / "run" / "episodes.jsonl").read_text().splitlines()]
    assert len(records) == 4 and all(record["outcome"] != "unscored" for record in records)


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("PPO", ["--env", "FIND-numeric-v1"], "expected max_queries (--max-queries N), as "),
        ("PPO", ["--env", "FIND-strings-v1", "--max-queries", "3"], "FIND-strings-v1 with the interface 'tokens'"),
        ("SAC", ["--env", "FIND-numeric-v1", "--max-queries", "7"], "expected max_queries=3, which "),
        ("SAC", ["--env", "FIND-strings-v1"], "continuous"),
        ("PPO", ["--env", "FIND-music-v0", "--max-queries", "3"], "expected an environment among"),
    ],
)
def test_what_does_not_fit_is_refused_before_functions_are_sampled(name, words, message, saved, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        evaluate(tmp_path, saved(name), *words)
    assert stop.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("find-gym evaluate: error: ") and message in last
    assert not (tmp_path / "run").exists()


def test_spaces_tell_the_category(saved):
    assert resolve(str(saved("PPO")), max_queries=BUDGET, difficulty="easy").env.startswith("FIND-numeric-")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(PolicyError, match="there is none at"):
        resolve(str(tmp_path / "missing.zip"))
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(PolicyError, match="expected a zip of Stable-Baselines3"):
        resolve(str(tmp_path / "text.zip"), max_queries=3)


SCRIPT = """
import numpy as np
import first_legal


class Policy:
    env, max_queries, difficulty = "FIND-numeric-v1", 3, "easy"

    def reset(self, seed):
        self.steps = 0

    def __call__(self, observation, info):
        self.steps += 1
        legal = np.flatnonzero(info["action_mask"])
        return first_legal.choose(legal) if info["budget"] else int(legal[self.steps % len(legal)])


def make_policy():
    return Policy()


def make_mute_policy():
    return lambda observation, info: 0


nothing = 3
"""


@pytest.fixture
def script(tmp_path):
    (tmp_path / "first_legal.py").write_text("def choose(legal):\n    return int(legal[0])\n")
    (tmp_path / "cleanrl_ppo.py").write_text(SCRIPT)
    return tmp_path / "cleanrl_ppo.py"


def test_function_of_a_script_is_an_agent_and_names_its_own_terms(script, tmp_path, capsys):
    assert evaluate(tmp_path, f"{script}:make_policy") == 0
    assert "policy:cleanrl_ppo/make_policy" in capsys.readouterr().out
    config = EvaluationConfig(agents=("policy",), checkpoint=f"{script}:make_policy")
    assert (config.env, config.max_queries, config.difficulty) == ("FIND-numeric-v1", 3, "easy")
    records = [json.loads(line) for line in (tmp_path / "run" / "episodes.jsonl").read_text().splitlines()]
    assert all(record["queries"] == 3 and record["outcome"] != "unscored" for record in records)


def test_function_of_a_module_is_found(script, monkeypatch):
    monkeypatch.syspath_prepend(str(script.parent))
    assert resolve("cleanrl_ppo:make_policy").max_queries == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("make_mute_policy", "expected max_queries"),
        ("nothing", "expected a function 'nothing'"),
        ("missing", "expected a class or function 'missing'"),
    ],
)
def test_functions_that_can_not_be_used_are_named(name, message, script):
    with pytest.raises(PolicyError, match=message):
        resolve(f"{script}:{name}")


def test_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(PolicyError, match="there is none at"):
        resolve(f"{tmp_path}/missing.py:make_policy")


def test_defaults_without_a_policy_are_the_benchmark_s_own():
    config = EvaluationConfig(agents=("random",))
    assert (config.env, config.max_queries, config.difficulty) == ("FIND-numeric-v1", 100, "find")
