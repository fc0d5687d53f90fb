"""Tests of training runs: they learn, and go on where they were killed as if nothing had happened."""

from dataclasses import replace

import pytest

th = pytest.importorskip("torch")

from find_gym_agents.training.checkpoints import CHECKPOINT, load  # noqa: E402
from find_gym_agents.training.config import TrainConfig  # noqa: E402
from find_gym_agents.training.loop import Training  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    threads = th.get_num_threads()
    th.set_num_threads(1)
    yield
    th.set_num_threads(threads)


def tiny(folder, **changes) -> TrainConfig:
    """A run of two segments of imitation and four of reinforcement learning."""
    config = TrainConfig(
        imitation_examples=2 * 16 * 16,
        imitation_batch=16,
        imitation_stock=20,
        total_timesteps=4 * 4 * 16,
        num_envs=4,
        rollout_steps=16,
        batch_size=32,
        epochs=1,
        max_queries=6,
        checkpoint_every=1,
        validation_functions=3,
        difficulty="easy",
        free_stopping=0.25,
        out=str(folder),
    )
    return replace(config, **changes)


class Killed(Exception):
    """Stands for a signal that ends the process."""


def train(config, *, killed_after: int | None = None):
    """Runs a training, or kills it after some validations; returns the curve without times."""
    config.folder.mkdir(parents=True, exist_ok=True)
    calls = 0

    def show(share, skill):
        nonlocal calls
        calls += 1
        if calls == killed_after:
            raise Killed

    training = Training(config, show)
    training.run()
    return [{name: value for name, value in row.items() if name != "seconds"} for row in training.progress.curve]


@pytest.mark.parametrize("killed_after", [20, 36])
def test_killed_run_goes_on_to_the_same_curve_and_weights(tmp_path, killed_after):
    whole = tiny(tmp_path / "whole", env_workers=0)
    curve = train(whole)
    # Nor do other processes make a difference.
    killed = tiny(tmp_path / "killed", env_workers=1)
    with pytest.raises(Killed):
        train(killed, killed_after=killed_after)
    assert (
        0
        < load(killed.folder / CHECKPOINT)["progress"]["segment"]
        < load(whole.folder / CHECKPOINT)["progress"]["segment"]
    )
    assert train(killed) == curve
    one, other = (load(config.folder / "policy.pt")["policy"] for config in (whole, killed))
    assert all(th.equal(one[name], other[name]) for name in one)
    assert {row["phase"] for row in curve} == {"untrained", "imitation", "chosen queries", "free stopping"}


@pytest.mark.parametrize("algo", ["maskable_ppo", "ppo"])
def test_curriculum_without_imitation_goes_through_all_stages(tmp_path, algo):
    config = tiny(tmp_path / "run", algo=algo, imitation_examples=0, total_timesteps=256, rollout_steps=8)
    phases = [row["phase"] for row in train(config)]
    expected = ["untrained", "given evidence, simple", "given evidence", "chosen queries", "free stopping"]
    assert list(dict.fromkeys(phases)) == expected
    assert load(config.folder / "policy.pt")["free_stopping"]


def test_without_curriculum_queries_are_chosen_from_the_start(tmp_path):
    config = tiny(tmp_path / "run", imitation_examples=0, curriculum=False, free_stopping=0.0, total_timesteps=64)
    assert {row["phase"] for row in train(config)} == {"untrained", "chosen queries"}


def test_learning_moves_the_weights_and_the_untrained_policy_is_kept(tmp_path):
    config = tiny(tmp_path / "run", imitation_examples=0, total_timesteps=64)
    train(config)
    before, after = (load(config.folder / name)["policy"] for name in ("untrained.pt", "policy.pt"))
    assert any(not th.equal(before[name], after[name]) for name in before)
    assert not load(config.folder / "untrained.pt")["free_stopping"]
