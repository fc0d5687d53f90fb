"""Numeric functions: the immutable spec, and the function that it defines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.networks import Network
from find_gym.categories.numeric.rules import Rule
from find_gym.categories.numeric.variants import Noise, Region, Variant, contained_in, replaced
from find_gym.core.specs import Spec, SpecFunction, write_numbers
from find_gym.core.splits import split_of

QUERY_RANGE = (-128.0, 128.0)


@dataclass(frozen=True)
class NumericSpec(Spec):
    """All there is to a numeric function.

    Attributes:
        rule: the formula.
        domain: `(lower, upper)`, where FIND samples the function.
        noise: what is added to each output, or None.
        regions: the exceptions; where they overlap, the first one holds.
        network: the network that is served in place of the rule, or None.
        seed: seeds the function's own noise; a non-negative integer.
    """

    category: ClassVar[str] = "numeric"

    rule: Rule
    domain: tuple[float, float]
    noise: Noise | None = None
    regions: tuple[Region, ...] = ()
    network: Network | None = None
    seed: int = 0

    @property
    def family(self) -> str:
        """The atom's name, or "sum" or "product"."""
        return rules.family(self.rule)

    @property
    def variant(self) -> Variant:
        """How the function is served: "plain", "noised", "corrupted" or "approximated" (by a network).

        A function with noise and exceptions (not in FIND; see the difficulty "hard") counts as corrupted.
        """
        if self.network is not None:
            return "approximated"
        if self.regions:
            return "corrupted"
        return "noised" if self.noise is not None else "plain"

    @property
    def canonical(self) -> str:
        """A text that is the same for specs of the same function: the rule, and all that changes its answers."""
        changes = self.to_json()
        parts = [changes[name] for name in ("domain", "noise", "regions", "network")]
        return json.dumps([rules.canonical(self.rule), *parts])

    @property
    def split(self) -> str:
        """The split that the rule belongs to, whatever its variant: "train", "validation" or "test"."""
        return split_of(f"numeric:{rules.canonical(self.rule)}")

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {
            "category": self.category,
            "rule": rules.to_json(self.rule),
            "domain": list(self.domain),
            "noise": None if self.noise is None else self.noise.to_json(),
            "regions": [region.to_json() for region in self.regions],
            "network": None if self.network is None else self.network.to_json(),
            "seed": self.seed,
        }

    def json_text(self) -> str:
        """Returns that data as text; see `Spec.json_text`, which takes several times as long."""
        if self.network is not None:
            return super().json_text()
        noise = "null" if self.noise is None else self.noise.json_text()
        regions = ",".join([region.json_text() for region in self.regions])
        return (
            f'{{"category":"{self.category}","domain":{write_numbers(self.domain)},"network":null,"noise":{noise},'
            f'"regions":[{regions}],"rule":{rules.json_text(self.rule)},"seed":{write_numbers(self.seed)}}}'
        )

    @staticmethod
    def from_json(data: Any) -> NumericSpec:
        """Reads the data that `to_json` writes.

        Raises:
            ValueError: the data are not a numeric spec; the message names what was expected.
        """
        try:
            return NumericSpec(
                rule=rules.from_json(data["rule"]),
                domain=(float(data["domain"][0]), float(data["domain"][1])),
                noise=None if data.get("noise") is None else Noise(**data["noise"]),
                regions=tuple(Region.from_json(region) for region in data.get("regions", [])),
                network=None if data.get("network") is None else Network.from_json(data["network"]),
                seed=int(data.get("seed", 0)),
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"expected a numeric spec (rule, domain, noise, regions, network, seed), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error


class NumericBlackBox(Protocol):
    """What the environment and the scorers need of a function; `NumericFunction` and `CallableFunction` have it."""

    @property
    def regions(self) -> tuple[Region, ...]:
        """The exceptions."""

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for the function's noise."""

    def __call__(self, x: ArrayLike, rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: inputs `(n,)` to outputs `(n,)`, NaN where undefined."""

    def truth(self, x: ArrayLike) -> FloatArray:
        """Returns the noise-free outputs, shape `(n,)`."""

    def describe(self) -> str:
        """Describes the function in English."""

    def source(self) -> str:
        """Writes the truth as Python."""


class NumericFunction(SpecFunction):
    """A black box from numbers to numbers, with its truth.

    Args:
        spec: defines the function.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions import NumericFunction, NumericSpec
        >>> from find_gym.categories.numeric.rules import AtomRule
        >>> function = NumericFunction(NumericSpec(AtomRule("linear", (2.5, -1.0)), (-100.0, 100.0)))
        >>> function([0, 2]).tolist()
        [-1.0, 4.0]
        >>> function.describe()
        'f(x) = 2.5x - 1, a linear function.'
    """

    category = "numeric"

    def __init__(self, spec: NumericSpec) -> None:
        self.spec = spec

    @property
    def is_stochastic(self) -> bool:
        """Whether two queries at the same input may differ."""
        spec = self.spec
        if spec.noise is not None or not spec.regions:
            return spec.noise is not None
        return any(region.std > 0 for region in spec.regions)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The exceptions."""
        return self.spec.regions

    def __call__(self, x: ArrayLike, rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query.

        Args:
            x: inputs, any real numbers, shape `(n,)`.
            rng: draws the noise; needed by functions with noise or corrupted regions.

        Returns:
            Outputs, float64 of shape `(n,)`; NaN where the function is undefined.

        Raises:
            TypeError: the function is stochastic and no generator was passed.
        """
        x = np.atleast_1d(np.asarray(x, dtype=np.float64))
        y = self._base(x)
        if not self.is_stochastic:
            return self._with_regions(x, y, None)
        if rng is None:
            raise TypeError("expected a numpy.random.Generator for a stochastic function, actual value: None")
        noise, *spreads = self.draw_noise(rng, x.size)
        return self._with_regions(x, y + noise, spreads)

    def draw_noise(self, rng: np.random.Generator, count: int) -> FloatArray:
        """Draws the noise of a query.

        Args:
            rng: draws it.
            count: the number of inputs, n.

        Returns:
            What is added to the rule and to the mean of each exception, shape `(1 + exceptions, n)`. Every exception is
            drawn for every input, so that the stream does not depend on where it lies. Without noise, the rule's is
            -0.0, which leaves every number as it is.
        """
        noise, regions = self.spec.noise, self.spec.regions
        drawn = np.empty((1 + len(regions), count))
        drawn[0] = -0.0 if noise is None else noise.draw(rng, count)
        for number in reversed(range(len(regions))):
            drawn[number + 1] = regions[number].std * rng.standard_normal(count)
        return drawn

    def truth(self, x: ArrayLike) -> FloatArray:
        """Returns the noise-free outputs: the rule (or network), and the mean inside corrupted regions.

        Args:
            x: inputs, shape `(n,)`.

        Returns:
            Outputs, float64 of shape `(n,)`; NaN where the function is undefined.
        """
        x = np.asarray(x, dtype=np.float64)
        x = x if x.ndim else x.reshape(1)
        if self.spec.network is None:
            return rules.evaluate(self.spec.rule, x, self.regions)
        return self._with_regions(x, self._base(x), None)

    def in_exception(self, x: ArrayLike) -> NDArray[np.bool_]:
        """Returns which inputs lie in a corrupted region, bool of shape `(n,)`."""
        return contained_in(self.spec.regions, np.atleast_1d(np.asarray(x, dtype=np.float64)))

    def _base(self, x: FloatArray) -> FloatArray:
        if self.spec.network is not None:
            return self.spec.network.evaluate(x)
        return rules.evaluate(self.spec.rule, x)

    def _with_regions(self, x: FloatArray, y: FloatArray, spreads: Sequence[FloatArray] | None) -> FloatArray:
        means = [region.mean for region in self.regions]
        inside = means if spreads is None else [mean + spread for mean, spread in zip(means, spreads, strict=True)]
        return replaced(self.regions, x, y, inside)

    def describe(self) -> str:
        """Describes the function in English: the formula, the noise, the exceptions, the undefined part."""
        rule = self.spec.rule
        sentences = [f"f(x) = {rules.formula(rule)}, {rules.english(rule)}."]
        if self.spec.network is not None:
            lower, upper = self.spec.domain
            sentences = [
                f"A small ReLU network that approximates {sentences[0]}",
                f"It was trained on {lower:g} <= x <= {upper:g}; beyond, it continues in straight lines.",
            ]
        elif guards := rules.guards(rule):
            sentences.append(f"It is defined only where {' and '.join(text for _, text in guards)}.")
        if self.spec.noise is not None:
            sentences.append(f"Each output has added {self.spec.noise.describe()}.")
        for region in self.spec.regions:
            sentences.append(
                f"Where {region.condition()} it does not follow this rule: the outputs are about {region.mean:g}, "
                f"normally distributed with standard deviation {region.std:g}."
            )
        return " ".join(sentences)

    def source(self) -> str:
        """Writes the noise-free truth as a readable, runnable Python module whose last function is `f(x)`."""
        if self.spec.network is not None:
            body = self.spec.network.source()
            if not self.spec.regions:
                return body
            head, _, tail = body.partition("def f(x):\n")
            return f"{head}def f(x):\n{self._region_lines()}{tail}"
        guards = "".join(
            f"    if not ({guard}):\n        return math.nan\n" for guard, _ in rules.guards(self.spec.rule)
        )
        formula = self._formula_lines()
        body = f"def f(x):\n{self._region_lines()}{guards}{formula}"
        return f"import math\n\n\n{body}" if "math." in body else body

    def _region_lines(self) -> str:
        return "".join(
            f"    if {region.condition()}:\n        return {region.mean!r}\n" for region in self.spec.regions
        )

    def _formula_lines(self) -> str:
        rule = self.spec.rule
        if isinstance(rule, rules.AtomRule):
            return f"    return {rules.expression(rule)}\n"
        names = [f"part_{index + 1}" for index in range(len(rule.parts))]
        lines = "".join(
            f"    {name} = {rules.expression(part)}\n" for name, part in zip(names, rule.parts, strict=True)
        )
        joined = " + " if rule.operator == "sum" else " * "
        return f"{lines}    return {joined.join(names)}\n"
