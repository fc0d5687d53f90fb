"""Causal language models: a small one where it is installed, and scripts. Those on servers are in test_server.py."""

import numpy as np
import pytest

from find_gym.language import Message, ScriptedModel
from find_gym.language.causal import TransformersLM

ASK: list[Message] = [{"role": "user", "content": "Is the sky blue? Answer 1 or 0."}]


@pytest.mark.slow
def test_the_small_model_rates_and_completes(small_model: str) -> None:
    model = TransformersLM(small_model)
    single = model.option_logprobs("The capital of France is", [" Paris", " London"])
    assert single[0] > single[1] + 2
    several = model.option_logprobs("The capital of France is", [" Paris", " the city of London"])
    assert np.isclose(several[0], single[0], atol=1e-3) and several[1] < -5
    assert "Paris" in model.generate(
        [{"role": "user", "content": "What is the capital of France? Answer in one word."}], max_tokens=8
    )
    with pytest.raises(ValueError, match="expected options that are not empty"):
        model.option_logprobs("x", [""])


def test_the_script_answers_in_order() -> None:
    model = ScriptedModel(["a", "b"], lambda prompt, option: -float(len(prompt) + len(option)))
    assert [model.generate(ASK) for _ in range(3)] == ["a", "b", "b"]
    assert model.option_logprobs("xy", ["", "z"]).tolist() == [-2.0, -3.0]
    assert model.prompts[0] == ASK[0]["content"]
