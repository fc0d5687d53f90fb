"""The reader of submissions takes what a language model has really written."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.numeric.release import read_row
from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.paper import extract_code
from find_gym.categories.strings.published import PublishedStringSpec
from find_gym.categories.strings.release import read_rows
from find_gym.functions import NumericFunction
from find_gym.interfaces.submissions import read_submission
from find_gym.scoring import PAPER_INPUTS, MalformedError, prepare_code
from tests.reference import REFERENCE, needs_reference


@needs_reference
def test_all_recorded_string_answers_with_code_are_read() -> None:
    answers = [row["answer"] for row in json.loads((REFERENCE / "gpt4_answers" / "strings.json").read_text())]
    coded = [answer for answer in answers if extract_code(answer)]
    read = [read_submission(answer) for answer in answers]
    assert (len(answers), len(coded), len([each for each in read if each is not None])) == (500, 474, 499)
    for answer in coded:
        submission = read_submission(answer)
        assert submission is not None and submission.code.strip("\n") == extract_code(answer).strip("\n")


@needs_reference
def test_all_recorded_numeric_answers_are_read() -> None:
    rows = json.loads((REFERENCE / "gpt4_answers" / "numeric.json").read_text())
    for row in rows:
        message = f"[DESCRIPTION]: {row['description']}\n[CODE]:\n```python\n{row['code']}\n```"
        submission = read_submission(message)
        assert submission is not None
        assert submission.description == row["description"].strip()
        assert submission.code.strip() == row["code"].strip()
    assert len(rows) == 49


def run(code: str, inputs: Sequence[Any], cap: float) -> tuple[str, tuple[Any, ...]]:
    """Runs code as a submission; returns what became of it, and its outputs."""
    try:
        result = prepare_code(code, cap=cap).run(inputs)
    except MalformedError:
        return "malformed", ()
    return result.status.value, result.values if result.ok else ()


@needs_reference
@pytest.mark.slow
def test_recorded_string_answers_run_as_submissions() -> None:
    """Before submissions had a normal form and a complexity, one more raised, and 1258 outputs were right."""
    folder = REFERENCE / "find-dataset" / "strings"
    published = [json.loads((folder / name).read_text()) for name in ("test_data.json", "unit_test_data.json")]
    specs, _ = read_rows(*published, folder)
    answers = json.loads((REFERENCE / "gpt4_answers" / "strings.json").read_text())
    became: Counter[str] = Counter()
    right = 0
    for row in answers:
        spec = specs[row["id"]]
        assert isinstance(spec, PublishedStringSpec)
        inputs, outputs = zip(*spec.pairs, strict=True)
        status, values = run(extract_code(row["answer"]), inputs, MAX_STRING_COMPLEXITY)
        became[status] += 1
        right += sum(type(value) is str and value == output for value, output in zip(values, outputs, strict=False))
    assert became == {"ok": 469, "malformed": 26, "raised": 5}  # those that are malformed have no code in a block
    assert right == 1259


@needs_reference
def test_recorded_numeric_answers_run_as_submissions() -> None:
    """As before submissions had a normal form and a complexity."""
    rows = {row["dir"]: row for row in json.loads((REFERENCE / "find-dataset/numeric/data.json").read_text())}
    inputs = PAPER_INPUTS[:: PAPER_INPUTS.size // 64]
    became: Counter[str] = Counter()
    right = 0
    for answer in json.loads((REFERENCE / "gpt4_answers" / "numeric.json").read_text()):
        function = NumericFunction(read_row(rows[answer["id"]], "function_code.py", REFERENCE))
        status, values = run(answer["code"], inputs.tolist(), MAX_NUMERIC_COMPLEXITY)
        became[status] += 1
        for value, truth in zip(values, function.truth(inputs).tolist(), strict=False):
            right += (
                isinstance(value, (int, float))
                and np.isfinite(truth)
                and abs(value - truth) <= 0.05 * abs(truth) + 1e-9
            )
    assert became == {"ok": 48, "raised": 1}
    assert right == 471
