"""Models on servers: what they are asked, what is tried again, and what is an error."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from find_gym.language import ChatOptions, Message, MissingModelError, ModelError, load_causal_lm
from find_gym.language.server import ServerChatModel, ServerLM
from tests.language.stub import Answer, StubServer, completion, refuse, respond

ASK: list[Message] = [{"role": "user", "content": "Is the sky blue? Answer 1 or 0."}]
OPTIONS = ChatOptions(max_tokens=9)
USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
BROKEN: Answer = (200, {"Content-Type": "application/json"}, b'{"choices": [')


class Time:
    """A clock that only pauses move on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def stub() -> Iterator[StubServer]:
    pytest.importorskip("openai")
    server = StubServer(lambda body: completion("1, it is.", usage=USAGE))
    yield server
    server.kill()


@pytest.fixture
def pauses() -> Time:
    return Time()


@pytest.fixture
def make(stub: StubServer, pauses: Time) -> Iterator[Callable[..., ServerChatModel]]:
    made = []

    def make(**settings: Any) -> ServerChatModel:
        defaults = {"clock": pauses.clock, "sleep": pauses.sleep, "generator": np.random.default_rng(0)}
        made.append(ServerChatModel("small", base_url=stub.address, **{**defaults, **settings}))
        return made[-1]

    yield make
    for model in made:
        model.close()


def script(*answers: Answer) -> Callable[[dict[str, Any]], Answer]:
    """Answers in this order, and in the end as a healthy server does."""
    left = list(answers)
    return lambda body: left.pop(0) if left else completion("1, it is.", usage=USAGE)


def test_a_server_answers(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    reply = make().reply(ASK, OPTIONS)
    assert (reply.text, reply.finish_reason, reply.retries) == ("1, it is.", "stop", 0)
    assert (reply.prompt_tokens, reply.completion_tokens) == (5, 3)
    assert stub.requests == [{"model": "small", "messages": ASK, "max_tokens": 9, "temperature": 0.0}]
    make().reply(ASK, ChatOptions(temperature=0.5, seed=7))
    assert (stub.requests[1]["temperature"], stub.requests[1]["seed"]) == (0.5, 7)


@pytest.mark.parametrize(
    "failure",
    [
        refuse(500, "broken"),
        refuse(503, "loading"),
        refuse(429, "slowly"),
        refuse(408, "late"),
        BROKEN,
        (200, {"Content-Type": "text/html"}, b"<html>"),
        (200, {"Content-Type": "application/json"}, b"\xff\xfe"),
        respond(200, {"choices": []}),
        respond(200, None),
        respond(200, {"error": {"message": "upstream", "code": 502}}),
        completion("1, it", finish_reason="error"),
    ],
)
def test_what_may_pass_is_tried_again(
    stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time, failure: Answer
) -> None:
    stub.answer = script(failure, failure)
    reply = make().reply(ASK, OPTIONS)
    assert (reply.text, reply.retries, len(stub.requests)) == ("1, it is.", 2, 3)
    assert 0.25 <= pauses.pauses[0] <= 0.5 <= pauses.pauses[1] <= 1.0
    assert reply.seconds == sum(pauses.pauses)


def test_patience_ends(stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time) -> None:
    stub.answer = lambda body: refuse(503, "still loading")
    with pytest.raises(ModelError, match=r"an answer from .* actual after \d+ attempts: .*still loading"):
        make(patience=100.0).reply(ASK, OPTIONS)
    assert sum(pauses.pauses) == pytest.approx(100.0) and len(stub.requests) == len(pauses.pauses) + 1
    assert max(pauses.pauses) <= 30.0


@pytest.mark.parametrize(
    "failure",
    [refuse(400, "too many tokens"), refuse(401, "too many tokens"), refuse(404, "too many tokens")]
    + [refuse(429, "too many tokens", code="insufficient_quota")],
)
def test_what_will_not_pass_fails_at_once(
    stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time, failure: Answer
) -> None:
    stub.answer = script(failure)
    with pytest.raises(ModelError, match="an answer from http://127.0.0.1.*too many tokens"):
        make().reply(ASK, OPTIONS)
    assert len(stub.requests) == 1 and pauses.pauses == []


def test_a_server_says_how_long_to_wait(stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time) -> None:
    stub.answer = script(refuse(429, "slowly", Retry_After="7"), refuse(503, "slowly", Retry_After="tomorrow"))
    assert make().reply(ASK, OPTIONS).retries == 2
    assert pauses.pauses[0] == 7.0 and pauses.pauses[1] <= 1.0
    stub.answer = script(refuse(429, "slowly", Retry_After="700"))
    with pytest.raises(ModelError, match="slowly"):
        make(patience=600.0).reply(ASK, OPTIONS)
    assert len(pauses.pauses) == 2


def test_a_server_says_when_to_come_back(stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time) -> None:
    stub.answer = script(refuse(503, "slowly", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    assert make().reply(ASK, OPTIONS).retries == 1
    assert pauses.pauses[0] <= 1.0
    stub.answer = script(refuse(503, "slowly", Retry_After="Tue, 31 Dec 2999 23:59:59 GMT"))
    with pytest.raises(ModelError, match="slowly"):
        make(patience=600.0).reply(ASK, OPTIONS)
    assert len(pauses.pauses) == 1


def test_a_late_answer_counts_as_none(stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time) -> None:
    released = threading.Event()
    first = iter([True])

    def answer(body: dict[str, Any]) -> Answer:
        if next(first, False):
            released.wait(30)
            return completion("late")
        return completion("in time")

    stub.answer = answer
    reply = make(timeout=0.2).reply(ASK, OPTIONS)
    released.set()
    # On a busy machine the next one may be late as well.
    assert reply.text == "in time" and reply.retries >= 1


def test_a_text_that_can_not_be_sent_back_is_mended(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    stub.answer = script(completion("a\ud800b"))
    model = make()
    assert model.reply(ASK, OPTIONS).text == "a?b"


def test_requests_keep_a_rate(make: Callable[..., ServerChatModel], pauses: Time) -> None:
    model = make(requests_per_minute=30.0)
    for _ in range(3):
        model.reply(ASK, OPTIONS)
    pauses.now += 60.0
    model.reply(ASK, OPTIONS)
    assert pauses.pauses == [2.0, 2.0]


def test_so_many_requests_at_once(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    pair = threading.Barrier(2)
    at_work: list[int] = []
    counts: list[int] = []

    def answer(body: dict[str, Any]) -> Answer:
        at_work.append(1)
        counts.append(len(at_work))
        pair.wait(30)
        at_work.pop()
        return completion("ok")

    stub.answer = answer
    model = make(connections=2)
    with ThreadPoolExecutor(6) as threads:
        assert len(list(threads.map(lambda _: model.reply(ASK, OPTIONS), range(6)))) == 6
    assert max(counts) == 2


def test_no_call_is_lost_when_the_server_is_killed_and_started_again(
    stub: StubServer, make: Callable[..., ServerChatModel]
) -> None:
    enough = threading.Event()

    def answer(body: dict[str, Any]) -> Answer:
        if len(stub.requests) >= 30:
            enough.set()
        return completion(body["messages"][0]["content"].upper())

    stub.answer = answer
    model = make(clock=time.monotonic, sleep=lambda seconds: time.sleep(seconds / 50), patience=60.0)
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(model.reply, [{"role": "user", "content": f"call {number}"}], OPTIONS)
            for number in range(100)
        ]
        assert enough.wait(60)
        stub.kill()
        answered = sum(call.done() for call in calls)
        stub.start()
        replies = [call.result() for call in calls]
    assert [reply.text for reply in replies] == [f"CALL {number}" for number in range(100)]
    assert answered < 100 and sum(reply.retries for reply in replies) > 0


def test_the_window_is_asked_for_once(stub: StubServer, make: Callable[..., ServerChatModel]) -> None:
    entries = [{"id": "large", "max_model_len": 1}, {"id": "small", "object": "model", "max_model_len": 4096}]
    stub.models = respond(200, {"object": "list", "data": entries})
    model = make()
    assert [model.context_tokens for _ in range(2)] == [4096, 4096]
    assert stub.paths == ["/v1/models"]


@pytest.mark.parametrize(
    "models",
    [refuse(404, "no list"), refuse(500, "no cache"), respond(200, {"data": [{"id": "small"}]}), respond(200, {})],
)
def test_a_window_that_is_not_told_is_unknown(
    stub: StubServer, make: Callable[..., ServerChatModel], models: Answer
) -> None:
    stub.models = models
    assert make().context_tokens is None


def test_a_window_is_waited_for(stub: StubServer, make: Callable[..., ServerChatModel], pauses: Time) -> None:
    stub.kill()
    with pytest.raises(ModelError, match="an answer from"):
        _ = make(patience=10.0).context_tokens
    stub.start()
    assert sum(pauses.pauses) == pytest.approx(10.0)


def test_estimates_grow_with_what_is_asked(make: Callable[..., ServerChatModel]) -> None:
    model = make()
    assert model.count_tokens(ASK) == 32 + 8 + 4 + 9
    assert model.count_tokens([*ASK, {"role": "user", "content": "-12.5"}]) == model.count_tokens(ASK) + 8 + 5


def test_closing_ends_a_pause(stub: StubServer) -> None:
    stub.answer = lambda body: refuse(429, "slowly", Retry_After="500")
    model = ServerChatModel("small", base_url=stub.address)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(model.reply, ASK, OPTIONS)
        while not stub.requests:
            time.sleep(0.01)
        model.close()
        with pytest.raises(ModelError, match="an answer from|an open connection"):
            call.result(timeout=60)
    with pytest.raises(ModelError, match="an open connection to .* actual: closed"):
        model.reply(ASK, OPTIONS)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [({"connections": 0}, "at least 1 connection"), ({"requests_per_minute": 0.0}, "requests_per_minute above 0")],
)
def test_settings_out_of_range_are_named(settings: dict[str, Any], fault: str) -> None:
    pytest.importorskip("openai")
    with pytest.raises(ValueError, match=fault):
        ServerChatModel("small", base_url="http://127.0.0.1:9/v1", **settings)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingModelError, match="OPENAI_API_KEY"):
        ServerChatModel("small")


def test_a_server_completes_a_judges_prompt(stub: StubServer) -> None:
    assert load_causal_lm(f"{stub.address}#small").generate(ASK, max_tokens=9, temperature=0.5) == "1, it is."
    assert stub.requests[-1]["temperature"] == 0.5


def test_a_server_that_fails_a_judge_is_named(stub: StubServer) -> None:
    stub.answer = lambda body: refuse(400, "unknown model")
    with pytest.raises(ConnectionError, match="expected an answer from http://127.0.0.1"):
        ServerLM("unknown", base_url=stub.address, patience=0).generate(ASK)
    with pytest.raises(ConnectionError, match="expected an answer"):
        ServerLM("small", base_url="http://127.0.0.1:9/v1", patience=0, timeout=2).generate(ASK)
    with pytest.raises(ValueError, match="expected a model's name"):
        load_causal_lm(stub.address)
