"""Submissions of stored runs scored again: the same scorer agrees with itself, another judge is another run."""

import json

import pytest

from find_gym.sandbox import SandboxError
from find_gym_agents.cli import main
from find_gym_agents.commands.score import ScoreConfig
from find_gym_agents.evaluation import EvaluationConfig, RunError, evaluate, read_run
from find_gym_agents.evaluation import rescoring as _rescoring
from find_gym_agents.evaluation.rescoring import Rescoring, agreements, rescore

QUICK = {"variants": {"plain": 1, "corrupted": 1}}


def run(folder, agents, **options):
    config = EvaluationConfig(agents=agents, functions=2, workers=1, report=False, out=str(folder), **options)
    return evaluate(config, progress=False)


@pytest.fixture(scope="module")
def numeric(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "numeric"
    run(folder, ("interpolation", "constant"), difficulty=QUICK)
    return folder


@pytest.mark.parametrize(
    ("env", "agent"),
    [
        ("FIND-numeric-v1", "piecewise"),
        ("FIND-strings-v1", "enumeration"),
        ("FIND-entities-v1", "exemplar-embedding"),
        ("FIND-relations-v1", "table-lookup"),
    ],
)
def test_the_same_scorer_gives_the_same_scores(tmp_path, env, agent):
    difficulty = QUICK if "numeric" in env else "find"
    stored = run(tmp_path / "stored", (agent,), env=env, difficulty=difficulty)
    again = rescore(Rescoring(read_run(stored.folder), workers=1), tmp_path / "again", progress=False)
    assert [record.score for record in again.episodes] == [record.score for record in stored.episodes]
    assert [record.transcript for record in again.episodes] == [record.transcript for record in stored.episodes]
    (agreement,) = agreements(read_run(stored.folder), again)
    assert (agreement.episodes, agreement.difference, agreement.same_outcome) == (2, 0.0, 1.0)


def test_the_command_prints_and_writes_the_agreement(numeric, tmp_path, capsys):
    out = tmp_path / "again"
    words = ["score", str(numeric), "--out", str(out), "--workers", "1", "--no-report"]
    assert main(words) == 0
    assert "Agreement with the stored scores" in capsys.readouterr().out
    found = json.loads((out / "agreement.json").read_text())
    assert [(row["agent"], row["episodes"], row["difference"]) for row in found] == [
        ("interpolation", 2, 0.0),
        ("constant", 2, 0.0),
    ]
    assert read_run(out).config["identity"]["scored_from"] == "numeric"
    assert main(words) == 0, "a finished rescoring is only reported again"


def test_a_judge_adds_unit_tests_to_scores_of_code(numeric, tmp_path):
    again = rescore(Rescoring(read_run(numeric), "embedding", workers=1), tmp_path / "judged", progress=False)
    stored = read_run(numeric)
    for before, after in zip(stored.episodes, again.episodes, strict=True):
        assert before.score["unit_tests"] is None
        assert after.score["unit_tests"]["judge"] == "embedding"
        assert after.score["skill"] == before.score["skill"]


def test_a_failure_of_the_sandbox_is_unscored_and_tried_again(numeric, tmp_path, monkeypatch):
    class Broken:
        def score(self, *_, **__):
            raise SandboxError("the sandbox is gone")

    folder = tmp_path / "again"
    stored = read_run(numeric)
    with monkeypatch.context() as patch:
        patch.setattr(_rescoring, "_category", lambda *_: Broken())
        failed = rescore(Rescoring(stored, workers=1), folder, progress=False)
    assert all(record.outcome == "unscored" and "the sandbox is gone" in record.error for record in failed.episodes)
    assert all(agreement.unscored == 2 and agreement.after is None for agreement in agreements(stored, failed))
    again = rescore(Rescoring(stored, workers=1), folder, progress=False)
    assert [record.score for record in again.episodes] == [record.score for record in stored.episodes]


def test_the_stored_run_is_never_written_to(numeric):
    with pytest.raises(RunError, match="other than that of the stored run"):
        rescore(Rescoring(read_run(numeric), workers=1), numeric, progress=False)


def test_unknown_judges_are_reported_before_any_work(numeric, tmp_path, capsys):
    out = tmp_path / "again"
    assert main(["score", str(numeric), "--judge", "/no/such/model", "--out", str(out)]) == 2
    assert "/no/such/model" in capsys.readouterr().err
    assert not out.exists()


def test_folders_are_named_after_the_run_and_the_judge(tmp_path):
    run_folder = tmp_path / "demo"
    assert ScoreConfig((str(run_folder),)).folder(run_folder) == tmp_path / "demo_rescored"
    judged = ScoreConfig((str(run_folder),), judge="http://localhost:8000/v1")
    assert judged.folder(run_folder) == tmp_path / "demo_judge-http-localhost-8000-v1"
    several = ScoreConfig((str(run_folder), "other"), out=str(tmp_path / "out"))
    assert several.folder(run_folder) == tmp_path / "out" / "demo"
