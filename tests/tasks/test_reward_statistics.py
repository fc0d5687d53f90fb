"""What the page of the verifiers package was measured with: the scripted model, and the line of the table."""

import importlib
from pathlib import Path

import pytest

from find_gym.tasks import draw_tasks


@pytest.fixture
def statistics(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "packages" / "find-gym-verifiers"))
    return importlib.import_module("reward_statistics")


@pytest.mark.parametrize("category", ["numeric", "strings"])
def test_the_scripted_model_asks_then_submits(statistics, category) -> None:
    [task] = draw_tasks(category, 1, split="test", difficulty="easy", max_queries=8, max_messages=4)
    metrics = statistics.play(task, statistics.by_script)
    asked = len(statistics.ASKED[category])
    assert (metrics["submitted"], metrics["queries"], metrics["messages"], metrics["refusals"]) == (1, asked, 2, 0)


def test_the_line_of_the_table(statistics, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["reward_statistics.py", "--functions", "2", "--difficulty", "easy"])
    statistics.main()
    line = capsys.readouterr().out
    assert line.startswith("| scripted | strings | 2 | ") and line.count("|") == 12
