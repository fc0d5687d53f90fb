"""The options of the agent `lm` on the command line."""

import subprocess
import sys

import pytest

from find_gym.language import ModelError, ScriptedChatModel
from find_gym_agents.cli import main
from find_gym_agents.commands.arguments import field_docstrings, parse
from find_gym_agents.evaluation import EvaluationConfig
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from tests.agents.interpreters.lm.stub_server import SUBMISSION, serving


def read(*words):
    return parse(EvaluationConfig, ["--agent", "lm", *words], program="p", description="d")


def test_options_are_flat_and_land_in_their_own_dataclass():
    config = read(
        "--model", "a/b", "--base-url", "http://localhost:1/v1", "--connections", "3", "--batch-size", "2",
        "--patience", "9", "--requests-per-minute", "30", "--temperature", "0.5", "--reply-tokens", "96",
        "--context-tokens", "2048", "--rounds", "4", "--start", "exemplars", "--reflection", "--functions", "5",
    )  # fmt: skip
    assert config.functions == 5
    assert config.language_model == LanguageModelOptions(
        "a/b", "http://localhost:1/v1", connections=3, batch_size=2, patience=9.0, requests_per_minute=30.0,
        temperature=0.5, reply_tokens=96, context_tokens=2048, rounds=4, start="exemplars", reflection=True,
    )  # fmt: skip
    assert read("--model", "m", "--milan").language_model == LanguageModelOptions("m", milan=True)
    assert config.folder.name.startswith("FIND-numeric-v1_lm-b+exemplars+reflection+4-rounds+temperature-0.5_test_5")


def test_every_option_is_documented_in_a_group_of_its_own(capsys):
    documented = field_docstrings(LanguageModelOptions)
    assert list(documented) == list(LanguageModelOptions.__dataclass_fields__)
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    _, title, group = capsys.readouterr().out.partition("\nLanguage models (agent lm):\n")
    assert title
    for name in documented:
        assert f"--{name.replace('_', '-')}" in group


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a language model for the agent lm (--model NAME), actual: none"),
        (["--model", "m", "--rounds", "x"], "expected an integer, actual value: 'x'"),
        (["--model", "m", "--rounds", "0"], "expected rounds to be an integer >= 1"),
        (["--model", "m", "--base-url", "http://a:b@c/v1"], "expected an address without a user"),
    ],
)
def test_bad_options_end_with_2_and_say_why(words, message, capsys):
    with pytest.raises(SystemExit) as ended:
        read(*words)
    assert ended.value.code == 2 and message in capsys.readouterr().err


def test_unscored_episodes_are_told_and_tried_again(tmp_path, monkeypatch, capsys):
    answers = iter([ModelError("nobody there"), SUBMISSION, SUBMISSION])
    model = ScriptedChatModel(lambda messages: next(answers))
    monkeypatch.setattr(models, "load_chat_model", lambda *_, **__: model)
    command = [
        "evaluate", "--agent", "lm", "--model", "m", "--functions", "2", "--difficulty", "easy", "--workers", "1",
        "--batch-size", "1", "--no-report", "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    try:
        assert main(command) == 1
        told = capsys.readouterr()
        assert "1 of 2 episodes are unscored" in told.err and "nobody there" in told.out
        assert main(command) == 0
        assert "lm:m" in capsys.readouterr().out
    finally:
        models.close_models()


_WITHOUT = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from find_gym_agents.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without(packages, address, folder):
    """Runs an evaluation in a process that can't import some packages."""
    words = [
        "evaluate",
        "--agent",
        "lm",
        "--model",
        "stub",
        "--base-url",
        address,
        "--functions",
        "2",
        "--workers",
        "1",
    ]
    words += ["--difficulty", "easy", "--no-report", "--out", str(folder)]
    command = [sys.executable, "-c", _WITHOUT, packages, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_server_needs_neither_torch_nor_transformers(tmp_path):
    pytest.importorskip("openai")
    with serving() as address:
        done = run_without("torch,transformers,gguf,accelerate", address, tmp_path / "run")
    assert done.returncode == 0 and "lm:stub" in done.stdout, done.stderr


def test_what_a_server_needs_is_named(tmp_path):
    done = run_without("openai", "http://127.0.0.1:9/v1", tmp_path / "run")
    assert done.returncode == 2 and "pip install 'find-gym[api]'" in done.stderr
