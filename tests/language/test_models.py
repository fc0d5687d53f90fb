"""The scripted language model."""

from find_gym.language import Message, ScriptedModel

ASK: list[Message] = [{"role": "user", "content": "Is the sky blue? Answer 1 or 0."}]


def test_the_script_answers_in_order() -> None:
    model = ScriptedModel(["a", "b"], lambda prompt, option: -float(len(prompt) + len(option)))
    assert [model.generate(ASK) for _ in range(3)] == ["a", "b", "b"]
    assert model.option_logprobs("xy", ["", "z"]).tolist() == [-2.0, -3.0]
    assert model.prompts[0] == ASK[0]["content"]
