"""Reports: intervals, tables, plots, and a page that hostile text cannot break out of."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread

from find_gym.functions import NumericFunction
from find_gym_agents.categories.numeric.curves import GRID, Scale, curve_of, near, scales, thin
from find_gym_agents.evaluation import EvaluationConfig, RunError, evaluate, read_run
from find_gym_agents.report import write_report
from find_gym_agents.report.bootstrap import bootstrap_means, mean_intervals, wilson
from find_gym_agents.report.colours import agent_colours
from find_gym_agents.report.episodes import embed
from find_gym_agents.report.plots import draw_all
from find_gym_agents.report.summary import summarise
from find_gym_agents.report.table import Table
from find_gym_agents.report.tables import tables
from find_gym_agents.runs.records import EpisodeRecord
from tests.agents.episodes import SPECS
from tests.agents.odd_agents import HOSTILE
from tests.agents.report.report_records import make_record, read_page

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: value + 0.0)


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.floats(0.1, 10), NUMBERS)
@settings(max_examples=60, deadline=None)
def test_bootstrap_intervals_hold_the_mean_and_move_with_the_data(values, factor, shift):
    rows = np.array(values)[:, None]
    mean, low, high = (part[0] for part in bootstrap_means(rows, resamples=400))
    least, greatest = min(values), max(values)
    assert least <= low <= high <= greatest
    assert least <= mean <= greatest
    if least == greatest:
        assert low == mean == high
    moved = [part[0] for part in bootstrap_means(factor * rows + shift, resamples=400)]
    scale = 1e-9 * (factor * max(abs(least), abs(greatest)) + abs(shift) + 1)
    assert moved == pytest.approx([factor * part + shift for part in (mean, low, high)], abs=scale)
    assert bootstrap_means(rows, resamples=400)[1][0] == low


def test_bootstrap_intervals_cover_the_true_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    draws = (rng.random((300, 60)) < 0.3).astype(float)
    covered = 0
    for row in draws:
        _, low, high = bootstrap_means(row[:, None], resamples=500)
        covered += low[0] <= 0.3 <= high[0]
    assert 0.90 <= covered / 300 <= 0.98


def test_clusters_of_one_change_nothing_and_a_cluster_counts_once():
    rows = np.random.default_rng(1).random((30, 2))
    for plain, clustered in zip(bootstrap_means(rows), bootstrap_means(rows, range(30)), strict=True):
        assert (plain == clustered).all()
    # Ten functions, each drawn three times: the interval of ten, not of thirty.
    repeated = [part[:, None] for part in (rows[:10, 0], np.repeat(rows[:10, 0], 3))]
    ten, thirty = bootstrap_means(repeated[0]), bootstrap_means(repeated[1], np.repeat(range(10), 3).tolist())
    assert np.array(ten) == pytest.approx(np.array(thirty))
    assert thirty[2] - thirty[1] > 1.5 * np.subtract(*bootstrap_means(repeated[1])[:0:-1])
    with pytest.raises(ValueError, match="expected a cluster for each of 30 rows, actual: 2"):
        bootstrap_means(rows, [0, 1])


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_the_published_ones(right, count, low, high):
    assert wilson(right / count, count) == pytest.approx((low, high), abs=5e-5)


def test_two_of_two_is_no_certainty_and_the_same_function_twice_is_one():
    means, low, high = mean_intervals([[1.0, 1.0, 0.5]] * 2, ["f", "g"], [True, False, True])
    assert means.tolist() == [1.0, 1.0, 0.5] and high.tolist() == [1.0, 1.0, 0.5]
    assert low == pytest.approx([0.3424, 1.0, 0.5], abs=1e-4)
    assert mean_intervals([[1.0]] * 2, ["f", "f"], [True])[1] == pytest.approx([0.2065], abs=1e-4)


def test_distinct_functions_are_counted():
    records = [make_record("strings", 0, skill=1.0) for _ in range(4)]
    summary = summarise(records)
    overall = summary["agents"]["a"]["overall"]
    assert (overall["n"], overall["distinct"]) == (4, 1) and overall["skill"]["low"] < 0.25
    table = tables(summary)[0]
    assert table.header[:2] == ["agent", "skill"] and table.rows[0][:2] == ["a", "1.000 [0.21, 1.00]"]
    assert table.header[-2:] == ["n", "distinct"] and table.rows[0][-2:] == ["4", "1"]
    # All ask as much: no interval.
    assert table.rows[0][table.header.index("queries")] == f"{records[0].queries:.1f}"


def test_bootstrap_needs_rows():
    with pytest.raises(ValueError, match=r"shape \(n, k\) with n >= 1, actual shape: \(0, 2\)"):
        bootstrap_means(np.empty((0, 2)))


def record(index=0, agent="a", variant="plain", skill=0.5, iou=1.0, outcome="wrong", **changes):
    score = {
        "accuracy": skill, "skill": skill, "trivial_accuracy": 0.0, "paper_success": skill > 0.5, "strata": {},
        "beyond_range": 0.0, "exception_iou": iou, "paper_error": None, "message": "",
    }  # fmt: skip
    if outcome in ("unscored", "no_submission"):
        score = None
    made = EpisodeRecord(agent, index, str(index), "linear", variant, "find", outcome, score=score, queries=10)
    return replace(made, spec=SPECS["linear"].to_json(), truth={"description": "", "source": ""}, **changes)


def test_summary_leaves_out_unscored_and_counts_missing_submissions_as_zero():
    episodes = [
        record(0, skill=1.0, outcome="right"),
        record(1, outcome="no_submission"),
        record(2, outcome="unscored"),
        record(3, variant="corrupted", iou=0.9, skill=0.5),
        record(4, variant="corrupted", iou=0.7, skill=0.5),
        record(5, variant="noised", iou=0.0, skill=0.0),
        record(6, variant="noised", iou=0.0, skill=0.0, outcome="malformed"),
    ]
    figures = summarise(episodes)["agents"]["a"]
    assert figures["unscored"] == 1
    assert figures["overall"]["n"] == 6
    assert figures["overall"]["skill"]["mean"] == pytest.approx(2 / 6)
    assert list(figures["by_variant"]) == ["plain", "noised", "corrupted"]
    assert figures["exceptions"]["found"]["mean"] == 0.5
    # A malformed submission claims nothing.
    assert figures["exceptions"]["false_alarms"]["mean"] == 0.25
    assert figures["outcomes"] == {"right": 1, "wrong": 3, "malformed": 1, "no_submission": 1, "unscored": 1}


def test_an_agent_with_nothing_but_failures_has_a_table_too():
    summary = summarise([record(0, outcome="unscored")])
    assert summary["agents"]["a"]["overall"] == {
        "n": 0, "distinct": 0, "accuracy": None, "skill": None, "paper_success": None, "beyond_range": None,
        "complexity": None, "queries": None, "seconds": None,
    }  # fmt: skip
    assert "UNSCORED" in "\n".join(table.as_text() for table in tables(summary))


def test_tables_are_aligned_and_escaped():
    table = Table("T", ["agent", "n"], [[f"x|{HOSTILE[:20]}", "12"], ["y", "3"]])
    lines = table.as_text().splitlines()
    assert lines[1].index("n", 5) == lines[4].index("3")
    assert "x\\|" in table.as_markdown()
    assert "<script" not in table.as_html() and "&lt;script" in table.as_html()


@pytest.mark.parametrize("agents", [2, 11])
def test_nothing_of_a_plot_is_cut_off_whatever_the_names_and_the_number_of_agents(agents):
    names = [f"lm:company/model-{place}, the {'very ' * 9 * place}long name" for place in range(agents)]
    episodes = [replace(make_record("strings", index, name), family="reverse") for name in names for index in range(2)]
    for plot in draw_all(summarise(episodes), episodes).values():
        pixels = imread(io.BytesIO(plot.png))
        edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
        assert all((edge == 1).all() for edge in edges) and plot.svg.count(b"very") >= agents - 1


@given(st.integers(1, 40))
@settings(max_examples=10, deadline=None)
def test_every_agent_has_a_colour_of_its_own(count):
    colours = agent_colours(count)
    assert len(set(colours)) == count and colours == agent_colours(40)[:count]
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "run"
    agents = tuple(f"tests.agents.odd_agents:{name}" for name in ("Hostile", "Mute", "Crashing"))
    config = EvaluationConfig(agents, functions=3, difficulty="easy", workers=1, out=str(folder), max_queries=5)
    return evaluate(config, progress=False)


def test_hostile_text_stays_text(hostile_run):
    page = (hostile_run.folder / "report.html").read_text()
    assert page.count("<script") == page.count("</script") == 3
    assert "<img src=x" not in page
    assert not re.search(r"<[^>]*\sonerror=", page)
    entries, details = read_page(page)
    shown = details[0]["submission"]
    # The environment itself writes what is not printable ASCII as an escape.
    assert shown["description"].startswith("</script><script>alert(1)</script><img src=x onerror=alert(2)>&%%script%%")
    assert entries[0]["score"] is not None


def test_the_page_is_self_contained_and_allows_only_its_own_script(hostile_run):
    page = (hostile_run.folder / "report.html").read_text()
    outside = set(re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", page)) | set(re.findall(r"url\(([^)]*)\)", page))
    assert all(link.startswith("data:") or link.startswith("#") for link in outside if link)
    assert set(re.findall(r"https?://[^\s\"'<]*", page)) <= {"http://www.w3.org/2000/svg"}
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1)
    script = re.findall(r"<script>(.*?)</script>", page, re.S)[0]
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    assert policy.startswith("default-src 'none'")
    for text in (script, style):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert "innerHTML" not in script


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_embedded_data_reads_back_and_has_no_markup(text):
    written = embed({"text": text})
    assert not set(written) & set("<>&")
    assert json.loads(written) == {"text": text}


def test_a_report_can_be_made_again_and_of_several_runs(hostile_run, tmp_path):
    run = read_run(hostile_run.folder)
    before = (hostile_run.folder / "results.json").read_bytes()
    summary, table = write_report([run], hostile_run.folder, pictures=False)
    assert table == hostile_run.table
    assert (hostile_run.folder / "results.json").read_bytes() == before
    copies = [replace(run, folder=tmp_path / name / "run") for name in "ab"]
    copies.append(replace(run, folder=tmp_path / "c"))
    both, _ = write_report(copies, tmp_path / "both", pictures=False)
    assert len(both["runs"]) == 3
    ends = {name.rpartition(" ")[2] for name in both["agents"]}
    assert ends == {f"({tmp_path / 'a' / 'run'})", f"({tmp_path / 'b' / 'run'})", "(c)"}
    with pytest.raises(RunError, match="expected different runs, actual: .*run' twice"):
        write_report([run, run], tmp_path / "twice", pictures=False)
    with pytest.raises(RunError, match="expected episodes in"):
        write_report([replace(run, episodes=[])], tmp_path / "none")


def test_thinned_curves_look_the_same():
    for spec in SPECS.values():
        truth = NumericFunction(spec).truth(GRID)
        axes = scales(truth, np.empty(0), np.empty(0))
        points = thin(truth, axes)
        assert points.size < GRID.size
        for axis, shown in ((axes[0], np.ones(GRID.size, dtype=bool)), (axes[1], near(GRID))):
            heights = axis.heights(truth)
            defined = np.isfinite(truth) & shown
            kept = points[np.isfinite(truth[points])]
            drawn = np.interp(GRID[defined], GRID[kept], heights[kept])
            assert np.max(np.abs(drawn - heights[defined]), initial=0) < 0.01


def test_scales_suit_what_is_shown():
    assert Scale.of(np.array([1.0, 5.0]), np.array([np.nan])).linear_to is None
    steep = Scale.of(np.array([0.0, 1.0, -1.0, 1.0, 1e6]), np.empty(0))
    assert steep.linear_to is not None
    for scale in (steep, Scale.of(np.full(5, 3.0), np.empty(0)), Scale.of(np.empty(0), np.empty(0)), Scale(-3.2, 7.9)):
        ticks = scale.ticks()
        assert 2 <= len(ticks) <= 9
        heights = scale.heights(np.array(ticks))
        assert np.all(np.diff(heights) > 0)
        assert np.all((heights >= 0) & (heights <= 1))
    assert scale.heights(np.array([-1e9, 1e9])).tolist() == [0.0, 1.0]


def test_curves_of_submissions():
    axes = scales(np.sqrt(np.abs(GRID)), np.empty(0), np.empty(0))
    curve = curve_of({"code": "import math\ndef f(x):\n    return math.sqrt(x)"}, axes)
    assert None in curve["y"] and curve["y"][-1] == pytest.approx(np.sqrt(128), rel=1e-3)
    for code in ("def f(x: return", "def f(x):\n    return 10**400"):
        assert not any(y is not None for y in curve_of({"code": code}, axes)["y"])
    program = {"program": SPECS["corrupted"].to_json()}
    curve = curve_of(program, scales(NumericFunction(SPECS["corrupted"]).truth(GRID), np.empty(0), np.empty(0)))
    assert len(curve["x"]) == len(curve["y"]) < 30
