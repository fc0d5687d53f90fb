"""Inferring the constants of a string program whose operations are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.operation import Constants, Operation
from find_gym.categories.strings.operations import OPERATIONS
from find_gym.categories.strings.programs import Branch, Program, Step, run

# Programs that are tried at most for one description; each costs microseconds for each question.
_MAX_TRIES = 5_000
# Strings of so many characters show most programs to be wrong.
_SHORT = 8


@dataclass(frozen=True)
class BranchSkeleton:
    """A branch without its constants.

    Attributes:
        condition: a key of `CONDITIONS`.
        then: the program where it holds.
        otherwise: the program where it does not.
    """

    condition: str
    then: StringSkeleton
    otherwise: StringSkeleton


# A program without its constants: its parts in the order in which they are applied.
StringSkeleton: TypeAlias = "tuple[str | BranchSkeleton, ...]"


def fit_string_skeleton(skeleton: StringSkeleton, inputs: Sequence[str], outputs: Sequence[str]) -> StringSpec:
    """Infers the constants of a program from what was asked and answered.

    Args:
        skeleton: the program without its constants.
        inputs: the questions.
        outputs: the answers, as many.

    Returns:
        The first program that agrees with all of the evidence; where none does (or none was found in 5,000 tries), the
        program with the first constants of each kind.
    """
    search = _Search(list(inputs), list(outputs))
    return StringSpec(search.first(skeleton) or _default(skeleton))


class _Search:
    """Enumerates constants of all parts but the last, which is inverted."""

    def __init__(self, inputs: list[str], outputs: list[str]) -> None:
        self._inputs, self._outputs = inputs, outputs
        self._tries = 0

    def first(self, skeleton: StringSkeleton) -> Program | None:
        if not self._inputs:
            return None
        return next(self._programs(skeleton, self._inputs, self._outputs), None)

    def _programs(self, skeleton: StringSkeleton, given: list[str], answers: list[str]) -> Iterator[Program]:
        """Yields the programs that agree with the evidence."""
        if not given:
            yield _default(skeleton)
        elif not skeleton:
            if given == answers:
                yield ()
        elif isinstance(skeleton[0], BranchSkeleton):
            yield from self._branches(skeleton[0], skeleton[1:], given, answers)
        elif len(skeleton) == 1:
            for constants in OPERATIONS[skeleton[0]].infer(given, answers):
                yield (Step(skeleton[0], constants),)
        else:
            yield from self._steps(skeleton[0], skeleton[1:], given, answers)

    def _steps(self, name: str, rest: StringSkeleton, given: list[str], answers: list[str]) -> Iterator[Program]:
        operation = OPERATIONS[name]
        function, idle = operation.function, operation.stochastic
        last = OPERATIONS[rest[0]] if len(rest) == 1 and isinstance(rest[0], str) else None
        tests: list[_Test] = []
        # Nearly all operations and constants are wrong, which one string shows as a rule.
        if last is not None and (operation.kinds or given is self._inputs):
            pairs = list(zip(given, answers, strict=True))
            # What other operations made of the questions hardly comes again, so that it would not be remembered.
            if given is self._inputs and not _may_agree(operation, last, pairs):
                return
            tests = [_Test(last, *pair) for pair in sorted(pairs, key=_by_what_it_tells)]
        for constants in operation.candidates(answers):
            self._tries += 1
            if self._tries > _MAX_TRIES:
                return
            # Stochastic operations are left out, as in `run`.
            for test in tests:
                if not test[test.given if idle else function(test.given, *constants)]:
                    break
            else:
                outputs = given if idle else [function(text, *constants) for text in given]
                for program in self._programs(rest, outputs, answers):
                    yield (Step(name, constants), *program)

    def _branches(
        self, branch: BranchSkeleton, rest: StringSkeleton, given: list[str], answers: list[str]
    ) -> Iterator[Program]:
        condition = CONDITIONS[branch.condition]
        for constants in product(*(kind.values for kind in condition.kinds)):
            holds = [condition.function(text, *constants) for text in given]
            sides = [
                (
                    [text for text, held in zip(given, holds, strict=True) if held == wanted],
                    [text for text, held in zip(answers, holds, strict=True) if held == wanted],
                )
                for wanted in (True, False)
            ]
            for then in self._programs((*branch.then, *rest), *sides[0]):
                own, shared = then[: len(branch.then)], then[len(branch.then) :]
                for otherwise in self._programs(branch.otherwise, sides[1][0], sides[1][1]) if not rest else ():
                    yield (Branch(branch.condition, constants, own, otherwise),)
                if rest:
                    yield from self._with_shared_end(branch, constants, own, shared, sides[1])

    def _with_shared_end(
        self,
        branch: BranchSkeleton,
        constants: Constants,
        then: Program,
        shared: Program,
        side: tuple[list[str], list[str]],
    ) -> Iterator[Program]:
        """Yields programs whose parts after the branch have the constants that were found on its other side."""
        given, answers = side
        for otherwise in self._all(branch.otherwise, answers):
            self._tries += 1
            if self._tries > _MAX_TRIES:
                return
            if run((*otherwise, *shared), given) == answers:
                yield (Branch(branch.condition, constants, then, otherwise), *shared)

    def _all(self, skeleton: StringSkeleton, answers: list[str]) -> Iterator[Program]:
        """Yields a program with all of its constants, as far as they can be listed; no branches within."""
        names = [part for part in skeleton if isinstance(part, str)]
        for choice in product(*(list(OPERATIONS[name].candidates(answers)) for name in names)):
            yield tuple(Step(name, constants) for name, constants in zip(names, choice, strict=True))


class _Test(dict[str, bool]):
    """Whether an operation, whatever its constants, may make an answer of strings; see `_may_make`.

    Attributes:
        given: what was asked.
    """

    def __init__(self, last: Operation, given: str, answer: str) -> None:
        super().__init__()
        self.given = given
        self._last, self._answer = last, answer

    def __missing__(self, text: str) -> bool:
        may = self[text] = _may_make(self._last, text, self._answer)
        return may


def _may_make(operation: Operation, text: str, answer: str) -> bool:
    """Whether an operation may make an answer of a string, whatever its constants.

    Where the string is the answer already, guesses tell nothing of the constants that it has for others.
    """
    return (text == answer and operation.guess is not None) or bool(operation.infer([text], [answer]))


def _by_what_it_tells(pair: tuple[str, str]) -> tuple[bool, int]:
    """Sorts questions with their answers: those that are changed first, and of short ones little else can be made."""
    return pair[0] == pair[1], len(pair[0])


def _may_agree(first: Operation, last: Operation, pairs: list[tuple[str, str]]) -> bool:
    """Whether two operations, whatever their constants, may make each answer to a short question."""
    if first.has_guessed_kinds:
        return True
    short = [pair for pair in pairs if len(pair[0]) <= _SHORT]
    for question, answer in sorted(short, key=_by_what_it_tells):
        for text in _all_outputs(first, question):
            if _may_make(last, text, answer):
                break
        else:
            return False
    return True


@lru_cache(4096)
def _all_outputs(operation: Operation, text: str) -> frozenset[str]:
    """Returns all that an operation makes of a string."""
    # Stochastic operations are left out, as in `run`.
    if operation.stochastic:
        return frozenset((text,))
    return frozenset(operation.function(text, *constants) for constants in operation.enumerate_constants())


def _default(skeleton: StringSkeleton) -> Program:
    """Returns a program with the first constants of each kind."""
    parts: list[Step | Branch] = []
    for part in skeleton:
        if isinstance(part, str):
            parts.append(_first_step(OPERATIONS[part]))
        else:
            constants = CONDITIONS[part.condition].first_constants()
            parts.append(Branch(part.condition, constants, _default(part.then), _default(part.otherwise)))
    return tuple(parts)


@lru_cache(1024)
def _first_step(operation: Operation) -> Step:
    return Step(operation.name, operation.first_constants())
