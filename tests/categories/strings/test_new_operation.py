"""A new string operation, added in one place: sampled, described, fitted, scored, written as a token, trained on."""

import json
from collections.abc import Iterator

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401
from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.fitting import fit_string_skeleton
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.grammar import TOKENS, StringDraft
from find_gym.categories.strings.operation import LETTER, WORD, ConstantKind, Operation, released
from find_gym.categories.strings.operations import OPERATIONS, register_operation
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Step, run
from find_gym.categories.strings.sampling import is_degenerate, sample_string

EVEN = ConstantKind(
    "even",
    (2, 4, 6, 8),
    lambda rng: 2 * int(rng.integers(1, 5)),
    lambda value: value in (2, 4, 6, 8),
    "an even digit",
)


def wrap(s: str, letter: str, width: int) -> str:
    """Puts a letter between pieces of one width."""
    return letter.join(s[start : start + width] for start in range(0, len(s), width))


LEVEL = {"single_operations": ["wrap"], "lengths": {1: 1.0}}


@pytest.fixture
def operation() -> Iterator[Operation]:
    """An operation with two constants, one of a new kind, that says no more than it has to."""
    operation = Operation(wrap, lambda it, c, n: f"puts '{c}' between pieces of {n} characters of {it}", (LETTER, EVEN))
    register_operation(operation)
    yield operation
    del OPERATIONS[operation.name]


def test_it_is_sampled_where_a_difficulty_names_it_and_described(operation: Operation) -> None:
    spec = sample_string(np.random.default_rng(0), difficulty=LEVEL)
    (step,) = spec.program
    letter, width = step.constants
    function = StringFunction(spec)
    assert f"puts '{letter}' between pieces of {width} characters of" in function.describe()
    names: dict = {}
    exec(function.source(), names)
    assert [names["f"](text) for text in PROBES] == function.truth(PROBES) == [wrap(s, letter, width) for s in PROBES]


def test_old_seeds_and_named_difficulties_do_not_know_it(operation: Operation) -> None:
    with_it = [sample_string(np.random.default_rng(seed), difficulty="extreme") for seed in range(5)]
    del OPERATIONS[operation.name]
    without = [sample_string(np.random.default_rng(seed), difficulty="extreme") for seed in range(5)]
    OPERATIONS[operation.name] = operation
    assert with_it == without
    for level in ("easy", "find", "hard", "extreme"):
        level = StringDifficulty.of(level)
        assert "wrap" not in (*level.single_operations, *level.operations, *level.inner_operations)
    assert gym.make("FIND-strings-v1").action_space.n == 42 + len(TOKENS) == 116
    assert StringDraft(None).legal().size == 74


def test_operations_that_write_other_characters_than_ascii_are_sampled() -> None:
    def accent(s: str) -> str:
        """Appends an accented letter."""
        return s + "é"

    register_operation(Operation(accent, lambda it: f"appends an accented letter to {it}"))
    try:
        assert not is_degenerate((Step("reverse_string"), Step("accent")))
        assert is_degenerate((Step("accent"), Step("string_rstrip")))
        # With an accent, quotes and white space to escape.
        program = (Step("accent"), Step("string_concatenate", ("a",)))
        assert StringSpec(program).canonical == json.dumps(run(program, PROBES))
    finally:
        del OPERATIONS["accent"]


@pytest.mark.parametrize("after", [None, "reverse_string"])
def test_its_constants_are_inferred(operation: Operation, after: str | None) -> None:
    rest = () if after is None else (Step(after),)
    program = (Step("wrap", ("q", 6)), *rest)
    skeleton = tuple(step.name for step in program)
    assert fit_string_skeleton(skeleton, PROBES[:8], run(program, PROBES[:8])).program == program
    # Without evidence, the first constants of each kind.
    assert fit_string_skeleton(("wrap",), [], []).program == (Step("wrap", ("a", 2)),)


def test_it_is_written_as_a_token_and_scored(operation: Operation) -> None:
    env = gym.make("FIND-strings-v1", difficulty=LEVEL)
    env.reset(seed=0)
    assert env.action_space.n == 117
    for probe in (0, 1, 2, 3):
        env.step(probe)
    assert env.unwrapped.action_masks()[116]
    env.step(116)
    _, reward, terminated, _, info = env.step(42)
    assert terminated and reward == 1.0
    assert info["submission"]["tokens"] == "wrap input"


def test_a_policy_is_trained_on_it(operation: Operation, tmp_path) -> None:
    pytest.importorskip("torch")
    from find_gym_agents.training.config import TrainConfig
    from find_gym_agents.training.loop import Training

    config = TrainConfig(
        env="FIND-strings-v1",
        imitation_examples=64,
        imitation_batch=16,
        imitation_stock=4,
        total_timesteps=64,
        num_envs=2,
        rollout_steps=16,
        batch_size=32,
        epochs=1,
        max_queries=4,
        checkpoint_every=1,
        validation_functions=2,
        difficulty=LEVEL,
        env_workers=0,
        out=str(tmp_path / "run"),
    )
    config.folder.mkdir(parents=True)
    training = Training(config, lambda status: None)
    training.run()
    # Nothing else can be written.
    assert training.progress.curve[-1]["skill"] > 0


def test_kinds_that_can_not_be_listed_are_guessed_from_the_answers() -> None:
    def enclose(s: str, word: str) -> str:
        """Puts a word on both sides."""
        return word + s + word

    operation = Operation(enclose, lambda it, word: f"puts '{word}' on both sides of {it}", (WORD,))
    assert operation.infer(["x", ""], ["abxab", "abab"]) == [("ab",)]
    assert operation.first_constants() == ("a",)


def test_names_and_flags_are_checked(operation: Operation) -> None:
    with pytest.raises(ValueError, match="no operation or condition yet"):
        register_operation(operation)
    del OPERATIONS["wrap"]
    with pytest.raises(ValueError, match="did not release"):
        register_operation(*released(operation))
    OPERATIONS["wrap"] = operation
