"""Runs with a budget, with repeats, and what went wrong in them."""

import json
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.language import ModelError, Reply, ScriptedChatModel
from find_gym_agents.cli import main
from find_gym_agents.evaluation import EvaluationConfig, evaluate, read_run
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from find_gym_agents.report import write_report
from find_gym_agents.report.repeats import pass_at
from tests.agents.interpreters.lm.scripts import functions, submission_of
from tests.agents.interpreters.lm.stub_server import SUBMISSION

EXACT = {"variants": {"plain": 1}}


@pytest.fixture(autouse=True)
def _no_models_are_left():
    yield
    models.close_models()


def use(monkeypatch, answer):
    model = ScriptedChatModel(answer)
    monkeypatch.setattr(models, "load_chat_model", lambda *_, **__: model)
    return model


def reply(text, *, read=900, written=100, reason="stop"):
    return Reply(text, read, written, 0.1, 0, reason)


def config(folder, *, functions=6, repeats=1, **language_model):
    options = LanguageModelOptions(**({"model": "stub", "batch_size": 1} | language_model))
    return EvaluationConfig(
        agents=("lm",), functions=functions, repeats=repeats, difficulty=EXACT, workers=1,
        report=False, out=str(folder), language_model=options,
    )  # fmt: skip


def run(folder, **options):
    return evaluate(config(folder, **options), progress=False)


def test_a_budget_of_tokens_stops_a_run_which_a_greater_one_goes_on_with(tmp_path, monkeypatch):
    use(monkeypatch, lambda messages: reply(SUBMISSION))
    first = run(tmp_path / "run", max_tokens=2500)
    # The third episode begins with 2,000 used and is played to its end.
    assert len(first.episodes) == 3 and not first.unscored
    assert first.stopped == "its budget of 2,500 tokens is spent (3,000 used)"
    assert first.summary["not_run"] == 3 and "Unfinished" in first.table
    unchanged = run(tmp_path / "run", max_tokens=2500)
    assert len(unchanged.episodes) == 3
    whole = run(tmp_path / "run", max_tokens=100_000)
    assert len(whole.episodes) == 6 and whole.stopped is None and "Unfinished" not in whole.table
    assert Counter(record.index for record in read_run(tmp_path / "run").episodes) == Counter(range(6))


def test_a_budget_of_money(tmp_path, monkeypatch):
    use(monkeypatch, lambda messages: reply(SUBMISSION))
    result = run(tmp_path / "run", price_in=10.0, price_out=20.0, max_cost=0.02)
    assert len(result.episodes) == 2 and result.stopped == "its budget of 0.02 is spent (0.022 used)"
    usage = result.summary["agents"]["lm:stub"]["usage"]
    assert usage["cost"]["mean"] == pytest.approx(0.011) and usage["cost"]["total"] == pytest.approx(0.022)
    assert "cost in all" in result.table


def test_a_budget_needs_tokens_that_are_told(tmp_path, monkeypatch):
    use(monkeypatch, lambda messages: reply(SUBMISSION, read=None))
    result = run(tmp_path / "run", max_tokens=100)
    assert len(result.episodes) == 1 and "does not tell" in result.stopped


def test_a_stopped_run_says_so_and_ends_with_1(tmp_path, monkeypatch, capsys):
    use(monkeypatch, lambda messages: reply(SUBMISSION))
    words = [
        "evaluate", "--agent", "lm", "--model", "stub", "--functions", "3", "--difficulty", "easy", "--workers", "1",
        "--batch-size", "1", "--max-tokens", "1500", "--no-report", "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    assert main(words) == 1
    told = capsys.readouterr()
    assert (
        "the run was stopped: its budget of 1,500 tokens is spent" in told.err and "1 episodes were not run" in told.err
    )
    assert main([word.replace("1500", "90000") for word in words]) == 0


def test_repeats_differ_in_the_agents_seeds_alone(tmp_path, monkeypatch):
    model = use(monkeypatch, lambda messages: reply(SUBMISSION))
    result = run(tmp_path / "run", functions=2, repeats=3, temperature=1.0)
    keys = [(record.index, record.repeat) for record in result.episodes]
    assert keys == [(index, repeat) for index in range(2) for repeat in range(3)]
    assert len({options.seed for _, options in model.calls}) == 6
    assert len({record.function for record in result.episodes}) == 2
    first = run(tmp_path / "once", functions=2, temperature=1.0)
    assert model.calls[-1][1].seed == [call[1].seed for call in model.calls][1]
    assert [record.index for record in first.episodes] == [0, 1]


def test_repeats_count_by_functions(tmp_path, monkeypatch):
    (function,) = functions("numeric", 1, difficulty=EXACT)
    replies = iter([submission_of(function, "numeric")] * 3 + [SUBMISSION] * 9)
    use(monkeypatch, lambda messages: reply(next(replies)))
    result = run(tmp_path / "run", functions=1, repeats=12, temperature=1.0)
    repeats = result.summary["agents"]["lm:stub+temperature-1"]["repeats"]
    assert repeats["functions"] == 1
    assert repeats["pass_at"]["1"]["mean"] == pytest.approx(3 / 12)
    assert repeats["pass_at"]["12"]["mean"] == 1.0
    # One function tells nothing of the spread between functions, however often it is repeated.
    assert repeats["skill"]["low"] == repeats["skill"]["high"]
    assert "pass@12" in result.table


@given(tries=st.integers(1, 12), data=st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(tries, data):
    right = data.draw(st.integers(0, tries))
    k = data.draw(st.integers(1, tries))
    outcomes = [place < right for place in range(tries)]
    draws = list(combinations(outcomes, k))
    assert pass_at(k, tries, right) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_troubles_are_counted_with_a_hint(tmp_path, monkeypatch):
    episodes = iter(
        [
            [reply("[DESCRIPTION]: x", written=1024, reason="length"), reply(SUBMISSION)],
            [reply("I don't know.")] * 3,
            [reply("", written=1024, reason="length"), reply("", reason="content_filter"), reply(SUBMISSION)],
            [ModelError("nobody there")],
        ]
    )
    replies = iter([answer for episode in episodes for answer in episode])
    use(monkeypatch, lambda messages: next(replies))
    result = run(tmp_path / "run", functions=4)
    assert [record.ended for record in result.episodes] == ["", "refused three times alike", "", ""]
    assert [record.outcome for record in result.episodes] == ["wrong", "no_submission", "wrong", "unscored"]
    # Three messages, not all that the environment would take.
    assert len(result.episodes[1].transcript) == 3
    troubles = {each["what"]: each for each in result.summary["agents"]["lm:stub"]["troubles"]}
    cut = troubles["replies cut off at 1,024 tokens"]
    assert cut["count"] == 2 and cut["hint"].startswith("give --reply-tokens 4096; 1 of them had nothing but reasoning")
    assert troubles["empty replies (1 content_filter)"]["count"] == 1
    assert troubles["episodes ended: refused three times alike"]["count"] == 1
    (unscored,) = [each for what, each in troubles.items() if what.startswith("unscored: the language model failed")]
    assert unscored["count"] == 1 and "nobody there" in unscored["what"]
    assert "give --reply-tokens 4096" in result.table
    again, table = write_report([read_run(tmp_path / "run")], tmp_path / "again", pictures=False)
    assert json.dumps(again["agents"]) == json.dumps(result.summary["agents"]) and table == result.table
