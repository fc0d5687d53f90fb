"""The paper's tables in one command: its settings, its scores, its figures."""

import json

import pytest

from find_gym import LATEST_IDS
from find_gym.language import ScriptedChatModel
from find_gym_agents.categories import agent_category
from find_gym_agents.cli import main
from find_gym_agents.evaluation import EvaluationConfig, evaluate_paper
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from tests.agents.interpreters.lm.scripts import Knowing, functions


@pytest.fixture(autouse=True)
def _no_models_are_left():
    yield
    models.close_models()


def run(folder, category, *, count=2, **options):
    config = EvaluationConfig(
        agents=("lm",), env=LATEST_IDS[category], functions=count, workers=1, report=False, out=str(folder),
        paper=True, language_model=LanguageModelOptions("stub", batch_size=1), **options,
    )  # fmt: skip
    return evaluate_paper(config, progress=False)


def use(monkeypatch, answer):
    model = ScriptedChatModel(answer)
    monkeypatch.setattr(models, "load_chat_model", lambda *_, **__: model)
    return model


def test_relations_are_evaluated_in_the_three_settings(tmp_path, monkeypatch):
    model = use(monkeypatch, Knowing("relations", functions("relations", 2)))
    result = run(tmp_path / "run", "relations")
    assert [path.name for path in sorted((tmp_path / "run").iterdir()) if path.is_dir()] == ["AIA", "MILAN", "both"]
    figures = result.summary["paper"]
    assert {name: figures[name]["n"] for name in figures} == {"AIA": 2, "MILAN": 2, "both": 2}
    assert figures["AIA"]["score"]["mean"] == figures["both"]["score"]["mean"] == 1.0
    first, *_ = result.table.split("\n\n")
    lines = first.splitlines()
    assert lines[1].split() == ["interpreter", "AIA", "MILAN", "both", "n"]
    assert lines[4].split() == ["GPT-4", "(published)", "0.74", "0.74", "0.92", "-"] and len(lines) == 8
    configs = {name: json.loads((tmp_path / "run" / name / "config.json").read_text())["identity"] for name in figures}
    assert [configs["AIA"]["rounds"], configs["MILAN"]["milan"], configs["both"]["start"]] == [20, True, "exemplars"]
    assert len(model.calls) == 2 * (2 + 1 + 2)
    assert (tmp_path / "run" / "paper.md").read_text().count("published") == 4
    assert len(result.episodes) == 6


def test_numbers_and_strings_have_one_setting(tmp_path, monkeypatch):
    known = Knowing("strings", functions("strings", 2))
    use(monkeypatch, known)
    result = run(tmp_path / "run", "strings")
    assert result.summary["paper"]["AIA"]["score"]["mean"] == 1.0
    lines = result.table.splitlines()
    assert lines[1].split() == ["interpreter", "code", "unit", "tests", "n"]
    # Without a judge nobody reads the descriptions.
    assert lines[3].split()[-2:] == ["-", "2"] and "0.23  " in lines[4]
    assert list(agent_category("numeric").paper.settings) == ["AIA"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--agent", "constant"], "expected the agent lm alone for the paper's table"),
        (["--agent", "lm", "--model", "m", "--milan"], "expected none of the settings that paper has: milan"),
    ],
)
def test_what_the_paper_decides_is_not_given(words, message, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "--paper", *words])
    assert message in capsys.readouterr().err
