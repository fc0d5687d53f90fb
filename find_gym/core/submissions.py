"""Submissions: what an interpreter hands in, and the caps that keep lookup tables out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from find_gym.core.code import MalformedError, normalise
from find_gym.core.complexity import code_complexity
from find_gym.sandbox import Limits, Result, run_code

__all__ = ["MalformedError", "PreparedCode", "Program", "Submission", "TooComplexError", "prepare_code"]

# Bounds the work of reading code, comments included.
MAX_CODE_BYTES = 8 * 1024


class Program(Protocol):
    """A description in a category's grammar: a spec of that category.

    Attributes:
        category: the category's name.
    """

    category: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Returns the program as JSON-serialisable data."""


@dataclass(frozen=True)
class Submission:
    """A final description of a function.

    Attributes:
        description: what the function does, in language.
        domain: where it departs from that ("x < 3", "none"), in language.
        code: Python source with a function f, or whose last function computes the function.
        program: the description as a program of the category's grammar, in place of code.
    """

    description: str = ""
    domain: str = ""
    code: str = ""
    program: Program | None = None


@dataclass(frozen=True)
class PreparedCode:
    """Submitted code as it is run.

    Attributes:
        source: the code in normal form: no names of its own, nothing that the function does not reach.
        entry_point: the name of the function to call.
        complexity: how long it is, in bits.
    """

    source: str
    entry_point: str
    complexity: float

    def run(self, inputs: Sequence[Any], limits: Limits | None = None) -> Result:
        """Calls the function on each input, in the sandbox."""
        return run_code(
            self.source,
            inputs,
            entry_point=self.entry_point,
            limits=limits or Limits(),
            tolerate_top_level_errors=True,
        )


class TooComplexError(MalformedError):
    """Code beyond the cap on complexity.

    Attributes:
        prepared: the code, which may be run all the same.
    """

    def __init__(self, prepared: PreparedCode, cap: float) -> None:
        super().__init__(
            f"expected code of at most {cap:.0f} bits of complexity (numbers and texts count most), actual: "
            f"{prepared.complexity:.0f}"
        )
        self.prepared = prepared


def prepare_code(code: str, *, cap: float | None) -> PreparedCode:
    """Checks submitted code and brings it into the form that is run.

    The function f is the one that counts, or else the last one; see `find_gym.core.code.normalise`.

    Args:
        code: Python source.
        cap: the greatest complexity, in bits; None lifts it, and the cap on bytes (the source of a network is its
            weights).

    Returns:
        The code to run.

    Raises:
        TooComplexError: it exceeds the cap.
        MalformedError: the code is empty, is not Python, has no function, or has something that is not allowed.
    """
    if not code.strip():
        raise MalformedError("expected Python code with a function, actual: no code")
    size = len(code.encode("utf-8", "surrogatepass"))
    if cap is not None and size > MAX_CODE_BYTES:
        raise MalformedError(f"expected at most {MAX_CODE_BYTES} bytes of code, actual: {size}")
    form = normalise(code)
    prepared = PreparedCode(form.source, form.entry_point, code_complexity(form))
    if cap is not None and prepared.complexity > cap:
        raise TooComplexError(prepared, cap)
    return prepared
