"""The room's front door."""

from find_gym.sandbox import Status, run_code


def test_runs_code_and_keeps_going_after_an_exception():
    result = run_code("def f(x): return 1 / x", [2.0, 0.0])
    assert result.status is Status.OK
    assert result.values == (0.5, None)
    assert result.errors[0] is None and result.errors[1].startswith("ZeroDivisionError")
