"""Sampling: from a generator to the spec of a fresh numeric function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atom import decimal_steps
from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.category import CATEGORY
from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.function import QUERY_RANGE, NumericSpec
from find_gym.categories.numeric.networks import train_network
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Operator, Rule
from find_gym.categories.numeric.spread import RELATIVE_TOLERANCE, defined_only
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.core.arrays import loop_array
from find_gym.core.draws import SingleDraws, address_of, choose
from find_gym.core.late import LateModule
from find_gym.core.splits import check_split, split_of

_loops = LateModule("find_gym.categories.numeric.kernels.regions")

_DOMAIN_POINTS = 100
_PROBES = np.linspace(*QUERY_RANGE, 1025)
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
    draws = SingleDraws(rng)
    variant = choose(draws, level.variants)
    for _ in range(_RULE_TRIES):
        rule = _sample_rule(draws, level)
        if split is not None and split_of(f"numeric:{rules.canonical(rule)}") != split:
            continue
        domain = rules.domain(rule)
        if not _is_usable(rule, domain):
            continue
        regions = _sample_regions(draws, level, rule, domain) if variant == "corrupted" else ()
        if regions is not None:
            break
    else:
        raise ValueError(
            f"expected a difficulty with {variant} functions in the split {split!r}, actual: none in {_RULE_TRIES} "
            f"draws of {level}"
        )
    noisy = variant == "noised" or (variant == "corrupted" and draws.random() < level.noise_with_regions)
    noise = Noise(choose(draws, level.noises), level.noise_scale) if noisy else None  # type: ignore[arg-type]
    network = train_network(lambda x: rules.evaluate(rule, x), domain, rng) if variant == "approximated" else None
    seed = draws.seed()
    return NumericSpec(rule, domain, noise=noise, regions=regions, network=network, seed=seed)


def _sample_rule(draws: SingleDraws, level: NumericDifficulty) -> Rule:
    if draws.random() < level.compound_share:
        return _sample_compound(draws, level, level.depth)
    return _sample_atom(draws, level.families)


def _is_usable(rule: Rule, domain: tuple[float, float]) -> bool:
    """Whether a rule is defined on part of its domain and, if compound, not constant on it."""
    if isinstance(rule, AtomRule) and rule.atom.released:
        # With all constants that are drawn, these are defined on their domain but for the poles of some.
        return True
    points = _points_on(domain, 10 * _DOMAIN_POINTS + 1)
    # What holds for one of four of the points holds for all of them; most often that is enough.
    return _varies(rule, points[::4]) or _varies(rule, points)


def _varies(rule: Rule, x: FloatArray) -> bool:
    """Whether a rule is defined at enough of some inputs `(n,)` and, if compound, not constant there."""
    values = defined_only(rules.evaluate(rule, x))
    if values.size < 2 * _DOMAIN_POINTS:
        return False
    # Most compounds have different outputs at the ends already.
    varies = abs(values[-1] - values[0]) > _LEAST_SPREAD or np.ptp(values) > _LEAST_SPREAD
    return isinstance(rule, AtomRule) or bool(varies)


def _sample_atom(draws: SingleDraws, families: tuple[str, ...]) -> AtomRule:
    name = families[draws.integers(len(families))]
    return AtomRule(name, ATOMS[name].sample(draws.rng, draws))


def _sample_compound(draws: SingleDraws, level: NumericDifficulty, depth: int) -> CompoundRule:
    operator: Operator = "product" if draws.random() < level.product_share else "sum"
    count = draws.integers(level.parts[0], level.parts[1] + 1)
    parts: list[Rule] = []
    for _ in range(count):
        if depth > 1 and draws.random() < 0.3:
            parts.append(_sample_compound(draws, level, depth - 1))
        else:
            parts.append(_sample_atom(draws, level.compound_families))
    return CompoundRule(operator, tuple(parts))


def _sample_regions(
    draws: SingleDraws, level: NumericDifficulty, rule: Rule, domain: tuple[float, float]
) -> tuple[Region, ...] | None:
    """Samples the corrupted regions of a function, or None where none was found that can be told from the rule."""
    outputs = rules.evaluate(rule, _points_with_probes(domain))
    mean = _mean_of(outputs[:_DOMAIN_POINTS])
    if mean is None:
        return None
    outputs = outputs[_DOMAIN_POINTS:]
    bounds = np.empty((draws.integers(level.region_count[0], level.region_count[1] + 1), 2))
    first, end, _ = decimal_steps(*domain, 1)
    with draws.rng.bit_generator.lock:
        # The scoring tolerance, without noise: a constant function's corruption by its own mean can't be told from it.
        is_found = _loops.draw_regions(
            address_of(draws.rng), level.region_shares, sum(level.regions.values()), first, end - first,
            _PROBES, outputs, mean, RELATIVE_TOLERANCE, _REGION_TRIES, bounds,
        )  # fmt: skip
    return tuple([Region(lower, upper, mean) for lower, upper in bounds.tolist()]) if is_found else None


# Most rules have the same domain.
@lru_cache(maxsize=16)
def _points_on(domain: tuple[float, float], count: int) -> FloatArray:
    return np.linspace(*domain, count)


@lru_cache(maxsize=16)
def _points_with_probes(domain: tuple[float, float]) -> FloatArray:
    return np.concatenate([_points_on(domain, _DOMAIN_POINTS), _PROBES])


def domain_mean(rule: Rule, domain: tuple[float, float]) -> float | None:
    """Returns the mean of a rule over 100 evenly spaced points of its domain, as FIND's corruption uses it.

    Rounded to six significant digits, and to 0 where it is nothing but rounding error; None where the rule is undefined
    on all of the points.
    """
    return _mean_of(rules.evaluate(rule, _points_on(domain, _DOMAIN_POINTS)))


def _mean_of(outputs: FloatArray) -> float | None:
    mean = _loops.mean_of(loop_array(outputs))
    return None if math.isnan(mean) else float(f"{mean:.6g}")
