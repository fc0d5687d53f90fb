"""Every style in which a right answer may be written earns what the answer is worth, in all categories."""

from typing import Any

import gymnasium as gym
import pytest

from find_gym import LATEST_IDS
from tests.interfaces.styles import QUERIES, SUBMISSIONS, Answer

CASES: dict[str, tuple[Any, Answer, str, tuple]] = {
    "numeric": (
        lambda x: 3 * x + 1,
        Answer("the line 3x + 1", "none", "def f(x):\n    y = 3 * x\n    return y + 1"),
        "[1, -2.5, 40]",
        (1.0, -2.5, 40.0),
    ),
    "strings": (
        str.title,
        Answer("title case", "none", "def f(s):\n    if s < 'a':\n        return s.title()\n    return s.title()"),
        '["a b", "QUERY [1]", "\u00e9\u2713", "[CODE]: x"]',
        ("a b", "QUERY [1]", "\u00e9\u2713", "[CODE]: x"),
    ),
    "entities": (
        {"formula": "lions"},
        Answer("It responds to words related to lions.", "none", ""),
        '["Tiger Woods", "flour"]',
        ("Tiger Woods", "flour"),
    ),
    "relations": (
        {"relation": "capital", "exceptions": []},
        Answer("It returns the capital of a country.", "none", ""),
        '["Norway", "S\u00e3o Paulo", "don\'t"]',
        ("Norway", "S\u00e3o Paulo", "don't"),
    ),
}


@pytest.fixture(scope="module")
def envs() -> dict[tuple[str, str], Any]:
    return {
        (category, interface): gym.make(LATEST_IDS[category], interface=interface, function=case[0]).unwrapped
        for category, case in CASES.items()
        for interface in ("text", "tools")
    }


@pytest.mark.parametrize("category", CASES)
@pytest.mark.parametrize("style", SUBMISSIONS)
def test_a_right_submission_earns_1(style: str, category: str, envs: dict) -> None:
    env = envs[category, "tools" if "call" in style else "text"]
    answer = CASES[category][1]
    env.reset(seed=0)
    message = SUBMISSIONS[style](answer)
    _, reward, terminated, _, info = env.step(message)
    assert terminated, info["message"]
    assert reward == 1.0, info["submission"]


@pytest.mark.parametrize("category", CASES)
@pytest.mark.parametrize("style", QUERIES)
def test_a_query_asks_for_its_inputs_and_submits_nothing(style: str, category: str, envs: dict) -> None:
    env = envs[category, "text"]
    _, _, query, inputs = CASES[category]
    env.reset(seed=0)
    message = QUERIES[style](query)
    _, reward, terminated, _, info = env.step(message)
    assert not terminated, info["submission"]
    assert tuple(info["inputs"]) == inputs, info["message"]
    assert reward == 0.0
