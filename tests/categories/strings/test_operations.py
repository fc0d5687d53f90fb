"""Operations: total and deterministic on any Unicode, source equal to behaviour, exact semantics."""

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.faults import FAULTS
from find_gym.categories.strings.operation import LETTERS, Constants, Operation
from find_gym.categories.strings.operations import DETERMINISTIC, INNER, OPERATIONS, STOCHASTIC
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Branch, Step, run
from find_gym.categories.strings.writing import source

# Lone surrogates included.
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)
ODD = [
    "",
    "a",
    "Z",
    "7",
    "0123456789",
    "\U0001f600",
    "a\U0001f600b\U0001f468‍\U0001f469",
    "\ud800x\udfff",
    "ßİıſ\u212aǅ",
]
TABLE = {**OPERATIONS, **FAULTS}


def every_operation() -> list[tuple[Operation, Constants]]:
    rng = np.random.default_rng(0)
    return [(operation, operation.sample(rng)) for operation in TABLE.values() for _ in range(3)]


def call(operation: Operation, text: str, constants: Constants) -> Any:
    return operation.function(text, *constants, *((0.5,) if operation.stochastic else ()))


def test_the_table_has_all_operations_of_the_benchmark() -> None:
    assert len(OPERATIONS) == 67
    assert len(STOCHASTIC) == 2 and len(DETERMINISTIC) == 65
    assert set(DETERMINISTIC) - set(INNER) == {
        "get_first_character",
        "get_last_character",
        "get_mid_character",
        "map_string",
    }


@given(text=ANY_TEXT)
def test_operations_are_total_and_deterministic_on_any_text(text: str) -> None:
    for operation, constants in every_operation():
        output = call(operation, text, constants)
        assert type(output) is str
        assert call(operation, text, constants) == output


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_one_changed_string_leads_to_constants_that_change_it(name: str) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(0)
    for text in [*PROBES, *ODD[1:5]] * 4:
        constants = operation.sample(rng)
        output = operation.function(text, *constants)
        found = operation.infer([text], [output])
        assert all(operation.function(text, *other) == output for other in found) and (found or output == text)


@pytest.mark.parametrize("text", ODD)
def test_operations_take_odd_text(text: str) -> None:
    for operation, constants in every_operation():
        assert type(call(operation, text, constants)) is str
    for condition in CONDITIONS.values():
        assert type(condition.function(text, *condition.sample(np.random.default_rng(0)))) is bool


@pytest.mark.parametrize("unit", ["aB3 ", "\U0001f600é", "u", "\ud800 "])
def test_operations_take_ten_thousand_characters_in_no_time(unit: str) -> None:
    text = unit * (10_000 // len(unit))
    for operation, constants in every_operation():
        start = time.process_time()
        call(operation, text, constants)
        assert time.process_time() - start < 0.2, operation.name


@given(text=ANY_TEXT)
def test_source_does_what_the_operation_does(text: str) -> None:
    for operation, namespace, constants in COMPILED:
        assert namespace["f"](text) == operation.function(text, *constants)


def compiled() -> list[tuple[Operation, dict[str, Any], Constants]]:
    entries = []
    for operation, constants in every_operation():
        if not operation.stochastic:
            namespace: dict[str, Any] = {}
            exec(source((Step(operation.name, constants),)), namespace)
            entries.append((operation, namespace, constants))
    return entries


COMPILED = compiled()


@pytest.mark.parametrize("name", [name for name in OPERATIONS if OPERATIONS[name].kinds])
def test_constants_are_checked(name: str) -> None:
    rng = np.random.default_rng(1)
    constants = OPERATIONS[name].sample(rng)
    Step(name, constants)
    for wrong in ((), (*constants, 1), (None,) * len(constants), (True,) * len(constants), (99,) * len(constants)):
        with pytest.raises(ValueError, match="expected"):
            Step(name, wrong)


def test_constants_that_must_differ_are_checked_and_drawn() -> None:
    with pytest.raises(ValueError, match="expected constants that differ"):
        Step("swap_rand", (3, 3))
    rng = np.random.default_rng(2)
    assert all(len(set(OPERATIONS["replace_substring"].sample(rng))) == 2 for _ in range(300))


def test_listed_constants_are_those_that_are_drawn() -> None:
    rng = np.random.default_rng(3)
    for name, operation in OPERATIONS.items():
        listed = set(operation.enumerate_constants())
        if all(kind.values for kind in operation.kinds):
            assert all(operation.sample(rng) in listed for _ in range(20)), name
        else:
            assert not listed


@pytest.mark.parametrize(
    ("name", "constants", "text", "output"),
    [
        ("capitalize_string", (), "all Lower", "All lower"),
        ("capitalize_alternating_letters", (), "123Numbers", "123nUmBeRs"),
        ("reverse_string_first_half", (), "apple", "paple"),
        ("reverse_string_last_half", (), "hello", "heoll"),
        ("reverse_words", (), " two  words ", "owt sdrow"),
        ("reverse_vowels", (), "NANDgate", "NeNDgatA"),
        ("swap_first_last", (), "a", "a"),
        ("swap_rand", (1, 3), "abc", "abc"),
        ("swap_rand", (1, 3), "abcd", "adcb"),
        ("remove_duplicates", (), "aAbba a", "aAb "),
        ("duplicate_mid_letter", (), "data", "datat"),
        ("get_mid_character", (), "data", "at"),
        ("get_mid_character", (), "a", "a"),
        ("get_string_length", (), "x" * 31, "unknown"),
        ("get_string_length", (), "x" * 30, "thirty"),
        ("extract_digits", (), "a1b20", "one two zero"),
        ("extract_digits", (), "²٣", ""),
        ("count_consonants", (), "Yes, ok!", "three"),
        ("count_uppercase", (), "Één", "one"),
        ("find_string", ("w",), "world", "zero"),
        ("find_string", ("W",), "world", "none"),
        ("get_alpha_indexes", (), "hello!", "zero one two three four"),
        ("get_digit_indexes", (), "4nine6", "zero five"),
        ("get_first_character_ordinality", (), "Zoo", "twenty-six"),
        ("get_last_character_ordinality", (), "", "zero"),
        ("get_last_character_ordinality", (), "\u212a", "zero"),
        ("get_mid_character_ordinality", (), "binary", "one"),
        ("add_letter_if_needed", ("n",), "ten", "ten"),
        ("split_string", ("S",), "SSL", "  L"),
        ("map_string", ("bcdefghijklmnopqrstuvwxyza",), "Zoo 1", "app 1"),
        ("replace_vowels_with_mid", (), "world!", "wlrld!"),
        ("replace_vowels_with_ind_of_count", (), "banana", "bnnnnn"),
        ("add_number_to_string", (5,), "xyZ é", "cdE é"),
        ("add_number_to_middle", (5,), "even", "even"),
        ("subtract_middle_character", (2,), "abcde", "abade"),
        ("subtract_middle_character", (2,), "a", "a"),
        ("add_len_to_middle", (), "Hello", "Heqlo"),
        ("advance_by_character_order", (1,), "Testi321gn", "xiwxm321kr"),
        ("advance_by_character_order", (1,), "I love", "v ybir"),
        ("advance_by_character_order", (6,), "Short", "Short"),
        ("substract_by_character_order", (1,), "Abc", "zab"),
        ("add_order_of_inx1_to_inx2", (8, 1), "Github", "Github"),
        ("add_order_of_inx1_to_inx2", (8, 1), "Gratitude", "Gzatitude"),
        ("sub_order_of_inx1_to_inx2", (2, 0), "Abc", "Ybc"),
        ("shift_first_letter_rand", (17,), "Jump", "Aump"),
        ("shift_first_letter_predecessor_rand", (3,), "apple", "xpple"),
        ("shift_last_letter_rand", (25,), "zoo", "zon"),
        ("released_shift_first_letter_rand", (17,), "Jump", "[ump"),
        ("released_shift_first_letter_rand", (17,), "Zoo", "Aoo"),
        ("released_shift_last_letter_predecessor_rand", (0,), "banana", "bananz"),
        ("released_get_alpha_indexes", (), "hello!", "zero one two two four"),
        ("released_get_digit_indexes", (), "nothin99", "six"),
        ("released_get_digit_indexes", (), "4nine", ""),
        ("released_sub_order_of_inx1_to_inx2", (2, 0), "Abc", "Cbc"),
    ],
)
def test_semantics(name: str, constants: Constants, text: str, output: str) -> None:
    assert run((Step(name, constants),), [text]) == [output]


def test_branches_and_conditions() -> None:
    program = (Branch("starts_with_vowel", (), (Step("reverse_string"),), (Step("convert_to_uppercase"),)),)
    assert run(program, ["apple", "pear", "", "Old"]) == ["elppa", "PEAR", "", "dlO"]
    tests = {
        ("ends_with_vowel", ()): ["a", "bE"],
        ("starts_with_uppercase", ()): ["A", "É1"],
        ("has_even_length", ()): ["", "ab"],
        ("is_longer_than", (2,)): ["abc"],
        ("contains_digit", ()): ["a1"],
        ("contains_whitespace", ()): ["a\tb"],
        ("contains_letter", ("q",)): ["q"],
    }
    for (name, constants), holds in tests.items():
        assert all(CONDITIONS[name].function(text, *constants) for text in holds)
        assert not CONDITIONS[name].function("b", *constants)


def test_letters_are_those_of_ascii() -> None:
    assert len(LETTERS) == 52 and LETTERS.isascii() and LETTERS.isalpha()
