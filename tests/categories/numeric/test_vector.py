"""The vectorised environments of numeric functions beside single ones."""

import math
import pickle
from collections.abc import Callable, Container
from dataclasses import asdict
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from find_gym.categories.numeric import batch_noise as noise
from find_gym.categories.numeric import networks
from find_gym.categories.numeric.difficulty import DIFFICULTIES
from find_gym.categories.numeric.kernels import drawing, rule_fits
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.envs.vector import answers
from find_gym.functions import FINDDataset, NumericFunction, NumericSpec, sample_numeric, write_dataset
from tests.envs.vector.comparison import MODES, Twins
from tests.reference import REFERENCE, needs_reference
from tests.threads import in_thread

VERSIONS = ("FIND-numeric-v1", "FIND-numeric-v0")
NUMERIC = VERSIONS[0]
WITHOUT_NETWORKS = {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}
QUICK: dict[str, Any] = {"difficulty": {"variants": WITHOUT_NETWORKS}}
LINE = AtomRule("linear", (2.0, 1.0))


@pytest.mark.parametrize(
    ("name", "mode"), [("find", mode) for mode in MODES] + list(zip(["easy", "hard", "extreme"], MODES, strict=True))
)
@pytest.mark.parametrize("identifier", VERSIONS)
def test_the_same_as_single_environments(identifier: str, name: str, mode: str) -> None:
    level = {**asdict(DIFFICULTIES[name]), "variants": WITHOUT_NETWORKS}
    twins = Twins(identifier, 4, mode, difficulty=level, max_queries=12, query_cost=0.01)
    twins.reset(seed=3)
    twins.play(seed=4, steps=50, writing=0.3)
    assert twins.submissions > 2


def play(
    seed: int = 0,
    count: int = 60,
    failing: Callable[[Callable[[], Any]], None] | None = None,
    steps: Container[int] = (),
) -> list[bytes]:
    """Plays at random, and returns what is seen at each step, before some of which the same step fails."""
    envs = gym.make_vec(NUMERIC, num_envs=40, autoreset_mode="SameStep", max_queries=6, full_info=True, **QUICK)
    rng = np.random.default_rng(0)
    observations, _ = envs.reset(seed=seed)
    seen: list[Any] = [observations]
    masks = envs.unwrapped.action_masks()
    for step in range(count):
        # All that have no budget left write, many at a time.
        actions = (rng.random(masks.shape) * masks).argmax(axis=1)
        if failing is not None and step in steps:
            failing(partial(envs.step, actions))
        *results, infos = envs.step(actions)
        masks = envs.unwrapped.action_masks()
        seen.append([*results, masks, repr(infos.get("final_info"))])
    envs.close()
    return [pickle.dumps(one) for one in seen]


def test_the_same_with_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    one, several = (in_thread(monkeypatch, threads, play) for threads in (1, 3))
    assert one == several
    assert sum(b"accuracy" in part for part in one) > 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("lacking", ["a fit", "held-out inputs"])
def test_a_step_for_which_there_is_no_memory_is_not_taken(
    lacking: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More numbers than any machine has addresses for; nobody reads them.
    pairs: Any = as_strided(np.zeros(1), (2, 1 << 57), (8 << 57, 8))
    intervals: Any = as_strided(np.zeros(1), (1 << 57, 2), (16, 8))
    begin_fit, begin_draw = rule_fits.begin_fit, drawing.begin_draw

    def begin_large_fit(board: Any, address: int, rule: Any, limits: Any, points: Any, *others: Any) -> int:
        return begin_fit(board, address, rule, limits, pairs, *others)

    def begin_large_draw(board: Any, address: int, *others: Any) -> int:
        *others, _, more, points, summary = others
        return begin_draw(board, address, *others, intervals, more, points, summary)

    def fail(step: Callable[[], Any]) -> None:
        with monkeypatch.context() as patch, pytest.raises(MemoryError, match=f"expected memory for {lacking}, actual"):
            if lacking == "a fit":
                patch.setattr(rule_fits, "begin_fit", begin_large_fit)
            else:
                patch.setattr(drawing, "begin_draw", begin_large_draw)
            step()

    # Functions that no other test has judged.
    seed = 1000 * threads + 100 * len(lacking)
    expected = play(seed, 30)
    ends = [step for step, part in enumerate(expected[1:]) if b"accuracy" in part][:4]
    # They have been judged once by now, so that scorers that failed are kept.
    assert in_thread(monkeypatch, threads, lambda: play(seed, 30, fail, ends)) == expected


SPECIAL: dict[str, dict[str, Any]] = {
    "few steps": {"max_queries": 6, "max_steps": 4},
    "no budget": {"max_queries": 0, "given": 9},
    "given": {"given": [0, 20], "max_queries": 5},
    "quick": {"effort": "quick", "max_queries": 9},
    "accuracy": {"reward": "accuracy", "max_queries": 8},
    "find": {"reward": "find", "max_queries": 8, "query_cost": 0.3},
    "everything may be written": {"function": NumericSpec(LINE, (-100.0, 100.0)), "max_queries": 9},
    "own callable": {"function": lambda x: math.sqrt(x) if x < 50 else 1 / (x - x)},
    "infinite": {"function": lambda x: math.copysign(math.inf, x) if x % 2 < 1 else x},
    "sums that overflow": {"function": lambda x: math.copysign(1.7e308, x - 1), "writing": 0.01},
    "long": {"max_queries": 80, "writing": 0.01},
    "noise and regions": {
        "function": NumericSpec(
            LINE,
            (-100.0, 100.0),
            Noise("poisson", 2.0),
            (Region(-math.inf, -3.0, 2.0), Region(1.0, 9.0, -5.0, 1.0), Region(5.0, 50.0, 0.0, 0.0)),
        ),
        "writing": 0.01,
    },
    "noise where undefined": {
        "function": NumericSpec(AtomRule("root", (3.0, 1.0, 2)), (0.0, 100.0), Noise("uniform", 0.5)),
        "writing": 0.02,
    },
}


@pytest.mark.parametrize(("case", "mode"), [(case, MODES[place % 3]) for place, case in enumerate(SPECIAL)])
def test_the_same_with_other_arguments(case: str, mode: str) -> None:
    options = {**QUICK, **SPECIAL[case]}
    writing = options.pop("writing", 0.3)
    twins = Twins(NUMERIC, 3, mode, **options)
    twins.reset(seed=11)
    twins.play(seed=5, steps=90 if writing < 0.1 else 40, writing=writing)
    assert twins.submissions > 0


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    mode=st.sampled_from(MODES),
    budget=st.integers(0, 12),
    steps=st.none() | st.integers(1, 20),
    start=st.integers(0, 5),
    illegal=st.sampled_from([0.0, 0.3, 1.0]),
    writing=st.floats(0.0, 1.0),
    copy=st.booleans(),
)
def test_the_same_whatever_is_done(
    seed: int, mode: str, budget: int, steps: int | None, start: int, illegal: float, writing: float, copy: bool
) -> None:
    twins = Twins(
        NUMERIC, 3, mode, copy=copy, max_queries=budget, max_steps=steps, given=start, query_cost=0.125, **QUICK
    )
    twins.reset(seed=seed)
    twins.play(seed, steps=15, illegal=illegal, writing=writing)


def test_the_same_with_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    # Trained for less time than FIND's: they are as much networks.
    monkeypatch.setattr(networks, "TRAINING_STEPS", 30)
    twins = Twins(NUMERIC, 2, "SameStep", difficulty={"variants": {"approximated": 1}}, max_queries=5)
    twins.reset(seed=1)
    twins.play(seed=2, steps=8)
    assert twins.submissions > 0


@pytest.mark.parametrize("name", ["find", "hard"])
def test_the_same_when_noise_is_drawn_in_small_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "BLOCK", 4)
    monkeypatch.setattr(answers, "_FIRST_PLACES", 8)
    level = {**asdict(DIFFICULTIES[name]), "variants": {"noised": 1, "corrupted": 1}, "noise_with_regions": 0.5}
    twins = Twins(NUMERIC, 6, "SameStep", difficulty=level, max_queries=60)
    twins.reset(seed=8)
    twins.play(seed=9, steps=60, writing=0.02)


def test_the_same_with_a_dataset(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    level = {"variants": WITHOUT_NETWORKS}
    write_dataset(tmp_path, [sample_numeric(rng, difficulty=level) for _ in range(5)])
    twins = Twins(NUMERIC, 3, "SameStep", dataset=str(tmp_path), max_queries=6)
    twins.reset(seed=2)
    twins.play(seed=3, steps=25)
    known = {NumericFunction(entry.spec).identity() for entry in FINDDataset(tmp_path)}
    assert {function.identity() for function in twins.vector.functions} <= known


@needs_reference
def test_the_same_with_published_functions() -> None:
    found = sorted(path.parent for path in REFERENCE.rglob("numeric") if path.is_dir())
    datasets = [path for path in found if any((path / "numeric").glob("f*"))]
    if not datasets:
        pytest.skip("no published numeric functions beside the repository")
    twins = Twins(NUMERIC, 3, "NextStep", dataset=datasets[0], max_queries=6)
    twins.reset(seed=2)
    twins.play(seed=3, steps=20)


def test_functions_may_be_named_one_by_one() -> None:
    envs = gym.make_vec(NUMERIC, num_envs=3, **QUICK)
    envs.reset(seed=0, options={"functions": [None, NumericSpec(LINE, (-100.0, 100.0)), abs]})
    assert envs.functions[1].spec.rule == LINE and envs.functions[2]([-3.0]).tolist() == [3.0]
    single = gym.make(NUMERIC, **QUICK)
    single.reset(seed=0)
    assert envs.functions[0].identity() == single.unwrapped.function.identity()
