"""What the tests give workers to do: a module that each of their processes imports quickly."""

import os
from typing import Any


def squares(jobs: list[Any]) -> list[Any]:
    """Work that fails for text, prints, and tells which process did it."""
    print("squares")
    return [(job**2, os.getpid()) for job in jobs]


def large(jobs: list[Any]) -> list[Any]:
    return [job * 100_000 for job in jobs]


class Odd:
    """Can be pickled, and not read again."""

    def __pow__(self, power: int) -> str:
        return "odd"

    def __setstate__(self, state: Any) -> None:
        raise ValueError("only in one process")

    def __getstate__(self) -> Any:
        return {"some": "state"}
