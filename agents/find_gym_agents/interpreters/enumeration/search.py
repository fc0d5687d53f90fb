"""The search for programs of one or two operations that agree with what was answered.

Not all pairs of operations with all of their constants are run (11 million), but all inner operations with theirs, once
for each question; the outer operation's constants are then inferred from what it was given and what it gave. Replaced
letters make up most of the inner operations: there, the answers to the questions without the letter come first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from find_gym.categories.strings.alphabet import NUMBER_WORDS
from find_gym.categories.strings.faults import FAULTS
from find_gym.categories.strings.operation import LETTERS, PERMUTATION, WORD, ConstantKind, Constants, Operation
from find_gym.categories.strings.operations import DETERMINISTIC, INNER, OPERATIONS
from find_gym.categories.strings.programs import Program, Step, run
from find_gym_agents.interpreters.enumeration.words import appended_words

_ANSWERS = frozenset((*NUMBER_WORDS, "none", "unknown"))
# The same operation under another name.
_ALIASES = frozenset({"count_character_repetitions"})
_ALPHABET_SIZE, _WORD_LENGTHS = 26, 5

_COUNTS = (
    "get_string_length",
    "count_vowels",
    "count_consonants",
    "count_uppercase",
    "count_lowercase",
    "count_substring",
    "find_string",
    "get_first_character_ordinality",
    "get_last_character_ordinality",
    "get_mid_character_ordinality",
)
_LISTS = ("extract_digits", "get_alpha_indexes", "get_digit_indexes")
_RELEASED_LISTS = ("released_get_alpha_indexes", "released_get_digit_indexes")
_LONGER_BY_ONE = (
    "add_letter_if_needed",
    "insert_letter",
    "insert_number",
    "duplicate_first_letter",
    "duplicate_last_letter",
    "duplicate_mid_letter",
)
_SHORTER = (
    "remove_digits",
    "remove_whitespace",
    "remove_duplicates",
    "remove_substring",
    "reverse_words",
    "string_strip",
    "string_lstrip",
    "string_rstrip",
    "extract_uppers",
    "get_first_character",
    "get_last_character",
    "get_mid_character",
)
_SAME_LENGTH = tuple(
    name
    for name in DETERMINISTIC
    if name not in {*_COUNTS, *_LISTS, *_LONGER_BY_ONE, *_SHORTER, *_ALIASES, "string_concatenate"}
)
_INFERENCES = {name: operation.infer for name, operation in {**OPERATIONS, **FAULTS}.items()}
_RELEASED_SAME_LENGTH = tuple(name for name in FAULTS if name not in _RELEASED_LISTS)

# What an operation's outputs always are, whatever it is given (ASCII strings, as all questions are).
_OUTPUTS: dict[str, Callable[[str], bool]] = {
    "convert_to_lowercase": lambda y: y == y.lower(),
    "convert_to_uppercase": lambda y: y == y.upper(),
    "capitalize_string": lambda y: y == y.capitalize(),
    "map_string": lambda y: y == y.lower(),
    "extract_uppers": lambda y: y == "" or (y.isupper() and y.isalpha()),
    "remove_duplicates": lambda y: len(set(y)) == len(y),
    "remove_whitespace": lambda y: " " not in y,
    "get_first_character": lambda y: len(y) <= 1,
    "get_last_character": lambda y: len(y) <= 1,
    "get_mid_character": lambda y: len(y) <= 2,
    "string_strip": lambda y: y == y.strip(),
    "string_lstrip": lambda y: y == y.lstrip(),
    "string_rstrip": lambda y: y == y.rstrip(),
}


@dataclass(frozen=True)
class Hypothesis:
    """An outer operation, with all constants that agree with the answers, after an inner one.

    Attributes:
        inner: no operation or one.
        outer: the name of the other.
        constants: the outer operation's constants.
    """

    inner: tuple[Step, ...]
    outer: str
    constants: tuple[Constants, ...]

    @property
    def programs(self) -> list[Program]:
        """The programs."""
        return [(*self.inner, Step(self.outer, values)) for values in self.constants]

    def updated(self, inputs: Sequence[str], outputs: Sequence[str], count: int) -> Hypothesis:
        """Returns the hypothesis with the constants that agree with more answers.

        Args:
            inputs: all that was asked.
            outputs: all that was answered.
            count: for how many of these it was known to hold.
        """
        if self.outer == "map_string":
            # Letters that have not come yet are mapped at random, in two ways that must go on to differ.
            left = tuple(_INFERENCES[self.outer](run(self.inner, inputs), outputs))
            return Hypothesis(self.inner, self.outer, left)
        strings, new = run(self.inner, inputs[count:]), list(outputs[count:])
        function = _operation(self.outer).function
        left = tuple(c for c in self.constants if all(function(z, *c) == y for z, y in zip(strings, new, strict=True)))
        return Hypothesis(self.inner, self.outer, left)


def _operation(name: str) -> Operation:
    return OPERATIONS[name] if name in OPERATIONS else FAULTS[name]


def log_prior(program: Program) -> float:
    """Returns the logarithm of the share of a program among FIND's functions, singles of every kind taken as likely."""
    operations = math.log(0.3 / len(DETERMINISTIC)) if len(program) == 1 else math.log(0.7 / 61 / len(DETERMINISTIC))
    return operations - log_choices(program)


def log_choices(program: Program) -> float:
    """Returns the logarithm of the number of constants that a program might have had; a fault counts e⁵."""
    total = 0.0
    for part in program:
        if isinstance(part, Step):
            total += _log_count(part.operation.kinds, part.constants) + (5.0 if part.name in FAULTS else 0.0)
        else:
            total += _log_count(part.test.kinds, part.constants)
            total += log_choices(part.then) + log_choices(part.otherwise)
    return total


def _log_count(kinds: Sequence[ConstantKind], constants: Constants) -> float:
    total = 0.0
    for kind, constant in zip(kinds, constants, strict=True):
        if kind is WORD:
            total += math.log(_WORD_LENGTHS) + len(str(constant)) * math.log(len(LETTERS))
        elif kind is PERMUTATION:
            total += math.lgamma(_ALPHABET_SIZE + 1)
        else:
            total += math.log(len(kind.values))
    return total


def search(
    inputs: Sequence[str], outputs: Sequence[str], *, released: bool = False, enough: int | None = None
) -> tuple[list[Hypothesis], bool]:
    """Finds the programs of one or two operations that agree with the answers.

    Args:
        inputs: what was asked.
        outputs: what was answered.
        released: whether to try the faulty operations of the release as well.
        enough: with so many hypotheses found, inner operations that replace a letter are left out.

    Returns:
        The hypotheses, and whether they are all.
    """
    if not inputs:
        return [], True
    # The longest answers are the hardest to agree with by accident.
    order = sorted(range(len(inputs)), key=lambda index: (-len(outputs[index]), -len(inputs[index])))
    given = tuple(inputs[index] for index in order)
    outers = _Outers([outputs[index] for index in order], released)
    found = [Hypothesis((), name, constants) for name, constants in outers.agreeing(given)]
    groups: dict[tuple[str, ...], list[Step]] = {}
    columns = [_inner_outputs(text, released) for text in given]
    for step, strings in zip(_inner_steps(released), zip(*columns, strict=True), strict=True):
        groups.setdefault(strings, []).append(step)
    for word in appended_words(given, outers.answers, outers.counts):
        step = Step("string_concatenate", (word,))
        groups.setdefault(tuple(text + word for text in given), []).append(step)
    for strings, steps in groups.items():
        for name, constants in outers.agreeing(strings):
            found += [Hypothesis((step,), name, constants) for step in steps]
    if enough is not None and len(found) >= enough:
        return found, False
    return [*found, *_with_replaced_letter(given, outers)], True


class _Outers:
    """The outer operations that may have given some answers.

    Args:
        answers: the answers, the longest first.
        released: whether to try the faulty operations of the release as well.

    Attributes:
        answers: the answers.
        counts: whether all answers are English number words.
    """

    def __init__(self, answers: Sequence[str], released: bool) -> None:
        self.answers = answers
        self.counts = all(answer in _ANSWERS for answer in answers)
        lists = all(word in _ANSWERS for answer in answers for word in answer.split(" ") if answer)
        always = (*(_COUNTS if self.counts else ()), *(_LISTS if lists else ()))
        if released and lists:
            always += _RELEASED_LISTS
        shorter = self._possible(_SHORTER)
        same = self._possible((*_SAME_LENGTH, *(_RELEASED_SAME_LENGTH if released else ())))
        self._by_growth = {
            -1: (*always, *shorter),
            0: (*always, "add_letter_if_needed", *shorter, *same),
            1: (*always, "string_concatenate", *_LONGER_BY_ONE),
            2: (*always, "string_concatenate"),
        }
        self._first: dict[str, list[str]] = {}

    def _possible(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            name for name in names if name not in _OUTPUTS or all(_OUTPUTS[name](answer) for answer in self.answers)
        )

    def _giving_first(self, string: str) -> list[str]:
        """Returns the operations that may give the first answer from a string."""
        if string not in self._first:
            answer = self.answers[0]
            names = self._by_growth[min(max(len(answer) - len(string), -1), 2)]
            # An operation that changes nothing at first need not show its constants.
            self._first[string] = [
                name for name in names if string == answer or _INFERENCES[name]((string,), (answer,))
            ]
        return self._first[string]

    def agreeing(self, strings: Sequence[str]) -> list[tuple[str, tuple[Constants, ...]]]:
        """Returns the operations that give the answers from some strings, with all constants that do."""
        names = self._giving_first(strings[0])
        if not names or strings == self.answers:
            return []
        agreeing = [(name, tuple(_INFERENCES[name](strings, self.answers))) for name in names]
        return [(name, constants) for name, constants in agreeing if constants]

    def agreeing_on(self, strings: Sequence[str], chosen: Sequence[int]) -> list[str]:
        """Returns the operations that give some of the answers, given by their indices, and may give the others."""
        if not chosen:
            return list(self._by_growth[0])
        part, answers = [strings[index] for index in chosen], [self.answers[index] for index in chosen]
        names = self._by_growth[min(max(len(answers[0]) - len(part[0]), -1), 2)]
        if part == answers:
            return list(names)
        return [name for name in names if _INFERENCES[name](part, answers)]


def _with_replaced_letter(given: Sequence[str], outers: _Outers) -> Iterator[Hypothesis]:
    """Yields the programs whose inner operation replaces a letter."""
    for old in LETTERS:
        touched = [index for index, text in enumerate(given) if old in text]
        untouched = [index for index, text in enumerate(given) if old not in text]
        names = outers.agreeing_on(given, untouched) if touched else []
        if not names:
            continue
        order = [*touched, *untouched]
        answers = [outers.answers[index] for index in order]
        rest = [given[index] for index in untouched]
        for new in LETTERS.replace(old, ""):
            strings = [*(given[index].replace(old, new) for index in touched), *rest]
            for name in names:
                constants = _INFERENCES[name](strings, answers)
                if constants:
                    yield Hypothesis((Step("replace_substring", (old, new)),), name, tuple(constants))


def single_steps() -> tuple[Step, ...]:
    """Returns operations with all of their constants, those with very many left out."""
    return _inner_steps(False)


@cache
def _inner_steps(released: bool) -> tuple[Step, ...]:
    """Returns the inner operations with all of their constants, less those that need another treatment."""
    steps = [
        Step(name, constants)
        for name in INNER
        if name not in _ALIASES and name not in ("replace_substring", "string_concatenate")
        for constants in OPERATIONS[name].enumerate_constants()
        if constants[:1] != (0,) or name == "swap_rand"
    ]
    if released:
        steps += [Step(name, constants) for name, fault in FAULTS.items() for constants in fault.enumerate_constants()]
    return tuple(steps)


@cache
def _inner_outputs(text: str, released: bool) -> tuple[str, ...]:
    """Returns what each of the inner operations makes of a string."""
    return tuple(step.operation.function(text, *step.constants) for step in _inner_steps(released))
