"""Sampling: shares, splits, golden specs."""

import hashlib
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from find_gym.categories.numeric import sampling
from find_gym.categories.numeric.atoms import ATOMS, RELEASED_FAMILIES
from find_gym.categories.numeric.rules import AtomRule, atoms_of, domain, evaluate
from find_gym.categories.numeric.variants import REGION_KINDS, Region, RegionKind, contained_in
from find_gym.core.draws import SingleDraws, choose
from find_gym.functions import SPLITS, NumericDifficulty, function_seed, sample_numeric, split_of

NO_NETWORKS = {"variants": {"plain": 0.483, "noised": 0.176, "corrupted": 0.191}}


def test_golden_specs_never_change() -> None:
    """The same seed gives the same spec on every platform and for ever, the weights of networks included."""
    specs = [sample_numeric(np.random.default_rng(seed)) for seed in range(24)]
    digests = [spec.digest() for spec in specs]
    assert {spec.variant for spec in specs} == {"plain", "noised", "corrupted", "approximated"}
    assert (
        hashlib.sha256(b"".join(digests)).hexdigest()
        == "94a211559fa685d43c7cc4499980b04befe7b356652bd2ad70c9d91cbeabe988"
    )


def test_shares_are_those_of_the_benchmark() -> None:
    specs = [sample_numeric(np.random.default_rng(seed), difficulty=NO_NETWORKS) for seed in range(4000)]
    families = Counter(spec.family for spec in specs)
    compounds = families["sum"] + families["product"]
    assert 0.13 < compounds / 4000 < 0.17
    atoms = [families[name] for name in families if name not in ("sum", "product", "constant")]
    # 4000 * 0.85 / 16 = 212 each; constants are fewer, as their corruption can't be told.
    assert 160 < min(atoms) and max(atoms) < 270
    variants = Counter(spec.variant for spec in specs)
    assert 0.19 < variants["noised"] / 4000 < 0.23
    assert 0.205 < variants["corrupted"] / 4000 < 0.245


@given(seed=st.integers(0, 2**32 - 1), split=st.sampled_from(SPLITS))
def test_sampled_functions_are_of_the_split_that_was_asked_for(seed: int, split: str) -> None:
    spec = sample_numeric(np.random.default_rng(seed), split=split, difficulty=NO_NETWORKS)
    assert spec.split == split


@given(seed=st.integers(0, 2**32 - 1), level=st.sampled_from(["find", "hard", "extreme"]))
def test_corruption_can_be_told_from_the_rule(seed: int, level: str) -> None:
    difficulty = {"base": level, "variants": {"corrupted": 1.0}}
    spec = sample_numeric(np.random.default_rng(seed), difficulty=difficulty)
    assert spec.variant == "corrupted" and spec.regions
    x = np.linspace(-128, 128, 1025)
    inside = contained_in(spec.regions, x)
    rule = evaluate(spec.rule, x[inside])
    means = np.select([region.contains(x[inside]) for region in spec.regions], [r.mean for r in spec.regions])
    assert np.mean(~np.isclose(rule, means, rtol=0.01, atol=0)) > 0.15


@example(seed=8397, shares={"below": 1})
@given(
    seed=st.integers(0, 2**32 - 1),
    shares=st.dictionaries(st.sampled_from(REGION_KINDS), st.integers(0, 3)).filter(lambda kinds: any(kinds.values())),
)
def test_regions_are_what_the_generator_draws_one_by_one(seed: int, shares: dict[RegionKind, int]) -> None:
    level = NumericDifficulty.of({"regions": shares, "region_count": (1, 3)})
    rule = AtomRule("linear", (10.0, 0.0))
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    regions = sampling._sample_regions(SingleDraws(one), level, rule, domain(rule))
    count = int(other.integers(1, 4))
    tries = ([_draw_region(other, shares) for _ in range(count)] for _ in range(20))
    # Where there are none, all tries were made.
    assert any(drawn == list(regions or ()) for drawn in tries) == (regions is not None)
    assert one.bit_generator.state == other.bit_generator.state


def _draw_region(rng: np.random.Generator, shares: dict[RegionKind, int]) -> Region:
    kind = choose(rng, shares)
    bound = int(rng.integers(-1000, 1001)) / 10
    if kind == "inside":
        return Region(bound, round(bound + int(rng.integers(50, 251)) / 10, 1), 0.0)
    return Region(-np.inf, bound, 0.0) if kind == "below" else Region(bound, np.inf, 0.0)


@pytest.mark.parametrize("name", RELEASED_FAMILIES)
def test_atoms_of_the_release_are_defined_on_their_domain_but_for_poles(name: str) -> None:
    """So that the sampler need not evaluate them."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        rule = AtomRule(name, ATOMS[name].sample(rng))
        outputs = evaluate(rule, np.linspace(*domain(rule), 1001))
        assert np.count_nonzero(np.isnan(outputs)) <= 5


def test_compounds_vary() -> None:
    for seed in range(400):
        difficulty = {"base": "extreme", "variants": {"plain": 1.0}, "compound_share": 1.0}
        spec = sample_numeric(np.random.default_rng(seed), difficulty=difficulty)
        outputs = evaluate(spec.rule, np.linspace(*spec.domain, 1001))
        assert np.ptp(outputs[np.isfinite(outputs)]) > 1e-6


def test_difficulty_adds_families_depth_regions_and_noise() -> None:
    difficulty = {"base": "extreme", "variants": {"plain": 0.2, "noised": 0.3, "corrupted": 0.4}}
    specs = [sample_numeric(np.random.default_rng(seed), difficulty=difficulty) for seed in range(300)]
    assert max(len(spec.regions) for spec in specs) == 3
    assert any(spec.noise is not None and spec.regions for spec in specs)
    assert max(len(list(atoms_of(spec.rule))) for spec in specs) > 3
    assert {spec.noise.scale for spec in specs if spec.noise} == {4.0}


def test_split_shares_and_seeds() -> None:
    splits = Counter(split_of(f"numeric:{index}") for index in range(5000))
    assert 0.77 < splits["train"] / 5000 < 0.83
    assert 0.08 < splits["test"] / 5000 < 0.12
    seeds = {function_seed("test", "numeric", seed, index) for seed in range(20) for index in range(20)}
    assert len(seeds) == 400 and all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(
    ("difficulty", "message"),
    [
        ("insane", "expected a difficulty in"),
        ({"compound_shares": 0.1}, "expected a difficulty in"),
        ({"compound_share": 1.5}, "expected compound_share in"),
        ({"families": ["sinus"]}, "expected families among"),
        ({"families": []}, "expected families among"),
        ({"parts": (3, 2)}, "expected 2 <= least <= greatest in parts"),
        ({"variants": {"plain": -1.0}}, "expected non-negative shares"),
        ({"variants": {"silent": 1.0}}, "expected non-negative shares"),
        ({"noise_scale": 0}, "expected a positive noise_scale"),
        ({"depth": 0}, "expected depth to be an integer >= 1"),
    ],
)
def test_bad_difficulties_are_refused(difficulty: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NumericDifficulty.of(difficulty)  # type: ignore[arg-type]


def test_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a split in"):
        sample_numeric(np.random.default_rng(0), split="training")


@pytest.mark.parametrize(
    ("variant", "others"),
    [
        ("corrupted", {"families": ["constant"], "compound_share": 0}),
        ("plain", {"compound_families": ["constant"], "compound_share": 1}),
    ],
)
def test_a_difficulty_without_functions_is_refused(
    monkeypatch: pytest.MonkeyPatch, variant: str, others: dict[str, Any]
) -> None:
    monkeypatch.setattr(sampling, "_RULE_TRIES", 20)
    with pytest.raises(ValueError, match=f"expected a difficulty with {variant} functions"):
        sample_numeric(np.random.default_rng(0), difficulty={"variants": {variant: 1.0}, **others})
