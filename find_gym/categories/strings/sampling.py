"""Sampling: from a generator to the spec of a fresh string function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from find_gym.categories.strings import programs
from find_gym.categories.strings.conditions import CONDITIONS
from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS, STOCHASTIC
from find_gym.categories.strings.probes import compared_on_probes, packed_large_set, packed_probes
from find_gym.categories.strings.programs import Branch, Program, Step
from find_gym.core.draws import SingleDraws, choose
from find_gym.core.splits import check_split

# A side of a branch that fewer of the large probe set take can hardly be found.
_LEAST_TAKEN = 20


def sample_string(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | StringDifficulty = "find",
    version: int | None = None,
    include_stochastic: bool = False,
) -> StringSpec:
    """Samples the spec of a string function.

    Programs that are the identity, a constant, or the same as a shorter one on all strings of a large set are drawn
    again.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), a `StringDifficulty`, or a mapping of
            its attributes to values that replace FIND's.
        version: the version of the difficulties; by default the latest one.
        include_stochastic: whether to sample FIND's two random operations as well. They have no learnable answer: the
            truth is the program without them.

    Example:
        >>> import numpy as np
        >>> from find_gym.categories.strings.sampling import sample_string
        >>> spec = sample_string(np.random.default_rng(7), split="test")
        >>> spec.split, spec.category
        ('test', 'strings')
    """
    check_split(split)
    level = StringDifficulty.of(difficulty, version)
    extra = STOCHASTIC if include_stochastic else ()
    length = choose(rng, level.lengths)
    branched = rng.random() < level.branch_share
    while True:
        program = _draw_program(rng, level, length, extra)
        if branched:
            program = _with_branch(rng, level, program, extra)
        if is_degenerate(program):
            continue
        spec = StringSpec(program, seed=int(rng.integers(2**63)))
        if split is None or spec.split == split:
            return spec


def _draw_program(rng: np.random.Generator, level: StringDifficulty, length: int, extra: tuple[str, ...]) -> Program:
    inner = (*level.inner_operations, *extra)
    last = (*(level.operations if length > 1 else level.single_operations), *extra)
    return tuple(_draw_step(rng, last if index == length - 1 else inner) for index in range(length))


def _draw_step(rng: np.random.Generator, names: tuple[str, ...]) -> Step:
    name = names[SingleDraws(rng).integers(len(names))]
    return _step(name, OPERATIONS[name].sample(rng))


# Most come again and again, and their constants need to be checked once.
_step = lru_cache(4096)(Step)


def _with_branch(
    rng: np.random.Generator, level: StringDifficulty, program: Program, extra: tuple[str, ...]
) -> Program:
    """Puts the end of a program, one operation or more, into a branch whose other side is an exception."""
    names = tuple(CONDITIONS)
    draws = SingleDraws(rng)
    condition = CONDITIONS[names[draws.integers(len(names))]]
    constants = condition.sample(rng)
    moved = draws.integers(1, min(level.branch_length, len(program)) + 1)
    length = draws.integers(1, level.branch_length + 1)
    exception = tuple(_draw_step(rng, (*level.operations, *extra)) for _ in range(length))
    return (*program[:-moved], Branch(condition.name, constants, exception, program[-moved:]))


def is_degenerate(program: Program) -> bool:
    """Whether a program is the identity, a constant, or the same as a simpler program, on a large set of strings.

    Simpler ones are all single operations with all of their constants, the program without some of its parts, and the
    sides of a branch. Stochastic operations are left out: a program has to be more than its noise.
    """
    program = programs.without_noise(program)
    if not program:
        return True
    on_probes = compared_on_probes(program)
    if on_probes.is_simple or (len(program) > 1 and on_probes.outputs in _single_operations()):
        return _is_degenerate_on_large_set(program)
    return programs.has_branches(program) and any(
        not _LEAST_TAKEN <= sum(taken) <= len(taken) - _LEAST_TAKEN
        for taken in zip(*programs.sides(program, packed_large_set()), strict=True)
    )


@cache
def _single_operations() -> dict[Sequence[str], list[Step]]:
    """Returns FIND's operations with all of their constants by their outputs on the probes.

    No others, whatever is registered: the same seed gives the same function for ever.
    """
    steps: dict[Sequence[str], list[Step]] = {}
    for name in DETERMINISTIC:
        for constants in OPERATIONS[name].enumerate_constants():
            step = Step(name, constants)
            steps.setdefault(programs.run((step,), packed_probes()), []).append(step)
    return steps


def _is_degenerate_on_large_set(program: Program) -> bool:
    inputs = packed_large_set()
    outputs, is_simple = programs.compare_with_simpler(program, inputs)
    if is_simple or len(program) == 1:
        return is_simple
    candidates = _single_operations().get(compared_on_probes(program).outputs, ())
    return any(outputs == programs.run((step,), inputs) for step in candidates)
