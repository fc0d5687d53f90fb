"""Variants: what changes the outputs of a rule (noise, corrupted regions)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.core.specs import write_numbers

Variant = Literal["plain", "noised", "corrupted", "approximated"]
VARIANTS: tuple[Variant, ...] = ("plain", "noised", "corrupted", "approximated")

NoiseKind = Literal["normal", "uniform", "poisson"]
NOISE_KINDS: tuple[NoiseKind, ...] = ("normal", "uniform", "poisson")
# Beyond these NumPy can't draw it.
_LARGEST = float(np.finfo(np.float64).max)
_LARGEST_SCALES = {"normal": _LARGEST, "uniform": _LARGEST / 2, "poisson": 2.0**63 - 10 * 2.0**31.5}

RegionKind = Literal["below", "above", "inside"]
REGION_KINDS: tuple[RegionKind, ...] = ("below", "above", "inside")


def draw_noise(
    kind: NoiseKind, scale: float | FloatArray, rng: np.random.Generator, shape: tuple[int, ...]
) -> FloatArray:
    """Draws noise of a kind, float64 of a shape; see `Noise`. Several scales are broadcast to it."""
    if kind == "normal":
        return rng.normal(0.0, scale, shape)
    if kind == "uniform":
        return rng.uniform(-scale, scale, shape)
    return rng.poisson(scale, shape).astype(np.float64)


@dataclass(frozen=True)
class Noise:
    """Noise that is added to every output.

    Attributes:
        kind: "normal" (standard deviation `scale`), "uniform" (on ±`scale`) or "poisson" (mean `scale`, so it also
            shifts the mean).
        scale: a positive number; FIND's is 1.
    """

    kind: NoiseKind
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in NOISE_KINDS:
            raise ValueError(f"expected a kind of noise in {NOISE_KINDS}, actual value: {self.kind!r}")
        if not 0 < self.scale <= _LARGEST_SCALES[self.kind]:
            raise ValueError(
                f"expected a positive scale of {self.kind} noise, up to {_LARGEST_SCALES[self.kind]:g}, "
                f"actual value: {self.scale!r}"
            )

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draws `size` values, float64 of shape `(size,)`."""
        return draw_noise(self.kind, self.scale, rng, (size,))

    def to_json(self) -> dict[str, Any]:
        """Returns the noise as JSON-serialisable data."""
        return {"kind": self.kind, "scale": self.scale}

    def json_text(self) -> str:
        """Writes the data of `to_json` as text; see `Spec.json_text`."""
        return f'{{"kind":"{self.kind}","scale":{write_numbers(self.scale)}}}'

    def describe(self) -> str:
        """Says in English what is added."""
        if self.kind == "normal":
            return f"normal noise with mean 0 and standard deviation {self.scale:g}"
        if self.kind == "uniform":
            return f"uniform noise between {-self.scale:g} and {self.scale:g}"
        return f"Poisson noise with mean {self.scale:g}"


@dataclass(frozen=True)
class Region:
    """An exception: a part of the domain on which the outputs are replaced by draws of a normal distribution.

    Attributes:
        lower: the region is `x > lower`; minus infinity where it has no lower bound.
        upper: the region is `x < upper`; infinity where it has no upper bound.
        mean: mean of the replacing normal distribution; the noise-free truth inside the region.
        std: its standard deviation; FIND's is 0.1.
    """

    lower: float
    upper: float
    mean: float
    std: float = 0.1

    def __post_init__(self) -> None:
        if not self.lower < self.upper or (self.lower == -math.inf and self.upper == math.inf):
            raise ValueError(
                f"expected lower < upper, at least one of them finite, actual value: {self.lower!r}, {self.upper!r}"
            )
        if not math.isfinite(self.mean) or not 0 <= self.std < math.inf:
            raise ValueError(f"expected a finite mean and std >= 0, actual value: {self.mean!r}, {self.std!r}")

    @property
    def kind(self) -> RegionKind:
        """The kind of region: "below" its upper bound, "above" its lower bound, or "inside" both."""
        if self.lower == -math.inf:
            return "below"
        return "above" if self.upper == math.inf else "inside"

    def contains(self, x: FloatArray) -> NDArray[np.bool_]:
        """Returns which inputs lie in the region, bool of shape `(n,)`; the bounds themselves do not."""
        return (x > self.lower) & (x < self.upper)

    def condition(self) -> str:
        """Writes the region as a Python condition in `x`, which also reads as mathematics."""
        if self.kind == "below":
            return f"x < {self.upper!r}"
        if self.kind == "above":
            return f"x > {self.lower!r}"
        return f"{self.lower!r} < x < {self.upper!r}"

    def to_json(self) -> dict[str, Any]:
        """Returns the region as JSON-serialisable data, a missing bound as null."""
        return {key: None if not math.isfinite(value) else value for key, value in vars(self).items()}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Region:
        """Reads the data that `to_json` writes."""
        lower = -math.inf if data["lower"] is None else data["lower"]
        upper = math.inf if data["upper"] is None else data["upper"]
        return Region(lower, upper, data["mean"], data["std"])

    def json_text(self) -> str:
        """Writes the data of `to_json` as text; see `Spec.json_text`."""
        bounds = [None if math.isinf(bound) else bound for bound in (self.lower, self.upper)]
        lower, mean, std, upper = map(write_numbers, (bounds[0], self.mean, self.std, bounds[1]))
        return f'{{"lower":{lower},"mean":{mean},"std":{std},"upper":{upper}}}'


def contained_in(regions: tuple[Region, ...], x: FloatArray) -> NDArray[np.bool_]:
    """Returns which inputs lie in any of the regions, bool of shape `(n,)`."""
    mask = np.zeros(np.shape(x), dtype=np.bool_)
    for region in regions:
        mask |= region.contains(x)
    return mask


def replaced(
    regions: tuple[Region, ...], x: FloatArray, y: FloatArray, inside: Sequence[float | FloatArray]
) -> FloatArray:
    """Returns outputs `(n,)` at inputs `(n,)`, replaced by others in each region; in several, by those of the first."""
    for region, values in zip(reversed(regions), reversed(inside), strict=True):
        y = np.where(region.contains(x), values, y)
    return y
