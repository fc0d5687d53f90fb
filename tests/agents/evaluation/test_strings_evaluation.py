"""String functions in the runner and the report: whole runs, datasets, groups, the page's table of answers."""

import json
import re
from dataclasses import replace

import pytest

from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.operations import OPERATIONS
from find_gym.categories.strings.programs import Branch, Step
from find_gym.functions import FINDDataset, NumericFunction, function_seed, write_dataset
from find_gym.sandbox import SandboxError
from find_gym_agents.evaluation import EvaluationConfig, RunError, evaluate, read_run
from find_gym_agents.evaluation.episode import EpisodeTask, run_episode
from find_gym_agents.evaluation.functions import RunFunction
from find_gym_agents.registry import find_agent
from find_gym_agents.report import write_report
from find_gym_agents.report.answer_table import show_answers
from find_gym_agents.report.summary import summarise
from find_gym_agents.report.tables import tables
from find_gym_agents.runs.records import EpisodeRecord
from tests.agents.episodes import SPECS
from tests.agents.evaluation.test_evaluation import timeless, without_seconds
from tests.agents.odd_agents import HOSTILE
from tests.agents.report.report_records import read_page

REVERSED = StringSpec((Step("reverse_string"),))
BRANCHED = StringSpec(
    (Step("remove_digits"), Branch("has_even_length", (), (Step("reverse_string"), Step("string_strip"))))
)
DEFAULTS = {"env": "FIND-strings-v1", "agents": ("enumeration", "random"), "functions": 4, "workers": 1}


def run(folder, **options):
    return evaluate(EvaluationConfig(**({"report": False} | DEFAULTS | options), out=str(folder)), progress=False)


def task_for(agent, spec):
    return EpisodeTask(find_agent(agent), RunFunction(0, "0", 1, spec.to_json()), "FIND-strings-v1", None, None, 20, 0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run(tmp_path_factory.mktemp("strings") / "run", report=True)


def test_a_run_on_strings_leaves_a_table_and_plots(finished):
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {
        "config.json", "specs.jsonl", "episodes.jsonl", "results.json", "report.md", "report.html",
        "skill_by_operations.png", "skill_by_variant.png", "skill_by_queries.png",
    }  # fmt: skip
    assert finished.summary["category"] == "strings"
    figures = finished.summary["agents"]["enumeration"]
    assert figures["overall"]["paper_score"]["mean"] == 1
    assert "exceptions" not in figures
    assert "paper's score" in finished.table and "Exceptions" not in finished.table
    for record in finished.episodes:
        assert StringSpec.from_json(record.spec).split == "test"
        assert record.function == str(function_seed("test", "strings", 0, record.index))


def test_submissions_stand_beside_the_truth(finished):
    record = finished.episodes[0]
    rows = record.comparison
    assert [(row["input"], row["output"]) for row in rows if row["asked"]] == record.pairs()
    assert sum(not row["asked"] for row in rows) == 8
    assert all(row["right"] and row["submission"] == row["output"] for row in rows)
    programs = [record for record in finished.episodes if record.agent == "random"]
    assert any("program" in record.submission for record in programs)
    assert not all(row["right"] for record in programs for row in record.comparison)


def test_two_workers_and_a_torn_run_give_the_same(finished, tmp_path):
    again = run(tmp_path / "two", workers=2)
    assert timeless(again.episodes) == timeless(finished.episodes)
    assert without_seconds(again.summary) == without_seconds(finished.summary)
    path = tmp_path / "two" / "episodes.jsonl"
    path.write_bytes(path.read_bytes()[:-400])
    assert len(read_run(tmp_path / "two").episodes) < len(finished.episodes)
    assert timeless(run(tmp_path / "two").episodes) == timeless(finished.episodes)


def test_a_dataset_of_strings_is_evaluated_in_its_order(tmp_path):
    specs = [REVERSED, BRANCHED]
    write_dataset(tmp_path / "data", specs)
    result = run(tmp_path / "run", dataset=str(tmp_path / "data"), functions=None, agents=("identity",))
    assert [record.function for record in result.episodes] == ["f00000", "f00001"]
    assert [record.spec for record in result.episodes] == [spec.to_json() for spec in specs]
    assert [record.variant for record in result.episodes] == ["plain", "corrupted"]
    with pytest.raises(ValueError, match="expected a dataset with a file numeric/data.json"):
        EvaluationConfig(("constant",), dataset=str(tmp_path / "data"))


def test_published_functions_without_a_source_are_skipped_by_name(tmp_path):
    folder = tmp_path / "data" / "strings"
    (folder / "f00001").mkdir(parents=True)
    (folder / "f00001" / "function_code.py").write_text("def f(s):\n    return s[::-1]\n")
    rows = [{"name": f"f0000{index}", "description": ":\nReverses."} for index in range(3)]
    (folder / "test_data.json").write_text(json.dumps(rows))
    (folder / "unit_test_data.json").write_text("[]")
    options = {"dataset": str(tmp_path / "data"), "functions": None, "agents": ("enumeration",)}
    with pytest.warns(UserWarning, match="left out 2 of .* can't be served: f00000, .*the first: expected a published"):
        result = run(tmp_path / "run", **options)
    assert [(record.function, record.outcome, record.family) for record in result.episodes] == [
        ("f00001", "right", "published")
    ]
    skipped = json.loads((tmp_path / "run" / "skipped.json").read_text())
    assert list(skipped) == ["f00000", "f00002"] and "f00002 has none" in skipped["f00002"]
    with pytest.warns(UserWarning), pytest.raises(RunError, match="at least 2 .*actual: 1 .*2 skipped; the first, f00"):
        run(tmp_path / "more", **(options | {"functions": 2}))
    assert len(FINDDataset(tmp_path / "data", "strings")) == 3


def test_episodes_without_judgeable_answers_have_a_table_too(monkeypatch):
    mute = run_episode(task_for("tests.agents.odd_agents:Mute", REVERSED))
    assert mute.outcome == "no_submission"
    assert all(row[2] is None and row[3] is None for row in show_answers(mute)["table"])
    judged = run_episode(task_for("identity", REVERSED))
    assert any(row[3] for row in show_answers(judged)["table"]) and not all(row["right"] for row in judged.comparison)

    def fail(*_, **__):
        raise SandboxError("no server")

    monkeypatch.setattr("find_gym_agents.categories.strings.comparisons.prepare_code", fail)
    unseen = run_episode(task_for("constant", REVERSED))
    assert unseen.scored and unseen.comparison is None
    table = show_answers(unseen)["table"]
    assert len(table) == 16 and all(row[2] is None and row[4] for row in table)
    assert run_episode(task_for("tests.agents.odd_agents:WrongKind", REVERSED)).outcome == "unscored"


def test_hostile_strings_stay_text(tmp_path):
    agents = ("tests.agents.odd_agents:HostileStrings", "tests.agents.odd_agents:Mute")
    result = run(tmp_path / "run", agents=agents, functions=2, difficulty="easy", report=True, max_queries=5)
    page = (result.folder / "report.html").read_text()
    assert page.count("<script") == page.count("</script") == 3
    assert "<img src=x" not in page and not re.search(r"<[^>]*\sonerror=", page)
    entries, details = read_page(page)
    episode = details[0]
    assert "plot" not in episode and entries[0]["badges"] == []
    # As Python literals: what is not printable is seen, and turns no text around.
    assert [row[0] for row in episode["table"] if row[4]] == [repr(HOSTILE), r"'\ud800\u202e'"]
    assert {name for name, _ in episode["parts"]} >= {"identity or constant", "paper's score"}
    assert "better of the identity and the best constant" in page


def record(index, spec, agent="a", skill=0.5):
    score = {"accuracy": skill, "skill": skill, "paper_score": skill}
    entries = {"score": score, "queries": 3, "spec": spec.to_json(), "truth": {"description": "", "source": ""}}
    return EpisodeRecord(agent, index, str(index), spec.family, spec.variant, "find", "wrong", **entries)


def test_groups_of_strings():
    first, second = (StringSpec((Step("reverse_string"), Step(name))) for name in ("remove_digits", "string_strip"))
    published = replace(record(9, REVERSED), family="published", variant="published", spec={"category": "strings"})
    episodes = [record(0, first), record(1, second), record(2, REVERSED), record(3, BRANCHED), published]
    figures = summarise(episodes)["agents"]["a"]
    assert list(figures["by_operations"]) == ["1 operation", "2 operations", "3 operations", "unknown"]
    assert list(figures["by_variant"]) == ["plain", "corrupted", "published"]
    assert list(figures["by_family"]) == ["reverse_string", "remove_digits", "string_strip", "branch", "published"]


def test_the_table_of_many_families_shows_the_most_frequent():
    names = [name for name, operation in OPERATIONS.items() if not operation.kinds][:25]
    specs = [StringSpec((Step(name),)) for name in [*names, names[24]]]
    summary = summarise([record(index, spec) for index, spec in enumerate(specs)])
    table = tables(summary)[-1]
    assert table.title == "By family (the last operation): the 20 most frequent of 25, the others in results.json"
    assert [row[1] for row in table.rows] == [names[24], *names[:19]]
    assert len(summary["agents"]["a"]["by_family"]) == 25


def test_runs_of_several_categories_are_reported_one_by_one(finished, tmp_path):
    other = read_run(finished.folder)
    truth = NumericFunction(SPECS["linear"])
    numeric = replace(other.episodes[0], outcome="no_submission", score=None, transcript=[], submission=None)
    numeric = replace(numeric, spec=truth.spec.to_json(), truth={"description": "", "source": ""})
    runs = [other, replace(other, folder=tmp_path / "numeric", episodes=[numeric])]
    summary, table = write_report(runs, tmp_path / "both")
    assert list(summary["categories"]) == ["strings", "numeric"] and "agents" not in summary
    assert summary["categories"]["strings"]["agents"] == finished.summary["agents"]
    # The same agent in another category needs no other name.
    assert list(summary["categories"]["numeric"]["agents"]) == [numeric.agent]
    assert "=== strings" in table and "=== numeric" in table
    assert "## Numeric" in (tmp_path / "both" / "report.md").read_text()
    assert (tmp_path / "both" / "strings_skill_by_variant.png").exists()
    entries, _ = read_page((tmp_path / "both" / "report.html").read_text())
    assert {entry["category"] for entry in entries} == {0, 1}
