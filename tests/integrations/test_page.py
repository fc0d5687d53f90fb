"""The examples of docs/post-training.md, run with the libraries where these are installed."""

import re
from pathlib import Path
from typing import Any

import pytest

from find_gym.tasks import Task, TaskEpisode, draw_tasks
from tests.tasks.test_tasks import truth_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "post-training.md"
ARGUMENTS: dict[str, Any] = {"difficulty": "easy", "max_queries": 8, "max_messages": 4}


def example(first_line: str) -> dict[str, Any]:
    """Runs the example that begins with a line; returns its names."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [block] = [block for block in blocks if block.startswith(first_line)]
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, str(PAGE), "exec"), names)
    return names


@pytest.fixture
def task() -> Task:
    return draw_tasks("numeric", 1, seed=3, **ARGUMENTS)[0]


@pytest.fixture
def actions(task) -> list[str]:
    return ["QUERY [1, 2]", f"[DESCRIPTION]: x [CODE]:\n```python\n{truth_of(task)['code']}```"]


@pytest.fixture
def answers(task, actions) -> list[str]:
    episode = TaskEpisode(task)
    return [episode.prompt, *map(episode.message, actions)]


def test_the_first_example() -> None:
    assert example("from find_gym.tasks import")["episode"].over


def test_skyrl(task, actions, answers) -> None:
    pytest.importorskip("skyrl_gym")
    made = example("import skyrl_gym")["FindSkyRL"](extras={"extra_info": task.to_row()})
    messages, _ = made.init([])
    first, second = map(made.step, actions)
    assert [messages[0]["content"], first["observations"][0]["content"]] == answers[:2]
    assert (first["reward"], first["done"], second["reward"], second["done"]) == (0.0, False, 1.0, True)


def test_gem(actions, answers) -> None:
    gem = pytest.importorskip("gem")
    example("import gem")
    made = gem.make("find:numeric", **ARGUMENTS)
    observation, _ = made.reset(seed=3)
    (first, *_), (second, reward, over, *_) = map(made.step, actions)
    assert [observation, first, second] == answers and (reward, over) == (1.0, True)


def test_textarena(actions, answers) -> None:
    pytest.importorskip("textarena")
    made = example("import textarena as ta")["FindGame"](**ARGUMENTS)
    made.reset(1, seed=3)
    _, [(_, prompt, _)] = made.get_observation()
    assert prompt == answers[0]
    (over, _), (ended, _) = map(made.step, actions)
    assert (over, ended) == (False, True)
    rewards, _ = made.close()
    assert rewards == {0: 1.0}
