"""What a submission answers to strings, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from find_gym.categories.strings.probes import PROBES, large_probe_set
from find_gym.core.registry import category_named
from find_gym.scoring import MalformedError, prepare_code
from find_gym_agents.categories.comparing import compare
from find_gym_agents.runs.records import EpisodeRecord

# Inputs of many kinds, shown where they were not asked: there an answer that was only memorised is wrong.
_KINDS = (0, 8, 15, 16, 23, 28, 32, 33, 36)


def compare_answers(record: EpisodeRecord, function: Any) -> dict[str, Any]:
    """Sets the submission's answers beside the true ones; see `compare`."""
    return compare(record, function, _others(), partial(_predict, record), lambda answer, output: answer == output)


def _others() -> list[str]:
    """Returns inputs that may be shown besides the queries: some of the probes first."""
    return [*(PROBES[index] for index in _KINDS), *large_probe_set()[len(PROBES) :]]


def _predict(record: EpisodeRecord, inputs: Sequence[str]) -> list[Any]:
    """Returns the submission's answers; None for all of them where there is none or its code can't be run."""
    submission = record.submission or {}
    program = submission.get("program")
    if program is not None:
        functions = category_named(record.category)
        answers: list[str] = functions.make(functions.read_spec(program)).truth(inputs)
        return answers
    try:
        return list(prepare_code(submission.get("code", ""), cap=None).run(inputs).values)
    except MalformedError:
        return [None] * len(inputs)
