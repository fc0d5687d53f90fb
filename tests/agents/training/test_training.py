"""Tests of training runs: they learn, and go on where they were killed as if nothing had happened."""

import csv
from dataclasses import replace
from typing import Any

import pytest

th = pytest.importorskip("torch")

from find_gym_agents.training import loop, progress  # noqa: E402
from find_gym_agents.training.checkpoints import CHECKPOINT, CheckpointError, load, save  # noqa: E402
from find_gym_agents.training.config import TrainConfig  # noqa: E402
from find_gym_agents.training.loop import NothingLearnedError, Training  # noqa: E402
from find_gym_agents.training.policy_episodes import Played  # noqa: E402
from find_gym_agents.training.progress import Status, share_done  # noqa: E402
from tests.agents.training.runs import Killed, train  # noqa: E402


def tiny(folder, **changes) -> TrainConfig:
    """A run of two segments of imitation and four of reinforcement learning."""
    config = TrainConfig(
        imitation_examples=2 * 16 * 16,
        imitation_batch=16,
        imitation_stock=20,
        total_timesteps=4 * 4 * 16,
        num_envs=4,
        env_workers=0,
        rollout_steps=16,
        batch_size=32,
        epochs=1,
        max_queries=6,
        checkpoint_every=1,
        validation_functions=2,
        difficulty="easy",
        free_stopping=0.25,
        out=str(folder),
    )
    return replace(config, **changes)


def start(config, show=lambda status: None) -> Training:
    config.folder.mkdir(parents=True, exist_ok=True)
    return Training(config, show)


def curve_of(config, *, killed_after: int | None = None) -> list[dict[str, Any]]:
    """Runs a training, or kills it after some validations; returns the curve without times."""
    training = train(Training, config, killed_after)
    return [{name: value for name, value in row.items() if name != "seconds"} for row in training.progress.curve]


@pytest.mark.parametrize(("algo", "killed_after"), [("maskable_ppo", 20), ("ppo_fast", 36)])
def test_killed_run_goes_on_to_the_same_curve_and_weights(tmp_path, algo, killed_after):
    whole = tiny(tmp_path / "whole", algo=algo)
    curve = curve_of(whole)
    # Nor do other processes make a difference.
    killed = tiny(tmp_path / "killed", env_workers=1, algo=algo)
    with pytest.raises(Killed):
        curve_of(killed, killed_after=killed_after)
    assert (
        0
        < load(killed.folder / CHECKPOINT)["progress"]["segment"]
        < load(whole.folder / CHECKPOINT)["progress"]["segment"]
    )
    assert curve_of(killed) == curve
    one, other = (load(config.folder / "policy.pt")["policy"] for config in (whole, killed))
    assert all(th.equal(one[name], other[name]) for name in one)
    assert {row["phase"] for row in curve} == {"untrained", "imitation", "chosen queries", "free stopping"}


@pytest.mark.parametrize("algo", ["ppo_fast", "ppo"])
def test_curriculum_without_imitation_goes_through_all_stages(tmp_path, algo):
    config = tiny(tmp_path / "run", algo=algo, imitation_examples=0, total_timesteps=256, rollout_steps=8)
    phases = [row["phase"] for row in curve_of(config)]
    expected = ["untrained", "given evidence, simple", "given evidence", "chosen queries", "free stopping"]
    assert list(dict.fromkeys(phases)) == expected
    assert load(config.folder / "policy_last.pt")["free_stopping"]


def test_without_curriculum_queries_are_chosen_from_the_start(tmp_path):
    config = tiny(tmp_path / "run", imitation_examples=0, curriculum=False, free_stopping=0.0, total_timesteps=64)
    assert {row["phase"] for row in curve_of(config)} == {"untrained", "chosen queries"}


def test_a_run_goes_on_by_the_configuration_that_it_began_with(tmp_path):
    config = tiny(tmp_path / "run", algo="ppo_fast")
    training = start(config)
    training._checkpoint()
    state = load(config.folder / CHECKPOINT)
    with pytest.raises(CheckpointError, match="learners was 1, now 2; choose another --out"):
        start(replace(config, learners=2))
    # Files from before there could be several learners.
    del state["identity"]["learners"]
    save(config.folder / CHECKPOINT, state)
    start(config)


def test_best_policy_on_validation_is_kept_beside_the_last(tmp_path, monkeypatch):
    skills = iter([0.1, 0.3, 0.6, 0.2, 0.5, 0.4, 0.0])
    states = []

    def played(policy, *arguments, **options):
        states.append({name: value.clone() for name, value in policy.state_dict().items()})
        return [Played(skill=next(skills))]

    monkeypatch.setattr(loop, "play", played)
    config = tiny(tmp_path / "run")
    curve = curve_of(config)
    assert [row["skill"] for row in curve] == [0.1, 0.3, 0.6, 0.2, 0.5, 0.4, 0.0]
    best, last = (load(config.folder / name) for name in ("policy.pt", "policy_last.pt"))
    assert best["validation"]["skill"] == 0.6 and last["validation"]["skill"] == 0.0
    assert all(th.equal(best["policy"][name], states[2][name]) for name in states[2])
    assert all(th.equal(last["policy"][name], states[-1][name]) for name in states[-1])


def test_no_phase_is_left_out_however_short_its_time(tmp_path):
    """A clock that is over before the first example: what a busy machine does to a short run."""
    config = tiny(tmp_path / "run", imitation_examples=None, total_timesteps=None, minutes=1e-9, free_stopping=0.0)
    training = start(config)
    training.run()
    row = training.progress.curve[-1]
    # Some steps of imitation, then a rollout that the values learn from, and one that the policy does.
    assert (row["examples"], row["timesteps"]) == (16 * 16, 2 * 4 * 16)
    assert training.progress.updates == 16 + 1
    assert [note.partition(" ")[0] for note in training.progress.notes] == ["imitation", "chosen"]


def test_run_that_learns_nothing_is_refused(tmp_path):
    training = start(tiny(tmp_path / "run"))
    training.progress.phase = len(training.stages)
    training.progress.curve.append({"skill": 0.0})
    with pytest.raises(NothingLearnedError, match="expected at least one update"):
        training.run()
    with pytest.raises(ValueError, match="expected imitation or steps of reinforcement learning"):
        tiny(tmp_path / "run", imitation_examples=0, total_timesteps=0)


def test_finished_run_is_extended_and_an_equal_command_changes_nothing(tmp_path):
    config = tiny(tmp_path / "run", total_timesteps=2 * 4 * 16, free_stopping=0.0)
    short = curve_of(config)
    weights = load(config.folder / "policy_last.pt")["policy"]
    assert curve_of(config) == short
    assert all(th.equal(load(config.folder / "policy_last.pt")["policy"][name], weights[name]) for name in weights)
    longer = curve_of(replace(config, total_timesteps=4 * 4 * 16))
    assert longer[: len(short)] == short
    assert longer[-1]["timesteps"] == 4 * 4 * 16 and longer[-1]["phase"] == "chosen queries"


def test_warm_start_begins_with_the_policy_of_another_run(tmp_path):
    first = tiny(tmp_path / "first", free_stopping=0.0)
    curve_of(first)
    file = str(first.folder / "policy.pt")
    warm = tiny(tmp_path / "warm", imitation_examples=None, init_from=file, total_timesteps=64, max_queries=4)
    training = start(warm)
    state, expected = training.learner.policy.state_dict(), load(file)["policy"]
    assert all(th.equal(state[name], expected[name]) for name in expected)
    training.run()
    assert [stage.name for stage in training.stages] == ["chosen queries", "free stopping"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "FIND-strings-v1"}, "expected env='FIND-strings-v1' to begin with, actual: .* 'FIND-numeric-v1'"),
        ({"hidden": 32}, "expected hidden=32 to begin with, actual: .* has 256"),
    ],
)
def test_warm_start_from_another_kind_of_policy_is_refused(tmp_path, changes, message):
    start(tiny(tmp_path / "first"))
    config = tiny(tmp_path / "run", init_from=str(tmp_path / "first" / "untrained.pt"), **changes)
    with pytest.raises(CheckpointError, match=message):
        start(config)


def test_warm_start_with_other_spaces_is_refused(tmp_path):
    start(tiny(tmp_path / "first"))
    file = tmp_path / "first" / "untrained.pt"
    data = load(file)
    # As of a grammar with fewer tokens.
    data["policy"]["action_net.bias"] = data["policy"]["action_net.bias"][:-1]
    save(file, data)
    with pytest.raises(CheckpointError, match="expected a policy of the same observations and actions"):
        start(tiny(tmp_path / "run", init_from=str(file)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "FIND-strings-v1"}, "env was 'FIND-numeric-v1', now 'FIND-strings-v1'"),
        ({"max_queries": 7}, "max_queries was 6, now 7"),
        ({"layers": 1}, "layers was 2, now 1"),
    ],
)
def test_checkpoint_of_another_run_is_refused_by_name(tmp_path, changes, message):
    config = tiny(tmp_path / "run")
    start(config)._checkpoint()
    with pytest.raises(CheckpointError, match=message):
        start(replace(config, **changes))


@pytest.mark.parametrize("algo", ["maskable_ppo", "ppo_fast"])
def test_figures_have_tags_of_their_own_axis(tmp_path, algo):
    steps = {"free_stopping": 0.0, "total_timesteps": 6 * 4 * 16}
    config = tiny(tmp_path / "run", algo=algo, logger=("csv", "tensorboard"), **steps)
    curve_of(config)
    with open(config.folder / "logs" / "progress.csv") as file:
        rows = list(csv.DictReader(file))
    names = {name for row in rows for name, value in row.items() if value}
    assert {"imitation/loss", "imitation/validation_skill", "rollout/ep_rew_mean", "rollout/ep_len_mean"} <= names
    assert {"validation/skill", "validation/queries", "train/loss", "train/approx_kl"} <= names
    for row in rows:
        assert not (row["imitation/loss"] and row["rollout/ep_rew_mean"])
    assert list((config.folder / "tensorboard").glob("events.*"))


def test_network_has_the_layers_that_were_asked_for(tmp_path):
    training = start(tiny(tmp_path / "run", hidden=24, layers=3))
    shapes = [tuple(value.shape) for name, value in training.learner.policy.named_parameters() if ".trunk." in name]
    assert [shape for shape in shapes if len(shape) == 2][1:] == [(24, 24), (24, 24)]


def test_status_names_phase_skill_and_time():
    assert str(Status("imitation", 0.3, 0.4567, 75.2)) == "imitation, skill 0.457, 1:15 left"
    assert str(Status("imitation", 0.0, None, None)) == "imitation"


@pytest.mark.parametrize(
    ("planned", "work", "expected"), [(0.5, 9, 0.5), (3.0, 5, 0.5), (3.0, 10, 3.0), (-0.1, 0, 0.0)]
)
def test_a_phase_ends_with_its_time_but_not_before_its_least_work(planned, work, expected):
    assert share_done(planned, work, 10) == expected


def test_learning_moves_the_weights_and_the_untrained_policy_is_kept(tmp_path):
    config = tiny(tmp_path / "run", imitation_examples=0, total_timesteps=64)
    curve_of(config)
    before, after = (load(config.folder / name)["policy"] for name in ("untrained.pt", "policy.pt"))
    assert any(not th.equal(before[name], after[name]) for name in before)
    assert not load(config.folder / "untrained.pt")["free_stopping"]


def test_bar_shows_phase_skill_and_time(capsys):
    with progress.bar(True) as show:
        show(Status("imitation", 0.25, 0.4567, 75.2))
        show(Status("chosen queries", 1.0, 0.5, None))
    last = capsys.readouterr().err.split("\r")[-1].strip()
    assert last.startswith("training: 100% |") and last.endswith("| chosen queries, skill 0.500")
