"""From an termination to a result: nothing that a process can leave behind confuses the caller."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.sandbox import Limits, Status
from find_gym.sandbox._codec import encode
from find_gym.sandbox._verdict import Termination, judge

from .test_codec import deterministic, values

LIMITS = Limits()
BIG = 1 << 20
SOURCE = "def f(x):\n    return 1 / x"


def said(*answers: tuple[bytes, object]) -> Termination:
    messages = [kind + encode(value, BIG) for kind, value in answers]
    return Termination(messages, asked=len(messages), exit_status=0)


def failure(value: object, asked: int = 0) -> Termination:
    return Termination(asked=asked, failure=encode(value, BIG), exit_status=0)


def test_honest_answers_are_believed():
    result = judge(said((b"V", 1), (b"V", None), (b"E", ("E", "e", 2))), SOURCE, 3, LIMITS)
    assert result.status is Status.OK
    assert result.values == (1, None, None) and result.errors == (None, None, "E: e")


def test_all_inputs_failing_is_raised():
    result = judge(said((b"E", ("ValueError", "0.25", 2)), (b"E", ("F", "", 0))), SOURCE, 2, LIMITS)
    assert result.status is Status.RAISED and result.errors == ("ValueError: 0.25", "F")
    assert result.message == "raised on every input: ValueError: 0.25"
    assert result.discreet_message == "raised on every input: ValueError in line 2: return 1 / x"


@pytest.mark.parametrize("kind", ["malformed", "raised", "out_of_memory", "forbidden"])
def test_failures_of_the_whole(kind):
    result = judge(failure((kind, "why\ud800", 2)), SOURCE, 2, LIMITS)
    assert result.status == kind and result.message == r"why\ud800" and result.values == (None, None)
    assert result.discreet_message == result.message
    later = judge(failure((kind, "0.25", 2), asked=1), SOURCE, 2, LIMITS)
    assert later.message == "0.25" and later.discreet_message.endswith("in line 2: return 1 / x")


@pytest.mark.parametrize("name", ["x0_25", "open", "__name__", "ValueError: 0.25", "\ud800"])
def test_a_made_up_type_of_exception_is_not_quoted(name):
    result = judge(said((b"E", (name, "0.25", 99))), SOURCE, 1, LIMITS)
    assert result.discreet_message == "raised on every input: an exception"


@pytest.mark.parametrize(
    "value", [("E", "e"), ("E", "e", 0, 0), ["E", "e", 0], ("E", 1, 0), ("E", "e", True), ("E", "e", None), "E", None]
)
def test_what_is_not_quite_a_report_is_forged(value):
    for termination in (said((b"E", value)), failure(value)):
        result = judge(termination, SOURCE, 1, LIMITS)
        assert result.status is Status.FORBIDDEN and "channel" in result.message
    assert judge(failure(("timed_out", "", 0)), SOURCE, 1, LIMITS).status is Status.FORBIDDEN


@pytest.mark.parametrize(
    ("termination", "status", "words"),
    [
        (Termination(exit_status=3), Status.RAISED, "exit status 3"),
        (Termination([b"Vjunk"] * 2, asked=2, exit_status=0), Status.FORBIDDEN, "channel"),
        (Termination([b"VN"] * 2, asked=1, exit_status=0), Status.RAISED, "without an answer"),
        (Termination([b"VN"] * 3, asked=2, exit_status=0), Status.FORBIDDEN, "more answers"),
        (Termination(signal=signal.SIGSEGV), Status.RAISED, "SIGSEGV"),
        (Termination(signal=40), Status.RAISED, "signal 40"),
        (Termination(signal=signal.SIGPROF), Status.TIMED_OUT, "CPU"),
        (Termination(signal=signal.SIGXCPU, stopped="forged"), Status.TIMED_OUT, "CPU"),
        (Termination(signal=signal.SIGSYS), Status.FORBIDDEN, "allow-list"),
        (Termination(signal=signal.SIGKILL), Status.OUT_OF_MEMORY, "memory"),
        (Termination(signal=signal.SIGKILL, stopped="deadline"), Status.TIMED_OUT, "2 s"),
        (Termination(signal=signal.SIGKILL, stopped="overflow"), Status.FORBIDDEN, "bytes"),
        (Termination(signal=signal.SIGKILL, stopped="forged"), Status.FORBIDDEN, "channel"),
        (Termination(signal=signal.SIGKILL, refused_call=9999), Status.FORBIDDEN, "9999"),
        (Termination(signal=signal.SIGKILL, refused_call=0, stopped="deadline"), Status.FORBIDDEN, "system call"),
    ],
)
def test_endings_without_all_answers(termination, status, words):
    result = judge(termination, SOURCE, 2, LIMITS)
    assert result.status is status and words in result.message
    assert result.values == (None, None) and result.errors == (result.message,) * 2
    assert result.discreet_message and "exit status" not in result.discreet_message


@deterministic(300)
@given(st.lists(st.binary(max_size=100), max_size=3), st.none() | st.binary(max_size=100), st.integers(0, 3))
def test_arbitrary_bytes_always_give_a_result(answers, failure, count):
    result = judge(Termination(answers, asked=count, failure=failure, exit_status=0), SOURCE, count, LIMITS)
    assert result.status in set(Status) and len(result.values) == len(result.errors) == count


@deterministic(300)
@given(values | st.tuples(st.sampled_from(["raised", "x"]), values, values), st.sampled_from([b"V", b"E"]))
def test_arbitrary_values_always_give_a_result(value, kind):
    for termination in (said((kind, value)), failure(value), failure(value, asked=1)):
        result = judge(termination, SOURCE, 1, LIMITS)
        assert len(result.values) == len(result.errors) == 1
        repr(result).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("field", Limits.__dataclass_fields__)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_positive_and_finite(field, value):
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})
