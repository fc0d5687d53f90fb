"""Specs and functions: JSON, source, description, identity, sampling, splits, probes."""

import hashlib
import json
from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym.categories.strings.inputs as inputs_module
from find_gym.categories.strings.custom import CallableStringFunction
from find_gym.categories.strings.difficulty import DIFFICULTIES, StringDifficulty
from find_gym.categories.strings.followed import Followed
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.inputs import balanced_inputs, draw_inputs
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.probes import PROBES, large_probe_set
from find_gym.categories.strings.programs import Branch, Program, Step, has_branches, run, steps_of
from find_gym.categories.strings.sampling import is_degenerate, sample_string
from find_gym.core.splits import SPLITS

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = st.sampled_from(list(DIFFICULTIES))
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)


def sample(seed: int, **arguments: Any) -> StringSpec:
    return sample_string(np.random.default_rng(seed), **arguments)


def test_golden_specs_never_change() -> None:
    """The same seed gives the same spec on every platform and for ever."""
    for version, pinned in enumerate(
        (
            "6b1dce536bbfd126a2ca16ba01e9b8aeca38b02c5f33e0d28f66813b8acab90e",
            "9a96060bcf8965666b5103288b7c94a8cc65449a95550b83a2632698cc527726",
        )
    ):
        digests = [
            sample(seed, difficulty=level, version=version).digest() for seed in range(24) for level in DIFFICULTIES
        ]
        assert hashlib.sha256(b"".join(digests)).hexdigest() == pinned


@given(seed=SEEDS, level=LEVELS, stochastic=st.booleans())
def test_specs_survive_json(seed: int, level: str, stochastic: bool) -> None:
    spec = sample(seed, difficulty=level, include_stochastic=stochastic)
    again = StringSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec and again.digest() == spec.digest() and again.split == spec.split


@given(seed=SEEDS, level=LEVELS, texts=st.lists(ANY_TEXT, max_size=8))
def test_source_reproduces_the_truth(seed: int, level: str, texts: list[str]) -> None:
    function = StringFunction(sample(seed, difficulty=level, include_stochastic=seed % 2 == 0))
    namespace: dict[str, Any] = {}
    exec(function.source(), namespace)
    assert list(namespace)[-1] == "f"
    inputs = [*texts, *PROBES]
    assert [namespace["f"](text) for text in inputs] == function.truth(inputs)


@given(seed=SEEDS, level=LEVELS)
def test_descriptions_name_all_constants(seed: int, level: str) -> None:
    function = StringFunction(sample(seed, difficulty=level))
    text = function.describe()
    assert text.startswith("It ") and text.endswith(".") and text.isascii() and "\n" not in text
    for step in steps_of(function.spec.program):
        for constant in step.constants:
            assert str(constant) in text
    assert repr(function) == f"<StringFunction {function.spec.digest().hex()[:8]}>"


def test_descriptions_are_fluent() -> None:
    program: Program = (
        Step("remove_digits"),
        Branch("contains_letter", ("q",), (Step("reverse_string"), Step("string_concatenate", ("Oh",)))),
    )
    assert StringFunction(StringSpec(program)).describe() == (
        "It removes all digits from the string; then it reverses the result and then appends 'Oh' to the result if the "
        "result contains 'q', but otherwise leaves the result as it is."
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        {},
        {"program": None},
        {"program": [{}]},
        {"program": [{"operation": "no"}]},
        {"program": [{"operation": "swap_rand", "constants": [1]}]},
    ],
)
def test_what_is_no_spec_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        StringSpec.from_json(data)


def test_queries_and_noise() -> None:
    function = StringFunction(StringSpec((Step("add_order_to_inx"), Step("convert_to_uppercase")), seed=4))
    assert function.is_stochastic and function.spec.variant == "stochastic"
    with pytest.raises(TypeError, match="expected a numpy.random.Generator"):
        function(["abc"])
    outputs = [function(["abc"] * 50, function.generator(1)) for _ in range(2)]
    assert outputs[0] == outputs[1] and set(outputs[0]) == {"ABC", "ACC", "ABE"}
    assert function.truth(["abc"]) == ["ABC"]
    for wrong in ("abc", [1], [None]):
        with pytest.raises(TypeError, match="expected a list of strings"):
            function.truth(wrong)  # type: ignore[arg-type]


def test_shares_are_those_of_the_benchmark() -> None:
    programs = [sample(seed).program for seed in range(2000)]
    lengths = Counter(len(program) for program in programs)
    assert 0.26 < lengths[1] / 2000 < 0.34 and set(lengths) == {1, 2}
    singles = Counter(program[0].name for program in programs if len(program) == 1 and isinstance(program[0], Step))
    assert set(singles) == {"string_concatenate", "replace_substring", "map_string"}
    assert min(singles.values()) > 150
    last = {program[-1].name for program in programs if len(program) == 2 and isinstance(program[-1], Step)}
    assert last == set(DETERMINISTIC)


def test_difficulty_adds_operations_and_branches() -> None:
    hard = [sample(seed, difficulty="hard").program for seed in range(300)]
    extreme = [sample(seed, difficulty="extreme").program for seed in range(300)]
    assert 0.2 < np.mean([has_branches(program) for program in hard]) < 0.4
    assert 0.4 < np.mean([has_branches(program) for program in extreme]) < 0.6
    assert max(len(list(steps_of(program))) for program in extreme) > 4
    for version in (0, 1):
        easy = [sample(seed, difficulty="easy", version=version).program for seed in range(100)]
        assert all(len(program) == 1 and bool(program[0].constants) == bool(version) for program in easy)


@given(seed=SEEDS, split=st.sampled_from(SPLITS))
def test_sampled_functions_are_of_the_split_that_was_asked_for(seed: int, split: str) -> None:
    assert sample(seed, split=split).split == split


@pytest.mark.parametrize("answers", [("ab", "", 'say "\\t\t"', "\x7f"), ("a~b", "~", "c"), ("é~", "\ud800"), ("",)])
def test_canonical_texts_are_json(answers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_gym.categories.strings.function.answers_to_probes", lambda program: answers)
    assert StringSpec(()).canonical == json.dumps(answers)


def test_programs_that_do_the_same_are_in_one_split() -> None:
    one = StringSpec((Step("remove_digits"), Step("convert_to_uppercase")))
    other = StringSpec((Step("convert_to_uppercase"), Step("remove_digits")))
    assert one.split == other.split and one.digest() != other.digest()


@pytest.mark.parametrize(
    "program",
    [
        (Step("shift_first_letter_rand", (0,)),),
        (Step("convert_to_lowercase"), Step("convert_to_lowercase")),
        (Step("reverse_string"), Step("reverse_string")),
        (Step("convert_to_uppercase"), Step("convert_to_lowercase")),
        (Step("get_string_length"), Step("find_string", ("B",))),
        (Step("duplicate_first_letter"), Step("get_last_character")),
        (Step("swap_first_last"), Step("get_string_length")),
        (Step("replace_substring", ("a", "b")), Step("remove_substring", ("a",))),
        (Branch("has_even_length", (), (Step("reverse_string"),), (Step("reverse_string"),)),),
        (
            Branch("contains_digit", (), (Step("extract_digits"),), ()),
            Step("convert_to_uppercase"),
            Step("convert_to_uppercase"),
        ),
        (Step("remove_digits"), Branch("contains_digit", (), (Step("reverse_string"),), ())),
        (Step("add_order_to_inx"),),
    ],
)
def test_programs_that_equal_a_simpler_one_are_drawn_again(program: Program) -> None:
    assert is_degenerate(program)


@given(seed=SEEDS, level=LEVELS)
@settings(max_examples=50)
def test_sampled_programs_are_not_degenerate(seed: int, level: str) -> None:
    program = sample(seed, difficulty=level).program
    outputs = run(program, large_probe_set())
    assert len(set(outputs)) > 1 and outputs != list(large_probe_set())
    for parts in combinations(program, len(program) - 1):
        assert run(parts, large_probe_set()) != outputs


def test_stochastic_operations_come_only_on_request() -> None:
    names = {step.name for seed in range(300) for step in sample(seed).program if isinstance(step, Step)}
    wanted = {"add_order_to_inx", "sub_order_to_inx"}
    assert not names & wanted
    asked = [sample(seed, include_stochastic=True) for seed in range(300)]
    assert any(spec.variant == "stochastic" for spec in asked)


def test_probes_tell_programs_apart() -> None:
    programs = [sample(seed).program for seed in range(1500)]
    short = Counter(tuple(run(program, PROBES)) for program in programs)
    long = Counter(tuple(run(program, large_probe_set())) for program in programs)
    pairs = len(programs) * (len(programs) - 1) // 2
    same_on_probes, same = (sum(n * (n - 1) // 2 for n in counter.values()) for counter in (short, long))
    assert (same_on_probes - same) / (pairs - same) <= 0.001


def test_probes_tell_all_single_operations_apart() -> None:
    programs = [(Step(name, c),) for name in DETERMINISTIC for c in OPERATIONS[name].enumerate_constants()]
    assert len({tuple(run(p, PROBES)) for p in programs}) == len({tuple(run(p, large_probe_set())) for p in programs})


def test_probes_are_plain() -> None:
    assert len(PROBES) == len(set(PROBES)) == 42
    assert all(text.isascii() for text in large_probe_set())


def test_inputs_are_of_many_kinds() -> None:
    inputs = draw_inputs(np.random.default_rng(0), 160)
    assert any(len(text) > 30 for text in inputs) and any(len(text) == 1 for text in inputs)
    assert any(text.isdigit() for text in inputs) and any(" " in text for text in inputs)
    assert all(text.isascii() and text.isprintable() for text in inputs)


def test_inputs_stay_the_same_for_the_same_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> str:
        drawn = hashlib.sha256()
        for seed in range(20):
            rng = np.random.default_rng(seed)
            # Some begin with half of 64 bits that is left.
            rng.integers(3, size=seed % 3)
            for _ in range(seed % 2):
                rng.integers(10)
            drawn.update(repr((draw_inputs(rng, 100), rng.random())).encode())
        return drawn.hexdigest()[:16]

    # Of the version that drew them number by number, with numpy's generator.
    assert digest() == "76bc74d7a096e92b"
    monkeypatch.setattr(inputs_module, "_MOST_BITS", 1)
    assert digest() == "76bc74d7a096e92b"


@given(st.lists(st.text(), max_size=8), st.integers(0, 2**32 - 1))
def test_letterwise_operations_are_the_same_on_joined_strings(strings: list[str], seed: int) -> None:
    for operation in OPERATIONS.values():
        if operation.letterwise:
            constants = operation.sample(np.random.default_rng(seed))
            assert operation.run(strings, constants) == [operation.function(s, *constants) for s in strings]


@given(seed=SEEDS, level=LEVELS)
@settings(max_examples=40)
def test_balanced_inputs_show_something(seed: int, level: str) -> None:
    function = StringFunction(sample(seed, difficulty=level))
    inputs, followed = balanced_inputs(np.random.default_rng(seed), 64, function)
    assert len(inputs) == len(set(inputs)) == 64 and "" in inputs
    assert list(followed.outputs) == function.truth(list(inputs))
    assert followed.told[0].tolist() == [a == b for a, b in zip(inputs, followed.outputs, strict=True)]
    assert followed.told[1].astype(bool).tolist() == list(map(any, function.sides(list(inputs))))
    pool = draw_inputs(np.random.default_rng(0), 400)
    changed = [a != b for a, b in zip(function.truth(pool), pool, strict=True)]
    if np.mean(changed) > 0.1:
        assert sum(a != b for a, b in zip(function.truth(inputs), inputs, strict=True)) >= 30


@pytest.mark.parametrize(
    "told", [np.zeros((2, 1), dtype=np.int64), np.zeros((1, 10_000), dtype=np.int64), np.zeros((2, 10_000))]
)
def test_what_a_black_box_says_of_too_few_inputs_is_refused(told: np.ndarray) -> None:
    """Compiled loops would read beyond it."""

    class Telling(CallableStringFunction):
        def follow(self, inputs: Any) -> Followed:
            return Followed(list(inputs), told[:, : len(inputs)])

    with pytest.raises(ValueError, match=r"expected \d+ outputs and int64 numbers of shape"):
        balanced_inputs(np.random.default_rng(0), 64, Telling(str.title))


def test_balanced_inputs_show_both_sides_of_a_branch() -> None:
    branch = Branch("contains_letter", ("q",), (Step("reverse_string"),), (Step("convert_to_uppercase"),))
    function = StringFunction(StringSpec((branch,)))
    inputs, _ = balanced_inputs(np.random.default_rng(1), 64, function)
    assert 16 <= sum(side == (True,) for side in function.sides(inputs)) <= 48


@pytest.mark.parametrize(
    "difficulty",
    [
        "none",
        {"x": 1},
        {"lengths": {0: 1}},
        {"lengths": {1: 0}},
        {"operations": ["no"]},
        {"operations": []},
        {"branch_share": 2},
        {"branch_length": 0},
    ],
)
def test_wrong_difficulties_are_refused(difficulty: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        StringDifficulty.of(difficulty)


def test_difficulties_come_from_mappings() -> None:
    level = StringDifficulty.of({"base": "hard", "lengths": {"4": 1.0}, "operations": ["reverse_string"]})
    assert level.lengths == {4: 1.0} and level.branch_share == DIFFICULTIES["hard"].branch_share


class Answer(str):
    def __str__(self) -> str:
        return "something else"


def test_one_s_own_function() -> None:
    function = CallableStringFunction(str.title)
    assert function(["two words"]) == function.truth(["two words"]) == ["Two Words"]
    assert (
        function.identity()
        == CallableStringFunction(lambda s: s.title()).identity()
        != CallableStringFunction(str.upper).identity()
    )
    # Subclasses may be written as they like.
    answers = CallableStringFunction(Answer)(["yes"])
    assert answers == ["yes"] and type(answers[0]) is str
    with pytest.raises(TypeError, match="expected a string as the output"):
        CallableStringFunction(len)(["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a callable"):
        CallableStringFunction("f")  # type: ignore[arg-type]
