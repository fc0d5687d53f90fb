"""String functions: the immutable spec, and the function that it defines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any, ClassVar, Literal, Protocol, overload

import numpy as np

from find_gym.categories.strings import programs, writing
from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.followed import Followed
from find_gym.categories.strings.probes import PROBES, answers_to_probes
from find_gym.categories.strings.programs import Program, Step
from find_gym.core.specs import Spec, SpecFunction
from find_gym.core.splits import split_of


@dataclass(frozen=True)
class StringSpec(Spec):
    """All there is to a string function.

    Attributes:
        program: operations and branches, in the order in which they are applied.
        seed: seeds the draws of stochastic operations; a non-negative integer.
    """

    category: ClassVar[str] = "strings"

    program: Program
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "program", tuple(self.program))

    @property
    def family(self) -> str:
        """The last operation's name, or "branch"."""
        if not self.program:
            return "identity"
        return self.program[-1].name if isinstance(self.program[-1], Step) else "branch"

    @property
    def variant(self) -> Literal["plain", "stochastic", "corrupted"]:
        """How the function is served: "plain", "stochastic", or "corrupted" (some strings follow another rule)."""
        if programs.has_branches(self.program):
            return "corrupted"
        return "stochastic" if programs.is_stochastic(self.program) else "plain"

    @property
    def canonical(self) -> str:
        """A text that is the same for programs that can't be told apart by the probes.

        So two names of one operation, or two operations that commute, are one function.
        """
        answers = answers_to_probes(self.program)
        # As `json.dumps` writes them, in a fraction of its time: all at once, with a character between that FIND's
        # operations do not write.
        written = encode_basestring_ascii("~".join(answers))
        if written.count("~") < len(answers):
            return "[" + written.replace("~", '", "') + "]"
        return f"[{', '.join(map(encode_basestring_ascii, answers))}]"

    @property
    def split(self) -> str:
        """The split that the function belongs to: "train", "validation" or "test"."""
        return split_of(f"strings:{self.canonical}")

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {"category": self.category, "program": programs.to_json(self.program), "seed": self.seed}

    @staticmethod
    def from_json(data: Any) -> StringSpec:
        """Reads the data that `to_json` writes.

        Raises:
            ValueError: the data are not a string spec; the message names what was expected.
        """
        try:
            return StringSpec(programs.from_json(data["program"]), int(data.get("seed", 0)))
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"expected a string spec (program, seed), actual value: {data!r} ({type(error).__name__}: {error})"
            ) from error


class StringBlackBox(Protocol):
    """What the environment and the scorers need of a function; `StringFunction` has it."""

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for the function's draws."""

    def __call__(self, inputs: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each input."""

    def truth(self, inputs: Sequence[str]) -> list[str]:
        """Returns the outputs without noise."""

    def sides(self, inputs: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns, for each input, whether it is an exception to each rule; empty tuples where there are none."""

    def follow(self, inputs: AsciiStrings) -> Followed:
        """Returns the outputs without noise, and which rule each input follows."""

    def describe(self) -> str:
        """Describes the function in English."""

    def source(self) -> str:
        """Writes the truth as Python."""


class StringFunction(SpecFunction):
    """A black box from strings to strings, with its truth.

    Args:
        spec: defines the function.

    Example:
        >>> from find_gym.categories.strings.function import StringFunction, StringSpec
        >>> from find_gym.categories.strings.programs import Step
        >>> function = StringFunction(StringSpec((Step("remove_digits"), Step("string_concatenate", ("Oh",)))))
        >>> function(["ab12", ""])
        ['abOh', 'Oh']
        >>> function.describe()
        "It removes all digits from the string; then it appends 'Oh' to the result."
    """

    category = "strings"

    def __init__(self, spec: StringSpec) -> None:
        self.spec = spec

    @property
    def is_stochastic(self) -> bool:
        """Whether two queries at the same input may differ."""
        return programs.is_stochastic(self.spec.program)

    def __call__(self, inputs: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query.

        Args:
            inputs: any strings.
            rng: draws for stochastic operations; needed by functions that have some.

        Returns:
            One output for each input.
        """
        if rng is None and self.is_stochastic:
            raise TypeError("expected a numpy.random.Generator for a stochastic function, actual value: None")
        return programs.run(self.spec.program, check_inputs(inputs), rng)

    @overload
    def truth(self, inputs: AsciiStrings) -> AsciiStrings | list[str]: ...  # type: ignore[overload-overlap]

    @overload
    def truth(self, inputs: Sequence[str]) -> list[str]: ...

    def truth(self, inputs: Sequence[str]) -> AsciiStrings | list[str]:
        """Returns the outputs without noise: those of the program without its stochastic operations.

        Those at `AsciiStrings` are such again, if they are ASCII.
        """
        if inputs is PROBES:
            return list(answers_to_probes(self.spec.program))
        return programs.run(self.spec.program, check_inputs(inputs))

    def sides(self, inputs: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns, for each input, whether it meets the condition of each branch: inputs alike follow one rule."""
        return programs.sides(self.spec.program, check_inputs(inputs))

    def follow(self, inputs: AsciiStrings) -> Followed:
        """Returns the outputs without noise, and which rule each input follows."""
        return programs.follow(self.spec.program, inputs)

    def describe(self) -> str:
        """Describes the function in English."""
        return f"It {programs.english(self.spec.program)}."

    def source(self) -> str:
        """Writes the truth as a readable, runnable Python module whose last function is `f(s)`."""
        return writing.source(self.spec.program)


def check_inputs(inputs: Sequence[str]) -> Sequence[str]:
    """Returns the inputs if they are strings; a `TypeError` says what came instead."""
    if isinstance(inputs, AsciiStrings):
        return inputs
    if isinstance(inputs, str) or not all(issubclass(kind, str) for kind in set(map(type, inputs))):
        raise TypeError(f"expected a list of strings, actual value: {inputs!r}")
    return inputs
