"""Tests of the command `train`: it trains, evaluates and analyses; the agent `policy` takes what it made."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from find_gym_agents.commands.evaluate import main as evaluate_main  # noqa: E402
from find_gym_agents.commands.train import main  # noqa: E402
from find_gym_agents.training.page import write_pages  # noqa: E402

TINY = (
    "--imitation-examples 256 --imitation-batch 16 --imitation-stock 20 --total-timesteps 128 --num-envs 4 "
    "--rollout-steps 16 --batch-size 32 --epochs 1 --max-queries 5 --checkpoint-every 2 --validation-functions 2 "
    "--test-functions 3 --workers 1 --difficulty easy"
).split()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train") / "run"
    assert main([*TINY, "--out", str(folder)]) == 0
    return folder


def test_run_leaves_policy_curve_tables_and_pictures(run):
    names = {path.name for path in run.iterdir()}
    assert {"policy.pt", "untrained.pt", "checkpoint.pt", "curve.json", "learning_curve.png", "tensorboard"} <= names
    summary = json.loads((run / "test-policy" / "results.json").read_text())
    assert set(summary["agents"]) == {f"policy:{run.name}", "random", "atom-fit"}
    assert (run / "analysis" / "queries.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads((run / "analysis" / "analysis.json").read_text())
    assert set(figures["skill"]) == {"as it is", "shuffled while asking", "queries of another", "shuffled"}
    assert all(0 <= skill <= 1 for skill in figures["skill"].values())
    assert len(figures["different_probes_by_step"]) <= 5


def test_page_of_results_has_a_row_for_each_seed(run, tmp_path):
    (page,) = write_pages(tmp_path, [run, run])
    text = page.read_text()
    assert page.name == "numeric.md" and (tmp_path / "numeric-queries.png").is_file()
    assert "    python scripts/train.py --env FIND-numeric-v0 --minutes 15 --total-timesteps 128 --imitation-ex" in text
    assert "| seed | minutes | untrained | policy | random | atom-fit |" in text
    assert text.count("\n| 0 | 15 | ") == 2 and "\n| mean | | " in text


def test_page_of_results_refuses_runs_of_two_configurations(run, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    config = json.loads((run / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"epochs": 2}))
    with pytest.raises(ValueError, match="expected runs that differ in their seed alone"):
        write_pages(tmp_path, [run, other])


def test_another_configuration_in_the_same_folder_is_refused(run, capsys):
    assert main([*TINY, "--seed", "1", "--out", str(run)]) == 2
    assert "seed was 0, now 1" in capsys.readouterr().err


def test_policy_refuses_another_budget(run, tmp_path, capsys):
    arguments = ["--agent", "policy", "--checkpoint", str(run / "policy.pt"), "--functions", "1", "--workers", "1"]
    status = evaluate_main([*arguments, "--difficulty", "easy", "--max-queries", "7", "--out", str(tmp_path / "run")])
    assert status == 1
    record = json.loads((tmp_path / "run" / "episodes.jsonl").read_text().splitlines()[0])
    assert "expected max_queries=5" in record["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "FIND-music-v0"], "expected an environment among"),
        (["--algo", "dqn"], "expected an algorithm among maskable_ppo, ppo"),
        (["--minutes", "0"], "expected minutes > 0"),
        (["--quick-fits", "--env", "FIND-strings-v1"], "expected numeric functions for quick fits"),
        (["--num-envs", "0"], "expected num_envs to be an integer >= 1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_policy_needs_a_checkpoint(capsys):
    with pytest.raises(SystemExit):
        evaluate_main(["--agent", "policy"])
    assert "expected a checkpoint" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        evaluate_main(["--agent", "random", "--checkpoint", "policy.pt"])
    assert "expected the agent policy for a checkpoint" in capsys.readouterr().err
