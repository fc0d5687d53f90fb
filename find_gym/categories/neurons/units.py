"""Names of units: which number inside of a network an episode is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Reading = Literal["maximum", "mean", "last"]
READINGS: tuple[Reading, ...] = ("maximum", "mean", "last")

_PATTERN = re.compile(r"(mlp|attention|residual)((?:\.(?:\d+|\*)){1,3})(?:\(([1-9]\d*)\))?", re.ASCII)
_NAME = re.compile(r"(mlp)\.(\d+)\.(\d+)|(attention)\.(\d+)\.(\d+)(?:\.(\d+))?|(residual)\.(\d+)(?:\.(\d+))?", re.ASCII)


@dataclass(frozen=True)
class Unit:
    """A unit of a network; all numbers count from 0.

    Attributes:
        kind: "mlp" (a neuron, behind the nonlinearity), "attention" (a head) or "residual" (the stream behind a layer).
        layer: the layer.
        place: the neuron, the head, or the coordinate of the residual stream; None for a direction of it.
        coordinate: of a head, the coordinate of its output; None for the length of what it writes to the stream.

    Example:
        >>> Unit.parse("mlp.4.685"), Unit.parse("attention.2.7.31").name
        (Unit(kind='mlp', layer=4, place=685, coordinate=None), 'attention.2.7.31')
    """

    kind: str
    layer: int
    place: int | None
    coordinate: int | None = None

    @staticmethod
    def parse(name: str) -> Unit:
        """Reads the name of a unit.

        Raises:
            ValueError: it is none.
        """
        match = _NAME.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise ValueError(
                "expected a unit 'mlp.LAYER.NEURON', 'attention.LAYER.HEAD', 'attention.LAYER.HEAD.COORDINATE', "
                f"'residual.LAYER.COORDINATE', or 'residual.LAYER' with a direction, actual value: {name!r}"
            )
        kind, *numbers = [part for part in match.groups() if part is not None]
        layer, place, coordinate, *_ = [*map(int, numbers), None, None]
        assert isinstance(layer, int)
        return Unit(kind, layer, place, coordinate)

    @property
    def name(self) -> str:
        """Its name, such as "mlp.4.685"."""
        parts = (self.kind, self.layer, self.place, self.coordinate)
        return ".".join(str(part) for part in parts if part is not None)

    def english(self) -> str:
        """Says in English what it is: "neuron 685 of the MLP of layer 4"."""
        if self.kind == "mlp":
            return f"neuron {self.place} of the MLP of layer {self.layer}"
        if self.kind == "attention":
            head = f"head {self.place} of layer {self.layer}"
            return f"output of {head}" if self.coordinate is None else f"output {self.coordinate} of {head}"
        what = "direction" if self.place is None else f"coordinate {self.place}"
        return f"{what} of the residual stream behind layer {self.layer}"


@dataclass(frozen=True)
class UnitPattern:
    """Units that one name stands for: `*` is any number, and a count behind the name draws so many of them.

    Attributes:
        kind: the kind of unit.
        numbers: the numbers of the name; None for any.
        count: how many units are drawn; None for all.

    Example:
        >>> UnitPattern.parse("mlp.5.*(10)")
        UnitPattern(kind='mlp', numbers=(5, None), count=10)
    """

    kind: str
    numbers: tuple[int | None, ...]
    count: int | None = None

    @staticmethod
    def parse(text: str) -> UnitPattern:
        """Reads a pattern.

        Raises:
            ValueError: it is none; the message names what was expected.
        """
        match = _PATTERN.fullmatch(text)
        if match is None or (match[3] and "*" not in text):
            raise ValueError(
                "expected a unit such as 'mlp.4.685', with * for any number, and then with a count to draw, such as "
                f"'mlp.5.*(10)', actual value: {text!r}"
            )
        Unit.parse(match[1] + match[2].replace("*", "0"))
        numbers = tuple(None if number == "*" else int(number) for number in match[2][1:].split("."))
        return UnitPattern(match[1], numbers, int(match[3]) if match[3] else None)

    @property
    def unit(self) -> Unit | None:
        """The one unit that it names; None where it names any number."""
        if None in self.numbers:
            return None
        return Unit.parse(".".join([self.kind, *map(str, self.numbers)]))
