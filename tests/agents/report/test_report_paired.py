"""Paired differences and the use of language models: the figures, and what stands in the tables."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym_agents.categories import agent_category
from find_gym_agents.report.paired import paired_differences
from find_gym_agents.report.summary import summarise
from find_gym_agents.report.tables import tables, write_seconds
from find_gym_agents.report.usage import count_usage
from tests.agents.report.report_records import make_record

STRINGS = agent_category("strings").report


def records(agent, skills, **changes):
    return [make_record("strings", index, agent, skill, **changes) for index, skill in enumerate(skills)]


SKILLS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30)


@given(SKILLS)
@settings(max_examples=40, deadline=None)
def test_differences_are_those_of_the_means_and_antisymmetric(skills):
    a, b = (records(name, [pair[place] for pair in skills]) for place, name in enumerate("ab"))
    (pair,) = paired_differences(STRINGS, a + b)
    (mirrored,) = paired_differences(STRINGS, b + a)
    assert (pair["agent"], pair["against"], pair["n"]) == ("b", "a", len(skills))
    assert (pair["unscored"], pair["not_common"]) == (0, 0)
    figure, opposite = pair["differences"]["skill"], mirrored["differences"]["skill"]
    expected = np.mean([second for _, second in skills]) - np.mean([first for first, _ in skills])
    assert figure["mean"] == pytest.approx(expected, abs=1e-12)
    assert figure["low"] - 1e-12 <= figure["mean"] <= figure["high"] + 1e-12
    assert opposite["mean"] == pytest.approx(-figure["mean"], abs=1e-12)
    assert [opposite["low"], opposite["high"]] == pytest.approx([-figure["high"], -figure["low"]], abs=1e-9)
    assert (pair["better"], pair["equal"], pair["worse"]) == (mirrored["worse"], mirrored["equal"], mirrored["better"])
    assert pair["better"] + pair["equal"] + pair["worse"] == pytest.approx(1)


def test_pairs_are_narrower_than_the_agents_where_functions_differ_in_difficulty():
    hard = np.random.default_rng(0).random(50) * 0.9
    episodes = records("a", hard) + records("b", hard + 0.05)
    figure = paired_differences(STRINGS, episodes)[0]["differences"]["skill"]
    assert figure["low"] == pytest.approx(0.05) == figure["high"]
    overall = summarise(episodes)["agents"]["a"]["overall"]["skill"]
    assert overall["high"] - overall["low"] > 0.1


def test_only_common_scored_functions_are_compared_wherever_they_stand():
    first = records("a", [0.1, 0.2, 0.3, 0.4])
    # The same functions in another order, one of them unscored, one another function at an index that both have.
    second = [
        replace(make_record("strings", 1, "b", 0.9), index=0),
        replace(make_record("strings", 0, "b", 0.1), index=1),
        make_record("strings", 2, "b", outcome="unscored"),
        replace(make_record("strings", 77, "b", 1.0), index=3),
    ]
    (pair,) = paired_differences(STRINGS, first + second)
    assert (pair["n"], pair["unscored"], pair["not_common"]) == (2, 1, 2)
    assert pair["differences"]["skill"]["mean"] == pytest.approx(0.35)
    assert (pair["better"], pair["equal"], pair["worse"]) == (0.5, 0.5, 0.0)


def test_missing_submissions_count_as_zero_and_no_common_function_is_no_error():
    a, b = make_record("strings", 0, "a", outcome="no_submission"), make_record("strings", 0, "b", 0.7)
    assert paired_differences(STRINGS, [a, b])[0]["differences"]["skill"]["mean"] == pytest.approx(0.7)
    summary = summarise([a, make_record("strings", 5, "b", 0.7)])
    assert summary["pairs"] == [
        {
            "agent": "b", "against": "a", "n": 0, "distinct": 0, "unscored": 0, "not_common": 2, "better": None,
            "equal": None, "worse": None, "differences": {"skill": None, "paper_score": None},
        }
    ]  # fmt: skip
    table = next(table for table in tables(summary) if table.title.startswith("Paired"))
    assert table.rows == [["b", "a", "0", "-", "-", "-", "-", "-", "0", "2"]]


def test_scores_by_different_judges_are_not_compared():
    def judged(agent, judge):
        record = make_record("entities", 0, agent, 0.5)
        return replace(record, score=record.score | {"judge": judge})

    episodes = [judged("a", "embedding"), judged("b", "grounding"), judged("c", "program")]
    assert [pair["n"] for pair in paired_differences(agent_category("entities").report, episodes)] == [0, 1, 1]


@pytest.mark.parametrize(("agents", "pairs"), [(1, 0), (2, 1), (5, 10), (6, 5)])
def test_many_agents_are_each_compared_with_the_first(agents, pairs):
    episodes = [make_record("strings", 0, f"agent {place}") for place in range(agents)]
    summary = summarise(episodes)
    assert len(summary["pairs"]) == pairs
    assert any(table.title.startswith("Paired") for table in tables(summary)) == (agents > 1)
    if agents == 6:
        assert {pair["against"] for pair in summary["pairs"]} == {"agent 0"}


def test_differences_are_shown_with_their_signs():
    table = tables(summarise(records("a", [0.5, 0.5]) + records("b", [0.25, 0.75]) + records("c", [0.0, 0.0])))[1]
    assert table.header == [
        "agent", "against", "n", "skill", "paper's score", "better", "equal", "worse", "unscored", "not common",
    ]  # fmt: skip
    assert table.rows[1] == [
        "c", "a", "2", "-0.500 [-0.50, -0.50]", "-0.500 [-0.50, -0.50]", "0%", "0%", "100%", "0", "0",
    ]  # fmt: skip
    assert table.rows[0][3].startswith("+0.000 [-0.25, +0.25]")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.00018, "0.00018"), (2.55, "2.5"), (99.4, "99"), (99.6, "100"), (257.5, "258"), (12345.6, "12346")],
)
def test_durations_are_written_without_exponents(seconds, written):
    assert write_seconds(seconds) == written


USAGE = {"calls": 3, "retries": 1, "prompt_tokens": 300, "completion_tokens": 60, "seconds": 2.5}


def test_use_of_language_models():
    episodes = [
        make_record("strings", 0, "lm:x", usage=USAGE),
        make_record("strings", 1, "lm:x", outcome="unscored", usage=USAGE | {"prompt_tokens": 500, "calls": 5}),
        make_record("strings", 0, "lm:silent", usage=USAGE | {"completion_tokens": None}),
        make_record("strings", 0, "scripted"),
    ]
    summary = summarise(episodes)
    usage = summary["agents"]["lm:x"]["usage"]
    assert usage["n"] == 2 and usage["calls"]["mean"] == 4
    assert usage["tokens"]["mean"] == 460 and usage["tokens"]["total"] == 920
    assert usage["tokens"]["low"] == 360 and usage["tokens"]["high"] == 560
    assert "usage" not in summary["agents"]["scripted"]
    table = next(table for table in tables(summary) if table.title.startswith("Use of"))
    assert table.header == [
        "agent", "n", "tokens", "of prompts", "of replies", "calls", "retries", "seconds", "tokens in all",
    ]  # fmt: skip
    assert table.rows == [
        ["lm:x", "2", "460 [360, 560]", "400", "60", "4.0", "1.00", "2.5", "920"],
        ["lm:silent", "1", "-", "300", "-", "3.0", "1.00", "2.5", "-"],
    ]
    assert count_usage([make_record()]) is None
    assert not any(table.title.startswith("Use of") for table in tables(summarise([make_record("strings")])))
