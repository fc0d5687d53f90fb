"""The small model as the interpreter: the same transcript in this process and through a server."""

import pytest

from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.lm import LanguageModelOptions, models
from tests.language.serving import serve_small_model, skip_without

# What depends on the connection and not on the model.
_OF_CONNECTION = ("seconds", "retries")


def dialogue(folder, model, base_url=None):
    options = LanguageModelOptions(model, base_url, reply_tokens=24, rounds=2, start="exemplars", patience=30.0)
    config = EvaluationConfig(
        ("lm",), "FIND-strings-v0", functions=1, workers=1, report=False, out=str(folder), language_model=options
    )
    try:
        (record,) = evaluate(config, progress=False).episodes
    finally:
        models.close_models()
    assert record.error is None and record.outcome == "no_submission"
    said = [{key: value for key, value in entry.items() if key not in _OF_CONNECTION} for entry in record.dialogue]
    return said, [step["action"] for step in record.transcript]


@pytest.mark.slow
def test_the_same_transcript_through_a_server(small_model, tmp_path):
    skip_without("openai", "fastapi", "uvicorn")
    here = dialogue(tmp_path / "here", small_model)
    with serve_small_model(tmp_path, small_model) as (address, name):
        there = dialogue(tmp_path / "there", name, address)
    assert here == there
    assert [entry["kind"] for entry in here[0]] == [
        "system", "task", "exemplars", "reply", "outputs", "notice", "reply",
    ]  # fmt: skip
