"""Relations: specs, functions, exceptions, sampling, users' functions, datasets."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.relations.answers import canonical, count_same, same
from find_gym.categories.relations.catalogue import FIND_RELATIONS, RELATIONS
from find_gym.categories.relations.conditions import ATTRIBUTES, Condition, conditions_of
from find_gym.categories.relations.custom import CallableRelation, LanguageModelRelation
from find_gym.categories.relations.difficulty import DIFFICULTIES, RelationDifficulty
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.probes import probe_words
from find_gym.categories.relations.release import read_exception
from find_gym.categories.relations.sampling import sample_relation
from find_gym.functions import FINDDataset, write_dataset
from find_gym.judges.relation_text import read_exceptions
from tests.reference import REFERENCE, needs_reference

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = st.sampled_from(tuple(DIFFICULTIES))


def sampled(seed: int, level: str) -> RelationSpec:
    return sample_relation(np.random.default_rng(seed), difficulty=level)


def test_finds_relations_and_more_than_fifteen_others() -> None:
    assert len(FIND_RELATIONS) == 25
    assert len(RELATIONS) >= 40


@settings(max_examples=60, deadline=None)
@given(SEEDS, LEVELS)
def test_specs_go_through_json(seed: int, level: str) -> None:
    spec = sampled(seed, level)
    assert RelationSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@settings(max_examples=40, deadline=None)
@given(SEEDS, LEVELS)
def test_exceptions_are_undefined_and_the_rest_is_not(seed: int, level: str) -> None:
    function = RelationFunction(sampled(seed, level))
    for word, answer, side in zip(
        function.words, function(function.words), function.sides(function.words), strict=True
    ):
        assert (answer == "undefined") == any(side)
        assert function.accepts(word, answer)


@settings(max_examples=25, deadline=None)
@given(SEEDS, LEVELS)
def test_the_source_is_the_truth(seed: int, level: str) -> None:
    function = RelationFunction(sampled(seed, level))
    namespace: dict = {}
    exec(function.source(), namespace)
    words = [*function.words, *probe_words(), "The  U.S.", "no such word", ""]
    assert [namespace["f"](word) for word in words] == function.truth(words)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_text_may_be_asked(text: str) -> None:
    assert isinstance(RelationFunction(RelationSpec("capital"))([text])[0], str)
    assert same(text, [text])


def test_a_few_functions_are_pinned() -> None:
    for version, pinned in enumerate(PINNED):
        specs = [sample_relation(np.random.default_rng(s), split="test", version=version) for s in range(3)]
        assert [(spec.relation, [(c.attribute, c.value) for c in spec.exceptions]) for spec in specs] == pinned


def test_shares_are_finds() -> None:
    specs = [sample_relation(np.random.default_rng(seed)) for seed in range(400)]
    assert abs(np.mean([not spec.exceptions for spec in specs]) - 1 / 3) < 0.08
    assert set(Counter(spec.relation for spec in specs)) == set(FIND_RELATIONS)
    splits = Counter(spec.split for spec in specs)
    assert splits["train"] > 140 and min(splits["validation"], splits["test"]) > 80


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("level", list(DIFFICULTIES))
def test_every_split_has_functions_of_every_difficulty(split: str, level: str) -> None:
    assert sample_relation(np.random.default_rng(1), split=split, difficulty=level).split == split


def test_a_split_without_functions_is_said_so() -> None:
    level = {"relations": ("capital",), "exceptions": {0: 1.0}}
    split = RelationSpec("capital").split
    other = next(name for name in ("train", "validation", "test") if name != split)
    with pytest.raises(ValueError, match="expected a difficulty with functions in the split"):
        sample_relation(np.random.default_rng(0), split=other, difficulty=level)


def test_exemplars_hold_some_of_the_relations_words_and_do_not_change_the_function() -> None:
    for seed in range(20):
        spec = sample_relation(np.random.default_rng(seed))
        own = RELATIONS[spec.relation].facts
        known = [word for word in spec.exemplars if own.find(word)]
        assert len(spec.exemplars) == 8 and known
        assert RelationSpec(spec.relation, spec.exceptions).digest() == spec.digest()


@pytest.mark.parametrize("name", list(RELATIONS))
def test_conditions_leave_words_on_both_sides(name: str) -> None:
    relation = RELATIONS[name]
    assert len(conditions_of(name)) >= 4
    for condition in conditions_of(name):
        members = [word for word in relation.words if condition.holds(relation, word)]
        assert 5 <= len(members) <= len(relation.words) - 10
        assert condition.english(relation).startswith("the ")


def test_probes_leave_words_to_be_held_out() -> None:
    probes = set(probe_words())
    assert len(probes) == len(probe_words())
    for name in RELATIONS:
        for condition in (None, *conditions_of(name)):
            words = [w for w in RELATIONS[name].words if condition is None or condition.holds(RELATIONS[name], w)]
            assert condition is None or set(words), condition
        assert len(set(RELATIONS[name].words) - probes) >= 30


@pytest.mark.parametrize(
    ("answer", "accepted", "tolerance", "right"),
    [
        ("US", ["United States"], 0, True),
        ("the u.k.", ["United Kingdom"], 0, True),
        ("blue and red", ["red", "blue", "white"], 0, True),
        ("blue and green", ["red", "blue", "white"], 0, False),
        ("Bosnia and Herzegovina", ["Bosnia and Herzegovina"], 0, True),
        ("Undefined.", ["undefined"], 0, True),
        ("gray", ["grey"], 0, True),
        ("4.81", ["4.808"], 0.02, True),
        ("4.4", ["6.19"], 0.02, False),
        ("4.81", ["4.808"], 0, False),
        ("6,650", ["6650"], 0.05, True),
        ("", ["Paris"], 0, False),
    ],
)
def test_when_answers_are_the_same(answer: str, accepted: list[str], tolerance: float, right: bool) -> None:
    assert same(answer, accepted, tolerance) is right


@pytest.mark.parametrize(
    "data",
    [
        {"relation": "capitol", "exceptions": []},
        {"relation": "capital"},
        {"relation": "capital", "exceptions": [{"attribute": "taste", "value": "sweet"}]},
        {"relation": "capital", "exceptions": [{"attribute": "diet", "value": "carnivore"}]},
        None,
    ],
)
def test_broken_specs_are_refused(data: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        RelationSpec.from_json(data)


def test_broken_difficulties_are_refused() -> None:
    for broken in ("medium", {"relations": ["x"]}, {"exceptions": {-1: 1.0}}, {"depth": 3}, {"exemplars": -1}):
        with pytest.raises(ValueError, match="expected"):
            RelationDifficulty.of(broken)


def test_inputs_have_to_be_words() -> None:
    for broken in ("France", [1]):
        with pytest.raises(TypeError, match="expected a list of words"):
            RelationFunction(RelationSpec("capital"))(broken)  # type: ignore[arg-type]


def test_ones_own_function() -> None:
    function = CallableRelation(lambda word: "b" if word == "a" else "undefined", words=["a"])
    assert function(["a", "x"]) == ["b", "undefined"]
    assert function.accepts("a", "B.") and not function.accepts("a", "c")
    assert function.identity() == CallableRelation(lambda word: "b" if word == "a" else "undefined", ["a"]).identity()
    with pytest.raises(TypeError, match="expected a word"):
        CallableRelation(lambda word: 3)(["a"])  # type: ignore[arg-type, return-value]
    assert type(CallableRelation(np.str_)(["a"])[0]) is str


def test_a_language_model_is_asked_once_for_each_word() -> None:
    class Fake:
        asked: list[str] = []

        def generate(self, messages: list, *, max_tokens: int = 512, temperature: float = 0.0) -> str:
            self.asked.append(messages[-1]["content"])
            return " 'Oslo'.\nBecause it is." if "Norway" in messages[-1]["content"] else "Undefined, of course"

    function = LanguageModelRelation(Fake(), "a country", "the capital of that country", "the input country is in Asia")
    assert function(["Norway", "cup", "Norway"]) == ["Oslo", "undefined", "Oslo"]
    assert len(Fake.asked) == 2 and "the input country is in Asia" in Fake.asked[0]
    assert function.describe().endswith("undefined where the input country is in Asia.")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = [sampled(seed, "extreme") for seed in range(20)]
    identifiers = write_dataset(tmp_path, written)
    dataset = FINDDataset(tmp_path, "relations")
    assert [entry.id for entry in dataset] == identifiers
    assert [entry.spec for entry in dataset] == written
    done = subprocess.run(
        [sys.executable, "-c", "import function_code as c; print(c.f('no such word'))"],
        cwd=tmp_path / "neurons_relations" / "f00000",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "undefined"


def test_released_keys_alone_are_enough(tmp_path: Path) -> None:
    written = [RelationSpec(name, (conditions_of(name)[seed],)) for seed, name in enumerate(RELATIONS) if seed < 20]
    write_dataset(tmp_path, written)
    path = tmp_path / "neurons_relations" / "data.json"
    rows = [{key: value for key, value in row.items() if key != "find_gym"} for row in json.loads(path.read_text())]
    path.write_text(json.dumps([*rows, {**rows[0], "dir": "x/f00099", "exeption": "the input is beautiful"}]))
    with pytest.warns(UserWarning, match="skipped 1 of"):
        dataset = FINDDataset(tmp_path, "relations")
    assert list(dataset.skipped) == ["f00099"]
    for entry, spec in zip(dataset, written, strict=True):
        assert entry.spec.canonical == spec.canonical
        own = RelationFunction(spec)
        assert all(own.accepts(*triplet.pair) for triplet in entry.spec.triplets)


@needs_reference
def test_all_released_relations_are_read() -> None:
    dataset = FINDDataset(REFERENCE / "find-dataset", "relations")
    assert len(dataset) == 38 and not dataset.skipped
    assert sum(bool(entry.spec.exceptions) for entry in dataset) == 25
    assert all(len(entry.spec.triplets) == 10 and len(entry.spec.exemplars) >= 8 for entry in dataset)


@needs_reference
def test_tables_agree_with_the_released_answers() -> None:
    right: dict[str, list[bool]] = {}
    excepted = []
    for entry in FINDDataset(REFERENCE / "find-dataset", "relations"):
        function, plain = RelationFunction(entry.spec), RelationFunction(RelationSpec(entry.spec.relation))
        for word, answer in (triplet.pair for triplet in entry.spec.triplets):
            if canonical(answer) == "undefined":
                excepted.append(function.accepts(word, answer))
            else:
                right.setdefault(entry.spec.relation, []).append(plain.accepts(word, answer))
    shares = {name: np.mean(values) for name, values in right.items()}
    strict = ("capital", "country_of_city", "us_state_of_city", "official_language", "continent_of_country")
    assert len(shares) == 25 and all(shares[name] >= 0.88 for name in strict)
    assert all(share >= 0.75 for share in shares.values()), shares
    assert np.mean(excepted) == 1


def test_attributes_have_words_for_every_table() -> None:
    assert all("" in attribute.english for attribute in ATTRIBUTES.values())
    assert Condition("begins_with", "s").english(RELATIONS["capital"]) == "the input begins with S"
    assert Condition("medium", "ocean").english(RELATIONS["habitat"]) == "the input animal lives in the ocean"


# For each version.
PINNED = [
    [
        ("occupation", [("gender", "man")]),
        ("opera_language", [("language", "English")]),
        ("continent_of_monument", []),
    ],
    [
        ("occupation", [("gender", "man")]),
        ("opera_language", [("language", "French")]),
        ("bordering_country", [("continent", "Asia")]),
    ],
]


@pytest.mark.parametrize(
    ("name", "text", "condition"),
    [
        ("country_of_city", "the input city is in the United States", Condition("country", "United States")),
        ("book_author", "the input book was written before 1900", Condition("before", "1900")),
        ("book_author", "the input book was written after 1900", Condition("after", "1900")),
    ],
)
def test_released_wordings_of_exceptions_are_read(name: str, text: str, condition: Condition) -> None:
    relation = RELATIONS[name]
    assert read_exception(relation, text) == condition
    assert read_exception(relation, condition.english(relation)) == condition
    function = RelationFunction(RelationSpec(name, (condition,)))
    excepted = [
        word
        for word, answer in zip(function.words, function.truth(function.words), strict=True)
        if answer == "undefined"
    ]
    assert set(excepted) == {word for word in function.words if condition.holds(relation, word)} and excepted
    assert read_exceptions(relation, function.domain(), function.domain()) == (condition,)


def test_books_of_the_year_itself_are_neither_before_nor_after_it() -> None:
    relation = RELATIONS["book_author"]
    years = {word: float(relation.facts.value(word, "year")) for word in relation.words}
    for word, year in years.items():
        for limit in ("1900", "1925"):
            assert Condition("before", limit).holds(relation, word) == (year < float(limit))
            assert Condition("after", limit).holds(relation, word) == (year > float(limit))
    assert all(condition.attribute != "before" for condition in conditions_of("book_author"))


TEXTS = st.sampled_from(
    ["undefined", "none", "Paris", "12", "12.3", "13", "1,234", "1234", "12 or 13", "0", "-5", "-5.1"]
)


@given(answers=st.lists(TEXTS, max_size=8), accepted=st.lists(st.lists(TEXTS, min_size=1, max_size=3).map(tuple)))
def test_answers_are_counted_as_they_are_compared_one_by_one(
    answers: list[str], accepted: list[tuple[str, ...]]
) -> None:
    right = [sum(same(answer, those, 0.05) for those in accepted) for answer in answers]
    assert count_same(answers, accepted, 0.05) == right
