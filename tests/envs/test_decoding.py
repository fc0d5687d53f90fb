"""What a step changes, and when: decoding an action changes nothing, a failure takes no step."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import find_gym
from find_gym.sandbox import SandboxError

QUICK: dict[str, Any] = {"numeric": {"variants": {"plain": 0.5, "noised": 0.5}}}
INTERFACES = [
    (name, interface) for name in find_gym.LATEST_IDS for interface in ("tokens", "text", "continuous")
    if interface != "continuous" or name == "numeric"
]  # fmt: skip
MESSAGES = (
    "QUERY [1, 2]",
    'QUERY ["a", "b"]',
    "no message",
    "[DESCRIPTION]: It returns the capital of a country. [CODE]: def f(x): return x",
)


def make(category: str, interface: str = "tokens", **options: Any) -> Any:
    if category == "entities" and interface == "text":
        options["judge"] = "vocabulary"
    return gym.make(
        find_gym.LATEST_IDS[category], interface=interface, difficulty=QUICK.get(category, "find"), max_queries=6,
        query_cost=0.125, disable_env_checker=True, **options,
    ).unwrapped  # fmt: skip


def draw_action(env: Any, rng: np.random.Generator) -> Any:
    if env.interface == "text":
        return MESSAGES[int(rng.integers(len(MESSAGES)))]
    if env.interface == "continuous":
        return rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)
    return (
        int(rng.integers(env.action_space.n))
        if rng.random() < 0.2
        else int(rng.choice(env.action_masks().nonzero()[0]))
    )


def same(first: Any, second: Any) -> bool:
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[name], second[name]) for name in first)
    return np.array_equal(first, second)


@pytest.mark.parametrize(("category", "interface"), INTERFACES)
def test_decoding_changes_nothing(category: str, interface: str) -> None:
    plain, other = make(category, interface), make(category, interface)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        assert same(plain.reset(seed=seed)[0], other.reset(seed=seed)[0])
        terminated = False
        while not terminated:
            for _ in range(3):
                other.codec.decode(draw_action(other, rng), other.episode)
            action = draw_action(plain, rng)
            observation, reward, terminated, _, info = plain.step(action)
            again = other.step(action)
            assert same(observation, again[0]) and (reward, terminated) == again[1:3]
            assert repr(info) == repr(again[4])


def write_to_the_end(env: Any, rng: np.random.Generator) -> list[int]:
    """Asks two probes and writes legal tokens until the next one completes the description; returns that one."""
    for probe in (0, 1):
        env.step(probe)
    while True:
        legal = env.action_masks().nonzero()[0]
        token = int(rng.choice(legal[legal >= env.codec.queries]))
        if hasattr(env.codec.decode(token, env.episode), "submission"):
            return token
        env.step(token)


@pytest.mark.parametrize("category", find_gym.LATEST_IDS)
def test_a_description_that_cannot_be_judged_is_not_written(category: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env = make(category)
    env.reset(seed=1)
    last = write_to_the_end(env, np.random.default_rng(1))
    masks, budget, steps = env.action_masks(), env.episode.budget, env.episode.steps_left
    score = type(env.examiner).score

    def fail(*arguments: Any) -> Any:
        monkeypatch.setattr(type(env.examiner), "score", score)
        raise SandboxError("out of order")

    monkeypatch.setattr(type(env.examiner), "score", fail)
    with pytest.raises(SandboxError):
        env.step(last)
    assert np.array_equal(env.action_masks(), masks) and (env.episode.budget, env.episode.steps_left) == (budget, steps)
    _, _, terminated, _, info = env.step(last)
    assert terminated and info["score"] and info["budget"] == budget == 4
