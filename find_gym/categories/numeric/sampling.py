"""Sampling: from a generator to the spec of a fresh numeric function."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, FloatArray, draw_decimal
from find_gym.categories.numeric.category import CATEGORY
from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.function import QUERY_RANGE, NumericSpec
from find_gym.categories.numeric.networks import train_network
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Operator, Rule
from find_gym.categories.numeric.spread import RELATIVE_TOLERANCE, defined_only, spread_of
from find_gym.categories.numeric.variants import Noise, Region, contained_in
from find_gym.core.draws import Draws, SingleDraws, choose
from find_gym.core.splits import check_split, split_of

_DOMAIN_POINTS = 100
_PROBES = np.linspace(*QUERY_RANGE, 1025)
_PROBES_IN_ORDER = _PROBES.tolist()
_REGION_TRIES = 20
_RULE_TRIES = 2000
# Compounds that vary by less are 0 for all that an interpreter can see, such as a product with the tail of a Gaussian.
_LEAST_SPREAD = 1e-6


def sample_numeric(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | NumericDifficulty = "find",
    version: int | None = None,
) -> NumericSpec:
    """Samples the spec of a numeric function.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), a `NumericDifficulty`, or a mapping of
            its attributes to values that replace FIND's.
        version: the version of the splits and draws, of which there is one.

    Raises:
        ValueError: a split or difficulty that does not exist, or one of which no function was found in 2000 draws
            (such as corrupted constants, which can't be told from plain ones, or sums of nothing but constants).

    Returns:
        The spec. One in seven of FIND's functions is a network, which takes about 0.01 s to train.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions import NumericFunction, sample_numeric
        >>> spec = sample_numeric(np.random.default_rng(7), split="test")
        >>> spec.split, spec.category
        ('test', 'numeric')
    """
    check_split(split)
    CATEGORY.check_version(version)
    level = NumericDifficulty.of(difficulty)
    variant = choose(rng, level.variants)
    for _ in range(_RULE_TRIES):
        rule = _sample_rule(rng, level)
        if split is not None and split_of(f"numeric:{rules.canonical(rule)}") != split:
            continue
        domain = rules.domain(rule)
        if not _is_usable(rule, domain):
            continue
        regions = _sample_regions(rng, level, rule, domain) if variant == "corrupted" else ()
        if regions is not None:
            break
    else:
        raise ValueError(
            f"expected a difficulty with {variant} functions in the split {split!r}, actual: none in {_RULE_TRIES} "
            f"draws of {level}"
        )
    noisy = variant == "noised" or (variant == "corrupted" and rng.random() < level.noise_with_regions)
    noise = Noise(choose(rng, level.noises), level.noise_scale) if noisy else None  # type: ignore[arg-type]
    network = train_network(lambda x: rules.evaluate(rule, x), domain, rng) if variant == "approximated" else None
    seed = int(rng.integers(2**63))
    return NumericSpec(rule, domain, noise=noise, regions=regions, network=network, seed=seed)


def _pick(rng: np.random.Generator, items: tuple[str, ...]) -> str:
    return items[SingleDraws(rng).integers(len(items))]


def _sample_rule(rng: np.random.Generator, level: NumericDifficulty) -> Rule:
    if rng.random() < level.compound_share:
        return _sample_compound(rng, level, level.depth)
    return _sample_atom(rng, level.families)


def _is_usable(rule: Rule, domain: tuple[float, float]) -> bool:
    """Whether a rule is defined on part of its domain and, if compound, not constant on it."""
    values = rules.evaluate(rule, _points_on(domain, 10 * _DOMAIN_POINTS + 1))
    defined = np.isfinite(values)
    if np.count_nonzero(defined) < 2 * _DOMAIN_POINTS:
        return False
    return isinstance(rule, AtomRule) or bool(np.ptp(values[defined]) > _LEAST_SPREAD)


def _sample_atom(rng: np.random.Generator, families: tuple[str, ...]) -> AtomRule:
    name = _pick(rng, families)
    return AtomRule(name, ATOMS[name].sample(rng))


def _sample_compound(rng: np.random.Generator, level: NumericDifficulty, depth: int) -> CompoundRule:
    operator: Operator = "product" if rng.random() < level.product_share else "sum"
    count = int(rng.integers(level.parts[0], level.parts[1], endpoint=True))
    parts: list[Rule] = []
    for _ in range(count):
        if depth > 1 and rng.random() < 0.3:
            parts.append(_sample_compound(rng, level, depth - 1))
        else:
            parts.append(_sample_atom(rng, level.compound_families))
    return CompoundRule(operator, tuple(parts))


def _sample_regions(
    rng: np.random.Generator, level: NumericDifficulty, rule: Rule, domain: tuple[float, float]
) -> tuple[Region, ...] | None:
    """Samples the corrupted regions of a function, or None where none was found that can be told from the rule."""
    mean = domain_mean(rule, domain)
    if mean is None:
        return None
    draws = SingleDraws(rng)
    count = draws.integers(level.region_count[0], level.region_count[1] + 1)
    outputs = rules.evaluate(rule, _PROBES)
    # The scoring tolerance, without noise: a constant function's corruption by its own mean can't be told from it.
    same = np.abs(mean - outputs) <= RELATIVE_TOLERANCE * np.maximum(np.abs(outputs), spread_of(outputs))
    for _ in range(_REGION_TRIES):
        regions = tuple([_sample_region(draws, level, mean, domain) for _ in range(count)])
        if _discernible(same, regions):
            return regions
    return None


def _sample_region(draws: Draws, level: NumericDifficulty, mean: float, domain: tuple[float, float]) -> Region:
    kind = choose(draws, level.regions)
    lower = draw_decimal(draws, *domain)
    if kind == "below":
        return Region(-math.inf, lower, mean)
    if kind == "above":
        return Region(lower, math.inf, mean)
    return Region(lower, round(lower + draw_decimal(draws, 5, 25), 1), mean)


# Most rules have the same domain.
@lru_cache(maxsize=16)
def _points_on(domain: tuple[float, float], count: int) -> FloatArray:
    return np.linspace(*domain, count)


def domain_mean(rule: Rule, domain: tuple[float, float]) -> float | None:
    """Returns the mean of a rule over 100 evenly spaced points of its domain, as FIND's corruption uses it.

    Rounded to six significant digits, and to 0 where it is nothing but rounding error; None where the rule is undefined
    on all of the points.
    """
    values = defined_only(rules.evaluate(rule, _points_on(domain, _DOMAIN_POINTS)))
    if values.size == 0:
        return None
    mean = float(np.cumsum(values)[-1]) / values.size
    if abs(mean) < 1e-9 * float(np.abs(values).max()):
        return 0.0
    return float(f"{mean:.6g}")


def _discernible(same: NDArray[np.bool_], regions: tuple[Region, ...]) -> bool:
    """Whether regions change at least a fifth of the outputs in each of them.

    Args:
        same: which of the outputs at `_PROBES` are about the regions' mean already.
        regions: the regions.
    """
    for number, region in enumerate(regions):
        inside = slice(bisect_right(_PROBES_IN_ORDER, region.lower), bisect_left(_PROBES_IN_ORDER, region.upper))
        unchanged = same[inside]
        if number:
            unchanged = unchanged[~contained_in(regions[:number], _PROBES[inside])]
        if not unchanged.size or np.count_nonzero(unchanged) / unchanged.size > 0.8:
            return False
    return True
