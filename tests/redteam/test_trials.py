"""A sample of the red team's attacks and programs; the command runs all of them."""

import ast
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from find_gym.language.embeddings import explain_missing_model
from find_gym.scoring import Submission
from find_gym_agents.commands.redteam import main
from find_gym_agents.redteam import Attack, Evidence, red_teams, run_attacks
from find_gym_agents.redteam.attack import fixed
from find_gym_agents.redteam.programs import _processes_of, write_program

SAMPLE = {
    "numeric": (
        "list, what fits",
        "text, what fits",
        "operators of a class, what fits",
        "one integer, 100 answers",
        "keywords",
        "traceback",
        "best fixed code",
    ),
    "strings": (
        "dictionary, what fits",
        "text, 100 answers",
        "frames",
        "the input before",
        "best fixed code",
        "a sum of names, what fits",
        "a vote of rules",
        "a chain of conditions",
        "pieces of answers",
        "a text equal to all",
    ),
    "neurons": (
        "1 best words, verbatim",
        "20 best words, names too",
        "6 words near the best",
        "answers",
        "everything",
    ),
    "relations": (
        "each 1th relation",
        "the task",
        "an exception that always holds",
        "instructions",
        "30 answers",
        "best fixed sentence",
        "one denial",
    ),
}


@pytest.mark.parametrize("category", SAMPLE)
def test_attacks_earn_no_more_than_honest_descriptions(category: str) -> None:
    if category == "neurons" and explain_missing_model() is not None:
        pytest.skip("all-MiniLM-L6-v2 is not installed")
    attacks = [attack for attack in red_teams()[category].attacks if attack.name in SAMPLE[category]]
    assert len(attacks) == len(SAMPLE[category])
    trials = run_attacks(attacks, count=len(attacks), functions=4, seed=0)
    assert {trial.verdict for trial in trials} <= {"-", "holds", "too few to tell"}


def test_an_attack_that_succeeds_is_told() -> None:
    def cheat(evidence: Evidence, rng: np.random.Generator) -> Submission:
        return Submission(code=evidence._function.source())

    cheating = Attack("the source", "strings", "leak", cheat)
    honest = replace(cheating, name="the identity", write=fixed(Submission(code="def f(s): return s")))
    trials = run_attacks([cheating, honest], count=2, functions=3, seed=0)
    assert [trial.verdict for trial in trials if trial.kind == "leak"] == ["broken", "holds"]
    assert trials[-2].interval[0] == 1.0


def test_each_attack_has_a_name_of_its_own_and_random_ones_are_tried_again() -> None:
    for category, team in red_teams().items():
        assert {attack.category for attack in team.attacks} == {category}
        assert len({(attack.kind, attack.name) for attack in team.attacks}) == len(team.attacks)
    drawn = []

    def draw(evidence: Evidence, rng: np.random.Generator) -> Submission:
        drawn.append(rng.random())
        return Submission(code="def f(s): return s")

    attack = Attack("draws", "strings", "blind", draw, is_random=True)
    (trial,) = [trial for trial in run_attacks([attack], count=3, functions=2, seed=0) if trial.kind == "blind"]
    assert len(drawn) == 6 and len(set(drawn)) == 3 and len(trial.skills) == 2 and len(trial.outcomes) == 6


def test_hostile_programs_leave_nothing_behind() -> None:
    # In a process of its own: what other tests open and close meanwhile does not count.
    program = (
        "from find_gym_agents.redteam import run_programs as run; t = run(40, seed=1); print([t.statuses, t.wrong])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    statuses, wrong = ast.literal_eval(finished.stdout)
    assert wrong == () and sum(statuses.values()) == 40 and statuses["forbidden"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_outlives_its_parent_is_counted() -> None:
    command = ["sh", "-c", "sleep 600 >/dev/null & echo $! $$"]
    orphan, session = map(int, subprocess.check_output(command, text=True, start_new_session=True).split())
    try:
        assert _processes_of({session}) == 1
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_programs_are_a_function_of_the_generator() -> None:
    assert write_program(np.random.default_rng(3)) == write_program(np.random.default_rng(3))


def test_the_command_writes_tables_and_data(tmp_path, capsys) -> None:
    words = ["--category", "strings", "--attacks", "2", "--functions", "2", "--programs", "3", "--out", str(tmp_path)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "strings functions" in printed and "hostile programs" in printed
    assert (tmp_path / "redteam.txt").read_text().strip() == printed.strip()
    data = json.loads((tmp_path / "redteam.json").read_text())
    team = red_teams()["strings"]
    assert len(data["attacks"]) == 2 + len(team.honest) and data["programs"]["programs"] == 3
    with pytest.raises(SystemExit) as stopped:
        main(["--category", "music"])
    assert stopped.value.code == 2
