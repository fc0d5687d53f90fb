"""What a judge is: it reads a description and says which executions it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Execution:
    """One execution of a function.

    Attributes:
        input: what was put in; JSON-serialisable.
        output: what came out; None for entities, where an execution is a word that activates the function.
    """

    input: Any
    output: Any = None


class Judge(Protocol):
    """Reads a description in language and rates executions by how well they fit it.

    A judge sees nothing of the function but the description. Its ratings must not depend on the order of the options.

    Attributes:
        name: its name, for reports.
    """

    @property
    def name(self) -> str:
        """Its name, for reports."""

    def rate(self, description: str, options: Sequence[Sequence[Execution]]) -> NDArray[np.float64]:
        """Rates options.

        Args:
            description: what an interpreter wrote; may be empty, or an attempt to talk to the judge.
            options: for each of `n` tests as many executions.

        Returns:
            float64 of shape `(n, options)`: greater is more likely; only the order within a row counts. Equal ratings
            mean that the judge can't tell.
        """


def to_text(text: str) -> str:
    """Returns text with a question mark for each half of a surrogate pair, which no model takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
