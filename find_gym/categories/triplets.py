"""The published unit tests: which of three executions is the function's own?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Triplet:
    """One question of a unit test: which of three executions is the function's own?

    Attributes:
        inputs: the three inputs.
        outputs: what three functions answered, each on its input.
        correct: the index of the function's own, from 0 (the files count from 1).
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    correct: int

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            if not all(isinstance(value, str) for value in getattr(self, name)):
                raise ValueError(f"expected strings as {name} of a triplet, actual value: {getattr(self, name)!r}")
        if not len(self.inputs) == len(self.outputs) > self.correct >= 0:
            raise ValueError(
                f"expected as many inputs as outputs and the index of one of them as correct, actual: {self}"
            )

    @property
    def pair(self) -> tuple[str, str]:
        """The function's own input and output."""
        return self.inputs[self.correct], self.outputs[self.correct]
