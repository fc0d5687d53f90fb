"""The examples of the README run as they stand, the first of them with less training.

    FIND_GYM_README=whole python -m pytest tests/test_readme.py -s

trains as long as the README does (about a minute) and prints what it prints.
"""

import os
import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^(`{3,})python\n(.*?)^\1$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_there_is_an_example_for_each_of_the_three_users() -> None:
    assert len(BLOCKS) == 3


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(BLOCKS)))
def test_example_runs(index: int) -> None:
    code = BLOCKS[index][1]
    if os.environ.get("FIND_GYM_README") != "whole":
        # That such policies learn is held by the tests of the adapter.
        code = code.replace("30_000", "2_048").replace("n_eval_episodes=200", "n_eval_episodes=16")
    if "sb3_contrib" in code:
        pytest.importorskip("sb3_contrib")
    names: dict = {}
    exec(compile(code, f"README.md, example {index + 1}", "exec"), names)
    if "Line" in names:
        import gymnasium as gym

        env = gym.make("FIND-numeric-v0", interface="text", function=lambda x: 3 * x - 2)
        agent = names["Line"]()
        agent.reset(seed=0)
        observation, info = env.reset(seed=0)
        reward, terminated = 0.0, False
        while not terminated:
            observation, reward, terminated, _, info = env.step(agent.act(observation, info))
        assert reward == 1.0
