"""From an ending to a result: nothing that a process can leave behind confuses the caller."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.sandbox import Limits, Status
from find_gym.sandbox._codec import encode
from find_gym.sandbox._verdict import Ending, judge

from .test_codec import deterministic, values

LIMITS = Limits()
BIG = 1 << 20


def report(kind, message, outputs, errors) -> Ending:
    return Ending(encode((kind, message, outputs, errors), BIG), exit_status=0)


def test_an_honest_report_is_believed():
    result = judge(report("done", "", [1, None, None], [("E: e", [2])]), 3, LIMITS)
    assert result.status is Status.OK
    assert result.values == (1, None, None) and result.errors == (None, None, "E: e")


def test_all_inputs_failing_is_raised():
    result = judge(report("done", "", [None, None], [("E", [0]), ("F", [1])]), 2, LIMITS)
    assert result.status is Status.RAISED and result.errors == ("E", "F")


@pytest.mark.parametrize("kind", ["malformed", "raised", "out_of_memory", "forbidden"])
def test_failures_of_the_whole(kind):
    result = judge(report(kind, "why\ud800", [], []), 2, LIMITS)
    assert result.status == kind and result.message == r"why\ud800" and result.values == (None, None)


@pytest.mark.parametrize(
    "fields",
    [
        ("ok", "", [1], []),
        ("timed_out", "", [], []),
        ("done", "", [], []),
        ("done", "", [1, 2], []),
        ("done", "", [1], [("e", [0])]),
        ("done", "", [None], [("e", [1])]),
        ("done", "", [None], [("e", [-1])]),
        ("done", "", [None], [("e", [True])]),
        ("done", "", [None], [("e", 0)]),
        ("done", "", [None], [(0, [0])]),
        ("done", "", [None], ["e"]),
        ("done", 1, [1], []),
        ("done", "", (1,), []),
        (1, "", [1], []),
        ("done", "", [1]),
        [],
        "done",
        None,
    ],
)
def test_what_is_not_quite_a_report_is_forged(fields):
    result = judge(Ending(encode(fields, BIG), exit_status=0), 1, LIMITS)
    assert result.status is Status.FORBIDDEN and "channel" in result.message


@pytest.mark.parametrize(
    ("ending", "status", "words"),
    [
        (Ending(b"", exit_status=3), Status.RAISED, "exit status 3"),
        (Ending(b"junk", exit_status=0), Status.FORBIDDEN, "channel"),
        (Ending(b"", signal=signal.SIGSEGV), Status.RAISED, "SIGSEGV"),
        (Ending(b"", signal=40), Status.RAISED, "signal 40"),
        (Ending(b"", signal=signal.SIGPROF), Status.TIMED_OUT, "CPU"),
        (Ending(b"", signal=signal.SIGXCPU), Status.TIMED_OUT, "CPU"),
        (Ending(b"", signal=signal.SIGSYS), Status.FORBIDDEN, "allow-list"),
        (Ending(b"", signal=signal.SIGKILL), Status.OUT_OF_MEMORY, "memory"),
        (Ending(b"", signal=signal.SIGKILL, stopped="deadline"), Status.TIMED_OUT, "2 s"),
        (Ending(b"", signal=signal.SIGKILL, stopped="overflow"), Status.FORBIDDEN, "bytes"),
        (Ending(b"", signal=signal.SIGKILL, refused_call=9999), Status.FORBIDDEN, "9999"),
        (Ending(b"", signal=signal.SIGKILL, refused_call=0, stopped="deadline"), Status.FORBIDDEN, "system call"),
    ],
)
def test_endings_without_a_report(ending, status, words):
    result = judge(ending, 2, LIMITS)
    assert result.status is status and words in result.message
    assert result.values == (None, None) and result.errors == (result.message,) * 2


@deterministic(300)
@given(st.binary(max_size=100), st.integers(0, 3))
def test_arbitrary_bytes_always_give_a_result(data, count):
    result = judge(Ending(data, exit_status=0), count, LIMITS)
    assert result.status in set(Status) and len(result.values) == len(result.errors) == count


@deterministic(300)
@given(values | st.tuples(st.sampled_from(["done", "raised", "x"]), values, values, values), st.integers(0, 3))
def test_arbitrary_values_always_give_a_result(value, count):
    result = judge(Ending(encode(value, BIG), exit_status=0), count, LIMITS)
    assert len(result.values) == len(result.errors) == count
    repr(result).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("field", Limits.__dataclass_fields__)
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_positive_and_finite(field, value):
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})
