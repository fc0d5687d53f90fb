"""Entity functions: the inventory, the vectors, formulas, regions, sampling, the released layout."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.entities import formulas, neurons
from find_gym.categories.entities import word_vectors as vectors_module
from find_gym.categories.entities.banks import held_out_bank
from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.custom import CallableEntityFunction
from find_gym.categories.entities.difficulty import DIFFICULTIES, EntityDifficulty
from find_gym.categories.entities.exemplars import held_out_words, probe_words
from find_gym.categories.entities.formulas import Combination
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntityFunction, EntitySpec
from find_gym.categories.entities.neurons import LanguageModelNeuron
from find_gym.categories.entities.regions import BIAS, FORMS, Region
from find_gym.categories.entities.sampling import is_degenerate, sample_entity
from find_gym.categories.entities.word_vectors import EntityVectors, entity_vectors, make_vectors
from find_gym.functions import FINDDataset, write_dataset
from find_gym.language import HashingEmbedder, MissingModelError, ScriptedModel
from find_gym.language.embeddings import TransformersEmbedder, explain_missing_model
from tests.reference import REFERENCE, needs_reference

needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")
NAMES = sorted(concepts())
GOLDEN = [
    'and("museums",not("art")) early -0.4',
    'and("climate change","games and leisure activities") short 0.4',
    'or("colors","poetry")',
]

formula_strategy = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.builds(lambda part: Combination("not", (part,)), inner),
        st.builds(lambda a, b: Combination("half", (a, b)), inner, inner),
        st.builds(
            lambda name, parts: Combination(name, tuple(parts)),
            st.sampled_from(["or", "and"]),
            st.lists(inner, min_size=2, max_size=4),
        ),
    ),
    max_leaves=6,
)
spec_strategy = st.builds(
    EntitySpec,
    formula_strategy,
    st.sampled_from(["embedding", "lexicon"]),
    st.none() | st.builds(Region, st.sampled_from(sorted(FORMS)), st.sampled_from([-0.4, 0.4])),
    seed=st.integers(0, 2**40),
)


def area_under_curve(own: np.ndarray, others: np.ndarray) -> float:
    """The probability that a member is rated above another word, ties counting half."""
    order = np.sort(others)
    below = np.searchsorted(order, own, "left") + np.searchsorted(order, own, "right")
    return float(below.mean() / 2 / others.size)


def test_the_inventory_is_large_enough() -> None:
    assert len(concepts()) >= 140
    assert all(len(set(concept.members)) >= 12 for concept in concepts().values())
    assert len(vocabulary()) >= 3000 and len(set(vocabulary())) == len(vocabulary())
    assert all(word == word.strip() and word.isascii() for word in vocabulary())


def test_default_neurons_separate_members_from_other_words() -> None:
    activations = entity_vectors().vocabulary_activations()
    words = np.array(vocabulary())
    areas, found, alarms = [], [], []
    for column, concept in enumerate(concepts().values()):
        own = np.isin(words, concept.members)
        areas.append(area_under_curve(activations[own, column], activations[~own, column]))
        found.append(np.mean(activations[own, column] >= 0.5))
        alarms.append(np.mean(activations[~own, column] >= 0.5))
    assert np.mean(areas) >= 0.93 and np.min(areas) >= 0.75
    assert np.mean(found) >= 0.8 and np.mean(alarms) <= 0.02


@needs_model
@pytest.mark.slow
def test_the_shipped_vectors_are_the_models() -> None:
    shipped = entity_vectors()
    rows = np.random.default_rng(0).choice(len(vocabulary()), 300, replace=False)
    embedded = TransformersEmbedder().embed([vocabulary()[row] for row in rows])
    assert np.max(np.abs(embedded - shipped.raw[rows])) < 2e-3
    assert shipped.model == "all-MiniLM-L6-v2"


def test_vectors_of_other_tables_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_module, "tables_digest", lambda: "other")
    with pytest.raises(ValueError, match="make_entity_vectors"):
        entity_vectors.__wrapped__()


def test_vectors_can_be_made_with_any_model() -> None:
    made = make_vectors(HashingEmbedder(32))
    assert isinstance(made, EntityVectors) and made.directions.shape == (len(concepts()), 32)
    assert np.all(np.isfinite(made.vocabulary_activations()))


def test_a_word_outside_the_vocabulary_needs_the_model_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise MissingModelError("expected the model: pip install it")

    monkeypatch.setattr("find_gym.language.embeddings.TransformersEmbedder", fail)
    shipped = entity_vectors()
    fresh = EntityVectors(shipped.raw, shipped.directions, shipped.midpoints, shipped.slopes, shipped.model)
    assert fresh.concept_activations("golf", ["GOLF CART", " hole  in one"]).min() > 0.5
    with pytest.raises(MissingModelError, match="expected words of the vocabulary.*'qwertz'.*pip install it"):
        fresh.concept_activations("golf", ["putter", "qwertz"])


@needs_model
def test_words_outside_the_vocabulary_are_embedded() -> None:
    values = EntityFunction(EntitySpec("golf"))(["golfing tournament", "quarterly tax declaration"])
    assert values[0] > 0.5 > values[1]
    assert EntityFunction(EntitySpec("kitchen knives"))(["cutting board knife", "senate"]).argmax() == 0


@given(spec_strategy)
@settings(max_examples=60, deadline=None)
def test_specs_survive_json_and_functions_are_consistent(spec: EntitySpec) -> None:
    again = EntitySpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec and again.digest() == spec.digest() and again.split == spec.split
    words = list(vocabulary()[:: len(vocabulary()) // 40])
    function = EntityFunction(spec)
    values = function(words)
    assert values.shape == (len(words),) and np.all((values >= 0) & (values <= 1))
    assert np.array_equal(values, np.concatenate([function([word]) for word in words]))
    assert all(name in function.describe() for name in formulas.concepts_of(spec.formula))
    assert spec.canonical not in repr(function)


@given(formula_strategy, formula_strategy)
@settings(max_examples=40, deadline=None)
def test_operators_obey_the_laws_of_logic(first: formulas.Formula, second: formulas.Formula) -> None:
    words = list(vocabulary()[::97])

    def value(formula: formulas.Formula) -> np.ndarray:
        return formulas.evaluate(formula, lambda name: entity_vectors().concept_activations(name, words))

    either, both = Combination("or", (first, second)), Combination("and", (first, second))
    assert np.allclose(value(either), np.maximum(value(first), value(second)))
    assert np.allclose(value(both), np.minimum(value(first), value(second)))
    denied = Combination("not", (Combination("and", (Combination("not", (first,)), Combination("not", (second,)))),))
    assert np.allclose(value(denied), value(either))
    assert formulas.canonical(either) == formulas.canonical(Combination("or", (second, first)))
    assert formulas.canonical(Combination("half", (first, second))) != formulas.canonical(either)


@given(st.integers(0, 10**6), st.sampled_from(sorted(DIFFICULTIES)), st.sampled_from(["train", "validation", "test"]))
@settings(max_examples=40, deadline=None)
def test_sampled_functions_are_of_their_split_and_not_degenerate(seed: int, level: str, split: str) -> None:
    spec = sample_entity(np.random.default_rng(seed), split=split, difficulty=level)
    assert spec.split == split
    assert spec == sample_entity(np.random.default_rng(seed), split=split, difficulty=level)
    assert not is_degenerate(spec.formula, spec.region)


def test_sampling_is_pinned() -> None:
    for version in (0, 1):
        drawn = [sample_entity(np.random.default_rng(seed), difficulty="hard", version=version) for seed in range(3)]
        assert [spec.canonical for spec in drawn] == GOLDEN
    drawn = [sample_entity(np.random.default_rng(seed), split="test", version=1) for seed in range(4)]
    assert [spec.formula for spec in drawn] == ["track and field", "biology", "Islam", "sculpture"]


def test_shares_are_those_of_find() -> None:
    specs = [sample_entity(np.random.default_rng(seed)) for seed in range(600)]
    share = np.mean([spec.family == "or" for spec in specs])
    assert abs(share - 0.3) < 0.06
    assert {spec.family for spec in specs} == {"single", "or"}
    assert len({spec.canonical for spec in specs if spec.family == "single"}) > 140


def test_regions_bias_the_activation() -> None:
    words = ["putter", "golf cart", "Tiger Woods", "spinach"]
    plain = EntityFunction(EntitySpec("golf"))(words)
    biased = EntityFunction(EntitySpec("golf", region=Region("phrase", -0.4)))
    assert np.allclose(biased(words), np.clip(plain - [0, 0.4, 0.4, 0], 0, 1), atol=1e-4)
    assert "expressions of several words activate it by 0.4 less" in biased.describe()


def test_lexicon_neurons_know_members_only() -> None:
    function = EntityFunction(EntitySpec("golf", kind="lexicon"))
    assert function(["putter", "PUTTER", "golf", "tennis", "qwertz"]).tolist() == [1, 1, 1, 0, 0]
    with pytest.raises(ValueError, match="expected a concept of the inventory"):
        EntityFunction(EntitySpec("kitchen knives", kind="lexicon"))(["knife"])


def test_language_model_neurons_compare_one_with_zero() -> None:
    model = ScriptedModel(
        logprob=lambda prompt, option: -1.0 if (option == " 1") == ("Word: putter." in prompt) else -3.0
    )
    function = EntityFunction(EntitySpec("golf", kind="language_model"), LanguageModelNeuron(model))
    values = function(["putter", "tax", "putter"])
    assert values.tolist() == [0.8808, 0.1192, 0.8808]
    assert len(model.prompts) == 2
    with pytest.raises(ValueError, match="expected a kind"):
        neurons.load_neuron("other")  # type: ignore[arg-type]


def test_the_source_reproduces_the_truth() -> None:
    spec = EntitySpec(Combination("or", ("golf", "films")), region=Region("short"))
    names: dict = {}
    exec(EntityFunction(spec).source(), names)
    words = ["putter", "Casablanca", "spinach", "tee"]
    assert [names["f"](word) for word in words] == EntityFunction(spec)(words).tolist()


def test_exemplars_are_ten_words_some_of_which_activate() -> None:
    for seed in range(20):
        function = EntityFunction(sample_entity(np.random.default_rng(seed)))
        words = function.exemplars()
        assert words == function.exemplars() and len(set(words)) == 10
        assert not set(words) & set(concepts())
        assert np.sum(function(words) >= 0.5) in (3, 4)


def test_probes_span_the_concepts_and_are_never_held_out() -> None:
    assert len(set(probe_words())) == len(concepts())
    assert not set(probe_words()) & set(held_out_words())
    for concept, probe in zip(concepts().values(), probe_words(), strict=True):
        assert probe in concept.members


def test_callables_are_black_boxes() -> None:
    function = CallableEntityFunction(lambda word: 1.0 if "o" in word else 0.0)
    assert function(["golf", "tee"]).tolist() == [1.0, 0.0]
    assert len(function.identity()) == 32 and len(function.exemplars()) == 10
    with pytest.raises(ValueError, match=r"expected an activation in \[0, 1\]"):
        CallableEntityFunction(lambda word: 2.0)(["golf"])
    with pytest.raises(TypeError, match="expected a callable"):
        CallableEntityFunction("golf")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "expected an entity spec"),
        ({"formula": ["or", "golf"]}, "expected an operator"),
        ({"formula": []}, "expected a concept's name"),
        ({"formula": "golf", "kind": "magic"}, "expected a kind"),
        ({"formula": "golf", "region": {"form": "round", "bias": 0.1}}, "expected a form"),
        ({"formula": "golf", "region": {"form": "short", "bias": 0}}, "expected a bias"),
    ],
)
def test_broken_specs_are_refused(data: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EntitySpec.from_json(data)


@pytest.mark.parametrize("words", [[""], ["  "], ["x" * 201]])
def test_words_have_something_in_them(words: list[str]) -> None:
    with pytest.raises(ValueError, match="expected words of 1 to 200 characters"):
        EntityFunction(EntitySpec("golf"))(words)


@pytest.mark.parametrize(
    "difficulty", ["none", {"shapes": {"xor": 1}}, {"kinds": {}}, {"concepts": ["golf"]}, {"region_share": 2}, {"x": 1}]
)
def test_broken_difficulties_are_refused(difficulty: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        EntityDifficulty.of(difficulty)  # type: ignore[arg-type]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    specs = [sample_entity(np.random.default_rng(seed), difficulty="extreme") for seed in range(12)]
    identifiers = write_dataset(tmp_path, specs)
    dataset = FINDDataset(tmp_path, "entities")
    assert [entry.spec for entry in dataset] == specs
    assert [entry.id for entry in dataset] == identifiers
    assert not list(tmp_path.rglob("*.partial"))


def test_released_keys_alone_are_enough_at_finds_difficulty(tmp_path: Path) -> None:
    specs = [sample_entity(np.random.default_rng(seed)) for seed in range(12)]
    write_dataset(tmp_path, specs)
    path = tmp_path / "neurons_entities" / "data.json"
    rows = json.loads(path.read_text())
    for row in rows:
        del row["find_gym"]
    path.write_text(json.dumps([*rows, {"dir": "f00099"}]))
    with pytest.warns(UserWarning, match="skipped 1 of 13"):
        dataset = FINDDataset(tmp_path, "entities")
    for entry, spec in zip(dataset, specs, strict=True):
        assert entry.spec.formula == spec.formula
        assert len(entry.spec.exemplars) == 10 and len(entry.spec.triplets) == 10
        values = [EntityFunction(spec)(triplet.words) for triplet in entry.spec.triplets]
        assert all(np.argmax(value) == t.correct for value, t in zip(values, entry.spec.triplets, strict=True))


@needs_reference
def test_published_functions_are_read() -> None:
    dataset = FINDDataset(REFERENCE / "find-dataset", "entities")
    assert len(dataset) == 100 and not dataset.skipped
    assert sum(entry.spec.family == "or" for entry in dataset) == 30
    assert all(len(entry.spec.triplets) == 10 for entry in dataset)


def test_what_unit_tests_cannot_be_made_of_is_not_sampled() -> None:
    # With a bias, all words that tests are made of activate this one but a single one.
    chicago, region = Combination("not", ("Chicago",)), Region("capital", BIAS)
    assert is_degenerate(chicago, region) and not is_degenerate(chicago)
    for name in list(concepts())[::9]:
        formula = Combination("not", (name,))
        if not is_degenerate(formula, region):
            truth = held_out_bank().truth(EntityFunction(EntitySpec(formula, region=region)))
            assert (truth >= ACTIVE).any() and np.count_nonzero(truth < INACTIVE) >= 2
