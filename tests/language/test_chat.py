"""The protocol of chat models, and the scripted one."""

import math

import pytest

from find_gym.language import ChatModel, ChatOptions, Message, ModelError, Reply, ScriptedChatModel, load_chat_model

ASK: list[Message] = [{"role": "user", "content": "two words"}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_tokens": 0}, "max_tokens of at least 1"),
        ({"temperature": -0.1}, "temperature of at least 0"),
        ({"temperature": math.nan}, "finite temperature"),
        ({"seed": -1}, "seed of at least 0"),
    ],
)
def test_options_out_of_range_are_named(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ChatOptions(**options)


def test_the_script_is_a_chat_model() -> None:
    def answer(messages: list[Message]) -> str | Reply | Exception:
        content = messages[-1]["content"]
        return {"fail": ModelError("down"), "whole": Reply("x", 1, 1, 2.0, 3, "length")}.get(content, content.upper())

    model: ChatModel = ScriptedChatModel(answer, name="script", context_tokens=3)
    assert model.reply(ASK, ChatOptions()) == Reply("TWO WORDS", 2, 2, 0.0, 0, "stop")
    assert model.reply([{"role": "user", "content": "whole"}], ChatOptions()).retries == 3
    with pytest.raises(ModelError, match="down"):
        model.reply([{"role": "user", "content": "fail"}], ChatOptions())
    with pytest.raises(ValueError, match="shorter than 3 tokens, actual length: 4"):
        model.reply([*ASK, *ASK], ChatOptions())
    assert model.count_tokens([*ASK, *ASK]) == 4 and model.name == "script"
    model.close()


def test_the_script_keeps_what_it_was_asked() -> None:
    model = ScriptedChatModel(lambda messages: "")
    options = ChatOptions(seed=4)
    model.reply(ASK, options)
    assert model.calls == [(ASK, options)]


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        ([], "at least one message"),
        ([{"role": "narrator", "content": ""}], "a role among system, user, assistant, tool, actual value: 'narrator'"),
        ([{"role": "user", "content": None}], "content as text, actual: NoneType"),
    ],
)
def test_what_is_no_dialogue_is_named(messages: list, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        ScriptedChatModel(lambda messages: "").reply(messages, ChatOptions())


def test_an_address_may_be_part_of_the_name() -> None:
    pytest.importorskip("openai")
    for model in (
        load_chat_model("http://127.0.0.1:9/v1#some/model", patience=0.0),
        load_chat_model("some/model", base_url="http://127.0.0.1:9/v1", patience=0.0),
    ):
        assert model.name == "some/model"
        with pytest.raises(ModelError, match="an answer from http://127.0.0.1:9/v1/, actual after 1 attempts"):
            model.reply(ASK, ChatOptions())
    with pytest.raises(ValueError, match="expected a model's name"):
        load_chat_model("http://127.0.0.1:9/v1")
