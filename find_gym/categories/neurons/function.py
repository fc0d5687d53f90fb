"""Units as functions: the immutable spec, and the function that it defines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_words, check_words, held_out_places, open_places, place_of
from find_gym.categories.neurons.category import CATEGORY
from find_gym.categories.neurons.live import bank_activations, live_activations
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import Scale
from find_gym.categories.neurons.search import best_program, divide
from find_gym.categories.neurons.table import splits_of_units, unit_table
from find_gym.categories.neurons.units import READINGS, Reading, Unit
from find_gym.core.specs import Spec, SpecFunction
from find_gym.core.splits import split_of
from find_gym.language.embeddings import DEFAULT_MODEL

FloatArray = NDArray[np.float64]

EXEMPLARS = 20


@dataclass(frozen=True)
class NeuronSpec(Spec):
    """All there is to a unit.

    Attributes:
        unit: its name, such as "mlp.4.685"; see `find_gym.categories.neurons.units.Unit`.
        network: the network: a folder, a GGUF file, or a name that transformers finds.
        reading: which tokens of a text count: "maximum", "mean" or "last".
        direction: a file with a direction of the residual stream, "FILE.npy[:ROW]" or
            "FILE.safetensors:TENSOR[:ROW]"; empty for the other units.
        seed: seeds what is drawn about the function (its held-out words); a non-negative integer.
    """

    category: ClassVar[str] = "neurons"

    unit: str
    network: str = DEFAULT_MODEL
    reading: Reading = "maximum"
    direction: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        unit = Unit.parse(self.unit)
        needs_direction = unit.kind == "residual" and unit.place is None
        if needs_direction != bool(self.direction):
            raise ValueError(
                "expected a direction with a unit 'residual.LAYER' and with no other, actual values: "
                f"{self.unit!r}, {self.direction!r}"
            )
        if self.reading not in READINGS:
            raise ValueError(f"expected a reading in {READINGS}, actual value: {self.reading!r}")
        if not isinstance(self.network, str) or not self.network:
            raise ValueError(f"expected the name or the folder of a network, actual value: {self.network!r}")

    @property
    def row(self) -> int | None:
        """The row of the unit in the table; None for units that do not ship."""
        is_default = (self.network, self.reading) == (DEFAULT_MODEL, "maximum")
        return unit_table().row(self.unit) if is_default else None

    @property
    def family(self) -> str:
        """The kind of unit: "mlp", "attention" or "residual"."""
        return Unit.parse(self.unit).kind

    @property
    def variant(self) -> str:
        """The layer, such as "layer 4"."""
        return f"layer {Unit.parse(self.unit).layer}"

    @property
    def canonical(self) -> str:
        """A text that is the same for the same unit only, whatever its seed."""
        return ":".join([self.network, self.reading, self.unit, self.direction])

    @property
    def split(self) -> str:
        """The split that the unit belongs to: "train", "validation" or "test"."""
        return self.split_in()

    def split_in(self, version: int | None = None) -> str:
        """Returns the split that the unit belongs to in a version of the splits; by default the latest one."""
        CATEGORY.check_version(version)
        return split_of(f"neurons:{self.canonical}") if self.row is None else splits_of_units()[self.unit]

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {"category": self.category, **vars(self)}

    @staticmethod
    def from_json(data: Any) -> NeuronSpec:
        """Reads the data that `to_json` writes; only the unit has to be there.

        Raises:
            ValueError: the data are not such a spec; the message names what was expected.
        """
        try:
            return NeuronSpec(
                data["unit"],
                data.get("network", DEFAULT_MODEL),
                data.get("reading", "maximum"),
                str(data.get("direction", "")),
                int(data.get("seed", 0)),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"expected the spec of a unit (unit, network, ...), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error


class NeuronBlackBox(Protocol):
    """What the environment and the scorers need of a function; `NeuronFunction` has it."""

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for what is drawn about the function."""

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one output in [0, 1] for each text, float64 of shape `(n,)`."""

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the outputs."""

    def bank_outputs(self) -> FloatArray:
        """Returns the outputs of all words of the bank, float64 of shape `(words,)`."""

    def best(self) -> NeuronProgram:
        """Returns the best program that is known of the function."""

    def exemplars(self) -> list[str]:
        """Returns the open words that activate the function most."""

    def describe(self) -> str:
        """Describes the function in English."""

    def source(self) -> str:
        """Writes the truth as Python."""


class NeuronFunction(SpecFunction):
    """A unit of a network as a black box.

    Words of the bank are answered from the table, as far as the unit is in it; other texts, and other units, by the
    network itself (extra `lm`).

    Args:
        spec: defines the function.

    Raises:
        MissingModelError: the unit is not in the table, and the network, or what runs it, is not there.
        ValueError: the network has no such unit, its direction has another width, or hardly any words activate it.

    Example:
        >>> function = NeuronFunction(NeuronSpec("mlp.4.685"))
        >>> (function(["baseball", "pitcher", "spinach"]) >= 0.5).tolist()
        [True, True, False]
    """

    category = "neurons"
    is_stochastic = False

    def __init__(self, spec: NeuronSpec) -> None:
        self.spec = spec
        self._row = spec.row
        if self._row is None:
            # What the network does not have, and what can't be judged, is found out at once.
            for places in (open_places(), held_out_places()):
                divide(self._outputs, places)

    @cached_property
    def _scale(self) -> Scale:
        return Scale.of(bank_activations(self.spec)) if self._row is None else unit_table().scale(self._row)

    @cached_property
    def _outputs(self) -> FloatArray:
        if self._row is not None:
            return unit_table().outputs(self._row)
        return self._scale(bank_activations(self.spec))

    def bank_outputs(self) -> FloatArray:
        """Returns the outputs of all words of the bank, float64 of shape `(words,)`."""
        return self._outputs

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one output in [0, 1] for each text, float64 of shape `(n,)`, a multiple of 1 / 250.

        Raises:
            MissingModelError: a text is not in the bank, and the network is not there to compute it.
            RefusedInputError: a text is longer than the network's window.
            ValueError: an activation is not a finite number.
        """
        places = [place_of(word) for word in check_words(words)]
        foreign = [word for word, place in zip(words, places, strict=True) if place is None]
        outputs = self._outputs[np.array([0 if place is None else place for place in places], dtype=np.intp)]
        if foreign:
            outputs[[place is None for place in places]] = self._scale(live_activations(self.spec, foreign))
        return outputs

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the outputs; units have no noise."""
        return self(words)

    @cached_property
    def _best(self) -> NeuronProgram:
        return (
            best_program(self._outputs, unit_table().population)[0]
            if self._row is None
            else unit_table().programs[self._row]
        )

    def best(self) -> NeuronProgram:
        """Returns the best program that is known of the unit: that of the table, or what the same search finds."""
        return self._best

    def exemplars(self) -> list[str]:
        """Returns the 20 open words that activate the unit most, the most active first."""
        return top_words(self._outputs)

    def describe(self) -> str:
        """Returns the best description that is known: that of the best program. Which unit it is the source tells."""
        return self.best().describe()

    def source(self) -> str:
        """Writes the truth as a runnable Python module whose last function is `f(text)`; it needs find-gym."""
        unit = Unit.parse(self.spec.unit).english()
        return (
            f'"""The {unit} of {self.spec.network}."""\n\n'
            "import json\n\nfrom find_gym.categories.neurons.function import NeuronFunction, NeuronSpec\n\n"
            f"UNIT = NeuronFunction(NeuronSpec.from_json(json.loads({json.dumps(self.spec.to_json())!r})))\n\n\n"
            "def f(text):\n    return float(UNIT([text])[0])\n"
        )


def top_words(outputs: FloatArray, among: NDArray[np.intp] | None = None, count: int = EXEMPLARS) -> list[str]:
    """Returns words in the order of their outputs, greatest first; by default from the open ones."""
    places = open_places() if among is None else among
    order = np.argsort(-outputs[places], kind="stable")[:count]
    return [bank_words()[place] for place in places[order]]
