"""What goes into the sandbox and what comes out: limits, failure kinds, results, and the one error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MEBIBYTE = 1 << 20
MAX_SECONDS = 1_000_000
MAX_BYTES = 1 << 60


class SandboxError(RuntimeError):
    """The sandbox itself failed, so nothing is known about the submission.

    It is never a property of the submitted code and must never be turned into a score.
    """


class Status(StrEnum):
    """How a submission ended."""

    OK = "ok"
    """The function was called on every input and answered at least one of them."""
    MALFORMED = "malformed"
    """Not code with a function in it: a syntax error, no top-level ``def``, not text, too long."""
    RAISED = "raised"
    """The top-level code raised, or every single call did, or the interpreter crashed or was left."""
    TIMED_OUT = "timed_out"
    """The CPU time ran out, or it slept for too long."""
    OUT_OF_MEMORY = "out_of_memory"
    """A ``MemoryError`` escaped, or the outputs are larger than ``Limits.output_bytes``."""
    FORBIDDEN = "forbidden"
    """It tried something that no pure function needs, or wrote to the result channel itself."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use up, all of its inputs together.

    Attributes:
        wall_seconds: Real time for which the code sleeps, or waits for something that is not a processor. It is counted
            in ticks of about 10 ms, so that shorter naps pass. Time in which the machine gives it no processor never
            counts.
        cpu_seconds: Processor time of the submission's process.
        answer_seconds: Processor time until its code is loaded, and then for each answer, as far as the machine shows
            it; ``None`` for no limit but the whole. It is looked at in ticks of about 10 ms.
        memory_bytes: Address space above what the interpreter with its imports already has.
        output_bytes: Size of all encoded outputs (9 bytes for a float at most).
        source_bytes: Size of the source in UTF-8.
        input_bytes: Size of all encoded inputs; going beyond it is an error of the caller.
    """

    wall_seconds: float = 2.0
    cpu_seconds: float = 2.0
    answer_seconds: float | None = None
    memory_bytes: int = 512 * MEBIBYTE
    output_bytes: int = MEBIBYTE
    source_bytes: int = MEBIBYTE
    input_bytes: int = 64 * MEBIBYTE

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            ceiling = MAX_SECONDS if name.endswith("_seconds") else MAX_BYTES
            if value is not None and not 0 < value <= ceiling:
                raise ValueError(f"expected {name} above 0 and at most {ceiling}, actual value: {value!r}")


@dataclass(frozen=True)
class Result:
    """The outcome of one submission.

    Attributes:
        status: How it ended.
        values: One per input, in order; ``None`` where that call failed. When the status is neither
            ``OK`` nor ``RAISED``, all of them are ``None``.
        errors: One per input: ``None`` where the call answered (the answer may itself be ``None``),
            otherwise such as ``"ZeroDivisionError: division by zero"``.
        message: The reason in words for a status other than ``OK``, else ``""``.
        discreet_message: The same without any text that the code could make out of its inputs: at most the type of an
            exception, if it is one of Python's own, and a line of the source. It may be shown where inputs are secret;
            ``message`` and ``errors`` may not.
    """

    status: Status
    values: tuple[Any, ...]
    errors: tuple[str | None, ...]
    message: str = ""
    discreet_message: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is ``OK``."""
        return self.status is Status.OK


def failed(status: Status, message: str, count: int, discreet_message: str | None = None) -> Result:
    """Return the result of a submission that gave no output for any of its ``count`` inputs.

    Without a ``discreet_message``, the message tells nothing of the inputs.
    """
    discreet = message if discreet_message is None else discreet_message
    return Result(status, (None,) * count, (message,) * count, message, discreet)
