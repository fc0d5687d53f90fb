"""Plans: fits as generators that ask for refinements, so that those of many fits are worked out at once.

A plan yields a list of requests and is sent their answers in the same order. `run` takes one request list from every
unfinished plan at a time and answers all of them together. The answers do not depend on what is asked beside them: one
fit alone and the same fit among a thousand give the same constants, bit for bit.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import numpy as np

from find_gym.categories.numeric.fitting.refinement import Answer, Refinement, answer

Result = TypeVar("Result")
Plan = Generator[list[Refinement], list[Answer], Result]


def run(plans: Sequence[Plan[Result]]) -> list[Result]:
    """Carries out plans side by side and returns what they return, in the same order."""
    with np.errstate(all="ignore"):
        return _finish(gather(plans))


def _finish(plan: Plan[list[Result]]) -> list[Result]:
    try:
        requests = next(plan)
        while True:
            requests = plan.send(answer(requests))
    except StopIteration as stop:
        results: list[Result] = stop.value
        return results


def gather(plans: Sequence[Plan[Result]]) -> Plan[list[Result]]:
    """Makes one plan of several, in lockstep; it returns what they return, in the same order."""
    results: list[Any] = [None] * len(plans)
    replies: list[tuple[int, Any]] = [(index, None) for index in range(len(plans))]
    while True:
        requests: list[Refinement] = []
        asked: list[tuple[int, int]] = []
        for index, reply in replies:
            try:
                own = plans[index].send(reply)
            except StopIteration as stop:
                results[index] = stop.value
                continue
            requests += own
            asked.append((index, len(own)))
        if not asked:
            return results
        answers = yield requests
        replies, position = [], 0
        for index, count in asked:
            replies.append((index, answers[position : position + count]))
            position += count
