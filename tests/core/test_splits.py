"""Splits and draws of all categories: nothing in two splits, nothing drawn too often, every kind in every split."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym import EARLIER_IDS, ENVIRONMENT_IDS, LATEST_VERSIONS
from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import Combination, split_of_concept
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.difficulty import DIFFICULTIES, RelationDifficulty
from find_gym.categories.relations.division import conditions_in, relations_in
from find_gym.categories.relations.function import RelationSpec
from find_gym.categories.relations.sampling import sample_relation, shares_of_exceptions
from find_gym.core.draws import MOST_OFTEN, bounded_shares
from find_gym.core.registry import category_named, version_of
from find_gym.core.splits import divide
from find_gym.functions import SPLITS, function_seed

# Networks take half a second each, and their rules are drawn as all others are.
NO_NETWORKS = {"variants": {"plain": 0.5, "noised": 0.2, "corrupted": 0.3}}
MOST = 0.03
NAMES = ("easy", "find", "hard", "extreme")


def level_of(category: str, name: str) -> object:
    return {"base": name, **NO_NETWORKS} if category == "numeric" else name


@pytest.mark.parametrize("split", [*SPLITS, None])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("category", LATEST_VERSIONS)
def test_no_function_fills_a_split(category: str, name: str, split: str | None) -> None:
    """Among 60 draws, one with a share of 3 % would be there twice; four times that is beyond chance."""
    seeds = [function_seed(split, category, 0, index) for index in range(60)]
    specs = [
        category_named(category).sample_seeded(seed, split=split, difficulty=level_of(category, name)) for seed in seeds
    ]
    counts = Counter(spec.canonical for spec in specs)
    assert max(counts.values()) <= 4 * MOST * len(specs)
    assert split is None or all(spec.split == split for spec in specs)


@pytest.mark.parametrize("split", [*SPLITS, None])
@pytest.mark.parametrize("name", ["easy", "find", "hard"])
def test_no_relation_is_more_frequent_than_the_bound(name: str, split: str | None) -> None:
    """The draws' exact shares: the number of exceptions, then evenly the relation, the attribute, the value."""
    level = DIFFICULTIES[name]
    shares = shares_of_exceptions(level.relations, level.exceptions, split)
    plain = [relation for relation in level.relations if relation in relations_in(split)]
    assert shares[0] / len(plain) <= MOST_OFTEN + 1e-9
    excepted = [relation for relation in level.relations if conditions_in(relation, split)]
    assert len(excepted) == len(level.relations)
    for relation in excepted:
        attributes = Counter(condition.attribute for condition in conditions_in(relation, split))
        assert shares[1] / len(excepted) / len(attributes) / min(attributes.values()) <= MOST


@pytest.mark.parametrize("split", SPLITS)
def test_no_single_concept_is_more_frequent_than_the_bound(split: str) -> None:
    assert 1 / sum(split_of_concept(name) == split for name in concepts()) < MOST


def test_every_split_has_relations_of_all_kinds() -> None:
    for split in SPLITS:
        specs = [
            sample_relation(np.random.default_rng(seed), split=split, difficulty={"exceptions": {0: 1, 1: 1, 2: 1}})
            for seed in range(40)
        ]
        assert {len(spec.exceptions) for spec in specs} == {0, 1, 2}
    assert sorted(chain(*map(relations_in, SPLITS))) == sorted(RELATIONS)


def test_a_formula_is_as_held_out_as_its_concepts() -> None:
    first, second, third = (next(n for n in concepts() if split_of_concept(n) == split) for split in SPLITS)
    assert EntitySpec(Combination("or", (first, second))).split == "validation"
    assert EntitySpec(Combination("half", (third, Combination("not", (first,))))).split == "test"
    assert EntitySpec(first).split == "train"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LATEST_VERSIONS)), st.sampled_from(NAMES), st.integers(0, 2**32), st.data())
def test_the_split_of_a_spec_is_that_of_its_json(category: str, name: str, seed: int, data: st.DataObject) -> None:
    version = data.draw(st.integers(0, LATEST_VERSIONS[category]))
    split = data.draw(st.sampled_from(SPLITS))
    spec = category_named(category).sample_seeded(
        seed, split=split, difficulty=level_of(category, name), version=version
    )
    again = category_named(category).read_spec(spec.to_json())
    in_version = getattr(again, "split_in", lambda version: again.split)
    assert in_version(version) == split and again.canonical == spec.canonical


@given(st.lists(st.sets(st.text(max_size=4), min_size=1), max_size=20))
def test_divisions_are_even_whatever_the_groups(groups: list[set[str]]) -> None:
    distinct = [{f"{place}:{text}" for text in group} for place, group in enumerate(groups)]
    found = divide(distinct)
    counts = Counter(found.values())
    total = sum(map(len, distinct))
    assert len(found) == total
    for split, share in zip(SPLITS, (11, 7, 7), strict=True):
        assert abs(counts[split] - total * share / 25) < 2


def test_shares_are_bounded_as_far_as_there_are_others() -> None:
    assert bounded_shares({0: 1, 1: 2}, {0: 0.14, 1: 4.0}) == pytest.approx({0: 0.14, 1: 0.86})
    assert bounded_shares({0: 1, 1: 2}, {0: 0.5}) == pytest.approx({0: 1 / 3, 1: 2 / 3})
    assert bounded_shares({0: 1}, {0: 0.02}) == pytest.approx({0: 1.0})
    assert bounded_shares({0: 1, 1: 1}, {0: 0.1, 1: 0.3}) == pytest.approx({0: 0.25, 1: 0.75})
    assert bounded_shares({0: 1, 1: 0}, {0: 0.0}) == pytest.approx({0: 1.0, 1: 0.0})


def test_ids_name_versions_and_earlier_ones_stay() -> None:
    assert EARLIER_IDS == ("FIND-numeric-v0", "FIND-strings-v0", "FIND-entities-v0", "FIND-relations-v0")
    assert {version_of(identifier) for identifier in ENVIRONMENT_IDS} == {0, 1}
    with pytest.raises(ValueError, match="expected a version of numeric from 0 to 1, actual value: 2"):
        category_named("numeric").check_version(2)
    assert RelationDifficulty.of("easy", 0).exceptions == {0: 1.0}
    assert RelationSpec("continent_of_monument").split_in(0) == "test"
