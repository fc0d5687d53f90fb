"""Misuse: what was expected and what came, the same words from single environments and vectorised ones."""

import copy
import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import find_gym

VECTORISED = pytest.mark.parametrize("vectorised", [False, True], ids=["single", "vectorised"])
NUMBERS = (True, np.True_, "1", None, [1], 1j, float("nan"), -1)


def make(vectorised: bool, category: str = "numeric", **arguments: Any) -> Any:
    if vectorised:
        return gym.make_vec(find_gym.LATEST_IDS[category], num_envs=2, **arguments)
    return gym.make(find_gym.LATEST_IDS[category], disable_env_checker=True, **arguments).unwrapped


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    *[({"max_queries": value}, "max_queries to be an integer >= 0") for value in (*NUMBERS, 1.5)],
    *[({"max_steps": value}, "max_steps to be an integer >= 1") for value in (True, "1", 0, 2.0)],
    *[({"query_cost": value}, "a query_cost >= 0") for value in (*NUMBERS, float("inf"), 10**400)],
    *[({"given": value}, "given to be an integer from 0 to 65") for value in (True, "1", 1.5, (1, True), (2, 1), -1)],
    ({"interface": 3}, "an interface in"),
    ({"split": 3}, "a split in"),
    ({"reward": ["skill"]}, "a reward in"),
    ({"effort": None}, "an effort in"),
    ({"judge": 3}, "judge to be a name, a Judge"),
    ({"judge": object}, "judge to be a name, a Judge"),
    ({"dataset": 3}, "dataset to be a FINDDataset or the path of one"),
    ({"function": 3}, "a spec of a numeric function"),
    ({"function": lambda: 3}, r"a callable from a number to a number \(one argument\)"),
    ({"function": lambda x, y: 3}, r"a callable from a number to a number \(one argument\)"),
    ({"difficulty": 3}, "a difficulty in"),
]


@VECTORISED
@pytest.mark.parametrize(("arguments", "expected"), ARGUMENTS)
def test_arguments(arguments: dict[str, Any], expected: str, vectorised: bool) -> None:
    with pytest.raises((ValueError, TypeError), match=f"expected {expected}.*actual|expected interface='tokens'"):
        make(vectorised, **arguments)


DIFFICULTIES: list[tuple[str, dict[str, Any], str]] = [
    *[("numeric", {"variants": value}, "non-negative shares of .* in variants") for value in (["plain"], "plain", {})],
    *[("numeric", {"noises": {"normal": value}}, "non-negative shares of .* in noises") for value in NUMBERS],
    ("numeric", {"regions": {"left": 1}}, "non-negative shares of .* in regions"),
    *[("numeric", {"parts": value}, "2 <= least <= greatest in parts") for value in (0, "23", (2,), (2, 3.0), (1, 2))],
    *[("numeric", {"region_count": value}, "1 <= least <= greatest in region_count") for value in (-1, (True, True))],
    *[("numeric", {"families": value}, "families among") for value in (3, "linear", [], ["sinus"], [[]], None)],
    *[("numeric", {"depth": value}, "depth to be an integer >= 1") for value in (*NUMBERS, 0, 1.5)],
    *[("numeric", {"noise_scale": value}, "a positive noise_scale") for value in (*NUMBERS, 0, float("inf"))],
    *[("numeric", {"compound_share": value}, r"compound_share in \[0, 1\]") for value in (*NUMBERS, 1.5)],
    *[("strings", {"lengths": value}, "non-negative shares of integers >= 1 in lengths") for value in ([1], 1, {0: 1})],
    *[("strings", {"lengths": {key: 1}}, "non-negative shares of integers") for key in ("a", None, 1.5, True, -1)],
    *[("strings", {"operations": value}, "operations among") for value in (3, "reverse", [], [3])],
    *[("strings", {"branch_share": value}, r"branch_share in \[0, 1\]") for value in NUMBERS],
    *[("strings", {"branch_length": value}, "branch_length to be an integer >= 1") for value in (*NUMBERS, 1.5)],
    *[("entities", {"shapes": value}, "non-negative shares of .* in shapes") for value in (["or"], {"or": True}, {})],
    *[("entities", {"kinds": value}, "non-negative shares of .* in kinds") for value in (["lexicon"], {"x": 1})],
    *[
        ("entities", {"concepts": value}, "concepts among .* three or more")
        for value in (3, "golf", ["golf"], [1, 2, 3])
    ],
    *[("entities", {"region_share": value}, r"region_share in \[0, 1\]") for value in NUMBERS],
    ("entities", {"model": 3}, "model to be a text"),
    *[("relations", {"relations": value}, "relations among") for value in (3, "capital", [], [3])],
    *[("relations", {"exceptions": value}, "non-negative shares of integers") for value in ([1], {"a": 1}, {-1: 1}, 3)],
    *[("relations", {"exemplars": value}, "exemplars to be an integer >= 0") for value in (*NUMBERS, 1.5)],
]


@VECTORISED
@pytest.mark.parametrize(("category", "difficulty", "expected"), DIFFICULTIES)
def test_difficulties(category: str, difficulty: dict[str, Any], expected: str, vectorised: bool) -> None:
    with pytest.raises(ValueError, match=f"expected {expected}.*actual value"):
        make(vectorised, category, difficulty=difficulty)


@VECTORISED
def test_resets(vectorised: bool) -> None:
    env = make(vectorised)
    for seed in (1.5, "ab", -1, True, b"ab", *([[1.5, 2], [True, 1], [-1, 0]] if vectorised else [[1, 2]])):
        with pytest.raises(ValueError, match="expected a seed to be an integer >= 0 or None, actual value"):
            env.reset(seed=seed)
    for options in ([], "function", 3, [("function", abs)]):
        with pytest.raises(TypeError, match="expected options to be a mapping or None, actual value"):
            env.reset(options=options)
    with pytest.raises(ValueError, match=r"expected options among \['function'.*actual: \['fnction'\]"):
        env.reset(options={"fnction": abs})
    env.reset(seed=np.int64(3))


@VECTORISED
def test_actions(vectorised: bool) -> None:
    torch = pytest.importorskip("torch")
    env = make(vectorised)
    env.reset(seed=0)

    def for_all(action: Any) -> Any:
        return [action, action] if vectorised else action

    for bad in (True, np.True_, 1.0, "1", None, -1, 189, [[1]], 2**70, torch.tensor(1.0), torch.tensor(True)):
        with pytest.raises(ValueError, match=r"expected (an integer|integers) in \[0, 188\].*actual value"):
            env.step(for_all(bad))
    for good in (1, np.int32(1), np.array(1), torch.tensor(1)):
        env.step(for_all(good))
    if vectorised:
        env.step(torch.tensor([1, 2]))


@VECTORISED
def test_numbers_of_numpy_are_numbers(vectorised: bool) -> None:
    env = make(vectorised, max_queries=np.int64(7), query_cost=np.float32(0.5), max_steps=np.int32(9))
    assert env.rules.max_queries == 7 and env.rules.query_cost == 0.5 and type(env.rules.query_cost) is float
    env = make(vectorised, difficulty={"depth": np.int64(2), "parts": [np.int64(2), 3], "noise_scale": np.float64(2)})
    env.reset(seed=0)


def test_vectorised_environments_refuse_to_be_copied() -> None:
    env = make(True)
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="actual: a copy of a vectorised one"):
            duplicate(env)
