"""The paper's own protocol for string code, its faults behind switches, so that figures can be compared with its own.

Source: Schwettmann et al. 2023 and its reference scripts. A description's code is run on 10 held inputs of the
function; its score is the share of exactly right outputs, and the benchmark's the mean over functions. An example after
the function that fails (a loop with prints, say) does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from find_gym.core.parsing import read_literal
from find_gym.sandbox import Limits, run_code

_LABEL = "[CODE]:"
_FENCED = re.compile(r"```(?:[A-Za-z]+)?[ \t]*\n?(.*?)```", re.DOTALL)
_DEFINITION = re.compile(r"def\s+([A-Za-z_]\w*)\s*\(")
_RAISED = object()
# The reference scripts run the code where these have been imported.
_PREAMBLE = "import math, random, re, string\nimport numpy as np\nimport numpy\n"


@dataclass(frozen=True)
class PaperFaults:
    """The faults of the reference script, each with a switch; all are on as it was written.

    Attributes:
        stop_at_exception: the first exception counts as one wrong answer and the inputs after it as none at all, so
            that they drop out of the function's share.
        inputs_by_text: inputs are pasted between quotes into a line of code, so one with a quote raises and one with a
            backslash may become another.
    """

    stop_at_exception: bool = True
    inputs_by_text: bool = True


AS_WRITTEN = PaperFaults()
# Inputs arrive as they are, and an exception costs its own input and no other.
WITHOUT_FAULTS = PaperFaults(stop_at_exception=False, inputs_by_text=False)


def extract_code(answer: str) -> str:
    """Returns the last fenced block after the last "[CODE]:" of an interpreter's answer, or "" if there is none."""
    _, label, rest = answer.rpartition(_LABEL)
    blocks = _FENCED.findall(rest) if label else []
    return blocks[-1] if blocks else ""


def paper_string_score(
    code: str,
    pairs: Sequence[tuple[str, str]],
    *,
    faults: PaperFaults = AS_WRITTEN,
    limits: Limits | None = None,
) -> float:
    """Scores code as the paper does. The code runs in the sandbox.

    Args:
        code: Python source; the name after its last `def` is called.
        pairs: held inputs with the true outputs.
        faults: which faults of the reference script to copy.
        limits: what the code may use.

    Returns:
        The share of right outputs, in [0, 1].
    """
    answers = _answers(code, [text for text, _ in pairs], faults, limits or Limits())
    right: list[bool] = []
    for answer, (_, output) in zip(answers, pairs, strict=True):
        right.append(answer == output)
        if answer is _RAISED and faults.stop_at_exception:
            break
    return sum(right) / len(right) if right else 0.0


def _answers(code: str, inputs: list[str], faults: PaperFaults, limits: Limits) -> list[Any]:
    """Runs code; `_RAISED` where it raised, and everywhere if it could not be run."""
    names = _DEFINITION.findall(code)
    if not names:
        return [_RAISED] * len(inputs)
    passed = [_pasted(text) if faults.inputs_by_text else text for text in inputs]
    called = [text for text in passed if text is not None]
    result = run_code(_PREAMBLE + code, called, entry_point=names[-1], limits=limits, tolerate_top_level_errors=True)
    answered = iter(
        value if error is None else _RAISED for value, error in zip(result.values, result.errors, strict=True)
    )
    return [_RAISED if text is None else next(answered) for text in passed]


def _pasted(text: str) -> str | None:
    """Returns the string that the text is between quotes in a line of code, or None where that is no string."""
    try:
        value = read_literal(f"'{text}'")
    except ValueError:
        return None
    return value if isinstance(value, str) else None
