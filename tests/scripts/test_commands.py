"""The commands: help, errors, exit statuses, and what each leaves behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from find_gym import LATEST_IDS
from find_gym.functions import DatasetError, FINDDataset, function_seed
from find_gym_agents.benchmarks.against import compare
from find_gym_agents.benchmarks.measuring import Work, measure
from find_gym_agents.benchmarks.speed_page import BY_HAND, page, table, written_by_hand
from find_gym_agents.cli import main
from find_gym_agents.commands.arguments import field_docstrings, parse
from find_gym_agents.commands.benchmark import BenchmarkConfig, benchmark
from find_gym_agents.commands.make_dataset import DatasetConfig, make_dataset
from find_gym_agents.commands.report import ReportConfig
from find_gym_agents.evaluation import ConfigurationMismatchError, EvaluationConfig

ROOT = Path(__file__).parents[2]
COMMANDS = ("evaluate", "make-dataset", "report", "score", "benchmark")


def run_script(name, *words, **options):
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *words], capture_output=True, text=True, timeout=120, **options
    )


def test_help_imports_nothing_heavy():
    script = "import sys; from find_gym_agents.cli import main; main(['--help']); assert 'numpy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_its_options(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"find-gym {command}" in shown


@pytest.mark.parametrize("config", [EvaluationConfig, DatasetConfig, ReportConfig, BenchmarkConfig])
def test_every_option_is_documented(config):
    documented = field_docstrings(config)
    assert list(documented) == list(config.__dataclass_fields__)
    assert all(documented.values())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a command, actual value: none"),
        (["repot"], "actual value: 'repot'; did you mean 'report'?"),
    ],
)
def test_unknown_commands(words, message, capsys):
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("find-gym ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate"], "--agent"),
        (["evaluate", "--agent", "atomfit"], "did you mean 'atom-fit'?"),
        (["evaluate", "--agent", "constant", "--functions", "x"], "expected an integer, actual value: 'x'"),
        (["evaluate", "--agent", "constant", "--functions", "0"], "expected functions to be an integer >= 1"),
        (
            ["evaluate", "--agent", "constant", "--split", "tset"],
            "among train, validation, test, all, actual value: 'tset'; did you mean 'test'?",
        ),
        (["evaluate", "--agent", "constant", "--env", "Nope-v0"], "expected an environment among FIND-numeric-v1"),
        (["evaluate", "--agent", "constant", "--difficulty", "{"], "expected a name or a JSON object"),
        (["evaluate", "--agent", "constant", "--difficulty", '{"depht": 2}'], "expected a difficulty in"),
        (["evaluate", "--agent", "constant", "--dataset", "nowhere"], "expected a dataset with a file"),
        (
            ["evaluate", "--agent", "constant", "--functoins", "3"],
            "unrecognized arguments: --functoins 3; did you mean '--functions'?",
        ),
        (["evaluate", "--agnet", "constant"], "unrecognized arguments: --agnet; did you mean '--agent'?"),
        (["evaluate", "--agent", "neural", "--env", "FIND-strings-v1"], "or 'pretrained' for the agent neural"),
        (["evaluate", "--agent", "neural", "--checkpoint", "pretraned"], "did you mean 'pretrained'?"),
        (["make-dataset"], "--out"),
        (["make-dataset", "--out", "x", "--category", "poems"], "expected a category among numeric, strings"),
        (["make-dataset", "--out", "x", "--category", "strings", "--difficulty", '{"variants": {}}'], "branch_share"),
        (["evaluate", "--agent", "constant", "--env", "FIND-strings-v1", "--difficulty", "{}x"], "expected a name or"),
        (["evaluate", "--agent", "atom-fit", "--env", "FIND-strings-v1"], "expected an agent for strings functions"),
        (["benchmark", "--seconds", "x"], "expected a number, actual value: 'x'"),
        (["benchmark", "--envs", "0"], "expected envs to be integers >= 1"),
        (["benchmark", "--against", "/nonexistent"], "expected the folder of a checkout with these benchmarks, actual"),
        (
            ["benchmark", "--against", str(ROOT / "docs")],
            "expected the folder of a checkout with these benchmarks, actual",
        ),
        (["benchmark", "--page", str(ROOT)], f"expected a file, actual: {str(ROOT)!r} is a folder"),
        (["benchmark", "--out", str(ROOT)], f"expected a file, actual: {str(ROOT)!r} is a folder"),
        (["report"], "RUN"),
    ],
)
def test_bad_command_lines_end_with_2_and_say_why(words, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1


def test_evaluate_and_report_from_the_command_line(tmp_path, capsys):
    words = ["evaluate", "--agent", "constant", "--agent", "lookup", "--functions", "2", "--difficulty", "easy"]
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    assert "By family" not in shown and "lookup" in shown and f"Report: {tmp_path / 'run' / 'report.html'}" in shown
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "run"), "--verbose"]) == 0
    assert "By family" in capsys.readouterr().out
    (tmp_path / "run" / "report.html").unlink()
    done = run_script("report.py", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.html").exists()
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "run"), "--seed", "7"]) == 2
    assert "seed was 0, now 7" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    assert "expected the folder of a run" in capsys.readouterr().err


def test_unscored_episodes_show_in_the_exit_status(tmp_path, capsys):
    words = ["evaluate", "--agent", "tests.agents.odd_agents:WrongKind", "--functions", "1", "--difficulty", "easy"]
    assert main([*words, "--workers", "1", "--no-report", "--out", str(tmp_path / "run")]) == 1
    shown = capsys.readouterr()
    assert "UNSCORED" in shown.out
    assert "1 of 1 episodes are unscored" in shown.err and "Traceback" not in shown.err
    assert "unscored: the agent failed (TypeError: expected a message" in shown.out


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    words = ["--agent", "constant", "--functions", "1", "--difficulty", "easy", "--workers", "1", "--no-report"]
    command = [sys.executable, str(ROOT / "scripts" / "evaluate.py"), *words, "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == 0
    assert "Traceback" not in errors


EASY = {"functions": 5, "difficulty": {"base": "hard", "variants": {"plain": 1, "noised": 1, "corrupted": 1}}}


def test_make_dataset_writes_what_it_sampled(tmp_path):
    out = tmp_path / "data"
    identifiers = make_dataset(DatasetConfig(str(out), **EASY, split="validation", workers=1), progress=False)
    assert identifiers == [f"f{index:05d}" for index in range(5)]
    dataset = FINDDataset(out)
    assert [entry.id for entry in dataset] == identifiers
    assert all(entry.spec.split == "validation" for entry in dataset)
    assert sorted(path.name for path in out.iterdir()) == ["numeric"]
    again = tmp_path / "again"
    make_dataset(DatasetConfig(str(again), **EASY, split="validation", workers=2), progress=False)
    assert [entry.spec for entry in FINDDataset(again)] == [entry.spec for entry in dataset]
    with pytest.raises(DatasetError, match="expected a folder without a dataset, actual: .*data.json exists"):
        make_dataset(DatasetConfig(str(out), **EASY), progress=False)


def test_datasets_hold_the_functions_that_an_evaluation_samples(tmp_path):
    import gymnasium as gym

    make_dataset(DatasetConfig(str(tmp_path / "d"), **EASY, seed=3, workers=1), progress=False)
    env = gym.make("FIND-numeric-v1", interface="text", split="test", difficulty=EASY["difficulty"])
    env.reset(seed=function_seed("test", "numeric", 3, 4))
    assert FINDDataset(tmp_path / "d")[4].spec == env.unwrapped.function.spec


def test_datasets_of_strings_read_back_as_they_were_sampled(tmp_path):
    import gymnasium as gym

    options = {"category": "strings", "functions": 6, "difficulty": "hard", "seed": 3}
    identifiers = make_dataset(DatasetConfig(str(tmp_path / "one"), **options, workers=1), progress=False)
    assert identifiers == [f"f{index:05d}" for index in range(6)]
    dataset = FINDDataset(tmp_path / "one", "strings")
    assert not dataset.skipped and all(entry.spec.split == "test" for entry in dataset)
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["strings"]
    make_dataset(DatasetConfig(str(tmp_path / "two"), **options, workers=2), progress=False)
    assert [entry.spec for entry in FINDDataset(tmp_path / "two", "strings")] == [entry.spec for entry in dataset]
    env = gym.make("FIND-strings-v1", interface="text", split="test", difficulty="hard")
    env.reset(seed=function_seed("test", "strings", 3, 4))
    assert dataset[4].spec == env.unwrapped.function.spec
    with pytest.raises(DatasetError, match="actual: .*test_data.json exists"):
        make_dataset(DatasetConfig(str(tmp_path / "one"), **options), progress=False)


def test_a_dataset_that_was_cut_short_is_completed(tmp_path, monkeypatch):
    out = tmp_path / "data"
    calls = []

    def stop_at_the_third(spec, identifier, folder):
        calls.append(identifier)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return {"dir": identifier}

    with monkeypatch.context() as patched:
        patched.setattr("find_gym.categories.numeric.release.write_row", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            make_dataset(DatasetConfig(str(out), **EASY, workers=1), progress=False)
    with pytest.raises(ConfigurationMismatchError, match="seed was 0, now 1"):
        make_dataset(DatasetConfig(str(out), **EASY, seed=1, workers=1), progress=False)
    make_dataset(DatasetConfig(str(out), **EASY, workers=1), progress=False)
    assert len(FINDDataset(out)) == 5


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "numeric").mkdir()
    with pytest.raises(DatasetError, match="expected a new folder, or one that this command began"):
        make_dataset(DatasetConfig(str(tmp_path), **EASY), progress=False)


def test_make_dataset_script(tmp_path):
    words = ("--functions", "2", "--difficulty", "easy", "--workers", "1", "--out", str(tmp_path / "data"))
    done = run_script("make_dataset.py", *words)
    assert done.returncode == 0, done.stderr
    assert "2 functions, f00000 to f00001" in done.stdout
    done = run_script("make_dataset.py", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and "expected a folder without a dataset" in done.stderr


@pytest.mark.slow
def test_benchmark_measures_everything_once(tmp_path):
    results = benchmark(BenchmarkConfig(envs=(2,), seconds=0.02, rounds=1, train_seconds=0.0))
    assert all(figure["per_second"] > 0 for figure in results["figures"])
    assert len({figure["name"] for figure in results["figures"]}) == len(results["figures"])
    names = " ".join(figure["name"] for figure in results["figures"])
    assert len(results["episodes"]) == len(LATEST_IDS) + 1  # numeric functions also with quick fits
    assert all(
        f"{category} functions sampled" in names and identifier in names for category, identifier in LATEST_IDS.items()
    )
    assert results["training"] == [] and results["shares"] == {} and "CartPole-v1" in results["peers"]
    assert "steps a second" in table(results)
    text = page(json.loads(json.dumps(results)) | {"command": "find-gym benchmark"})
    assert "| FIND-strings-v1, 2 environments |" in text and "## Training" not in text
    assert '| FIND-numeric-v1, effort="quick" |' in text


def test_what_is_written_by_hand_stays_when_the_page_is_made_again(tmp_path):
    path = tmp_path / "performance.md"
    assert written_by_hand(path) == ""
    path.write_text("figures of before\n")
    assert written_by_hand(path) == ""
    path.write_text(f"figures of before\n\n{BY_HAND}\n\n## By hand\n")
    path.write_text("figures\n" + written_by_hand(path))
    assert path.read_text() == f"figures\n\n{BY_HAND}\n\n## By hand\n"


def test_folders_of_figures_and_page_are_made_before_anything_is_measured(tmp_path, monkeypatch, capsys):
    measured = []

    def measure_nothing(config, progress):
        measured.append((tmp_path / "figures").is_dir() and (tmp_path / "pages" / "more").is_dir())
        return {}

    monkeypatch.setattr("find_gym_agents.commands.benchmark.benchmark", measure_nothing)
    monkeypatch.setattr("find_gym_agents.benchmarks.speed_page.page", lambda results: "figures\n")
    monkeypatch.setattr("find_gym_agents.benchmarks.speed_page.table", lambda results: "figures")
    out, made = tmp_path / "figures" / "figures.json", tmp_path / "pages" / "more" / "page.md"
    assert main(["benchmark", "--out", str(out), "--page", str(made)]) == 0
    assert measured == [True] and made.read_text() == "figures\n" and out.is_file()
    for words in (["--page", str(out / "page.md")], ["--out", str(made / "figures.json")]):
        capsys.readouterr()
        assert main(["benchmark", "--out", str(out), *words]) == 2
        told = capsys.readouterr().err
        assert told.startswith("find-gym benchmark: error: ") and told.count("\n") == 1
    assert len(measured) == 1


def test_a_folder_without_benchmarks_can_not_be_compared_with(tmp_path):
    with pytest.raises(RuntimeError, match="expected a checkout with these benchmarks"):
        compare(tmp_path, 2, 0.01, 1)


def test_benchmark_takes_the_mean_where_the_work_varies():
    # What is done first, before the rounds, takes longest.
    lengths = iter([9, 1, 2, 3, 9, 4, 5, 6])

    def do(clock):
        clock.seconds += next(lengths)
        clock.count += 1

    best, mean = (measure([Work("w", "pieces", do, varies)], 0.0, 3)[0] for varies in (False, True))
    # Pieces of 1, 2 and 3 seconds, then of 4, 5 and 6.
    assert best.per_second == 1.0 and mean.per_second == pytest.approx(3 / (4 + 5 + 6))


def test_benchmark_divides_the_time_of_training():
    pytest.importorskip("sb3_contrib")
    from find_gym_agents.benchmarks.learning import Split

    split = Split("FIND-numeric-v1", "ppo_fast", 128, 1, 1000.0, 1200.0, 0.25, 16.0, 0.00075)
    assert split.share_at(4000.0) == pytest.approx(0.25)
    assert split.to_json()["steps_per_episode"] == 16.0


def test_repeatable_options_replace_their_default():
    config = parse(BenchmarkConfig, ["--envs", "8", "--envs", "16"], program="p", description="d")
    assert config.envs == (8, 16)
    assert parse(BenchmarkConfig, [], program="p", description="d").envs == (64, 512, 4096)
