"""The reader of submissions takes what a language model has really written."""

import json

from find_gym.categories.strings.paper import extract_code
from find_gym.interfaces.submissions import read_submission
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
