"""Tests of the command `train`: it trains, evaluates and analyses; the agent `policy` takes what it made."""

import json
import shutil
from multiprocessing import active_children

import pytest

pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from find_gym_agents.commands.evaluate import main as evaluate_main  # noqa: E402
from find_gym_agents.commands.train import main  # noqa: E402
from find_gym_agents.training.checkpoints import load, save  # noqa: E402
from find_gym_agents.training.fast_ppo import FastPPO  # noqa: E402
from find_gym_agents.training.results_pages import write_pages  # noqa: E402

# Whoever runs these tests side by side trains once.
pytestmark = pytest.mark.xdist_group("train")
TINY = (
    "--imitation-examples 64 --imitation-batch 16 --imitation-stock 20 --total-timesteps 128 --num-envs 4 "
    "--rollout-steps 16 --batch-size 32 --epochs 1 --max-queries 5 --checkpoint-every 4 --validation-functions 2 "
    "--test-functions 2 --workers 1 --difficulty easy"
).split()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train") / "run"
    assert main([*TINY, "--out", str(folder)]) == 0
    return folder


def test_run_leaves_policy_curve_tables_and_pictures(run):
    names = {path.name for path in run.iterdir()}
    assert {"policy.pt", "policy_last.pt", "untrained.pt", "checkpoint.pt", "curve.json", "tensorboard"} <= names
    assert (run / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    summary = json.loads((run / "test-policy" / "results.json").read_text())
    assert set(summary["agents"]) == {f"policy:{run.name}", "random", "blind", "atom-fit"}
    assert (run / "analysis" / "queries.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads((run / "analysis" / "analysis.json").read_text())
    told_otherwise = {"shuffled while asking", "queries of another", "random probes", "shuffled"}
    assert set(figures["skill"]) == {"as it is", *told_otherwise}
    assert all(skill <= 1 for skill in figures["skill"].values())
    assert len(figures["different_probes_by_step"]) <= 5


def test_page_of_results_has_a_row_for_each_seed(run, tmp_path):
    (page,) = write_pages(tmp_path, [run, run])
    text = page.read_text()
    assert page.name == "numeric.md" and (tmp_path / "numeric-queries.png").is_file()
    assert "    find-gym train --env FIND-numeric-v1 --minutes 15 " in text
    assert " --total-timesteps 128 --imitation-examples 64 " in text
    assert "| seed | minutes | untrained | policy | random | blind | atom-fit |" in text
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


def test_summary_is_one_table_with_files_and_what_is_next(run, capsys):
    assert main([*TINY, "--no-analyse", "--out", str(run)]) == 0
    printed = capsys.readouterr().out
    for name in ("untrained, 1 proposal", "policy, 32 proposals", "random", "atom-fit"):
        assert f"\n{name} " in printed
    assert "By family" not in printed
    assert f"find-gym evaluate --agent policy --checkpoint {run / 'policy.pt'}" in printed
    assert f"--total-timesteps 256 --out {run} goes on training" in printed
    assert str(run / "test-policy" / "report.html") in printed


def test_examples_of_the_report_are_those_of_the_policy(run):
    page = (run / "test-policy" / "report.html").read_text()
    assert f"Examples of policy:{run.name}" in page


def test_extended_run_is_evaluated_anew(run, tmp_path):
    folder = tmp_path / run.name
    shutil.copytree(run, folder)
    save(folder / "policy.pt", load(folder / "policy.pt") | {"note": "another"})
    assert main([*TINY, "--total-timesteps", "192", "--no-analyse", "--out", str(folder)]) == 0
    assert json.loads((folder / "curve.json").read_text())[-1]["timesteps"] == 192
    old, new = (json.loads((folder / name / "config.json").read_text()) for name in ("test-policy-1", "test-policy"))
    assert old["identity"]["checkpoint_sha256"] != new["identity"]["checkpoint_sha256"]


def test_budget_environment_and_difficulty_come_from_the_checkpoint(run, tmp_path):
    arguments = ["--agent", "policy", "--checkpoint", str(run / "policy.pt"), "--functions", "1", "--workers", "1"]
    assert evaluate_main([*arguments, "--no-report", "--out", str(tmp_path / "run")]) == 0
    identity = json.loads((tmp_path / "run" / "config.json").read_text())["identity"]
    assert (identity["env"], identity["max_queries"], identity["difficulty"]) == ("FIND-numeric-v1", 5, "easy")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--max-queries", "7"], "expected max_queries=5, which "),
        (["--env", "FIND-strings-v0"], "expected env='FIND-numeric-v1', which "),
    ],
)
def test_policy_of_other_terms_is_refused_once(words, message, run, tmp_path, capsys):
    arguments = ["--agent", "policy", "--checkpoint", str(run / "policy.pt"), "--functions", "1", "--workers", "1"]
    with pytest.raises(SystemExit) as stop:
        evaluate_main([*arguments, *words, "--out", str(tmp_path / "run")])
    assert stop.value.code == 2 and not (tmp_path / "run").exists()
    assert message in capsys.readouterr().err


def test_where_a_learner_is_killed_the_same_command_goes_on(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    words = [*TINY, "--algo", "ppo-fast", "--learners", "2", "--checkpoint-every", "1", "--out", str(folder)]
    words += ["--no-analyse", "--test-functions", "0"]
    collect, timesteps = FastPPO.collect, []

    def collect_and_kill(learner):
        seconds = collect(learner)
        timesteps.append(load(folder / "checkpoint.pt")["progress"]["timesteps"])
        if len(timesteps) == 2:
            (other,) = (process for process in active_children() if process.name == "learner 1")
            other.kill()
            other.join()
        return seconds

    monkeypatch.setattr(FastPPO, "collect", collect_and_kill)
    assert main(words) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "find-gym train: error: expected all learners to answer, actual: one has ended; "
        f"the same command goes on from the last checkpoint ({folder})"
    )
    assert main(words) == 0
    assert timesteps == [0, 64, 64]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "FIND-music-v0"], "expected an environment among"),
        (["--algo", "dqn"], "expected an algorithm among maskable-ppo, ppo-fast, ppo, actual value: 'dqn'"),
        (["--minutes", "0"], "expected minutes > 0"),
        (["--quick-fits", "--env", "FIND-strings-v1"], "expected a category with quick fits"),
        (["--num-envs", "0"], "expected num_envs to be an integer >= 1"),
        (["--device", "tpu"], "expected a device among auto, cpu, cuda"),
        (["--logger", "paper"], "expected a logger among tensorboard, csv"),
        (["--init-from", "missing.pt"], "expected the file of a trained policy"),
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
