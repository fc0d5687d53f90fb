"""The runner: whole runs, resuming, failures that are nobody's score."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from find_gym.functions import NumericFunction, NumericSpec, function_seed, write_dataset
from find_gym.sandbox import SandboxError
from find_gym_agents.evaluation import (
    BackendError,
    ConfigurationMismatchError,
    EvaluationConfig,
    RunError,
    evaluate,
    read_run,
)
from find_gym_agents.evaluation.episode import _AGENTS, EpisodeTask, run_episode
from find_gym_agents.evaluation.functions import RunFunction
from find_gym_agents.registry import AgentEntry, find_agent
from find_gym_agents.runs.records import Lines, locked, read_lines
from tests.agents.episodes import SPECS

ROOT = Path(__file__).parents[3]
# Without networks, which take half a second each to train.
QUICK = {"variants": {"plain": 1, "noised": 1, "corrupted": 1}}
DEFAULTS = {"agents": ("constant", "random"), "functions": 6, "difficulty": QUICK, "workers": 1, "report": False}


def run(folder, **options):
    return evaluate(EvaluationConfig(**(DEFAULTS | options), out=str(folder)), progress=False)


def timeless(records):
    """Returns records without what differs from run to run."""
    rows = [record.to_json() for record in records]
    for row in rows:
        del row["agent_seconds"], row["total_seconds"]
    return rows


def without_seconds(summary):
    """Returns the figures without the seconds."""
    if isinstance(summary, dict):
        return {key: without_seconds(value) for key, value in summary.items() if key not in ("seconds", "runs")}
    return summary


def test_one_and_two_workers_give_the_same(tmp_path):
    first = run(tmp_path / "one")
    second = run(tmp_path / "two", workers=2)
    assert len(first.episodes) == 12
    assert timeless(first.episodes) == timeless(second.episodes)
    assert without_seconds(first.summary) == without_seconds(second.summary)


def test_a_run_leaves_everything_beside_its_configuration(tmp_path):
    result = run(tmp_path / "run", report=True)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "config.json", "specs.jsonl", "episodes.jsonl", "results.json", "report.md", "report.html",
        "skill_by_family.png", "skill_by_variant.png", "skill_by_queries.png", "examples.png",
    }  # fmt: skip
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["identity"]["seed"] == 0
    assert {"python", "numpy", "gymnasium", "find-gym"} <= set(config["versions"])
    assert json.loads((tmp_path / "run" / "results.json").read_text()) == result.summary
    record = result.episodes[0]
    assert record.agent == "constant"
    assert record.queries == 16
    assert record.steps == 2
    assert 0 < record.agent_seconds < record.total_seconds
    assert record.transcript[0]["action"].startswith("QUERY")
    assert len(record.transcript[0]["outputs"]) == 16
    assert record.submission["code"]
    assert record.truth["source"]
    assert NumericSpec.from_json(record.spec)
    assert record.score["strata"]
    assert "QUERY" in result.episodes[-1].rendered


def test_functions_are_those_of_the_environments_reset(tmp_path):
    import gymnasium as gym

    result = run(tmp_path / "run", functions=3)
    env = gym.make("FIND-numeric-v1", interface="text", split="test", difficulty=QUICK)
    for agent in ("constant", "random"):
        for record in [record for record in result.episodes if record.agent == agent]:
            seed = function_seed("test", "numeric", 0, record.index)
            env.reset(seed=seed)
            assert record.function == str(seed)
            assert env.unwrapped.function.spec.to_json() == record.spec
            assert NumericFunction(NumericSpec.from_json(record.spec)).spec.split == "test"


def test_a_finished_run_is_only_reported_again(tmp_path):
    first = run(tmp_path / "run")
    content = (tmp_path / "run" / "episodes.jsonl").read_bytes()
    second = run(tmp_path / "run")
    assert (tmp_path / "run" / "episodes.jsonl").read_bytes() == content
    assert first.table == second.table


def test_another_configuration_is_refused(tmp_path):
    run(tmp_path / "run", functions=1)
    for change in ({"seed": 1}, {"functions": 2}, {"max_queries": 5}, {"agents": ("constant",)}, {"split": "train"}):
        with pytest.raises(ConfigurationMismatchError, match=f"{next(iter(change))} was .*now .*choose another --out"):
            run(tmp_path / "run", **({"functions": 1} | change))
    # What the results do not depend on may change.
    run(tmp_path / "run", functions=1, workers=2)


def test_other_versions_are_warned_of(tmp_path):
    run(tmp_path / "run", functions=1)
    path = tmp_path / "run" / "config.json"
    data = json.loads(path.read_text())
    data["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(data))
    with pytest.warns(UserWarning, match="begun with other versions: numpy 1.0 then"):
        run(tmp_path / "run", functions=1)


def test_a_torn_last_line_is_dropped(tmp_path):
    whole = run(tmp_path / "run")
    path = tmp_path / "run" / "episodes.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:7]) + lines[7][: len(lines[7]) // 2])
    assert len(read_run(tmp_path / "run").episodes) == 7
    specs = tmp_path / "run" / "specs.jsonl"
    specs.write_bytes(specs.read_bytes()[:-20])
    resumed = run(tmp_path / "run")
    assert timeless(resumed.episodes) == timeless(whole.episodes)
    assert resumed.unscored == []
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    run(tmp_path / "run", functions=2)
    path = tmp_path / "run" / "episodes.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{]\n" + lines[1])
    with pytest.raises(RunError, match=r"episodes.jsonl, line 2: expected a JSON object"):
        run(tmp_path / "run", functions=2)


def test_lines_that_were_torn_are_not_glued_to_the_next(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":')
    with Lines(path) as lines:
        lines.append({"a": 2})
    assert list(read_lines(path)) == [{"a": 1}, {"a": 2}]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_the_same(tmp_path):
    options = {"functions": 12, "agents": ("interpolation", "random")}
    whole = run(tmp_path / "whole", **options)
    command = [
        sys.executable, str(ROOT / "scripts" / "evaluate.py"), "--agent", "interpolation", "--agent", "random",
        "--functions", "12", "--difficulty", json.dumps(QUICK), "--workers", "2", "--no-report",
        "--out", str(tmp_path / "killed"),
    ]  # fmt: skip
    episodes = tmp_path / "killed" / "episodes.jsonl"
    for wanted in (1, 12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        deadline = time.monotonic() + 60
        while _count(episodes) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.wait()
        # Its workers end by themselves; until then one may not write, for only the killed process did.
        assert _count(episodes) >= wanted
    before = _count(episodes)
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert before <= 24
    resumed = read_run(tmp_path / "killed").episodes
    assert timeless(resumed) == timeless(whole.episodes)
    figures = json.loads((tmp_path / "killed" / "results.json").read_text())
    assert without_seconds(figures) == without_seconds(whole.summary)


def _count(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_two_processes_do_not_write_to_the_same_run(tmp_path):
    (tmp_path / "run").mkdir()
    with locked(tmp_path / "run"):
        with pytest.raises(RunError, match="another process writes to it"):
            run(tmp_path / "run")
    run(tmp_path / "run", functions=1)


def task_for(agent, spec, seed=1):
    function = RunFunction(0, "0", seed, spec.to_json())
    return EpisodeTask(find_agent(agent), function, "FIND-numeric-v1", None, None, 20, 0)


def test_a_crashing_agent_is_unscored_and_tried_again(tmp_path):
    agents = ("tests.agents.odd_agents:Crashing",)
    result = run(tmp_path / "run", agents=agents)
    assert len(result.unscored) == 3
    record = result.unscored[0]
    assert record.score is None
    assert record.error.startswith("the agent failed:")
    assert "an agent's own fault" in record.error
    assert record.queries == 1
    figures = result.summary["agents"][agents[0]]
    assert figures["unscored"] == 3
    assert figures["overall"]["n"] == 3
    assert figures["outcomes"]["unscored"] == 3
    assert "UNSCORED" in result.table
    again = run(tmp_path / "run", agents=agents)
    assert len(again.unscored) < 3
    assert len(again.episodes) == 6


def test_an_agent_that_cannot_be_made_or_acts_wrongly_is_unscored():
    for agent, words in (
        (find_agent("tests.agents.odd_agents:WrongKind"), "expected a message"),
        (AgentEntry("needy", {"numeric": "no_such_module:X"}), "No module"),
    ):
        record = run_episode(replace(task_for("constant", SPECS["linear"]), agent=agent))
        assert record.outcome == "unscored"
        assert record.error.startswith("the agent failed:")
        assert words in record.error


def test_a_failing_sandbox_is_unscored_and_never_zero(monkeypatch):
    def fail(*_, **__):
        raise SandboxError("no server")

    _AGENTS.made.clear()
    monkeypatch.setattr("find_gym.core.submissions.run_code", fail)
    record = run_episode(task_for("constant", SPECS["linear"]))
    assert record.outcome == "unscored"
    assert record.score is None
    assert record.error.startswith("the sandbox failed:")


def test_an_episode_without_a_submission_scores_zero(tmp_path):
    record = run_episode(task_for("tests.agents.odd_agents:Mute", SPECS["linear"]))
    assert record.outcome == "no_submission"
    assert record.scored
    assert record.steps == 40


def test_a_worker_that_dies_ends_the_run_and_keeps_what_there_is(tmp_path):
    command = [
        sys.executable, str(ROOT / "scripts" / "evaluate.py"), "--agent", "constant",
        "--agent", "tests.agents.odd_agents:Suicidal", "--functions", "2", "--difficulty", "easy", "--workers", "2",
        "--no-report", "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 1
    assert "a worker died" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dataset_is_evaluated_in_its_order(tmp_path):
    specs = [SPECS["linear"], SPECS["noised"], SPECS["corrupted"]]
    write_dataset(tmp_path / "data", specs)
    result = run(tmp_path / "run", dataset=str(tmp_path / "data"), functions=None, agents=("random", "constant"))
    assert [record.function for record in result.episodes] == ["f00000", "f00001", "f00002"] * 2
    assert [record.spec for record in result.episodes[:3]] == [spec.to_json() for spec in specs]
    with pytest.raises(RunError, match="expected a dataset with at least 4 functions .*actual: 3"):
        run(tmp_path / "more", dataset=str(tmp_path / "data"), functions=4)


def test_all_backends_of_joblib_work(tmp_path):
    reference = run(tmp_path / "loky", functions=2)
    for backend in ("threading", "multiprocessing"):
        result = run(tmp_path / backend, functions=2, backend=backend, workers=2)
        assert timeless(result.episodes) == timeless(reference.episodes)
    with pytest.raises(BackendError, match="expected a joblib backend .*actual value: 'abacus'"):
        run(tmp_path / "abacus", backend="abacus")
    assert not (tmp_path / "abacus").exists()


@pytest.mark.parametrize("package", ["joblib", "tqdm", "matplotlib"])
def test_missing_packages_say_what_to_install(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"expected {package} .*pip install 'find-gym\[report\]'"):
        run(tmp_path / "run", report=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"env": "FIND-nothing-v0"}, "expected an environment among FIND-numeric-v1"),
        ({"agents": ()}, "expected at least one agent"),
        ({"agents": ("nope",)}, "expected an agent among"),
        ({"split": "tset"}, "expected a split among train, validation, test, all, actual value: 'tset'"),
        ({"difficulty": "harder"}, "expected a difficulty"),
        ({"functions": 0}, "expected functions to be an integer >= 1, actual value: 0"),
        ({"seed": -1}, "expected seed to be an integer >= 0"),
        ({"max_queries": 1.5}, "expected max_queries to be an integer"),
        ({"workers": True}, "expected workers to be an integer"),
        ({"dataset": "no/such/folder"}, "expected a dataset with a file numeric/data.json"),
    ],
)
def test_bad_configurations_say_what_was_expected(options, words):
    with pytest.raises(ValueError, match=words):
        EvaluationConfig(**({"agents": ("constant",)} | options))


def test_the_default_folder_has_a_readable_name():
    assert str(EvaluationConfig(("constant",)).folder) == "runs/FIND-numeric-v1_constant_test_200_seed0"
    assert EvaluationConfig(("tests.agents.odd_agents:Mute",), max_queries=20).folder.name == (
        "FIND-numeric-v1_tests.agents.odd_agents-Mute_test_200_seed0_20-queries"
    )
    assert "hard" in EvaluationConfig(("constant",), difficulty="hard").folder.name


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"expected the folder of a run with a config.json"):
        read_run(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(RunError, match="something else"):
        read_run(tmp_path)
