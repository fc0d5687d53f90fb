"""`find-gym play`: a person, played by a pipe."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import find_gym  # noqa: F401  (registers the environments)
from find_gym.functions import sample_string, write_dataset
from find_gym.sandbox import SandboxError
from find_gym_agents.categories import agent_category
from find_gym_agents.commands.play import main
from find_gym_agents.play import pictures
from find_gym_agents.play.session import Session
from find_gym_agents.runs.records import EpisodeRecord
from tests.agents.episodes import SPECS

ROOT = Path(__file__).resolve().parents[2]


def played(monkeypatch, capsys, lines: list[str], *options: str) -> str:
    """Types lines and returns what is on the screen."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    assert main(list(options)) == 0
    return str(capsys.readouterr().out)


def opened(env: str, seed: int, **options):
    made = gym.make(env, interface="text", **options)
    made.reset(seed=seed)
    return made


def truth_of(env: str, seed: int, **options):
    return opened(env, seed, **options).unwrapped.function


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("1 2.5 -3", [1, 2.5, -3]),
        ("1, 2,3", [1, 2, 3]),
        ("-5:5:5", [-5, 0, 5]),
        ("0:3", [0, 1, 2, 3]),
        ("0:1:0.1 7", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 7]),
        ("2:2", [2]),
        ("\u22124 1e2", [-4, 100]),
    ],
)
def test_numbers_and_ranges_are_read(line: str, numbers: list[float]) -> None:
    assert agent_category("numeric").play.read(line) == numbers


@pytest.mark.parametrize("line", ["x", "1 nan", "inf", "1:2:3:4", "5:1", "0:1:0", "0:1:-1", "0:1e9", "1:x", ",", ":"])
def test_lines_that_are_no_numbers_are_told_so(line: str) -> None:
    with pytest.raises(ValueError, match="expected .*actual"):
        agent_category("numeric").play.read(line)


@pytest.mark.parametrize(
    ("category", "line", "strings"),
    [
        ("strings", "Hello, World", ["Hello, World"]),
        ("strings", '""', [""]),
        ("strings", '"  x " "submit", ""', ["  x ", "submit", ""]),
        ("strings", r'"a\"b\u00e9\n"', ['a"b\u00e9\n']),
        ("entities", "Mount Everest, tax ,violin", ["Mount Everest", "tax", "violin"]),
        ("relations", '"Washington, D.C." "x"', ["Washington, D.C.", "x"]),
        ("relations", 'Norway, "New York"', ["Norway", "New York"]),
    ],
)
def test_strings_and_words_are_read(category: str, line: str, strings: list[str]) -> None:
    assert agent_category(category).play.read(line) == strings


@pytest.mark.parametrize(("category", "line"), [("strings", '"abc'), ("strings", '"a" b'), ("entities", " , ")])
def test_broken_quotes_and_no_words_are_told_so(category: str, line: str) -> None:
    with pytest.raises(ValueError, match="expected .*actual"):
        agent_category(category).play.read(line)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_strings_can_be_typed_in_quotes(strings: list[str]) -> None:
    line = " ".join(json.dumps(text) for text in strings)
    assert agent_category("strings").play.read(line) == strings


@given(st.text(max_size=40))
def test_whatever_a_function_answers_is_printable_and_on_one_line(text: str) -> None:
    shown = pictures.literal(text)
    assert shown.isprintable()
    assert pictures.table([text], [text]).count("\n") == 0


def test_the_truth_in_numbers_has_full_marks(monkeypatch, capsys, tmp_path) -> None:
    truth = truth_of("FIND-numeric-v1", 11, difficulty="easy")
    file = tmp_path / "game.json"
    lines = [
        "1 2 3",
        "-5:5:0.5",
        "oops",
        "plot -2 2",
        "plot 2 x",
        "table",
        "budget",
        "help",
        "submit",
        "a leaky relu",
        "",
    ]
    typed = [*lines, *truth.source().splitlines(), "."]
    screen = played(
        monkeypatch, capsys, typed, "--seed", "11", "--difficulty", "easy", "--transcript", str(file), "--hints"
    )
    assert "Hint: It is one common function" in screen
    assert "expected numbers" in screen and "expected two inputs" in screen
    assert "76 of 100 inputs, 118 messages left." in screen
    assert screen.count("answers: o") == 4 and "truth: line, submission: +" in screen
    assert "Right in every part." in screen and "skill     1.000" in screen
    assert f"The truth: {truth.describe()}\nYou wrote: a leaky relu" in screen
    record = EpisodeRecord.from_json(json.loads(file.read_text()))
    assert record.scored and record.outcome == "right" and record.queries == 24 and record.agent == "human"
    assert record.answers()[0].tolist()[:3] == [1, 2, 3] and record.spec == truth.spec.to_json()


def test_nothing_tells_the_truth_before_the_end(monkeypatch, capsys) -> None:
    truth = truth_of("FIND-numeric-v1", 3)
    screen = played(monkeypatch, capsys, ["0", "table", "help", "quit"], "--seed", "3")
    before, end = screen.split("No submission, so nothing was scored.")
    assert truth.describe() not in before and truth.source() not in before
    assert truth.describe() in end


def test_the_truth_in_strings_has_full_marks(monkeypatch, capsys, tmp_path) -> None:
    truth = truth_of("FIND-strings-v1", 5)
    picture = tmp_path / "plot.png"
    typed = ["Hello World", '"" "submit" "[CODE]: x"', "submit", "so and so", "none", *truth.source().splitlines()]
    screen = played(monkeypatch, capsys, typed, "--env", "strings", "--seed", "5", "--plot", str(picture))
    assert "skill     1.000" in screen and "[96 left]" in screen
    assert "Your code beside the function" in screen and "WRONG" not in screen
    assert picture.read_bytes().startswith(b"\x89PNG") and not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(("env", "seed", "word"), [("entities", 5, "golf"), ("relations", 5, "Norway")])
def test_words_are_described_in_language(monkeypatch, capsys, env: str, seed: int, word: str) -> None:
    truth = truth_of(find_gym.LATEST_IDS[env], seed)
    domain = [truth.domain()] if env == "relations" else []
    typed = [f"{word}, zebra", "table", "submit", truth.describe(), *domain]
    screen = played(monkeypatch, capsys, typed, "--env", env, "--seed", str(seed), "--exemplars", "--hints")
    assert "You may begin with these words" in screen and "[98 left]" in screen
    skill = float(screen.split("skill")[1].split()[0])
    assert skill > 0.8
    assert "Its source" not in screen


def test_the_budget_holds_and_bad_inputs_cost_nothing(monkeypatch, capsys) -> None:
    typed = ["200", "0:10", "1 2 3", "4", "submit", "", "", "."]
    screen = played(monkeypatch, capsys, typed, "--seed", "1", "--max-queries", "3")
    assert "expected inputs in [-128, 128]" in screen
    assert "expected at most 3 inputs (the budget left), actual: 11" in screen
    assert "The budget is spent" in screen
    assert "expected at most 0 inputs" in screen
    assert "Not submitted: expected a description or code, actual: neither" in screen
    assert "No submission, so nothing was scored." in screen


def test_the_end_of_the_input_within_a_submission_ends_politely(monkeypatch, capsys) -> None:
    assert "without a submission" in played(monkeypatch, capsys, ["submit"], "--seed", "1")


def test_a_part_that_would_be_read_otherwise_is_refused(monkeypatch, capsys) -> None:
    typed = ["submit", "**one**", "", "def f(x): return 1", ".", "quit"]
    screen = played(monkeypatch, capsys, typed, "--seed", "1")
    assert "Not submitted: expected no marker" in screen and "nothing was scored" in screen


def test_a_submission_from_an_editor(monkeypatch, capsys, tmp_path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n"
        "text = path.read_text().replace('TION]: ', 'TION]: the same').replace('return x', 'return 2')\n"
        "path.write_text(text)\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    screen = played(monkeypatch, capsys, ["submit --editor"], "--seed", "1")
    assert "You wrote: the same" in screen and "        return 2" in screen


def test_without_an_editor_the_game_goes_on(monkeypatch, capsys) -> None:
    monkeypatch.setenv("EDITOR", "")
    assert "expected the variable EDITOR" in played(monkeypatch, capsys, ["submit --editor", "quit"], "--seed", "1")
    monkeypatch.setenv("EDITOR", "false")
    assert "actual exit status: 1" in played(monkeypatch, capsys, ["submit --editor", "quit"], "--seed", "1")


def test_a_sandbox_that_fails_is_no_score(monkeypatch, capsys, tmp_path) -> None:
    real = Session._step

    def failing(self, message: str) -> None:
        if "[CODE]" in message:
            raise SandboxError("no sandbox here")
        real(self, message)

    monkeypatch.setattr(Session, "_step", failing)
    file = tmp_path / "game.json"
    typed = ["1", "submit", "a", "", "def f(x): return 1", ".", "quit"]
    screen = played(monkeypatch, capsys, typed, "--seed", "1", "--transcript", str(file))
    assert "The sandbox failed, so nothing was scored; you may submit again." in screen
    assert json.loads(file.read_text())["outcome"] == "unscored"


def test_without_the_library_there_is_a_table_and_a_word_about_it(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "plotille", None)
    screen = played(monkeypatch, capsys, ["1:30", "2", "quit"], "--seed", "11", "--difficulty", "easy")
    assert screen.count("pip install 'find-gym[play]'") == 1 and "  30  ->  " in screen


def test_functions_of_a_dataset_by_their_ids(monkeypatch, capsys, tmp_path) -> None:
    rng = np.random.default_rng(0)
    specs = [sample_string(rng) for _ in range(3)]
    write_dataset(tmp_path, specs)
    options = ["--env", "strings", "--dataset", str(tmp_path)]
    shown = [
        played(monkeypatch, capsys, ["quit"], *options, "--function", f"f{index:05d}").split("The truth: ")[1]
        for index in range(3)
    ]
    assert len(set(shown)) == 3
    assert main([*options, "--function", "f00009"]) == 2
    assert "expected the id of a function" in capsys.readouterr().err


@pytest.mark.parametrize("function", [SPECS["logarithm"], lambda x: 1 / x if x else float("nan"), lambda x: 7.0])
def test_undefined_outputs_poles_and_constants_can_be_plotted(function) -> None:
    env = opened("FIND-numeric-v1", 0, function=function)
    env.step("QUERY [-100, -1, -0.0001, 0, 0.0001, 1, 100]")
    plot = agent_category("numeric").play.plot(env.unwrapped.episode, None)
    assert plot.splitlines()[-1].startswith("  answers: o")
    assert ("undefined: x" in plot) == any(not np.isfinite(y) for y in env.unwrapped.episode.outputs)
    assert "nan" not in plot and "inf" not in plot
    assert "answers: o" in agent_category("numeric").play.plot(env.unwrapped.episode, (120.0, 125.0))
    env.step("[CODE]: def f(x): return 1 / x")
    assert "truth: line, submission: +" in agent_category("numeric").play.plot(env.unwrapped.episode, None)


@pytest.mark.parametrize(
    "options",
    [
        ["--env", "FIND-colours-v0"],
        ["--seed", "-1"],
        ["--split", "all of them"],
        ["--function", "f00000"],
        ["--exemplars"],
        ["--plot", "plot.jpg"],
        ["--transcript", "no/such/folder/game.json"],
        ["--difficulty", "heavy"],
    ],
)
def test_a_wrong_command_line_is_explained(capsys, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(options)
    assert stop.value.code == 2 and "expected" in capsys.readouterr().err


def test_the_script_in_a_pipe_that_shows_no_unicode() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "play.py", "--env", "numeric", "--difficulty", "easy"],
        input="1 2\n",
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert (
        "seed " in done.stdout
        and "[98 left]" in done.stdout
        and "plots need a terminal that shows Unicode" in done.stdout
    )
    assert "Traceback" not in done.stderr
