"""The leaderboard: rows, ranks, merging, the three files, and what is refused."""

import json
from dataclasses import asdict, replace

import pytest

from find_gym.core.registry import categories_by_name
from find_gym_agents.categories import agent_category
from find_gym_agents.commands.report import main
from find_gym_agents.evaluation import RunError, read_run
from find_gym_agents.report import write_leaderboard
from find_gym_agents.report.leaderboard import Row
from find_gym_agents.report.leaderboard_page import read_published
from tests.agents.report.report_records import make_record, write_run

USAGE = {"calls": 3, "retries": 1, "prompt_tokens": 300, "completion_tokens": 60, "seconds": 2.5}


def records(skills, **changes):
    return [
        make_record("strings", index, agent, skill, **changes)
        for agent, values in skills.items()
        for index, skill in enumerate(values)
    ]


def board(folder, *runs):
    """Merges the folders of runs and returns the rows by agent and run."""
    rows, _ = write_leaderboard([read_run(run) for run in runs], folder)
    return {(row.agent, row.run): row for row in rows}


def test_rows_have_the_figures_and_the_configuration(tmp_path):
    run = write_run(
        tmp_path / "run", records({"lm:x": [1.0, 0.5]}, usage=USAGE), "strings", temperature=0.5, judge="grounding"
    )
    row = board(tmp_path / "board", run)["lm:x", "run"]
    assert (row.category, row.functions, row.scored, row.unscored, row.complete) == ("strings", 2, 2, 0, True)
    assert row.skill == {"mean": 0.75, "low": 0.5, "high": 1.0} == row.paper
    assert row.tokens == {"mean": 360.0, "low": 360.0, "high": 360.0} and row.queries["mean"] == 10
    assert row.settings == {"temperature": 0.5}
    data = asdict(row)
    assert Row.from_json(data) == row and row.distinct == 2
    del data["distinct"]
    assert Row.from_json(data).distinct is None, "as rows were before distinct functions were counted"
    assert row.configuration == {
        "env": "FIND-strings-v1", "split": "test", "difficulty": "find", "functions": 2, "seed": 0, "max_queries": 100,
        "judge": "grounding",
    }  # fmt: skip
    assert row.versions["find-gym"] == "0.1.0" and len(row.date) == 10
    data = json.loads((tmp_path / "board" / "leaderboard.json").read_text())
    assert data["rows"][0]["agent"] == "lm:x" and data["published"] == read_published()


def tables_of(folder):
    """Returns the tables of leaderboard.md by their titles: lists of cells."""
    found = {}
    for block in (folder / "leaderboard.md").read_text().split("### ")[1:]:
        title, _, *lines = block.splitlines()
        found[title] = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:] if line.startswith("|")]
    return found


def test_agents_are_ranked_among_the_same_functions_only(tmp_path):
    first = write_run(tmp_path / "first", records({"a": [0.2, 0.2], "b": [0.9, 0.9], "c": [0.9, 0.9]}), "strings")
    # The same configuration in another run stands in the same table; other functions, under the same words, do not.
    second = write_run(tmp_path / "second", records({"d": [1.0, 1.0]}), "strings")
    moved = [replace(record, spec=record.spec | {"seed": 99}) for record in records({"e": [1.0, 1.0]})]
    other = write_run(tmp_path / "other", moved, "strings")
    budget = write_run(tmp_path / "budget", records({"f": [0.1, 0.1]}), "strings", max_queries=20)
    board(tmp_path / "board", first, second, other, budget)
    found = tables_of(tmp_path / "board")
    titles = [title for title in found if not title.startswith("Published")]
    assert len(titles) == 3 and sum("20 queries" in title for title in titles) == 1
    ranks = {tuple((row[0], row[1]) for row in found[title]) for title in titles}
    assert ranks == {(("1", "d"), ("2", "b"), ("2", "c"), ("4", "a")), (("1", "e"),), (("1", "f"),)}


def test_an_agent_that_is_not_scored_on_every_function_has_no_rank(tmp_path):
    episodes = records({"a": [0.5, 0.5], "b": [1.0]})
    episodes.append(make_record("strings", 1, "b", outcome="unscored"))
    episodes += records({"begun": [1.0]})
    board(tmp_path / "board", write_run(tmp_path / "run", episodes, "strings"))
    rows = next(iter(tables_of(tmp_path / "board").values()))
    assert [row[:2] for row in rows] == [["1", "a"], ["-", "b"], ["-", "begun"]]
    assert [row[7:10] for row in rows] == [["2", "2", "0"], ["1", "1", "1"], ["1", "1", "0"]]
    nothing = [make_record("strings", 0, "failed", outcome="unscored")]
    rows = board(tmp_path / "board", write_run(tmp_path / "nothing", nothing, "strings"))
    assert rows["failed", "nothing"].skill is None and not rows["failed", "nothing"].complete


def test_merging_replaces_the_rows_of_the_same_run_and_keeps_the_others(tmp_path):
    first = write_run(tmp_path / "first", records({"a": [0.2, 0.2]}), "strings")
    second = write_run(tmp_path / "second", records({"a": [0.3, 0.3], "b": [0.4, 0.4]}), "strings")
    numeric = write_run(tmp_path / "numeric", [make_record("numeric", 0, "a", 1.0)], "numeric")
    board(tmp_path / "board", first, second)
    once = (tmp_path / "board" / "leaderboard.json").read_bytes()
    board(tmp_path / "board", second, first)
    assert (tmp_path / "board" / "leaderboard.json").read_bytes() == once
    (first / "episodes.jsonl").unlink()
    write_run(first, records({"a": [0.8, 0.8]}), "strings")
    rows = board(tmp_path / "board", first, numeric)
    means = {key: row.skill["mean"] for key, row in rows.items()}
    assert means == {("a", "first"): 0.8, ("a", "second"): 0.3, ("b", "second"): 0.4, ("a", "numeric"): 1.0}
    assert sorted(path.name for path in (tmp_path / "board").iterdir()) == [
        "leaderboard.html", "leaderboard.json", "leaderboard.md",
    ]  # fmt: skip


def test_published_figures_are_marked_and_stand_apart(tmp_path):
    published = read_published()
    assert {figure["category"] for figure in published} == {
        name for name in categories_by_name() if agent_category(name).paper is not None
    }
    assert all(figure["source"].startswith("Schwettmann et al. 2023") for figure in published)
    assert all(0 <= figure["value"] <= 1 for figure in published)
    board(tmp_path / "board", write_run(tmp_path / "run", [make_record("numeric", 0, "a", 0.1)], "numeric"))
    own, other = tables_of(tmp_path / "board").items()
    assert [row[1] for row in own[1]] == ["a"]
    assert other[0].startswith("Published figures, on other functions and by another protocol")
    assert [row[0] for row in other[1]] == ["GPT-4", "GPT-3.5", "Llama-2-70b-chat", "Llama-2-13b-chat"]
    assert all(row[1].startswith("published, Schwettmann et al. 2023") for row in other[1])
    assert [row[2] for row in other[1]] == ["0.33", "0.12", "0.01", "0.00"]
    assert "Entities" not in (tmp_path / "board" / "leaderboard.md").read_text()


def test_hostile_names_stay_text(tmp_path):
    name = "</table><img src=x onerror=alert(1)>|\n# x"
    episodes = [replace(record, agent=name) for record in records({"a": [0.5]})]
    board(tmp_path / "board", write_run(tmp_path / "run", episodes, "strings", difficulty={"<b>": 1}))
    page = (tmp_path / "board" / "leaderboard.html").read_text()
    assert "<img" not in page and "<b>" not in page and "&lt;img src=x" in page and page.count("<script") == 1
    assert page.count("default-src 'none'") == 1
    text = (tmp_path / "board" / "leaderboard.md").read_text()
    assert "<img" not in text and "\n# x" not in text


@pytest.mark.parametrize(
    "content",
    [
        "{", "[]", "{}", '{"format": 1}', '{"format": 2, "rows": []}', '{"format": 1, "rows": [1]}',
        '{"format": 1, "rows": [{"run": 1}]}',
    ],
)  # fmt: skip
def test_what_is_no_leaderboard_is_refused_and_kept(tmp_path, content, capsys):
    run = write_run(tmp_path / "run", records({"a": [0.5]}), "strings")
    (tmp_path / "board").mkdir()
    path = tmp_path / "board" / "leaderboard.json"
    path.write_text(content)
    assert main(["--leaderboard", str(run), "--out", str(tmp_path / "board")]) == 2
    assert f"expected a leaderboard in {path}, actual: " in capsys.readouterr().err
    assert path.read_text() == content


def test_broken_rows_are_refused(tmp_path):
    run = write_run(tmp_path / "run", records({"a": [0.5]}), "strings")
    path = tmp_path / "board" / "leaderboard.json"
    board(tmp_path / "board", run)
    good = json.loads(path.read_text())
    for change in ({"category": "poems"}, {"skill": 1}, {"skill": {"mean": "x"}}, {"run": None}, {"scored": "2"}):
        path.write_text(json.dumps(good | {"rows": [good["rows"][0] | change]}))
        with pytest.raises(RunError, match="expected a row of a known category"):
            board(tmp_path / "board", run)


def test_runs_that_cannot_be_told_apart_or_are_empty_are_refused(tmp_path):
    runs = [write_run(tmp_path / name / "run", records({"a": [0.5]}), "strings") for name in ("x", "y")]
    with pytest.raises(RunError, match="folders of different names, actual: 'run' twice with a"):
        board(tmp_path / "board", *runs)
    assert not (tmp_path / "board").exists()
    with pytest.raises(RunError, match="expected episodes in .*actual: none"):
        board(tmp_path / "board", write_run(tmp_path / "empty", [], "strings"))


def test_the_command_merges_runs(tmp_path, capsys, monkeypatch):
    run = write_run(tmp_path / "run", records({"a": [0.5]}), "strings")
    monkeypatch.chdir(tmp_path)
    assert main(["--leaderboard", str(run)]) == 0
    assert "=== strings" in capsys.readouterr().out
    assert (tmp_path / "runs" / "leaderboard" / "leaderboard.html").exists()
    assert main(["--leaderboard", str(tmp_path)]) == 2
    assert "expected the folder of a run" in capsys.readouterr().err
