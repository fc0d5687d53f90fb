"""The enumeration: exact on most programs, in few queries; programs from recorded pairs alone."""

import json
import time
from typing import Any

import numpy as np
import pytest

from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.operations import DETERMINISTIC
from find_gym.categories.strings.programs import Step, run
from find_gym.categories.strings.published import PublishedStringSpec
from find_gym.categories.strings.release import read_rows
from find_gym.categories.strings.sampling import sample_string
from find_gym.categories.strings.score import StringScorer
from find_gym.scoring import Submission
from find_gym_agents.interpreters.enumeration.agent import EnumerationAgent, consistent_program
from tests.reference import REFERENCE, needs_reference

SINGLES = {"lengths": {1: 1.0}, "single_operations": DETERMINISTIC}
PAIRS = {"lengths": {2: 1.0}}


def interpret(function: StringFunction, budget: int = 30) -> tuple[Submission, int]:
    solution = EnumerationAgent().solve(budget, np.random.default_rng(0))
    asked = 0
    try:
        queries = next(solution)
        while True:
            asked += len(queries)
            assert asked <= budget
            queries = solution.send(function.truth(queries))
    except StopIteration as stop:
        return stop.value, asked


def accuracy(function: StringFunction, submission: Submission) -> float:
    inputs, _ = balanced_inputs(np.random.default_rng(1), 200, function)
    namespace: dict[str, Any] = {}
    exec(submission.code, namespace)  # the agent's own code, not a stranger's
    right = [namespace["f"](text) == output for text, output in zip(inputs, function.truth(inputs), strict=True)]
    return float(np.mean(right))


@pytest.mark.slow
@pytest.mark.parametrize(("difficulty", "count", "exact"), [(SINGLES, 40, 0.975), (PAIRS, 40, 0.94)])
def test_programs_of_one_and_two_operations_are_found(difficulty: Any, count: int, exact: float) -> None:
    rng = np.random.default_rng(20)
    results, seconds, queries = [], [], []
    for _ in range(count):
        function = StringFunction(sample_string(rng, difficulty=difficulty))
        start = time.process_time()
        submission, asked = interpret(function)
        seconds.append(time.process_time() - start)
        results.append(accuracy(function, submission))
        queries.append(asked)
    print(
        f"\nexact {np.mean(np.array(results) == 1):.3f}, queries mean {np.mean(queries):.1f} max {max(queries)}, "
        f"seconds median {np.median(seconds):.3f} mean {np.mean(seconds):.3f}"
    )
    assert np.mean(np.array(results) == 1) >= exact
    assert max(queries) <= 30 and np.mean(queries) <= 20


def test_what_it_submits_is_right_for_the_scorer() -> None:
    function = StringFunction(StringSpec((Step("remove_substring", ("e",)), Step("add_number_to_string", (4,)))))
    submission, _ = interpret(function)
    score = StringScorer(function).score(submission)
    assert score.outcome == "right" and submission.description == function.describe()


def test_it_is_deterministic() -> None:
    function = StringFunction(sample_string(np.random.default_rng(3)))
    assert interpret(function) == interpret(function)


@pytest.mark.parametrize(("budget", "least"), [(0, 0.0), (1, 0.5), (5, 0.85)])
def test_a_small_budget_costs_accuracy_and_nothing_else(budget: int, least: float) -> None:
    rng = np.random.default_rng(4)
    values = []
    for _ in range(12):
        function = StringFunction(sample_string(rng, difficulty=PAIRS))
        submission, asked = interpret(function, budget)
        assert asked == budget or asked <= budget and submission.code
        values.append(accuracy(function, submission))
    assert np.mean(values) >= least


def test_what_it_does_not_know_gets_the_nearest_it_knows() -> None:
    rng = np.random.default_rng(5)
    values = []
    for level in ("hard", "extreme") * 8:
        function = StringFunction(sample_string(rng, difficulty=level))
        submission, _ = interpret(function)
        values.append(accuracy(function, submission))
    assert np.mean(values) > 0.15
    counted = (Step("remove_digits"), Step("get_string_length"), Step("reverse_string"), Step("remove_digits"))
    assert interpret(StringFunction(StringSpec(counted)))[0].code


@pytest.mark.parametrize(
    "program",
    [
        (Step("string_concatenate", ("Ab",)), Step("reverse_string")),
        (Step("get_string_length"), Step("map_string", ("qwertyuiopasdfghjklzxcvbnm",))),
        (Step("replace_substring", ("w", "O")), Step("count_uppercase")),
        (Step("swap_rand", (1, 4)), Step("find_string", ("t",))),
    ],
)
def test_hard_compositions(program: Any) -> None:
    function = StringFunction(StringSpec(program))
    assert accuracy(function, interpret(function)[0]) == 1


def test_pairs_alone_are_enough_for_a_program() -> None:
    program = consistent_program([("ab", "BA"), ("x 2y", "Y2 X"), ("Hello", "OLLEH")])
    assert program is not None and run(program, ["One", ""]) == ["ENO", ""]
    assert consistent_program([("a", "b"), ("b", "c"), ("a", "d")]) is None
    assert consistent_program([]) is None
    faulty = [("hello", "xello"), ("World", "gorld"), ("zoo", "aoo"), ("Yes", "ies"), ("Pop", "`op")]
    assert consistent_program(faulty) is None and consistent_program(faulty, released=True) is not None


@needs_reference
@pytest.mark.slow
def test_published_pairs_have_a_consistent_program() -> None:
    folder = REFERENCE / "find-dataset" / "strings"
    descriptions, tests = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("test_data", "unit_test_data")
    )
    specs, _ = read_rows(descriptions, tests, folder)
    found = 0
    for spec in list(specs.values())[::20]:
        assert isinstance(spec, PublishedStringSpec)
        program = consistent_program(spec.pairs, released=True)
        if program is not None:
            found += 1
            assert run(program, [text for text, _ in spec.pairs]) == [output for _, output in spec.pairs]
    assert found >= 23
