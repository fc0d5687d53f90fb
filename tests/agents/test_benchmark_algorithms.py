"""Tests of the benchmark of algorithms: what it keeps, and that it goes on from there."""

import json

import pytest

pytest.importorskip("stable_baselines3")
pytest.importorskip("matplotlib")

from find_gym_agents.benchmarks import algorithms  # noqa: E402
from find_gym_agents.benchmarks.algorithms import ALGORITHMS, AlgorithmsConfig, run_algorithms  # noqa: E402
from find_gym_agents.commands.benchmark_algorithms import main  # noqa: E402

TINY = "--algorithm A2C --steps 160 --points 2 --functions 2 --max-queries 3".split()


def test_finished_runs_are_kept_and_the_page_shows_them(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    words = [*TINY, "--out", str(tmp_path / "out"), "--page", str(page)]
    assert main([*words, "--seeds", "1"]) == 0
    first = json.loads((tmp_path / "out" / "A2C-seed0.json").read_text())
    assert [row["steps"] for row in first["curve"]] == [0, 80, 160]
    assert all(set(row) == {"steps", "skill", "greedy", "submitted", "queries"} for row in first["curve"])
    trained = []
    monkeypatch.setattr(
        algorithms, "_run", lambda *arguments: trained.append(arguments[2]) or {"curve": first["curve"]}
    )
    assert main([*words, "--seeds", "2"]) == 0
    assert trained == [1]
    assert "A2C        tokens         2" in capsys.readouterr().out
    assert "| A2C | tokens | 2 |" in page.read_text()
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_runs_of_another_setting_are_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr(algorithms, "_run", lambda config, *rest: {"curve": [], "steps": config.steps})
    for steps in (10, 20):
        config = AlgorithmsConfig(algorithms=("PPO",), steps=steps, seeds=1, out=str(tmp_path))
        (found,) = run_algorithms(config)
        assert found["steps"] == steps


def test_table_of_algorithms_names_classes_that_are_there():
    assert {"MaskablePPO", "PPO", "RecurrentPPO", "DQN", "SAC", "TQC"} <= set(ALGORITHMS)
    with pytest.raises(ValueError, match="expected algorithms among MaskablePPO"):
        AlgorithmsConfig(algorithms=("magic",))
