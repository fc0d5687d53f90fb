"""Predicates and programs of texts, their English and tokens; the bank and how it is divided; scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.neurons.bank import bank_words, held_out_places, open_places, place_of, probe_words
from find_gym.categories.neurons.claims import read_forms
from find_gym.categories.neurons.predicates import KINDS, Predicate, bank_values, listed_predicates
from find_gym.categories.neurons.programs import LEVELS, OPERATORS, NeuronProgram
from find_gym.categories.neurons.scaling import Scale
from find_gym.categories.neurons.tokens import TOKENS, NeuronDraft, tokens_of

predicates = st.one_of(
    st.sampled_from(listed_predicates()),
    st.builds(Predicate, st.just("contains"), st.text("abcxyz -'", min_size=1, max_size=8)),
    st.builds(Predicate, st.just("one of"), st.just("Paris, New York,golf")),
    st.builds(lambda count: Predicate("longer", str(count)), st.integers(1, 200)),
)
clauses = st.tuples(st.sampled_from(OPERATORS), predicates, st.sampled_from(LEVELS))
programs = st.lists(clauses, min_size=1, max_size=3).map(
    lambda rows: NeuronProgram.of(
        *(("or" if n == 0 else op, one.kind, one.argument, level) for n, (op, one, level) in enumerate(rows))
    )
)


@given(programs)
@settings(max_examples=60, deadline=None)
def test_a_program_survives_json_and_english(program: NeuronProgram) -> None:
    assert NeuronProgram.from_json(program.to_json()) == program
    assert NeuronProgram.from_english(program.describe()) == program


@given(programs, st.lists(st.integers(0, len(bank_words()) - 1), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_outputs_are_shares_the_same_from_the_bank_and_one_by_one(program: NeuronProgram, places: list[int]) -> None:
    whole = program.bank_outputs()
    assert whole.shape == (len(bank_words()),) and np.all((whole >= 0) & (whole <= 1))
    assert program([bank_words()[place] for place in places]).tolist() == whole[places].tolist()


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_what_can_be_written_is_a_program_of_these_tokens(seed: int) -> None:
    rng = np.random.default_rng(seed)
    draft = NeuronDraft()
    while not draft.complete:
        draft.write(int(rng.choice(np.flatnonzero(draft.legal()))))
    assert not draft.legal().any() and tokens_of(draft.program()) == draft.tokens


def test_what_the_operators_make_of_two_predicates() -> None:
    words = ["Paris", "Rome", "putter", "hat"]
    capital, ends = ("capitalised", ""), ("ends", "e")
    for operator, level, expected in (
        ("or", 0.5, [1, 1, 0, 0]),
        ("and", 1.0, [0, 1, 0, 0]),
        ("and", 0.5, [0.5, 1, 0, 0]),
        ("except", 1.0, [1, 0, 0, 0]),
        ("except", 0.5, [1, 0.5, 0, 0]),
    ):
        program = NeuronProgram.of(("or", *capital), (operator, *ends, level))
        assert program(words).tolist() == expected, operator


@pytest.mark.parametrize(
    ("text", "kind", "argument", "holds"),
    [
        ("Running", "ends", "ing", True),
        ("Dog", "begins", "d", True),
        ("iPhone 12", "digit", "", True),
        ("NASA", "capitals", "", True),
        ("Nasa", "capitals", "", False),
        ("New York", "several words", "", True),
        ("light-year", "punctuation", "", True),
        ("four", "longer", "4", False),
        ("four", "shorter", "5", True),
        ("paris", "one of", "Rome, Paris", True),
    ],
)
def test_predicates(text: str, kind: str, argument: str, holds: bool) -> None:
    assert Predicate(kind, argument)([text]).tolist() == [float(holds)]


def test_what_is_no_predicate_is_refused() -> None:
    for kind, argument in (
        ("near", "no such concept"),
        ("begins", "D"),
        ("shorter", "many"),
        ("digit", "5"),
        ("x", ""),
    ):
        with pytest.raises(ValueError, match="expected .*, actual value: "):
            Predicate(kind, argument)
    with pytest.raises(ValueError, match="expected a program in English"):
        NeuronProgram.from_english("It responds to golf.")
    with pytest.raises(ValueError, match="the first with 'or'"):
        NeuronProgram.of(("except", "digit", ""))


def test_tokens_are_all_different_and_near_is_first_among_predicates() -> None:
    assert len(set(TOKENS)) == len(TOKENS) and len(listed_predicates()) == len(bank_values())
    assert [one.kind for one in listed_predicates()][: len(KINDS["near"].listed)] == ["near"] * len(
        KINDS["near"].listed
    )


def test_the_bank_is_divided_in_halves_and_no_probe_is_held_out() -> None:
    whole = np.concatenate([open_places(), held_out_places()])
    assert sorted(whole.tolist()) == list(range(len(bank_words()))) and len(open_places()) == 2317
    probes = {place_of(word) for word in probe_words()}
    assert len(probes) == 256 and probes <= set(open_places().tolist())
    assert place_of("no such word of the bank") is None


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=30, max_size=200))
@settings(max_examples=60, deadline=None)
def test_scales_rise_from_the_median_to_the_maximum(values: list[float]) -> None:
    array = np.array(values)
    if np.quantile(array, 0.5) == array.max():
        with pytest.raises(ValueError, match="expected a function that few words activate"):
            Scale.of(array)
        return
    outputs = Scale.of(array)(array)
    order = np.argsort(array)
    assert np.all(np.diff(outputs[order]) >= 0) and outputs.min() == 0 and outputs.max() == 1
    assert np.mean(outputs >= 0.5) <= 0.03 + 2 / len(array) or np.quantile(array, 0.97) == array.max()


def test_a_scale_of_few_values_keeps_them_apart() -> None:
    values = np.zeros(100)
    values[:2] = 1
    assert set(Scale.of(values)(values).tolist()) == {0.0, 1.0}
    values[:20] = 1
    assert Scale.of(values)(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="expected finite activations"):
        Scale.of(np.array([0.0, np.nan]))


@pytest.mark.parametrize(
    ("description", "forms"),
    [
        ("words that start with the letter d", [("begins d", 1.0)]),
        ("It responds to words ending in 'ing'.", [("ends ing", 1.0)]),
        ("golf, but not acronyms", [("capitals", -1.0)]),
        ("capitalized words and numerals", [("capitalised", 1.0)]),
        ("names that contain a digit or start with a capital letter", [("capitalised", 1.0), ("digit", 1.0)]),
        ("It responds to words that contain sugar.", []),
        ("words of more than 12 characters", [("longer 12", 1.0)]),
    ],
)
def test_what_language_says_of_the_form_of_texts(description: str, forms: list[tuple[str, float]]) -> None:
    assert [(predicate.name, sign) for predicate, sign in read_forms(description)[1]] == forms
