"""Reflection: a part of the outputs is held back from the model, and its first submission is compared with them.

Nothing but what the environment answered goes into the comparison, and submitted code runs in the sandbox only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from find_gym.core.registry import category_named
from find_gym.interfaces.quoting import escape_controls, quote_values
from find_gym.interfaces.text import write_pairs
from find_gym.sandbox import Status
from find_gym.scoring import MalformedError, Submission, prepare_code

Pair = tuple[Any, Any]

# Of a query with this many inputs or more, every fourth output is held back.
_EVERY = 4
_MOST_ROWS = 20
_LONGEST = 300
_GREATEST = sys.float_info.max


def hold_back(inputs: Sequence[Any], outputs: Sequence[Any]) -> tuple[list[Pair], list[Pair]]:
    """Returns the pairs of a query that the model is shown, and those that are held back from it."""
    pairs = list(zip(inputs, outputs, strict=True))
    held = [pair for place, pair in enumerate(pairs, start=1) if place % _EVERY == 0]
    return [pair for place, pair in enumerate(pairs, start=1) if place % _EVERY], held


def describe_outputs(shown: Sequence[Pair], held: Sequence[Pair], rest: str) -> str:
    """Returns the answer to a query of which a part is held back.

    Args:
        shown: the pairs that the model is shown.
        held: the others.
        rest: the lines of the environment's answer below the outputs.
    """
    count = len(shown) + len(held)
    lines = [
        "OUTPUTS",
        write_pairs(shown),
        f"Of the {count} inputs that you asked for, the outputs of {len(held)} are held back, to check your submission "
        f"with: {quote_values(value for value, _ in held)}",
    ]
    return "\n".join([*lines, rest] if rest else lines)


def review(category: str, submission: Submission, held: Sequence[Pair]) -> str | None:
    """Compares a submission with the outputs that were held back.

    Args:
        category: the category of functions.
        submission: the model's first submission.
        held: inputs with their true outputs as the environment answered them.

    Returns:
        What to tell the model; None where its code gives all of them.

    Raises:
        SandboxError: the sandbox failed.
    """
    if category_named(category).code_cap is not None:
        problem = _differences(category, submission.code, held)
        if problem is None:
            return None
    else:
        problem = (
            "Check your description by these inputs, whose outputs were held back:\n"
            f"{_rows((_text(value), _text(output)) for value, output in held)}\nDoes it agree with all of them?"
        )
    return (
        f"Your submission has not been handed in yet. {problem}\n"
        "You can't query any more. Send the submission again, revised or as it was: this is final."
    )


def _differences(category: str, code: str, held: Sequence[Pair]) -> str | None:
    """Runs code on the held inputs and says where it departs from their outputs; None where it does not."""
    try:
        prepared = prepare_code(code, cap=category_named(category).code_cap)
    except MalformedError as error:
        return f"Its code can't be used: {escape_controls(str(error))[:_LONGEST]}"
    result = prepared.run([value for value, _ in held])
    if result.status is not Status.OK:
        return f"Its code failed ({result.status}): {escape_controls(result.message)[:_LONGEST]}"
    rows = [
        (_text(value), f"{_text(output)}, your code: {_text(_plain(answer)) if error is None else 'raised an error'}")
        for (value, output), answer, error in zip(held, result.values, result.errors, strict=True)
        if error is not None or not _same(answer, output)
    ]
    if not rows:
        return None
    return (
        f"Of {len(held)} inputs whose outputs were held back, its code gives another output on {len(rows)}:\n"
        f"{_rows(rows)}\n"
        "(Where outputs are noisy, small differences mean nothing.)"
    )


def _same(answer: Any, output: Any) -> bool:
    if isinstance(output, str):
        return bool(answer == output)
    answer = _plain(answer)
    if answer is None or output is None:
        return answer is None and output is None
    return bool(np.isclose(answer, output, rtol=1e-6, atol=1e-9))


def _plain(answer: Any) -> Any:
    """Returns an answer as the environment shows outputs: None for what is no finite number, text as it is."""
    if isinstance(answer, str):
        return answer
    return float(answer) if isinstance(answer, (int, float)) and abs(answer) <= _GREATEST else None


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{value}: {text}" for value, text in islice(rows, _MOST_ROWS))


def _text(value: Any) -> str:
    """Returns a value as JSON, cut if it is long."""
    text = quote_values([value])[1:-1]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
