"""A category without a record: everything works on the defaults, here of string functions."""

import builtins
import json
from dataclasses import replace
from importlib.util import find_spec

import pytest

from find_gym.core.registry import category_named
from find_gym_agents import categories
from find_gym_agents.categories import AgentCategory, agent_category
from find_gym_agents.categories.record import ReportSettings
from find_gym_agents.cli import main
from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.report.leaderboard import make_rows
from find_gym_agents.runs.records import read_run

ENV = "FIND-strings-v1"


@pytest.fixture(autouse=True)
def no_records(monkeypatch):
    agent_category.cache_clear()
    monkeypatch.setattr(categories, "find_spec", lambda name: None)
    yield
    agent_category.cache_clear()


def test_built_in_categories_have_records(monkeypatch):
    assert agent_category("strings").training == AgentCategory("strings").training
    agent_category.cache_clear()
    monkeypatch.setattr(categories, "find_spec", find_spec)
    assert agent_category("strings").training.strongest == "enumeration"


def test_a_run_is_reported_by_skill_and_accuracy(tmp_path):
    config = EvaluationConfig(agents=("identity", "lookup"), env=ENV, functions=2, workers=1, out=str(tmp_path / "run"))
    result = evaluate(config, progress=False)
    assert {path.suffix for path in result.folder.iterdir()} >= {".html", ".png", ".json"}
    figures = result.summary["agents"]["lookup"]
    assert list(figures["overall"]) == ["n", "distinct", "skill", "accuracy", "complexity", "queries", "seconds"]
    assert sum(group["n"] for group in figures["by_family"].values()) == 2
    assert all(record.comparison is None and record.scored for record in result.episodes)
    rows = make_rows(read_run(result.folder))
    assert [row.paper for row in rows] == [None, None] and rows[0].complete


def test_a_run_of_a_category_that_is_not_registered_is_named(tmp_path, monkeypatch, capsys):
    config = EvaluationConfig(agents=("identity",), env=ENV, functions=1, workers=1, report=False, out=str(tmp_path))
    evaluate(config, progress=False)
    monkeypatch.setattr("find_gym_agents.report.writing.categories_by_name", lambda: {"poems": None})
    assert main(["report", str(tmp_path)]) == 2
    assert "episodes of registered categories (poems), actual: strings; the package" in capsys.readouterr().err


def test_the_paper_has_no_table(tmp_path):
    with pytest.raises(ValueError, match="expected a category of the paper for its table, actual: strings"):
        EvaluationConfig(agents=("lm",), env=ENV, paper=True, language_model=_model())
    with pytest.raises(ValueError, match="expected a category with exemplars, actual: strings"):
        EvaluationConfig(agents=("identity",), env=ENV, exemplars=True)


def _model():
    from find_gym_agents.interpreters.lm import LanguageModelOptions

    return LanguageModelOptions("stub")


def test_a_person_writes_messages(monkeypatch, capsys, tmp_path):
    typed = iter(['QUERY ["abc"]', "what?", "submit", "the same", "none", "def f(s):", "    return s", "."])
    monkeypatch.setattr(builtins, "input", lambda prompt="": next(typed))
    file = tmp_path / "game.json"
    assert main(["play", "--env", "strings", "--seed", "1", "--transcript", str(file)]) == 0
    screen = capsys.readouterr().out
    assert "[DESCRIPTION]" in screen.split("Find out what it does")[0]  # the task of the environment
    assert '"abc"  ->  ' in screen and "Ask by typing a message" in screen
    assert "skill     0.000" in screen and "paper  " not in screen
    assert json.loads(file.read_text())["queries"] == 1


def test_a_policy_is_trained_by_reinforcement_learning_alone(tmp_path):
    pytest.importorskip("torch")
    from find_gym_agents.training.checkpoints import POLICY
    from find_gym_agents.training.config import TrainConfig
    from find_gym_agents.training.curriculum import stages
    from find_gym_agents.training.encoders import BoxEncoder
    from find_gym_agents.training.loop import Training

    small = {"env": ENV, "max_queries": 4, "difficulty": "easy", "validation_functions": 2, "out": str(tmp_path)}
    config = TrainConfig(
        **small, total_timesteps=64, num_envs=4, rollout_steps=8, batch_size=16, epochs=1, checkpoint_every=1,
        logger=("none",),
    )  # fmt: skip
    assert not config.imitates and [stage.name for stage in stages(config)] == ["chosen queries"]
    training = Training(config, lambda status: None)
    assert isinstance(training.learner.policy.features_extractor.encoder, BoxEncoder)
    training.run()
    assert training.progress.updates and (tmp_path / POLICY).is_file()
    with pytest.raises(ValueError, match="expected no imitation in strings"):
        TrainConfig(env=ENV, imitation_minutes=1)
    with pytest.raises(ValueError, match="expected a category with quick fits"):
        TrainConfig(env=ENV, quick_fits=True)


MINE = AgentCategory("strings", report=ReportSettings(trivial="mine"))


@pytest.mark.parametrize(
    ("place", "message"),
    [("MINE", ""), ("ENV", "expected an AgentCategory named 'strings'"), ("OTHER", "named 'strings'")],
)
def test_another_distribution_names_its_record(monkeypatch, place, message):
    named = replace(category_named("strings"), agents=f"{__name__}:{place}")
    monkeypatch.setattr(categories, "category_named", lambda name: named)
    if message:
        with pytest.raises(TypeError, match=message):
            agent_category("strings")
    else:
        assert agent_category("strings") is MINE and MINE.report.introduction.count("mine") == 1


OTHER = AgentCategory("numeric")
