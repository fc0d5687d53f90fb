"""Judges on servers: log-probabilities where there are any, else the answer in words, and never chance in silence."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.judges.language_model import LanguageModelJudge
from find_gym.judges.protocol import Execution
from find_gym.language import ModelError, load_causal_lm
from find_gym.language.named_options import named_option
from find_gym.language.server import ServerLM
from tests.language.stub import Answer, StubServer, completion, refuse

NUMBERS = ["1", "2", "3"]
SECOND = [-20.0, 0.0, -20.0]


@pytest.fixture
def stub() -> Iterator[StubServer]:
    pytest.importorskip("openai")
    server = StubServer(lambda body: completion("2"))
    yield server
    server.kill()


def tokens(*top: tuple[str, float]) -> dict[str, Any]:
    """Returns the log-probabilities of a first token."""
    listed = [{"token": token, "logprob": value, "bytes": None} for token, value in top]
    return {"content": [{**listed[0], "top_logprobs": listed}]}


def rate(stub: StubServer, question: str = "Which one?") -> list[float]:
    return ServerLM("m", base_url=stub.address, patience=0).option_logprobs(question, NUMBERS).tolist()


def test_log_probabilities_are_read(stub: StubServer) -> None:
    stub.answer = lambda body: completion("1", logprobs=tokens((" 1", -0.5), ("1", -2.0)))
    model = load_causal_lm(f"{stub.address}#small")
    rated = model.option_logprobs([{"role": "user", "content": "Which one?"}], ["1", "0"])
    assert model.name == "small"
    assert np.isclose(rated[0], np.logaddexp(-0.5, -2.0)) and rated[1] == -3.0
    assert stub.requests[0]["messages"] == [{"role": "user", "content": "Which one?"}]
    assert (stub.requests[0]["max_tokens"], stub.requests[0]["top_logprobs"]) == (1, 20)


@pytest.mark.parametrize(
    "text",
    [
        "2", " 2.", "**2**", "The answer is 2.", "<think>1 or 3? No.</think>2", "hm, 1?</think>\n\nAnswer: **2**",
        "Of the 3 options, number 2 fits best.", "2, because 1 and 3 are far from it", "I would say\n\n\\boxed{2}",
        "<|channel|>analysis<|message|>3?<|end|><|start|>assistant<|channel|>final<|message|>2", "[THINK]3[/THINK]2",
        "Option 1 and option 3 are out. My answer: option 2. (Not 1 or 3.)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("logprobs", [None, {"content": None}, tokens(("<think>", 0.0)), tokens(("The", -0.1))])
def test_an_answer_in_words_is_read(text: str, logprobs: Any, stub: StubServer) -> None:
    stub.answer = lambda body: completion(text, logprobs=logprobs)
    assert rate(stub) == SECOND
    assert len(stub.requests) == 2 and stub.requests[1]["max_tokens"] >= 1024


@pytest.mark.parametrize(
    ("refusal", "most", "asked"),
    [
        ("logprobs is not supported", 0, [20, None]),
        ("top_logprobs must be less than or equal to 5", 5, [20, 5]),
        ("This server gives no top_logprobs", 0, [20, None]),
    ],
)
def test_refused_log_probabilities_are_fewer_or_none(
    refusal: str, most: int, asked: list[int], stub: StubServer
) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        if body.get("top_logprobs", 0) > most:
            return refuse(400, refusal)
        return completion("2", logprobs=tokens(("2", -0.25)) if "logprobs" in body else None)

    stub.answer = answer
    expected = [-1.25, -0.25, -1.25] if most else SECOND
    assert rate(stub) == expected
    assert [body.get("top_logprobs") for body in stub.requests][:2] == asked


def test_a_judge_that_thinks_is_not_asked_for_log_probabilities_again(
    stub: StubServer, caplog: pytest.LogCaptureFixture
) -> None:
    stub.answer = lambda body: completion("<think>hm</think>2", logprobs=tokens(("<think>", 0.0)))
    judge = ServerLM("m", base_url=stub.address)
    for _ in range(3):
        assert judge.option_logprobs("Which one?", NUMBERS).tolist() == SECOND
    assert ["logprobs" in body for body in stub.requests] == [True, False, False, False]
    assert sum("answers in words" in record.message for record in caplog.records) == 1


def test_one_that_names_no_option_is_asked_more_plainly(stub: StubServer) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        plainly = "nothing but one of: 1, 2, 3" in body["messages"][-1]["content"]
        return completion("2" if plainly else "That is hard to tell.")

    stub.answer = answer
    assert rate(stub) == SECOND


@pytest.mark.parametrize(
    "answer",
    [
        completion("I can't tell."),
        completion(None),
        completion(None, refusal="no"),
        completion("<think>so 2, or 3", finish_reason="length"),
    ],
)
def test_one_that_never_names_an_option_is_an_error_and_no_chance(answer: Answer, stub: StubServer) -> None:
    stub.answer = lambda body: answer
    with pytest.raises(ModelError, match="expected an answer of m that names one of"):
        rate(stub)
    assert len(stub.requests) == 3


@given(
    option=st.integers(0, 2),
    style=st.sampled_from(["{}", "({})", "**{}**", "Answer: {}", "So the answer is {}!", "It is {}", "\n{}", "\n`{}`"]),
    thought=st.sampled_from(["", "<think>1, 2 or 3</think>", "<think>3\n</think>\n\n"]),
    choices=st.permutations(["1", "2", "3"]),
)
def test_any_style_names_its_option(option: int, style: str, thought: str, choices: list[str]) -> None:
    assert named_option(thought + style.format(choices[option]), choices) == option


@pytest.mark.parametrize("text", ["", "none", "12", "1.5", "x2", "<think>2", "2nd thoughts"])
def test_what_names_none_is_none(text: str) -> None:
    assert named_option(text, NUMBERS) is None
    assert named_option("YES", ["no", "yes"]) == 1


@pytest.mark.parametrize("silent_from", [99, 0, 2])
def test_many_prompts_are_rated_as_one_by_one(silent_from: int, stub: StubServer) -> None:
    """Whether the server tells log-probabilities to all prompts, to none, or no longer from one of them on."""

    def answer(body: dict[str, Any]) -> Any:
        number = int(body["messages"][0]["content"])
        if number >= silent_from or "logprobs" not in body:
            return completion(f"I take {1 + number % 2}.")
        return completion("1", logprobs=tokens(("1", -0.5 - number), ("2", -1.5)))

    stub.answer = answer
    prompts = [str(number) for number in range(6)]
    many = ServerLM("m", base_url=stub.address, patience=0).option_logprobs_many(prompts, NUMBERS)
    single = ServerLM("m", base_url=stub.address, patience=0)
    assert many.tolist() == [single.option_logprobs(prompt, NUMBERS).tolist() for prompt in prompts]
    assert single.option_logprobs_many([], NUMBERS).shape == (0, len(NUMBERS))


def test_a_judge_asks_a_server_about_all_tests_at_once(stub: StubServer) -> None:
    def answer(body: dict[str, Any]) -> Any:
        place = body["messages"][0]["content"].index("tee")
        return completion("1", logprobs=tokens(("1", -place / 1000), ("2", -1.0)))

    stub.answer = answer
    options = [[Execution("tee"), Execution("jam")], [Execution("oven"), Execution("tee")]]
    model = ServerLM("m", base_url=stub.address, patience=0)
    ratings = LanguageModelJudge(model).rate("golf", options)

    class OneByOne:
        name = "m"
        option_logprobs = model.option_logprobs

    assert ratings.shape == (2, 2)
    assert ratings.tolist() == LanguageModelJudge(OneByOne()).rate("golf", options).tolist()
