"""Units of networks that the command line names, for the categories that have such functions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UnitOptions:
    """Units of a network, in place of sampled functions (neurons only)."""

    units: str | None = None
    """The units, between commas: mlp.LAYER.NEURON, attention.LAYER.HEAD, attention.LAYER.HEAD.COORDINATE,
    residual.LAYER.COORDINATE, or residual.LAYER with --direction. A * stands for any number, and a count behind it
    draws so many units: mlp.5.*(10)."""
    network: str | None = None
    """The network: a folder, a GGUF file, or a name that transformers finds; by default all-MiniLM-L6-v2."""
    reading: str | None = None
    """Which tokens of a text count: maximum, mean or last; by default maximum. Causal models see the whole text at the
    last token only."""
    directions: tuple[str, ...] = field(default=(), metadata={"flag": "--direction", "metavar": "FILE"})
    """A file with a direction of the residual stream: FILE.npy[:ROW] or FILE.safetensors:TENSOR[:ROW]. May be repeated:
    each is a unit of its own."""

    def __post_init__(self) -> None:
        given = [name for name, value in vars(self).items() if name != "units" and value]
        if given and self.units is None:
            raise ValueError(f"expected --units for the {given[0].removesuffix('s')} of units, actual: none")

    @property
    def names(self) -> list[str]:
        """The names of the units, patterns as they are."""
        return [name.strip() for name in (self.units or "").split(",")]

    def identity(self) -> dict[str, object]:
        """Returns what is given, as JSON-serialisable data."""
        return {name: list(value) if name == "directions" else value for name, value in vars(self).items() if value}
