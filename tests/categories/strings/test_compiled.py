"""Compiled programs: the same as the operations' Python functions on ASCII strings, and where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.categories.strings import programs
from find_gym.categories.strings.ascii_strings import AsciiStrings, most_equal, which_equal
from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.difficulty import DIFFICULTIES
from find_gym.categories.strings.operation import Operation
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.programs import Branch, Program, Step
from find_gym.categories.strings.sampling import sample_string

# Control characters, several kinds of whitespace among them; words with many of the same letters.
TEXT = st.text(st.characters(max_codepoint=127), max_size=12) | st.text("aeiouAEIOUbzBZ 09", max_size=70)
TEXTS = st.lists(TEXT, max_size=12)
SEEDS = st.integers(0, 2**32 - 1)


def packed(texts: list[str]) -> AsciiStrings:
    strings = AsciiStrings.of(texts)
    assert strings is not None
    # Nothing of the list is left.
    return AsciiStrings(strings.text, strings.ends)


@given(texts=TEXTS, seed=SEEDS)
def test_an_instruction_does_what_the_function_does(texts: list[str], seed: int) -> None:
    rng, strings = np.random.default_rng(seed), packed(texts)
    for name in DETERMINISTIC:
        operation = OPERATIONS[name]
        constants = operation.sample(rng)
        assert operation.compiled(constants) is not None, name
        outputs = programs.run((Step(name, constants),), strings)
        assert isinstance(outputs, AsciiStrings)
        assert list(outputs) == [operation.function(text, *constants) for text in texts], (name, constants)
    for name, condition in CONDITIONS.items():
        constants = condition.sample(rng)
        assert condition.compiled(constants) is not None, name
        sides = programs.sides((Branch(name, constants, ()),), strings)
        assert sides == [(condition.function(text, *constants),) for text in texts], (name, constants)


@given(texts=TEXTS, seed=SEEDS, level=st.sampled_from(list(DIFFICULTIES)), stochastic=st.booleans())
def test_programs_are_the_same_compiled(texts: list[str], seed: int, level: str, stochastic: bool) -> None:
    rng = np.random.default_rng(seed)
    first, second = (sample_string(rng, difficulty=level, include_stochastic=stochastic).program for _ in range(2))
    nested = Branch("is_longer_than", (5,), first, second)
    for program in (first, (*first, *second), (nested, *second), (*first, nested, *second, nested)):
        assert list(programs.run(program, packed(texts))) == programs.run(program, texts)
        assert programs.sides(program, packed(texts)) == programs.sides(program, texts)


@given(texts=TEXTS.filter(bool), seed=SEEDS, level=st.sampled_from(list(DIFFICULTIES)))
def test_programs_are_compared_compiled_as_in_python(texts: list[str], seed: int, level: str) -> None:
    rng = np.random.default_rng(seed)
    first, second = (sample_string(rng, difficulty=level).program for _ in range(2))
    nested = Branch("is_longer_than", (5,), first, second)
    # The last ones equal a simpler program where the first operation does nothing to these texts.
    idle = Step("string_rstrip"), Step("convert_to_lowercase")
    for program in (first, (*first, *second), (nested, *second), (*idle, *first), (nested, *idle)):
        compared = programs.compare_with_simpler(program, packed(texts))
        outputs = programs.run(program, texts)
        simpler = (programs.run(other, texts) for other in programs._simplifications(program))
        assert list(compared.outputs) == outputs
        assert compared.is_simple == (outputs == texts or len(set(outputs)) == 1 or outputs in simpler)
        expected = [output if number % 3 else "" for number, output in enumerate(outputs)]
        right = programs.which_right(program, packed(texts), packed(expected)).tolist()
        assert right == [output == other for output, other in zip(outputs, expected, strict=True)]


def test_outputs_that_do_not_fit_are_made_in_python() -> None:
    program = (Step("get_alpha_indexes"),) * 4
    texts = ["abcdefgh" * 8, "", "x"]
    assert programs.run(program, packed(texts[1:])) == packed(programs.run(program, texts[1:]))
    assert programs.run(program, packed(texts)) == packed(programs.run(program, texts))


@pytest.mark.parametrize(("letterwise", "of_b"), [(False, "é"), (True, "é"), (True, "bb")])
def test_operations_without_an_instruction_run_in_python(
    letterwise: bool, of_b: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(s: str) -> str:
        return s.replace("b", of_b)

    change.__name__ = name = f"change_{letterwise}_{of_b}"
    monkeypatch.setitem(OPERATIONS, name, Operation(change, lambda it: f"changes {it}", letterwise=letterwise))
    branched: Program = (Branch("contains_letter", ("a",), (Step(name),)), Step("reverse_string"))
    for program in ((Step(name),), branched):
        for texts in (["abc", "b", "cc"], ["c", ""]):
            outputs = programs.run(program, packed(texts))
            assert isinstance(outputs, AsciiStrings) == all(map(str.isascii, outputs))
            assert list(outputs) == programs.run(program, texts)
            assert programs.sides(program, packed(texts)) == programs.sides(program, texts)


@given(texts=TEXTS, others=TEXTS, seed=SEEDS)
def test_ascii_strings_are_strings(texts: list[str], others: list[str], seed: int) -> None:
    strings = packed(texts)
    assert list(strings) == texts and len(strings) == len(texts) and strings[:3] == texts[:3]
    assert list(strings + packed(others)) == texts + others
    assert (strings == packed(others)) == (texts == others)
    if texts:
        assert most_equal(strings) == most_equal(texts)
        places = np.random.default_rng(seed).permutation(len(texts))[:5]
        assert list(strings.take(places)) == [texts[place] for place in places]
    others = (others + [""] * len(texts))[: len(texts)]
    same = [text == other for text, other in zip(texts, others, strict=True)]
    for values in (others, packed(others)):
        assert which_equal(strings, values).tolist() == same


def test_what_is_no_ascii_string_stays_what_it_is() -> None:
    assert AsciiStrings.of(["é"]) is None
    longer = AsciiStrings.of([type("Longer", (str,), {"__len__": lambda text: 10**6})("ab"), "c"])
    assert longer is not None and longer.ends.tolist() == [2, 3]
    assert which_equal(packed(["a", "b"]), ["a", None]).tolist() == [True, False]
    with pytest.raises(ValueError, match="expected 2 values"):
        which_equal(packed(["a", "b"]), ["a"])
