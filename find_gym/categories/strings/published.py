"""Published string functions: a description, unit tests, and where there is one a source that is run in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.followed import Followed
from find_gym.categories.strings.function import StringFunction, StringSpec, check_inputs
from find_gym.categories.triplets import Triplet
from find_gym.core.specs import Spec, SpecFunction
from find_gym.core.splits import split_of
from find_gym.sandbox import Limits, Status, run_code

_LIMITS = Limits(wall_seconds=5.0, cpu_seconds=5.0)


@dataclass(frozen=True)
class PublishedStringSpec(Spec):
    """All that is published of a string function.

    Attributes:
        id: its directory's name, such as "f00042".
        description: what it does, in language.
        triplets: its unit tests.
        code: its source, as text; None where it is missing.
    """

    category: ClassVar[str] = "strings"

    id: str
    description: str
    triplets: tuple[Triplet, ...]
    code: str | None = None

    @property
    def family(self) -> str:
        """Always "published": what the source does is not known."""
        return "published"

    @property
    def variant(self) -> str:
        """Always "published"."""
        return "published"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The true inputs and outputs of the unit tests."""
        return [triplet.pair for triplet in self.triplets]

    @property
    def canonical(self) -> str:
        """A text that is the same for all that is published of the same function."""
        return self.digest().hex()

    @property
    def split(self) -> str:
        """The split, from a hash of all that is published."""
        return split_of(f"strings:{self.canonical}")

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {"category": self.category, **asdict(self)}

    @staticmethod
    def from_json(data: Any) -> PublishedStringSpec:
        """Reads the data that `to_json` writes.

        Raises:
            ValueError: the data are not such a spec.
        """
        try:
            triplets = tuple(Triplet(entry["inputs"], entry["outputs"], entry["correct"]) for entry in data["triplets"])
            return PublishedStringSpec(data["id"], data["description"], triplets, data.get("code"))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"expected a published string function (id, description, triplets, code), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error


class PublishedStringFunction(SpecFunction):
    """A published function as a black box; its source runs in the sandbox, never in this process.

    Where the source raises (the released code does on some inputs), the output is the empty string.

    Args:
        spec: defines the function.

    Raises:
        ValueError: the spec has no source, so that only the recorded pairs are known.
    """

    category = "strings"

    def __init__(self, spec: PublishedStringSpec) -> None:
        if spec.code is None:
            raise ValueError(f"expected a published function with its source, actual: {spec.id} has none")
        self.spec = spec
        self._code = spec.code

    # Some of the released sources draw random numbers; only running them tells which.
    is_stochastic = True

    def __call__(self, inputs: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each input; `rng` seeds the source's own draws."""
        return self._run(check_inputs(inputs), 0 if rng is None else int(rng.integers(2**63)))

    def truth(self, inputs: Sequence[str]) -> list[str]:
        """Returns the outputs, with the source's own draws always seeded alike."""
        return self._run(check_inputs(inputs), 0)

    def _run(self, inputs: Sequence[str], seed: int) -> list[str]:
        result = run_code(self._code, inputs, limits=_LIMITS, seed=seed, tolerate_top_level_errors=True)
        if result.status not in (Status.OK, Status.RAISED):
            raise ValueError(f"expected a source that runs, actual: {self.spec.id} {result.status}: {result.message}")
        return ["" if value is None else str(value) for value in result.values]

    def sides(self, inputs: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns empty tuples: no exceptions are known of."""
        return [()] * len(inputs)

    def follow(self, inputs: AsciiStrings) -> Followed:
        """Returns the outputs, all by one rule."""
        return Followed.of(inputs, self.truth(inputs))

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for this function's draws, the same for the same `entropy`."""
        return np.random.default_rng([*np.frombuffer(self.identity(), dtype=np.uint32).tolist(), *entropy])

    def describe(self) -> str:
        """Returns the published description."""
        return self.spec.description

    def source(self) -> str:
        """Returns the published source."""
        return self._code


SPECS = (StringSpec, PublishedStringSpec)
FUNCTIONS = (StringFunction, PublishedStringFunction)


def read_spec(data: Any) -> StringSpec | PublishedStringSpec:
    """Reads the JSON data of a spec, a program's or a published function's.

    Raises:
        ValueError: the data are neither.
    """
    published = isinstance(data, Mapping) and "triplets" in data
    return PublishedStringSpec.from_json(data) if published else StringSpec.from_json(data)


def make_function(spec: StringSpec | PublishedStringSpec) -> StringFunction | PublishedStringFunction:
    """Returns the function of a spec.

    Raises:
        ValueError: the spec is a published one without its source.
    """
    return PublishedStringFunction(spec) if isinstance(spec, PublishedStringSpec) else StringFunction(spec)
