"""`FIND-numeric-v1`: the step loop through Gymnasium in every interface."""

import json
import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence

import find_gym
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.functions import NumericFunction, NumericSpec, write_dataset
from find_gym.interfaces.text import write_submission
from find_gym.judges.language_model import LanguageModelJudge
from find_gym.language import ScriptedModel
from find_gym.sandbox import SandboxError
from find_gym.scoring import Submission

INTERFACES = ("tokens", "text", "tools", "continuous")
QUICK = {"variants": {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}}
LINE = NumericSpec(AtomRule("linear", (2.0, 1.0)), (-100.0, 100.0))


def make(interface: str = "text", **options: Any) -> gym.Env:
    options.setdefault("difficulty", QUICK)
    return gym.make("FIND-numeric-v1", interface=interface, **options)


def submit(function: Any, code: str | None = None, domain: str = "none") -> str:
    return write_submission(Submission(function.describe(), domain, function.source() if code is None else code))


@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
@pytest.mark.parametrize("interface", INTERFACES)
def test_gymnasiums_checker_is_content(interface: str, render_mode: str | None) -> None:
    if render_mode == "rgb_array":
        pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = make(interface, max_queries=10, render_mode=render_mode)
        check_env(env.unwrapped)


@pytest.mark.parametrize("interface", ["tokens", "continuous"])
def test_stable_baselines3s_checker_is_content(interface: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(make(interface, max_queries=10))


@pytest.mark.parametrize("interface", INTERFACES)
def test_same_seed_and_actions_give_the_same_episode(interface: str) -> None:
    first, second = make(interface), make(interface)
    for seed in range(6):
        one, two = first.reset(seed=seed), second.reset(seed=seed)
        first.action_space.seed(seed)
        for _ in range(30):
            assert data_equivalence(one, two, exact=True)
            if len(one) == 5 and one[2]:
                break
            action = f"QUERY {seed} {seed + 0.5}" if interface in ("text", "tools") else first.action_space.sample()
            one, two = first.step(action), second.step(action)


def test_other_seeds_give_other_functions() -> None:
    env = make()
    descriptions = set()
    for seed in range(10):
        env.reset(seed=seed)
        descriptions.add(env.unwrapped.function.describe())
    assert len(descriptions) == 10


@pytest.mark.parametrize("seed", range(12))
def test_the_truth_earns_1_and_ends_the_episode(seed: int) -> None:
    env = make()
    env.reset(seed=seed)
    function = env.unwrapped.function
    domain = "; ".join(region.condition() for region in function.regions)
    observation, reward, terminated, truncated, info = env.step(submit(function, domain=domain))
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert isinstance(truncated, bool)
    assert info["score"]["skill"] == 1.0
    assert np.isclose(info["score"]["exception_iou"], 1.0)
    assert info["truth"]["source"] == function.source()
    assert "SCORE accuracy 1.000" in observation
    json.dumps(info, allow_nan=False)


def test_nothing_tells_the_answer_before_the_end() -> None:
    env = make("text", render_mode="ansi")
    for seed in range(20):
        observation, info = env.reset(seed=seed)
        function = env.unwrapped.function
        observation2, *_, info2 = env.step("QUERY [1]")
        seen = " ".join(
            [observation, observation2, str(info), str(info2), env.render(), repr(env), str(env.spec.kwargs)]
        )
        for secret in (function.describe(), function.source(), repr(function.spec.rule), str(function.spec.digest())):
            assert secret not in seen
        assert set(info2) == {"budget", "steps_left", "inputs", "outputs", "message", "note", "reasoning"}


# --- The budget -------------------------------------------------------------------------------------------------------


def test_each_input_costs_one() -> None:
    env = make(max_queries=5, query_cost=0.01)
    env.reset(seed=0)
    _, reward, _, _, info = env.step("QUERY [1, 2, 3]")
    assert (info["budget"], round(reward, 9)) == (2, -0.03)
    _, reward, _, _, info = env.step("QUERY [1, 2, 3]")
    assert (info["budget"], reward) == (2, 0.0)
    assert "expected at most 2 inputs" in info["message"]
    *_, info = env.step("QUERY [1, 2]")
    assert info["budget"] == 0
    *_, terminated, _, info = env.step("QUERY [1]")
    assert not terminated and "expected at most 0 inputs" in info["message"]
    _, reward, terminated, _, _ = env.step(submit(env.unwrapped.function))
    assert (reward, terminated) == (1.0, True)


@pytest.mark.parametrize("interface", INTERFACES)
def test_when_the_steps_are_spent_the_episode_ends_with_nothing(interface: str) -> None:
    env = make(interface, max_queries=4, max_steps=6)
    env.reset(seed=0)
    still = -np.ones(77, dtype=np.float32)
    action: Any = {"tokens": 0, "text": "QUERY 1", "tools": "query(1)", "continuous": still}[interface]
    for step in range(6):
        _, reward, terminated, truncated, info = env.step(action)
        assert (reward, terminated, truncated) == (0.0, step == 5, False)
        assert info["budget"] == max(3 - step, 0)
    assert info["score"] == {} and "ended without a submission" in info["message"]
    with pytest.raises(RuntimeError, match="expected an episode that is not over"):
        env.unwrapped.step(action)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "QUERY",
        "QUERY []",
        "QUERY [one]",
        "QUERY [nan]",
        "QUERY [Infinity]",
        "QUERY [128.5]",
        "QUERY 1e400",
    ],
)
def test_a_message_that_is_neither_costs_a_round_and_says_why(message: str) -> None:
    env = make(max_queries=5)
    env.reset(seed=0)
    observation, reward, terminated, _, info = env.step(message)
    assert (reward, terminated, info["budget"], info["steps_left"]) == (0.0, False, 5, 24)
    assert info["message"].startswith("expected")
    assert "ERROR expected" in observation


@pytest.mark.parametrize("interface", INTERFACES)
def test_actions_of_another_kind_are_refused_and_nothing_is_lost(interface: str) -> None:
    env = make(interface, max_queries=5).unwrapped
    env.reset(seed=0)
    with pytest.raises((TypeError, ValueError), match="expected"):
        env.step({"query": 1})
    assert env.episode.steps_left == env.episode.rules.max_steps


def test_a_failing_sandbox_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    env = make()
    env.reset(seed=0)
    message = submit(env.unwrapped.function)

    def fail(*arguments: object, **options: object) -> None:
        raise SandboxError("no processes left")

    with monkeypatch.context() as patch:
        patch.setattr("find_gym.core.submissions.run_code", fail)
        with pytest.raises(SandboxError):
            env.step(message)
    assert env.step(message)[1] == 1.0


# --- Arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interface": "speech"}, "expected an interface in"),
        ({"split": "training"}, "expected a split in"),
        ({"difficulty": "impossible"}, "expected a difficulty in"),
        ({"reward": "points"}, "expected a reward in"),
        ({"max_queries": -1}, "expected max_queries to be an integer >= 0"),
        ({"max_queries": 2.5}, "expected max_queries to be an integer >= 0"),
        ({"max_steps": 0}, "expected max_steps to be an integer >= 1"),
        ({"query_cost": -1.0}, "expected a query_cost >= 0"),
        ({"function": 3}, "expected a spec of a numeric function"),
        ({"function": {"rule": 3}}, "expected a rule"),
        ({"function": {"domain": 3}}, "expected a numeric spec"),
        ({"function": LINE, "dataset": "somewhere"}, "expected a function or a dataset"),
        ({"dataset": "/nowhere/at/all"}, "data.json"),
        ({"max_querys": 3}, r"unexpected keyword argument 'max_querys': expected keyword arguments among \['judge'"),
    ],
)
def test_bad_arguments_are_refused_with_what_was_expected(options: dict, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        gym.make("FIND-numeric-v1", **options)


def test_bad_options_of_reset() -> None:
    env = make()
    with pytest.raises(ValueError, match=r"expected options among \['function', 'given'\]"):
        env.reset(options={"functions": LINE})
    with pytest.raises(RuntimeError, match="reset"):
        make().unwrapped.step("QUERY 1")


@pytest.mark.parametrize("function", [LINE, LINE.to_json(), NumericFunction(LINE), lambda x: 2 * x + 1])
def test_ones_own_function(function: Any) -> None:
    env = make("text", function=function)
    env.reset(seed=0)
    *_, info = env.step("QUERY [0, 3]")
    assert info["outputs"] == [1.0, 7.0]
    assert env.step("[CODE]: def f(x): return 2 * x + 1")[1] == 1.0
    other = make("text")
    other.reset(seed=0, options={"function": function})
    assert other.step("QUERY [3]")[4]["outputs"] == [7.0]


def test_a_dataset(tmp_path: Any) -> None:
    noised = NumericSpec(AtomRule("constant", (5,)), (-100.0, 100.0), noise=Noise("poisson"))
    write_dataset(tmp_path, [LINE, noised])
    env = make("text", dataset=str(tmp_path))
    drawn = set()
    for seed in range(12):
        env.reset(seed=seed)
        drawn.add(env.unwrapped.function.spec)
    assert drawn == {LINE, noised}
    env.reset(options={"function": "f00001"})
    assert env.unwrapped.function.spec == noised
    with pytest.raises(ValueError, match="expected the id of a function"):
        env.reset(options={"function": "f00007"})


@pytest.mark.parametrize("reward", ["skill", "accuracy", "find"])
def test_rewards(reward: str) -> None:
    env = make("text", function=LINE, reward=reward)
    env.reset(seed=0)
    _, earned, _, _, info = env.step("[CODE]: def f(x): return 2.05 * x + 1 if x > 0 else 0")
    score = info["score"]
    expected = {"skill": score["skill"], "accuracy": score["accuracy"], "find": float(score["paper_success"])}
    assert earned == expected[reward]
    assert 0 < score["skill"] < score["accuracy"] < 1


@pytest.mark.parametrize("identifier", ["FIND-numeric-v1", "FIND-strings-v1"])
def test_a_judge_scores_the_description_beside_the_code(identifier: str) -> None:
    env = gym.make(identifier, interface="text", judge=LanguageModelJudge(ScriptedModel()))
    env.reset(seed=1)
    source = env.unwrapped.function.source()
    *_, reward, terminated, _, info = env.step(f"[DESCRIPTION]: the truth [CODE]:\n```python\n{source}```")
    assert terminated and reward == info["score"]["skill"] == 1.0
    assert 0 <= info["score"]["unit_tests"]["share"] <= 1
    plain = gym.make(identifier, interface="text")
    plain.reset(seed=1)
    assert not plain.step(f"[CODE]:\n```python\n{source}```")[4]["score"].get("unit_tests")


def test_the_environment_is_registered_and_its_spec_serialises() -> None:
    assert "FIND-numeric-v1" in find_gym.ENVIRONMENT_IDS
    env = gym.make("find_gym:FIND-numeric-v1", max_queries=7)
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.rules.max_queries == 7
    pickle.dumps(env.spec)


def test_vector_environments_of_gymnasium() -> None:
    envs = gym.make_vec("FIND-numeric-v1", num_envs=3, vectorization_mode="sync", difficulty=QUICK, max_queries=6)
    observation, _ = envs.reset(seed=0)
    assert observation["asked"].shape == (3, 97)
    for _ in range(40):
        observation, rewards, terminated, truncated, _ = envs.step(envs.action_space.sample())
        assert not truncated.any() and np.isfinite(rewards).all()
    envs.close()


@pytest.mark.parametrize("interface", INTERFACES)
def test_episodes_that_end_in_different_ways_side_by_side(interface: str) -> None:
    """Some without a submission, some with one that fits, some with one that does not: infos have to be gathered."""
    options = {"difficulty": QUICK, "max_queries": 3, "max_steps": 5, "interface": interface}
    envs = gym.make_vec("FIND-numeric-v1", num_envs=4, vectorization_mode="sync", **options)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    for step in range(24):
        actions: Any = envs.action_space.sample()
        if interface in ("text", "tools"):
            actions = ("QUERY 1", "[CODE]: def f(x): return x", "[CODE]: def f(x) return", "nothing")
        elif interface == "tokens":
            actions = np.where(np.arange(4) < 2, np.array([0, 68, 3, 3]) + step % 2, actions)
        *_, infos = envs.step(actions)
    envs.close()


def test_texts_are_not_shared_between_processes() -> None:
    def make(mode: str, **more: Any) -> Any:
        return gym.make_vec(
            "FIND-numeric-v1", num_envs=2, vectorization_mode=mode, interface="text", difficulty=QUICK, **more
        )

    with pytest.raises(ValueError, match=r"expected vector_kwargs=\{'shared_memory': False\} .*actual"):
        make("async")
    sync, processes = make("sync"), make("async", vector_kwargs={"shared_memory": False})
    assert sync.reset(seed=0)[0] == processes.reset(seed=0)[0]
    assert sync.step(("QUERY [1]", "QUERY [2]"))[0] == processes.step(("QUERY [1]", "QUERY [2]"))[0]
    processes.close()


def test_async_workers_start_from_the_prefixed_id() -> None:
    envs = gym.make_vec(
        "find_gym:FIND-numeric-v1", num_envs=2, vectorization_mode="async", interface="continuous", difficulty=QUICK
    )
    envs.reset(seed=0)
    assert envs.step(envs.action_space.sample())[1].shape == (2,)
    envs.close()


# --- Rendering --------------------------------------------------------------------------------------------------------


def test_ansi_is_the_transcript() -> None:
    env = make("text", function=LINE, render_mode="ansi")
    env.reset(seed=0)
    env.step("QUERY [1, 2]")
    env.step("[CODE]: def f(x): return x  # \u00b2")
    text = env.render()
    assert "> QUERY [1, 2]\nOUTPUTS\n1.0 -> 3.0\n2.0 -> 5.0" in text
    assert "\\xb2" in text and "SCORE accuracy" in text
    tokens = make("tokens", function=LINE, render_mode="ansi")
    tokens.reset(seed=0)
    for action in (0, 64, 162 + 3, 162 + 5, 162 + 5):
        tokens.step(action)
    lines = tokens.render().splitlines()
    assert [line.split()[0] for line in lines[1:]] == [
        "QUERY", "OUTPUTS", "-128.0", "QUERY", "OUTPUTS", "128.0", "WRITE", "WRITE", "SUBMIT", "SCORE",
    ]  # fmt: skip


def test_rgb_array_shows_more_after_the_end() -> None:
    pytest.importorskip("matplotlib")
    spec = NumericSpec(LINE.rule, LINE.domain, regions=(Region(10.0, 40.0, -7.0),))
    env = make("text", function=spec, render_mode="rgb_array")
    env.reset(seed=0)
    env.step("QUERY [1, 2, 20]")
    before = env.render()
    env.step("[DOMAIN]: 10 < x < 30 [CODE]: def f(x): return 2 * x + 1")
    after = env.render()
    assert before.shape == after.shape == (480, 720, 3) and before.dtype == np.uint8
    assert (before != after).any()


# --- Training ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["PPO", "MaskablePPO", "SAC"])
def test_stable_baselines3_trains_without_a_wrapper(algorithm: str) -> None:
    stable_baselines3 = pytest.importorskip("stable_baselines3")
    if algorithm == "MaskablePPO":
        contrib = pytest.importorskip("sb3_contrib")
        env = make("tokens", max_queries=8)
        model = contrib.MaskablePPO("MultiInputPolicy", env, n_steps=128, batch_size=128, device="cpu", seed=0)
    elif algorithm == "PPO":
        env = make("tokens", max_queries=8)
        model = stable_baselines3.PPO("MultiInputPolicy", env, n_steps=128, batch_size=128, device="cpu", seed=0)
    else:
        env = make("continuous", max_queries=8)
        model = stable_baselines3.SAC(
            "MlpPolicy", env, learning_starts=64, train_freq=8, buffer_size=500, device="cpu", seed=0
        )
    model.learn(256)
    assert model.num_timesteps == 256
    observation, _ = env.reset(seed=0)
    action, _ = model.predict(observation)
    assert env.action_space.contains(action) or env.action_space.contains(int(action))
