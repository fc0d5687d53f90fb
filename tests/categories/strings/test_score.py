"""Scores of string descriptions, the caps on code, the paper's protocol.

    FIND_GYM_FUNCTIONS=5000 python -m pytest tests/categories/strings/test_score.py -k scale -s

runs the claims of the documentation at their full size (a few minutes).
"""

import hashlib
import itertools
import json
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.strings.alphabet import NUMBER_WORDS
from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.custom import CallableStringFunction
from find_gym.categories.strings.difficulty import DIFFICULTIES
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.inputs import draw_inputs
from find_gym.categories.strings.paper import AS_WRITTEN, WITHOUT_FAULTS, PaperFaults, extract_code, paper_string_score
from find_gym.categories.strings.programs import Branch, Step
from find_gym.categories.strings.published import PublishedStringSpec
from find_gym.categories.strings.release import read_rows
from find_gym.categories.strings.sampling import sample_string
from find_gym.categories.strings.score import StringScorer
from find_gym.functions import function_seed
from find_gym.scoring import MalformedError, Submission, prepare_code
from tests.reference import REFERENCE, needs_reference

FUNCTIONS = int(os.environ.get("FIND_GYM_FUNCTIONS", "100"))
REVERSE = StringFunction(StringSpec((Step("reverse_string"),)))


def score(code: str, function: Any = REVERSE) -> Any:
    return StringScorer(function).score(Submission(code=code))


@pytest.mark.slow
def test_the_truths_own_source_scores_1_at_scale() -> None:
    levels = tuple(DIFFICULTIES)
    for index in range(FUNCTIONS):
        rng = np.random.default_rng(function_seed(None, "strings", 0, index))
        function = StringFunction(sample_string(rng, difficulty=levels[index % len(levels)]))
        result = score(function.source(), function)
        assert (result.accuracy, result.skill, result.outcome) == (1.0, 1.0, "right"), function.describe()
        assert set(result.strata.values()) == {1.0}
    print(f"\n{FUNCTIONS} functions: the truth's source has accuracy and skill 1 on all of them")


@pytest.mark.slow
def test_trivial_descriptions_have_no_skill_at_scale() -> None:
    skills: dict[str, list[float]] = {}
    for index in range(max(FUNCTIONS // 10, 25)):
        function = StringFunction(sample_string(np.random.default_rng(function_seed(None, "strings", 1, index))))
        scorer = StringScorer(function)
        queries = draw_inputs(np.random.default_rng(index), 8)
        table = dict(zip(queries, function.truth(queries), strict=True))
        trivial = {
            "identity": "def f(s): return s",
            "constant": f"def f(s): return {function.truth(['hello'])[0]!r}",
            "empty": "",
            "empty string": "def f(s): return ''",
            "table": f"T = {table!r}\ndef f(s): return T.get(s, '')",
            "table or identity": f"T = {table!r}\ndef f(s): return T.get(s, s)",
        }
        for name, code in trivial.items():
            skills.setdefault(name, []).append(scorer.score(Submission(code=code)).skill)
    for name, values in skills.items():
        print(f"{name}: mean skill {np.mean(values):.4f} on {len(values)} functions")
        assert np.mean(values) <= 0.02


def test_programs_are_judged_like_code() -> None:
    scorer = StringScorer(REVERSE)
    assert scorer.score(Submission(program=REVERSE.spec)).outcome == "right"
    wrong = scorer.score(Submission(program=StringSpec((Step("reverse_words"),))))
    assert wrong.outcome == "wrong" and 0 < wrong.accuracy < 1
    same = scorer.score(Submission(code="def f(s): return ' '.join(w[::-1] for w in s.split())"))
    assert wrong == replace(same, complexity=wrong.complexity) and 0 < wrong.complexity < same.complexity
    with pytest.raises(TypeError, match="expected a StringSpec"):
        scorer.score(Submission(program="reverse"))
    assert scorer.score_predictions(REVERSE.truth).accuracy == 1


def test_held_out_inputs_are_the_function_s_own() -> None:
    other = StringFunction(StringSpec((Step("convert_to_uppercase"),)))
    inputs = [set(StringScorer(function)._inputs) for function in (REVERSE, REVERSE, other)]
    assert inputs[0] == inputs[1] and len(inputs[0]) == 64
    assert len(inputs[0] & inputs[2]) < 8


def test_held_out_inputs_stay_the_same() -> None:
    drawn = hashlib.sha256()
    for seed, level in itertools.product(range(25), DIFFICULTIES):
        scorer = StringScorer(StringFunction(sample_string(np.random.default_rng(seed), difficulty=level)))
        drawn.update(json.dumps([*scorer._inputs, *scorer._truth]).encode())
    # Of the version that chose them in Python.
    assert drawn.hexdigest()[:16] == "32a21b492f58fcbb"


def test_skill_is_measured_against_the_better_of_identity_and_constant() -> None:
    rare = StringScorer(StringFunction(StringSpec((Step("replace_substring", ("q", "z")),))))
    assert rare.score(Submission(code="def f(s): return s")).accuracy == rare.trivial_accuracy > 0.2
    counted = StringScorer(StringFunction(StringSpec((Step("count_substring", ("q",)),))))
    assert counted.score(Submission(code="def f(s): return 'zero'")).skill == 0
    assert counted.trivial_accuracy > 0.5
    constant = StringScorer(CallableStringFunction(lambda s: "same"))
    assert constant.score(Submission(code="def f(s): return 'same'")).skill == 1


def test_exceptions_are_a_stratum() -> None:
    branch = Branch("contains_letter", ("e",), (Step("reverse_string"),), (Step("convert_to_uppercase"),))
    result = score("def f(s): return s.upper()", StringFunction(StringSpec((branch,))))
    assert result.strata["exception"] < 0.2 and 0.2 < result.accuracy < 0.8
    assert set(result.strata) == {"changed", "unchanged", "exception"}
    json.dumps(result.to_json())


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("", "malformed"),
        ("def f(s) return s", "malformed"),
        ("x = 3", "malformed"),
        ("def f(s): return 1 / 0", "raised"),
        ("def f(s):\n    while True: pass", "timed_out"),
        ("def f(s): return open('/etc/passwd').read()", "malformed"),
        ("def f(s): return list(s)[::-1]", "wrong"),
        ("def f(s): return s[::-1] if s else None", "wrong"),
        ("def f(s): return s[::-1]", "right"),
        ("import re\ndef f(s): return ''.join(reversed(s))", "right"),
    ],
)
def test_outcomes(code: str, outcome: str) -> None:
    result = score(code)
    assert result.outcome == outcome
    assert (result.accuracy == 1) == (outcome == "right")


def test_one_exception_costs_its_own_input() -> None:
    result = score("def f(s):\n    if s == '': raise ValueError\n    return s[::-1]")
    assert result.outcome == "wrong" and result.accuracy == 63 / 64


def test_the_truth_can_not_be_read() -> None:
    assert (
        score("import gc\ndef f(s): return [o for o in gc.get_objects() if 'StringFunction' in repr(type(o))][0]") != 1
    )


def test_the_cap_lets_maps_and_number_words_pass() -> None:
    words = {number: word for number, word in enumerate(NUMBER_WORDS)}
    permuted = "qwertyuiopasdfghjklzxcvbnm"
    pairs = dict(zip("abcdefghijklmnopqrstuvwxyz", permuted, strict=True))
    code = (
        f"W = {words!r}\nV = {words!r}\nM = {pairs!r}\nA = 'abcdefghijklmnopqrstuvwxyz'\n"
        f"def f(s):\n    'Maps: {'x' * 3000}'\n    return W.get(len(s), 'unknown') + ''.join(M.get(c, c) for c in s)\n"
    )
    assert "xxx" not in prepare_code(code, cap=MAX_STRING_COMPLEXITY).source


def test_the_cap_keeps_tables_out() -> None:
    queries = [text for text in draw_inputs(np.random.default_rng(0), 40) if text]
    table = dict(zip(queries, REVERSE.truth(queries), strict=True))
    tables = (
        f"T = {table!r}\ndef f(s): return T.get(s, s)",
        f"T = {json.dumps(table).encode()!r}\ndef f(s): return T, s",
        f"T = {int.from_bytes(json.dumps(table).encode(), 'big'):d}\ndef f(s): return T, s",
        f"T = [{', '.join(repr(c) for pair in table.items() for text in pair for c in text)}]\ndef f(s): return T, s",
        "#" * 9000 + "\ndef f(s): return s",
    )
    for code in tables:
        with pytest.raises(MalformedError, match="expected at most|expected code of at most"):
            prepare_code(code, cap=MAX_STRING_COMPLEXITY)
    assert prepare_code(tables[-1], cap=None)


def test_the_paper_s_score_has_no_cap() -> None:
    table = {f"{index:x}": "quite a long answer " * 5 + str(index) for index in range(60)}
    result = score(f"T = {list(table.items())!r}\ndef f(s):\n    return s[::-1] if len(T) else T")
    assert (result.outcome, result.accuracy, result.paper_score) == ("malformed", 0.0, 1.0)
    assert result.complexity > MAX_STRING_COMPLEXITY


@needs_reference
def test_recorded_answers_are_read() -> None:
    """All that ran as they stand do in normal form; one that failed at its top level, in an example, does now."""
    rows = json.loads((REFERENCE / "gpt4_answers" / "strings.json").read_text())
    codes = [code for row in rows if (code := extract_code(row["answer"]))]
    rows = json.loads((REFERENCE / "gpt4_answers" / "numeric.json").read_text())
    prepared = [prepare_code(code, cap=MAX_STRING_COMPLEXITY) for code in codes]
    assert len(prepared) == 474
    assert max(each.complexity for each in prepared) < MAX_STRING_COMPLEXITY
    assert all(prepare_code(row["code"], cap=MAX_NUMERIC_COMPLEXITY / 2).complexity > 0 for row in rows)


def test_code_is_extracted_as_the_reference_script_does() -> None:
    answer = "[CODE]: ```python\nfirst\n```\nMore. [CODE]:\n```\nsecond\n```\nand ```python\nthird\n``` done"
    assert extract_code(answer) == "third\n"
    assert extract_code("```python\nx\n```") == extract_code("[CODE]: def f(x): return x") == ""


def test_faults_of_the_paper_s_protocol() -> None:
    code = "def f(s):\n    if s == 'stop': raise ValueError\n    return s.upper()\nprint(f('stop'))"
    pairs = [("a", "A"), ("stop", "STOP"), ("b", "B"), ("c", "C")]
    assert paper_string_score(code, pairs) == 1 / 2
    assert paper_string_score(code, pairs, faults=WITHOUT_FAULTS) == 3 / 4
    quoted = [("it's", "IT'S"), (r"a\tb", r"A\TB"), ("c", "C")]
    assert paper_string_score(code, quoted) == 0
    assert paper_string_score(code, quoted, faults=PaperFaults(stop_at_exception=False)) == 1 / 3
    assert paper_string_score(code, quoted, faults=WITHOUT_FAULTS) == 1
    assert paper_string_score("no code", pairs, faults=AS_WRITTEN) == 0
    assert paper_string_score("def g(s): return 3\ndef f(s): return 5", [("a", "5")]) == 0


@needs_reference
@pytest.mark.slow
def test_recorded_answers_score_what_the_reference_script_gives() -> None:
    folder = REFERENCE / "find-dataset" / "strings"
    specs, _ = read_rows(
        json.loads((folder / "test_data.json").read_text()),
        json.loads((folder / "unit_test_data.json").read_text()),
        folder,
    )
    answers = {
        row["id"]: row["answer"] for row in json.loads((REFERENCE / "gpt4_answers" / "strings.json").read_text())
    }
    scores: dict[PaperFaults, list[float]] = {AS_WRITTEN: [], WITHOUT_FAULTS: []}
    for name, spec in specs.items():
        assert isinstance(spec, PublishedStringSpec)
        for faults, values in scores.items():
            values.append(paper_string_score(extract_code(answers[name]), spec.pairs, faults=faults))
    assert len(specs) == 500
    assert (round(np.mean(scores[AS_WRITTEN]), 4), round(np.mean(scores[WITHOUT_FAULTS]), 4)) == (0.2486, 0.2518)
