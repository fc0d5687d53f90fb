"""Servers and templates that take only a part of a request: it is written in another way, once, for all threads."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.language import ChatOptions, Message, ModelError
from find_gym.language.adaptation import Adaptation
from find_gym.language.messages import estimate_tokens, fit, merge_system
from find_gym.language.server import ServerChatModel
from tests.language import tiny
from tests.language.stub import Answer, StubServer, completion, refuse, respond

DIALOGUE: list[Message] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Is it 1?"}]
MERGED: list[Message] = [{"role": "user", "content": "Be short.\n\nIs it 1?"}]
OPTIONS = ChatOptions(max_tokens=9)
TOOL = {"type": "function", "function": {"name": "query", "parameters": {"type": "object"}}}


def limit_of(body: dict[str, Any]) -> int:
    return int(body.get("max_tokens") or body["max_completion_tokens"])


def has_system(body: dict[str, Any]) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


# What a server refuses, and what it then says; the last entry is whether it does.
REFUSALS: dict[str, tuple[Answer, Callable[[dict[str, Any]], bool]]] = {
    "the first name of the limit": (
        refuse(400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        lambda body: "max_tokens" in body,
    ),
    "a temperature": (
        refuse(400, "Unsupported value: 'temperature' does not support 0 with this model."),
        lambda body: "temperature" in body,
    ),
    "a system role, by its template": (
        refuse(500, "jinja2.exceptions.TemplateError: Conversation roles must alternate user/assistant/user/..."),
        has_system,
    ),
    "a system role": (refuse(400, "System role not supported"), has_system),
    "a reply of so many tokens": (
        refuse(400, "max_tokens is too large: 9. This model supports at most 5 completion tokens."),
        lambda body: limit_of(body) > 5,
    ),
    "tools": (
        refuse(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        lambda body: "tools" in body,
    ),
    "tools, for want of a provider": (
        refuse(404, "No endpoints found that support tool use."),
        lambda body: "tools" in body,
    ),
    "a seed": (refuse(422, "Extra inputs are not permitted: seed"), lambda body: "seed" in body),
}


@pytest.fixture
def stub() -> Iterator[StubServer]:
    pytest.importorskip("openai")
    server = StubServer(lambda body: completion("ok"))
    yield server
    server.kill()


@pytest.fixture
def make(stub: StubServer) -> Iterator[Callable[..., ServerChatModel]]:
    made: list[ServerChatModel] = []

    def make(**settings: Any) -> ServerChatModel:
        made.append(ServerChatModel("m", base_url=stub.address, sleep=lambda _: None, **settings))
        return made[-1]

    yield make
    for model in made:
        model.close()


def refusing(*names: str) -> Callable[[dict[str, Any]], Answer]:
    """Answers as a server that refuses these, one after another."""

    def answer(body: dict[str, Any]) -> Answer:
        return next((REFUSALS[name][0] for name in names if REFUSALS[name][1](body)), completion("ok"))

    return answer


@pytest.mark.parametrize("name", REFUSALS)
def test_what_a_server_refuses_is_left_out_once(
    name: str, stub: StubServer, make: Callable[..., ServerChatModel], caplog: pytest.LogCaptureFixture
) -> None:
    stub.answer = refusing(name)
    model = make()
    options = ChatOptions(max_tokens=9, temperature=0.5, seed=3, tools=(TOOL,))
    replies = [model.reply(DIALOGUE, options) for _ in range(3)]
    assert [(reply.text, reply.retries) for reply in replies] == [("ok", 0)] * 3
    # The first question is asked twice, all others in the right way at once.
    refused = [REFUSALS[name][1](body) for body in stub.requests]
    assert refused == [True, False, False, False]
    assert sum("asks for other requests" in record.message for record in caplog.records) == 1


def test_a_server_that_refuses_nearly_everything_is_asked_once_for_each(
    stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    stub.answer = refusing("the first name of the limit", "a temperature", "a system role", "tools", "a seed")
    reply = make().reply(DIALOGUE, ChatOptions(max_tokens=9, temperature=0.5, seed=3, tools=(TOOL,)))
    assert len(stub.requests) == 6
    assert stub.requests[-1] == {"model": "m", "messages": MERGED, "max_completion_tokens": 9}
    assert reply.adapted == (
        "seed was left out",
        "temperature was left out",
        "tools was left out",
        "the system prompt stood in the first message of the user",
    )


def test_threads_learn_of_a_refusal_together(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    """All requests are at the server before the first one is refused: none may be lost, none asked a third time."""
    together = threading.Barrier(8)
    answer = refusing("the first name of the limit")

    def wait(body: dict[str, Any]) -> Answer:
        if "max_tokens" in body:
            together.wait(30)
        return answer(body)

    stub.answer = wait
    model = make(connections=8)
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(model.reply, [Message(role="user", content=f"call {place}")], OPTIONS) for place in range(8)
        ]
        assert [call.result().text for call in calls] == ["ok"] * 8
    assert Counter(body["messages"][0]["content"] for body in stub.requests) == {
        f"call {place}": 2 for place in range(8)
    }


@pytest.mark.parametrize(
    "words",
    [
        {"message": "This model's maximum context length is 512 tokens. However, you requested 3000 tokens."},
        {"message": "the request exceeds the available context size", "n_prompt_tokens": 3000, "n_ctx": 512},
        {"message": "request (3000 tokens) exceeds the available context size (512 tokens), try increasing it"},
        {"message": "prompt is too long: 3000 tokens > 512 maximum"},
        {"message": "'max_tokens' or 'max_completion_tokens' is too large: 9. The model's context length is only 512"},
    ],
)
def test_a_window_that_a_refusal_names_is_kept_to(
    words: dict[str, Any], stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        long = estimate_tokens(body["messages"]) + limit_of(body) > 512
        return respond(400, {"error": words}) if long else completion("ok")

    stub.answer = answer
    model = make()
    dialogue = [DIALOGUE[0], Message(role="user", content="begin " + "word " * 3000 + "end")]
    reply = model.reply(dialogue, OPTIONS)
    assert reply.text == "ok" and reply.adapted == ("the prompt was cut to the window of 512 tokens",)
    sent = stub.requests[-1]["messages"]
    assert sent[0] == DIALOGUE[0] and sent[1]["content"].startswith("begin") and sent[1]["content"].endswith("end")
    assert model.context_tokens == 512 and len(stub.requests) == 2
    assert model.reply(DIALOGUE, OPTIONS).adapted == () and len(stub.requests) == 3


def test_a_prompt_that_was_estimated_too_short_is_shortened_until_it_fits(
    stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        long = 2 * estimate_tokens(body["messages"]) > 4096
        return refuse(400, "maximum context length is 4096 tokens") if long else completion("ok")

    stub.answer = answer
    model = make()
    assert model.reply([Message(role="user", content="word " * 9000)], OPTIONS).text == "ok"
    assert len(stub.requests) <= 6


def test_a_refusal_that_no_other_request_cures_is_an_error_at_once(
    stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    model = make()
    for answer in (
        refuse(400, "temperature of the model: unknown model 'm'"),
        refuse(400, "maximum context length is 16 tokens"),
        refuse(401, "no key for max_completion_tokens"),
    ):
        stub.answer = lambda body, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(ModelError, match="expected an answer from"):
            model.reply(DIALOGUE, OPTIONS)
    # The first names a field that is left out once.
    assert len(stub.requests) == 4


def test_calls_of_tools_are_text_where_tools_are_refused(
    stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    stub.answer = refusing("tools")
    call = {"id": "1", "type": "function", "function": {"name": "query", "arguments": '{"inputs": [1]}'}}
    dialogue: list[Message] = [
        {"role": "user", "content": "Ask."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "1 -> 2", "tool_call_id": "1"},
        {"role": "user", "content": "Go on."},
    ]
    model = make()
    model.reply(dialogue, ChatOptions(tools=(TOOL,)))
    assert stub.requests[0]["messages"] == dialogue
    assert stub.requests[1]["messages"] == [
        {"role": "user", "content": "Ask."},
        {"role": "assistant", "content": 'query({"inputs": [1]})'},
        {"role": "user", "content": "1 -> 2\n\nGo on."},
    ]


@pytest.mark.parametrize(
    ("answer", "takes"),
    [
        (refuse(400, "m does not support tools"), False),
        (completion("Ready."), False),
        (completion("Ready, set, ready, set, ready", finish_reason="length"), False),
        (completion("<think>I should", finish_reason="length"), True),
        (completion(None, finish_reason="length", reasoning_content="I should"), True),
        (
            completion(
                None, tool_calls=[{"id": "1", "type": "function", "function": {"name": "ready", "arguments": "{}"}}]
            ),
            True,
        ),
    ],
)
def test_whether_tools_are_called_is_tried_once(
    answer: Answer, takes: bool, stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    stub.answer = lambda body: answer if "tools" in body else completion("Ready.")
    model = make()
    assert [model.takes_tools() for _ in range(3)] == [takes] * 3
    assert len(stub.requests) <= 2


def test_further_fields_are_sent_as_they_stand(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    make(extra_body={"reasoning_effort": "low", "top_k": 3}).reply(DIALOGUE, OPTIONS)
    assert (stub.requests[0]["reasoning_effort"], stub.requests[0]["top_k"]) == ("low", 3)


# --- Answers ----------------------------------------------------------------------------------------------------------

CALL = {"id": "c", "type": "function", "function": {"name": "query", "arguments": '{"inputs": [1]}'}}
THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "QUERY "}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (completion(None), {"text": "", "finish_reason": "stop"}),
        (completion(None, reasoning_content="hm"), {"text": "", "reasoning": "hm"}),
        (completion("a", reasoning="hm"), {"text": "a", "reasoning": "hm"}),
        (completion(None, refusal="no"), {"text": "", "refusal": "no"}),
        (completion(None, finish_reason="content_filter"), {"text": "", "finish_reason": "content_filter"}),
        (completion(None, finish_reason="length"), {"text": "", "finish_reason": "length"}),
        (completion(None, finish_reason="tool_calls", tool_calls=[CALL]), {"text": "", "tool_calls": (CALL,)}),
        (completion([*THOUGHT, "[1]"]), {"text": "QUERY [1]", "reasoning": "hm"}),
        (completion([]), {"text": "", "reasoning": ""}),
        (completion("a\ud800b"), {"text": "a?b"}),
    ],
)
def test_an_answer_of_any_form_is_a_reply_at_once(
    answer: Answer, expected: dict[str, Any], stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    stub.answer = lambda body: answer
    reply = make().reply(DIALOGUE, OPTIONS)
    assert {name: getattr(reply, name) for name in expected} == expected
    assert len(stub.requests) == 1 and reply.retries == 0


def test_a_model_that_thinks_to_the_end_of_its_tokens_is_told_of_once(
    stub: StubServer, make: Callable[..., ServerChatModel], caplog: pytest.LogCaptureFixture
) -> None:
    stub.answer = lambda body: completion("", finish_reason="length", reasoning_content="hm")
    model = make()
    for _ in range(3):
        model.reply(DIALOGUE, OPTIONS)
    assert sum("cut off at 9 tokens" in record.message for record in caplog.records) == 1


# --- In this process --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal",
    [
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}",
        "{% if messages[0]['role'] == 'system' %}{% set messages = messages[1:] %}{% endif %}",
    ],
)
def test_a_template_without_system_prompts_has_it_in_the_first_message(tiny_model: str, refusal: str) -> None:
    pytest.importorskip("transformers")
    from find_gym.language.pretrained import Pretrained

    pretrained = Pretrained(tiny_model, device="cpu")
    expected = pretrained.encode(MERGED)
    pretrained.tokenizer.chat_template = refusal + tiny.TEMPLATE
    assert pretrained.encode(DIALOGUE) == pretrained.encode(DIALOGUE) == expected


def test_a_template_that_minds_something_else_says_what(tiny_model: str) -> None:
    pytest.importorskip("transformers")
    from find_gym.language.pretrained import Pretrained

    pretrained = Pretrained(tiny_model, device="cpu")
    pretrained.tokenizer.chat_template = "{{ raise_exception('No dialogues at all') }}"
    with pytest.raises(Exception, match="No dialogues at all"):
        pretrained.encode(DIALOGUE)


# --- Properties -------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("a 1é[\n"), max_size=400)
DIALOGUES = st.lists(
    st.builds(lambda role, content: Message(role=role, content=content), st.sampled_from(["system", "user"]), TEXTS),
    min_size=1,
    max_size=5,
)


@given(dialogue=DIALOGUES, limit=st.integers(200, 900))
def test_a_dialogue_is_cut_to_any_window_with_room_for_its_marks(dialogue: list[Message], limit: int) -> None:
    fitted = fit(dialogue, limit)
    assert estimate_tokens(fitted) <= max(limit, 32 + len(dialogue) * 60)
    assert [message["role"] for message in fitted] == [message["role"] for message in dialogue]
    if estimate_tokens(dialogue) <= limit:
        assert fitted == dialogue


@given(dialogue=DIALOGUES)
def test_a_merged_dialogue_loses_nothing(dialogue: list[Message]) -> None:
    merged = merge_system(dialogue)
    assert not any(message["role"] == "system" for message in merged)
    for message in dialogue:
        assert any(message["content"] in other["content"] for other in merged)


WORDS = st.sampled_from(
    [json.loads(answer[2])["error"]["message"] for answer, _ in REFUSALS.values()]
    + ["maximum context length is 2000 tokens", "n_ctx: 900", "top_logprobs must be at most 5", "no logprobs", "no"]
)


@given(words=st.lists(WORDS, min_size=30, max_size=30))
def test_no_server_can_make_a_request_go_on_for_ever(words: list[str]) -> None:
    request = {
        "messages": DIALOGUE,
        "max_tokens": 900,
        "temperature": 0.0,
        "seed": 1,
        "tools": [TOOL],
        "top_logprobs": 20,
    }
    request["logprobs"] = True
    adaptation, cured = Adaptation(), 0
    for word in words:
        cure = adaptation.learn(word, adaptation.apply(request))
        if cure is not None:
            assert cure(adaptation) != adaptation
            adaptation, cured = cure(adaptation), cured + 1
    assert cured <= 8 + 12
