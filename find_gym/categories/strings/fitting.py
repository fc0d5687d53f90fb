"""Inferring the constants of a string program whose operations are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.operation import Constants
from find_gym.categories.strings.operations import OPERATIONS
from find_gym.categories.strings.programs import Branch, Program, Step, run

# Programs that are tried at most for one description; each costs microseconds for each question.
_MAX_TRIES = 5_000


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
        function, idle = OPERATIONS[name].function, OPERATIONS[name].stochastic
        last = OPERATIONS[rest[0]] if len(rest) == 1 and isinstance(rest[0], str) else None
        # Whether the last operation makes the first answer of a string. Where this is the answer already, that tells
        # nothing of the constants that it has for others.
        fits = {answers[0]: True}
        for constants in OPERATIONS[name].candidates(answers):
            self._tries += 1
            if self._tries > _MAX_TRIES:
                return
            # Stochastic operations are left out, as in `run`.
            first = given[0] if idle else function(given[0], *constants)
            if last is not None:
                # Nearly all constants are wrong, which the first string shows as a rule.
                if first not in fits:
                    fits[first] = bool(last.infer([first], answers[:1]))
                if not fits[first]:
                    continue
            outputs = given if idle else [first, *[function(text, *constants) for text in given[1:]]]
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


def _default(skeleton: StringSkeleton) -> Program:
    """Returns a program with the first constants of each kind."""
    parts: list[Step | Branch] = []
    for part in skeleton:
        if isinstance(part, str):
            parts.append(Step(part, OPERATIONS[part].first_constants()))
        else:
            constants = CONDITIONS[part.condition].first_constants()
            parts.append(Branch(part.condition, constants, _default(part.then), _default(part.otherwise)))
    return tuple(parts)
