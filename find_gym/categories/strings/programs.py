"""Programs: operations one after another, and branches that treat some strings by another rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.ascii_strings import AsciiStrings, which_equal
from find_gym.categories.strings.compiled import CompiledProgram
from find_gym.categories.strings.conditions import CONDITIONS, Condition
from find_gym.categories.strings.faults import FAULTS
from find_gym.categories.strings.followed import Followed
from find_gym.categories.strings.instructions import Code, Instruction
from find_gym.categories.strings.operation import Constants, Operation
from find_gym.categories.strings.operations import OPERATIONS


@dataclass(frozen=True)
class Step:
    """An operation with its constants.

    Attributes:
        name: a key of `OPERATIONS` (or of `FAULTS`, in published functions).
        constants: the operation's constants, in its order.
    """

    name: str
    constants: Constants = ()

    def __post_init__(self) -> None:
        if self.name not in OPERATIONS and self.name not in FAULTS:
            raise ValueError(f"expected the name of an operation ({', '.join(OPERATIONS)}), actual: {self.name!r}")
        object.__setattr__(self, "constants", tuple(self.constants))
        self.operation.check(self.constants)

    @property
    def operation(self) -> Operation:
        """The entry of the table."""
        return OPERATIONS[self.name] if self.name in OPERATIONS else FAULTS[self.name]


@dataclass(frozen=True)
class Branch:
    """Two programs, one for the strings that meet a condition and one for the others.

    Attributes:
        condition: a key of `CONDITIONS`.
        constants: the condition's constants.
        then: the program where the condition holds.
        otherwise: the program where it does not; an empty one leaves the string as it is.
    """

    condition: str
    constants: Constants
    then: Program
    otherwise: Program = ()

    def __post_init__(self) -> None:
        if self.condition not in CONDITIONS:
            raise ValueError(f"expected the name of a condition ({', '.join(CONDITIONS)}), actual: {self.condition!r}")
        for name in ("constants", "then", "otherwise"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self.test.check(self.constants)

    @property
    def test(self) -> Condition:
        """The entry of the table of conditions."""
        return CONDITIONS[self.condition]


Program: TypeAlias = "tuple[Step | Branch, ...]"


def steps_of(program: Program) -> Iterator[Step]:
    """Yields the steps of a program, those of branches included, in the order in which they are written."""
    for part in program:
        if isinstance(part, Step):
            yield part
        else:
            yield from steps_of(part.then)
            yield from steps_of(part.otherwise)


def has_branches(program: Program) -> bool:
    """Whether a program has a branch."""
    return any(isinstance(part, Branch) for part in program)


def is_stochastic(program: Program) -> bool:
    """Whether two runs of a program may differ."""
    return any(step.operation.stochastic for step in steps_of(program))


def without_noise(program: Program) -> Program:
    """Returns a program without its stochastic operations."""
    if not is_stochastic(program):
        return program
    return tuple(
        Branch(part.condition, part.constants, without_noise(part.then), without_noise(part.otherwise))
        if isinstance(part, Branch)
        else part
        for part in program
        if isinstance(part, Branch) or not part.operation.stochastic
    )


@overload
def run(  # type: ignore[overload-overlap]
    program: Program, strings: AsciiStrings
) -> AsciiStrings | list[str]: ...


@overload
def run(program: Program, strings: Sequence[str], rng: np.random.Generator | None = None) -> list[str]: ...


def run(program: Program, strings: Sequence[str], rng: np.random.Generator | None = None) -> AsciiStrings | list[str]:
    """Runs a program on strings.

    Args:
        program: the program.
        strings: the inputs.
        rng: draws for the stochastic operations, one number for each string and operation; without it, these
            operations are left out.

    Returns:
        The outputs, in the order of the inputs; those for `AsciiStrings` are such again if they are ASCII.
    """
    if rng is None and isinstance(strings, AsciiStrings):
        return _run_compiled(program, strings)
    outputs = list(strings)
    for part in program:
        if isinstance(part, Branch):
            outputs = _run_branch(part, outputs, rng)
            continue
        operation, constants = part.operation, part.constants
        if not operation.stochastic:
            outputs = operation.run(outputs, constants)
        elif rng is not None:
            outputs = [operation.function(s, *constants, rng.random()) for s in outputs]
    return outputs


def _run_compiled(program: Program, strings: AsciiStrings) -> AsciiStrings | list[str]:
    compiled = compile_program(program)
    result = None if compiled is None else compiled.run(strings)
    if result is not None:
        return result.outputs
    outputs = run(program, list(strings))
    return AsciiStrings.of(outputs) or outputs


@lru_cache(1024)
def compile_program(program: Program) -> CompiledProgram | None:
    """Returns a program for the compiled loop, its stochastic operations left out, or None if there is none."""
    compiled = CompiledProgram()
    return compiled if _add_to(compiled, program) else None


def _add_to(compiled: CompiledProgram, program: Program, *, within: bool = False) -> bool:
    """Adds a program to a compiled one, one `within` a branch or not; returns whether all of it has instructions."""
    parts = [part for part in program if isinstance(part, Branch) or not part.operation.stochastic]
    for part in parts:
        first = compiled.size
        if isinstance(part, Step):
            instruction = part.operation.compiled(part.constants)
            if instruction is None:
                return False
            compiled.add(instruction)
        elif not _add_branch(compiled, part, within=within):
            return False
        if not within and (len(parts) > 1 or isinstance(part, Branch)):
            compiled.add_detour(first, compiled.size)
    return True


def _add_branch(compiled: CompiledProgram, branch: Branch, *, within: bool) -> bool:
    instruction = branch.test.compiled(branch.constants)
    number = None if instruction is None else compiled.add(instruction, told=not within)
    if number is None or not _add_to(compiled, branch.then, within=True):
        return False
    behind = compiled.add(Instruction(Code.JUMP))
    assert behind is not None
    compiled.go_on_here(number)
    if not within:
        compiled.add_detour(number, number + 1)
        compiled.add_detour(number, compiled.size)
    if not _add_to(compiled, branch.otherwise, within=True):
        return False
    compiled.go_on_here(behind)
    return True


class Comparison(NamedTuple):
    """What a program makes of strings, beside these and what simpler programs make of them.

    Attributes:
        outputs: the outputs, without noise.
        is_simple: whether they are the inputs, are all the same, or are those of the program without one of its parts
            or with one side of a branch in its place.
    """

    outputs: AsciiStrings | tuple[str, ...]
    is_simple: bool


def compare_with_simpler(program: Program, strings: AsciiStrings) -> Comparison:
    """Compares the outputs of a program without noise with the inputs, and with the outputs of simpler programs."""
    compiled = compile_program(program)
    result = None if compiled is None else compiled.run(strings, simpler=True)
    if result is not None:
        return Comparison(result.outputs, result.is_simple)
    inputs = list(strings)
    outputs = run(program, inputs)
    is_simple = outputs == inputs or len(set(outputs)) == 1
    is_simple = is_simple or any(run(simpler, inputs) == outputs for simpler in _simplifications(program))
    return Comparison(AsciiStrings.of(outputs) or tuple(outputs), is_simple)


def _simplifications(program: Program) -> Iterator[Program]:
    """Yields the programs that lack one part, or one side of one branch: the detours of a compiled program."""
    if len(program) > 1 or isinstance(program[0], Branch):
        for index, part in enumerate(program):
            before, after = program[:index], program[index + 1 :]
            yield (*before, *after)
            if isinstance(part, Branch):
                yield (*before, *part.then, *after)
                yield (*before, *part.otherwise, *after)


def which_right(program: Program, strings: Sequence[str], expected: Sequence[str]) -> NDArray[np.bool_]:
    """Returns which outputs of a program, without noise, are the expected ones, bool of shape `(n,)`."""
    if isinstance(strings, AsciiStrings) and isinstance(expected, AsciiStrings):
        compiled = compile_program(program)
        result = None if compiled is None else compiled.run(strings, expected)
        if result is not None:
            return result.told[1] != 0
    return which_equal(expected, run(program, strings))


def _run_branch(branch: Branch, strings: list[str], rng: np.random.Generator | None) -> list[str]:
    holds = [branch.test.function(s, *branch.constants) for s in strings]
    taken = iter(run(branch.then, [s for s, held in zip(strings, holds, strict=True) if held], rng))
    left = iter(run(branch.otherwise, [s for s, held in zip(strings, holds, strict=True) if not held], rng))
    return [next(taken) if held else next(left) for held in holds]


def follow(program: Program, strings: Sequence[str]) -> Followed:
    """Runs a program without its noise; see `Followed`."""
    if (
        isinstance(strings, AsciiStrings)
        and (compiled := compile_program(program))
        and (result := compiled.run(strings))
    ):
        return Followed(result.outputs, result.told[1:])
    return Followed.of(strings, run(program, strings), sides(program, strings))


def sides(program: Program, strings: Sequence[str]) -> list[tuple[bool, ...]]:
    """Returns, for each string, whether it meets the condition of each branch (those within branches left out)."""
    branches = sum(isinstance(part, Branch) for part in program)
    if not branches:
        return [()] * len(strings)
    if isinstance(strings, AsciiStrings) and (compiled := compile_program(program)) and (run := compiled.run(strings)):
        return list(map(tuple, (run.told[2][:, None] >> np.arange(branches) & 1).astype(np.bool_).tolist()))
    return _sides_in_python(program, strings)


def _sides_in_python(program: Program, strings: Sequence[str]) -> list[tuple[bool, ...]]:
    taken: list[tuple[bool, ...]] = [()] * len(strings)
    outputs = list(strings)
    branches = [place for place, part in enumerate(program) if isinstance(part, Branch)]
    # What follows the last branch does not matter.
    for part in program[: max(branches, default=-1) + 1]:
        if isinstance(part, Branch):
            holds = [part.test.function(s, *part.constants) for s in outputs]
            taken = [(*before, held) for before, held in zip(taken, holds, strict=True)]
        outputs = run((part,), outputs)
    return taken


def to_json(program: Program) -> list[dict[str, Any]]:
    """Returns a program as JSON-serialisable data."""
    return [
        {"operation": part.name, "constants": list(part.constants)}
        if isinstance(part, Step)
        else {
            "condition": part.condition,
            "constants": list(part.constants),
            "then": to_json(part.then),
            "otherwise": to_json(part.otherwise),
        }
        for part in program
    ]


def from_json(data: Any) -> Program:
    """Reads the data that `to_json` writes; errors as `StringSpec.from_json` describes them."""
    return tuple(
        Step(part["operation"], tuple(part.get("constants", ())))
        if "operation" in part
        else Branch(
            part["condition"],
            tuple(part.get("constants", ())),
            from_json(part["then"]),
            from_json(part.get("otherwise", ())),
        )
        for part in data
    )


def english(program: Program, it: str = "the string", joint: str = "; then it ") -> str:
    """Describes a program by a predicate, such as "reverses the string; then it removes all digits from the result".

    Args:
        program: the program.
        it: what the first operation works on.
        joint: what stands between two operations.
    """
    if not program:
        return f"leaves {it} as it is"
    predicates = []
    for index, part in enumerate(program):
        noun = it if index == 0 else "the result"
        if isinstance(part, Step):
            predicates.append(part.operation.english(noun, *part.constants))
        else:
            sides = [english(side, noun, " and then ") for side in (part.then, part.otherwise)]
            predicates.append(f"{sides[0]} if {part.test.english(noun, *part.constants)}, but otherwise {sides[1]}")
    return joint.join(predicates)
