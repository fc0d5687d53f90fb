"""Evaluations of functions that are named: callables of one's own, and units of networks."""

import json
from pathlib import Path

import numpy as np
import pytest

from find_gym.categories.neurons.live import prepare
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.language import MissingModelError
from find_gym.language.embeddings import explain_missing_model
from find_gym.language.pretrained import SMALL_MODEL, locate
from find_gym_agents.categories.neurons.units import select_units
from find_gym_agents.categories.units import UnitOptions
from find_gym_agents.commands.evaluate import main
from find_gym_agents.evaluation import ConfigurationMismatchError, EvaluationConfig, RunError, evaluate
from find_gym_agents.evaluation.named import CallableSpec

OWN = """
def square(x):
    "The square."
    return x * x

def upper(text):
    return text.upper()

def animals(word):
    return float(word in ("cat", "dog", "lion", "horse"))

def size(text):
    return len(text)

def constant(text):
    return 1.0

def undefined(word):
    return "undefined"
"""
BAD = {
    "no module": (["--function", "no_such_module:f"], "No module named 'no_such_module'"),
    "no callable": (["--function", "math:nothing"], "expected a class or function 'nothing' in math"),
    "a number": (["--function", "math:pi"], "expected a callable from a string to a number"),
    "a constant": (["--function", "own.py:constant"], "expected a function that few words activate more"),
    "two sources": (["--function", "own.py:size", "--units", "mlp.4.685"], "expected one source of functions"),
    "a number of functions": (["--units", "mlp.4.685", "--functions", "3"], "expected no number of functions"),
    "no units": (["--network", "gpt2"], "expected --units for the network of units"),
    "no unit": (["--units", "mlp.4"], "expected a unit 'mlp.LAYER.NEURON'"),
    "no pattern": (["--units", "mlp.4.5(3)"], "expected a unit such as 'mlp.4.685', with * for any number"),
    "no direction": (["--units", "residual.4"], "expected a direction with a unit 'residual.LAYER'"),
    "no file": (["--units", "residual.4", "--direction", "no.npy"], "expected a readable direction"),
    "no reading": (["--units", "mlp.4.685", "--reading", "first"], "expected a reading in ('maximum', 'mean', 'last')"),
}


def small_model_is_missing() -> bool:
    try:
        locate(SMALL_MODEL)
    except MissingModelError:
        return True
    return explain_missing_model() is not None


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of a user's functions, in the working directory."""
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return "own.py"


@pytest.mark.parametrize(
    ("env", "name", "judge"),
    [
        ("FIND-numeric-v1", "square", None),
        ("FIND-strings-v1", "upper", None),
        ("FIND-entities-v1", "animals", "vocabulary"),
        ("FIND-relations-v1", "undefined", None),
        ("FIND-neurons-v0", "size", "vocabulary"),
    ],
)
def test_a_callable_is_evaluated_in_every_category(own: str, env: str, name: str, judge: str | None) -> None:
    config = EvaluationConfig(
        ("blind",), env=env, function=(f"{own}:{name}",), judge=judge, workers=1, out="run", report=env[5:8] == "num"
    )
    result = evaluate(config, progress=False)
    (record,) = result.episodes
    assert record.scored and record.submission and (record.family, record.function) == ("callable", f"{own}:{name}")
    assert name in record.truth["source"]
    # The same command goes on; other functions are another run.
    assert len(evaluate(config, progress=False).episodes) == 1
    with pytest.raises(ConfigurationMismatchError):
        evaluate(EvaluationConfig(("blind",), env=env, judge=judge, function=(f"{own}:upper",) * 2, out="run"))


def test_the_truth_of_a_callable_is_plotted(own: str) -> None:
    config = EvaluationConfig(("blind",), function=(f"{own}:square",), workers=1, out="run", report=False)
    (record,) = evaluate(config, progress=False).episodes
    from find_gym_agents.categories.numeric.pictures import show_curves

    plot = show_curves(record)["plot"]
    assert len(plot["full"]["truth"].split()) > 40 and plot["exceptions"] == []


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_there_is_named_before_any_work(own: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, message = BAD[name]
    try:
        status = main(["--env", "FIND-neurons-v0", "--agent", "feature-search", "--out", "run", *arguments])
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2 and message in capsys.readouterr().err
    assert not Path("run").exists()
    with pytest.raises(ValueError, match="expected a category with units of networks"):
        EvaluationConfig(("constant",), units=UnitOptions("mlp.4.685"))


def test_shipped_units_need_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--units", "mlp.4.685, mlp.2.228", "--exemplars"]
    options = ["--max-queries", "8", "--workers", "1", "--no-report", "--out", str(tmp_path / "run")]
    assert main(["--env", "FIND-neurons-v0", "--agent", "feature-search", *arguments, *options]) == 0
    shown = capsys.readouterr().out
    assert "mlp.4.685  feature-search  It responds to texts that are related to baseball" in shown
    identity = json.loads((tmp_path / "run" / "config.json").read_text())["identity"]
    assert identity["units"] == {"units": "mlp.4.685, mlp.2.228"}


@pytest.mark.slow
@pytest.mark.skipif(small_model_is_missing(), reason="SmolLM2 or all-MiniLM-L6-v2 is not installed")
# Beside the other tests that load it, which takes long, in one process.
@pytest.mark.xdist_group("small model")
def test_units_of_real_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit of SmolLM2, attention heads of MiniLM and a direction: text, evaluation, report."""
    monkeypatch.setenv("FIND_GYM_CACHE", str(tmp_path / "cache"))
    np.save(tmp_path / "probe.npy", np.random.default_rng(0).normal(size=(3, 384)))
    probe = f"{tmp_path}/probe.npy:1"
    # In the first layers, since the others need not be computed then.
    runs = {
        "minilm": UnitOptions("attention.0.*(2), residual.0", directions=(probe,)),
        "smollm": UnitOptions("mlp.0.100", network=SMALL_MODEL, reading="last"),
    }
    for name, units in runs.items():
        config = EvaluationConfig(
            ("feature-search",), env="FIND-neurons-v0", units=units, max_queries=12, workers=1, out=str(tmp_path / name)
        )
        result = evaluate(config, progress=False)
        assert all(record.scored and record.queries == 12 for record in result.episodes)
        page = (tmp_path / name / "report.html").read_text()
        assert all(record.function in page for record in result.episodes)
    names, skipped = select_units(runs["minilm"], seed=0)
    assert len(names) == 3 and f"residual.0 {probe}" in names and not skipped
    with pytest.raises(ValueError, match=r"expected a direction of shape \(384,\)"):
        np.save(tmp_path / "short.npy", np.ones(5))
        select_units(UnitOptions("residual.0", directions=(f"{tmp_path}/short.npy",)), seed=0)
    monkeypatch.setattr("find_gym.categories.neurons.live._compute", None)
    prepare(names.values())


def test_a_place_that_is_gone_is_an_error(own: str) -> None:
    with pytest.raises(RunError, match="expected a Python file"):
        evaluate(EvaluationConfig(("blind",), function=("gone.py:f",), out="run", report=False), progress=False)
    with pytest.raises(TypeError, match="expected a callable from a number to a number"):
        CallableSpec("numeric", "math:pi").make()


def test_a_page_and_a_plot_have_what_a_program_predicts(tmp_path: Path) -> None:
    config = EvaluationConfig(
        ("feature-search",),
        env="FIND-neurons-v0",
        units=UnitOptions("mlp.4.685"),
        max_queries=8,
        judge="vocabulary",
        workers=1,
        out=str(tmp_path),
    )
    (record,) = evaluate(config, progress=False).episodes
    assert (tmp_path / "examples.png").stat().st_size > 10_000
    rows = record.comparison
    assert rows is not None and [row["asked"] for row in rows] == [True] * 8 + [False] * (len(rows) - 8)
    program = NeuronProgram.from_english(record.submission["description"])
    assert [row["submission"] for row in rows] == program([row["input"] for row in rows]).tolist()
    assert all(row["right"] == ((row["submission"] >= 0.5) == (row["output"] >= 0.5)) for row in rows)
    # The unit tests are those of the paper's score.
    assert record.tests is not None and len(record.tests) == 10
    for test in record.tests:
        assert program([option for (option,) in test["options"]]).tolist() == pytest.approx(test["ratings"], abs=1e-4)
