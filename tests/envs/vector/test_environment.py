"""What the vectorised environments share: making them, arguments, options, infos, fresh arrays."""

import json
import resource
from collections import Counter
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import find_gym
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.scoring import NumericScorer, Submission

QUICK: dict[str, Any] = {"difficulty": {"variants": {"plain": 0.5, "noised": 0.5}, "compound_share": 0.0}}


def make(count: int = 3, **options: Any) -> Any:
    return gym.make_vec("FIND-numeric-v1", num_envs=count, **{**QUICK, **options})


@pytest.mark.parametrize("identifier", find_gym.ENVIRONMENT_IDS)
def test_make_vec_makes_the_vectorised_class(identifier: str) -> None:
    envs = gym.make_vec(f"find_gym:{identifier}", num_envs=2, max_queries=4)
    assert isinstance(envs, FINDVectorEnv) and envs.num_envs == 2
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert json.loads(envs.spec.to_json())["kwargs"]["max_queries"] == 4
    single = gym.make(identifier, max_queries=4)
    assert envs.single_action_space == single.action_space
    assert envs.single_observation_space == single.observation_space
    sync = gym.make_vec(identifier, num_envs=2, vectorization_mode="sync", max_queries=4)
    assert isinstance(sync, SyncVectorEnv)
    assert sync.observation_space == envs.observation_space and sync.action_space == envs.action_space
    envs.close()


def test_seeds_are_those_of_gymnasiums_vector_environments() -> None:
    envs = make()
    sync = make(vectorization_mode="sync")
    for seed in (5, [7, None, 9]):
        envs.reset(seed=seed)
        sync.reset(seed=seed)
        known = [env.unwrapped.function.identity() for env in sync.envs]
        drawn = [function.identity() for function in envs.functions]
        # One that is not seeded goes on drawing from its own generator.
        assert drawn == known
    assert envs.np_random_seed == sync.np_random_seed
    assert [rng.random() for rng in envs.np_random] == [rng.random() for rng in sync.np_random]


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_infos_are_those_of_gymnasiums_loop(mode: str) -> None:
    sync = make(4, vectorization_mode="sync", max_queries=2, vector_kwargs={"autoreset_mode": mode})
    envs = make(4, autoreset_mode=mode, max_queries=2, full_info=True)
    sync.reset(seed=0)
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(12):
        masks = envs.action_masks()
        actions = np.where(masks, rng.random(masks.shape), 0.0).argmax(axis=1)
        infos, expected = envs.step(actions)[4], sync.step(actions)[4]
        for key in ("final_info", None):
            own, theirs = (infos.get(key, {}), expected.get(key, {})) if key else (infos, expected)
            for name in own:
                if name not in ("final_obs", "final_info", "score", "submission", "truth", "_final_info"):
                    assert np.array_equal(own[name], theirs[name]), name
            for name in ("truth", "submission"):
                assert str(own.get(name, {}).get("description")) == str(theirs.get(name, {}).get("description"))
            for part, values in own.get("score", {}).items():
                if part in ("accuracy", "skill", "_accuracy", "_skill", "outcome"):
                    assert np.array_equal(values, theirs["score"][part])
                    told += 1
    assert told > 0


def test_truth_is_told_at_the_end_and_only_on_demand() -> None:
    for full in (False, True):
        envs = make(2, full_info=full, max_queries=3)
        envs.reset(seed=0)
        for _ in range(3):
            infos = envs.step(np.array([0, 1]))[4]
            assert set(infos) == {"budget", "_budget", "steps_left", "_steps_left"}
        masks = envs.action_masks()
        token = int(masks[0].nonzero()[0][-1])
        infos = envs.step(np.array([token, token]))[4]
        assert ("truth" in infos) == ("submission" in infos) == full
        assert infos["_score"].all() and infos["score"]["_skill"].all()


def test_without_copies_observations_are_the_same() -> None:
    envs, others = make(3), make(3, copy=False)
    assert envs.reset(seed=0)[0].keys() == others.reset(seed=0)[0].keys()
    for step in range(12):
        actions = np.array([step, 64 - step, 64])
        one, other = envs.step(actions), others.step(actions)
        assert all(one[0][name].tobytes() == other[0][name].tobytes() for name in one[0])


def test_nothing_is_handed_out_twice() -> None:
    envs = make(3)
    held = [envs.reset(seed=0)[0]]
    copies = [{name: values.copy() for name, values in held[0].items()}]
    results = []
    for step in range(12):
        result = envs.step(np.array([step, step + 1, 64]))
        held.append(result[0])
        copies.append({name: values.copy() for name, values in result[0].items()})
        results.append(result)
        # What a user writes into an observation, or into a mask, changes no other.
        result[0]["asked"][:] = -1.0
        copies[-1]["asked"][:] = -1.0
        envs.action_masks()[:] = False
        result[4]["budget"][:] = -1
    for one, copy in zip(held, copies, strict=True):
        assert all(one[name].tobytes() == copy[name].tobytes() for name in copy)
    assert len({id(result[1]) for result in results}) == 12
    assert (envs.step(np.array([0, 0, 0]))[4]["budget"] == 87).all()


@pytest.mark.parametrize("count", [2, 300])
def test_what_is_written_into_an_observation_stays_in_it(count: int) -> None:
    envs, others = make(count), make(count)
    envs.reset(seed=0), others.reset(seed=0)
    for step in range(8):
        actions = np.full(count, step)
        spoilt, expected = envs.step(actions)[0], others.step(actions)[0]
        assert all(spoilt[name].tobytes() == expected[name].tobytes() for name in expected)
        for values in spoilt.values():
            values[:] = -1.0
        del spoilt, values  # so that its memory is free for later observations


def test_scores_are_those_of_the_last_step() -> None:
    envs = make(3, autoreset_mode="SameStep")
    envs.reset(seed=0)
    assert envs.scores == {}
    functions = envs.functions
    envs.step(np.array([0, 30, 60]))
    token = int(envs.action_masks()[0].nonzero()[0][-1])
    rewards = envs.step(np.array([token, 1, 2]))[1]
    assert list(envs.scores) == [0] and envs.scores[0].skill == rewards[0]
    assert envs.scores[0].trivial_accuracy == NumericScorer(functions[0]).trivial_accuracy
    envs.step(np.array([0, 1, 2]))
    assert envs.scores == {}


def test_reset_mask_leaves_the_others_alone() -> None:
    envs = make(3)
    envs.reset(seed=0)
    before, *_ = envs.step(np.array([1, 2, 3]))
    functions = envs.functions
    after, infos = envs.reset(options={"reset_mask": np.array([False, True, False])})
    assert not after["asked"][1].any() and envs.functions[1] is not functions[1]
    assert infos["_budget"].tolist() == [False, True, False] and infos["budget"].tolist() == [0, 100, 0]
    for place in (0, 2):
        assert envs.functions[place] is functions[place]
        assert all(before[name][place].tobytes() == after[name][place].tobytes() for name in before)


def test_given_holds_for_the_episodes_that_begin_afterwards() -> None:
    envs = make(4, given=2)
    assert ((envs.reset(seed=0)[0]["asked"] > 0).sum(axis=1) == 2).all()
    envs.given = (3, 6)
    assert envs.given == (3, 6)
    counts = (envs.reset()[0]["asked"] > 0).sum(axis=1)
    assert counts.min() >= 3 and counts.max() <= 6
    observation, infos = envs.reset(options={"given": 65})
    assert (observation["asked"][:, :65] == 0.25).all() and (infos["budget"] == 100).all()
    with pytest.raises(ValueError, match="expected given to be an integer from 0 to 65"):
        envs.given = 66


def test_unknown_arguments_are_told_beside_those_of_both_classes() -> None:
    message = (
        r"^unexpected keyword argument 'nonsense': expected keyword arguments among \['num_envs', 'autoreset_mode', "
        r"'full_info', 'workers', 'copy', 'judge', .*'max_queries', .*\], actual: \['nonsense'\]$"
    )
    with pytest.raises(TypeError, match=message):
        make(nonsense=1)
    with pytest.raises(TypeError, match="^expected dataset to be a FINDDataset"):
        make(dataset=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interface": "text"}, "expected interface='tokens' .* vectorization_mode='sync', or 'async'"),
        ({"render_mode": "ansi"}, "expected render_mode=None .* vectorization_mode='sync', or 'async'"),
        ({"autoreset_mode": "never"}, "expected an autoreset_mode in"),
        ({"count": 0}, "expected num_envs to be an integer >= 1, actual value: 0"),
        ({"max_queries": -1}, "expected max_queries to be an integer >= 0"),
        ({"given": -1}, "expected given to be an integer from 0 to 65"),
        ({"effort": "none"}, "expected an effort in"),
        ({"given": (1, 2, 3)}, "expected given to be an integer from 0 to 65"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": [1, 2]}, "expected 3 seeds, one for each environment, actual: 2"),
        ({"options": {"fnction": 1}}, "expected options among"),
        ({"options": {"function": abs, "functions": [abs] * 3}}, "expected the option 'function' or 'functions'"),
        ({"options": {"functions": [abs]}}, "expected a list of 3 functions"),
        ({"options": {"function": 7}}, "expected a spec of a numeric function"),
        ({"options": {"reset_mask": [True] * 3}}, "expected the option 'reset_mask' to be an array of bool"),
        ({"options": {"reset_mask": np.zeros(3, dtype=bool)}}, r"expected a 'reset_mask' of shape \(3,\)"),
        ({"options": {"reset_mask": np.array([True, False, False])}}, "expected a reset of all environments first"),
    ],
)
def test_bad_resets(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make().reset(**options)


def test_bad_steps() -> None:
    envs = make(autoreset_mode="Disabled", max_steps=1)
    with pytest.raises(RuntimeError, match=r"expected reset\(\) before step\(\)"):
        envs.step(np.zeros(3, dtype=int))
    envs.reset(seed=0)
    for actions in ([0, 0], [0, -1, 0], [0, 189, 0], [0.0, 1.0, 2.0], np.zeros((3, 1), dtype=int)):
        with pytest.raises(ValueError, match=r"expected integers in \[0, 188\] of shape \(3,\)"):
            envs.step(actions)
    assert envs.step([0, np.int32(1), 2])[2].all()
    with pytest.raises(RuntimeError, match=r"expected no episode that has ended, actual: those of \[0, 1, 2\]"):
        envs.step([0, 1, 2])


@pytest.mark.parametrize("mode", ["vector_entry_point", "sync"])
def test_every_row_of_masks_has_a_legal_action(mode: str) -> None:
    envs = gym.make_vec("FIND-strings-v1", num_envs=4, vectorization_mode=mode, max_queries=3, max_steps=9)

    def masks() -> np.ndarray:
        return envs.action_masks() if mode == "vector_entry_point" else np.stack(envs.call("action_masks"))

    with pytest.raises(RuntimeError, match=r"expected an episode, actual: reset\(\) has not been called"):
        masks()
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    ended = np.zeros(4, dtype=bool)
    for _ in range(60):
        rows = masks()
        assert (rows.all(axis=1) == ended).all() and rows.any(axis=1).all()
        _, _, ended, _, _ = envs.step(np.array([rng.choice(np.flatnonzero(row)) for row in rows]))
    envs.close()


def test_a_failed_score_leaves_the_step_untaken(monkeypatch: pytest.MonkeyPatch) -> None:
    envs = make(2)
    envs.reset(seed=0)
    envs.step(np.array([20, 40]))
    token = int(envs.action_masks()[0].nonzero()[0][-1])
    real = envs.referee.judge

    def fail(*_: Any) -> Any:
        raise OSError("no scores today")

    monkeypatch.setattr(envs.referee, "judge", fail)
    with pytest.raises(OSError, match="no scores today"):
        envs.step(np.array([3, token]))
    monkeypatch.setattr(envs.referee, "judge", real)
    _, _, terminated, _, infos = envs.step(np.array([3, token]))
    assert terminated.tolist() == [False, True] and infos["steps_left"].tolist() == [118, 118]
    assert infos["budget"].tolist() == [98, 99]


def test_an_interrupted_step_leaves_no_part_of_a_description(monkeypatch: pytest.MonkeyPatch) -> None:
    for calls in range(99):
        envs = make(2)
        envs.reset(seed=0)
        first, last = (np.full(2, envs.codec.queries + envs.codec.tokens.index(word)) for word in ("inside", "linear"))
        envs.step(first)
        kind, left = type(envs.codec.new_draft()), calls
        append = kind.append

        def stop(draft: Any, token: int, append: Any = append) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            append(draft, token)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "append", stop)
            try:
                _, _, terminated, _, _ = envs.step(last)
            except KeyboardInterrupt:
                patch.undo()
                _, _, terminated, _, _ = envs.step(last)
        assert terminated.all()
        if left >= 0:
            break
    assert calls > 2


def test_a_failed_step_changes_nothing_of_the_episodes_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    # Functions may have been drawn for them by then.
    steady, failing = (make(16, autoreset_mode="SameStep", max_queries=4, max_steps=9) for _ in range(2))
    rng, score, failures = np.random.default_rng(0), NumericScorer.score, Counter[type]()
    for number in range(160):
        if number % 40 == 0:
            mask = np.arange(16) % 3 != number // 40
            results = [
                envs.reset(seed=number, options={"reset_mask": mask | (number == 0)}) for envs in (steady, failing)
            ]
            np.testing.assert_equal(results[0][0], results[1][0])
        actions = np.array([rng.choice(legal.nonzero()[0]) for legal in steady.action_masks()])
        scores_left = rng.integers(4)

        def fail(scorer: NumericScorer, submission: Submission) -> Any:
            nonlocal scores_left
            scores_left -= 1
            if scores_left < 0:
                raise OSError("no scores today")
            return score(scorer, submission)

        def stop(generator: np.random.Generator) -> Any:
            generator.integers(9)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            if number % 5:
                patch.setattr(NumericScorer, "score", fail)
            else:
                patch.setattr(failing._env, "draw", stop)
            states = [rng.bit_generator.state for rng in failing.np_random]
            try:
                result = failing.step(actions)
            except (OSError, KeyboardInterrupt) as error:
                failures[type(error)] += 1
                patch.undo()
                assert [rng.bit_generator.state for rng in failing.np_random] == states
                result = failing.step(actions)
        np.testing.assert_equal(result[:3], steady.step(actions)[:3])
        assert [one.identity() for one in failing.functions] == [one.identity() for one in steady.functions]
    assert min(failures[OSError], failures[KeyboardInterrupt]) > 9


def test_memory_does_not_grow() -> None:
    envs = make(256, autoreset_mode="SameStep", max_queries=12, max_steps=9)
    envs.reset(seed=0)
    rng = np.random.default_rng(0)

    def play(steps: int) -> int:
        for _ in range(steps):
            envs.step(rng.integers(65, size=256))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    first = play(60)
    # In KiB: 61,440 steps that kept 100 bytes each would show.
    assert play(240) - first < 4096
