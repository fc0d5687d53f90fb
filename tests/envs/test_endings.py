"""What is told and shown at the end of episodes."""

import json
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym
from find_gym.core.endings import LONGEST_SOURCE
from find_gym.envs import rendering
from find_gym.scoring import Submission

LEVELS: dict[str, Any] = {"numeric": {"variants": {"plain": 1.0}, "compound_share": 0.0}}


def play(category: str, seed: int) -> tuple[Any, dict[str, Any]]:
    """Writes the first tokens that are legal, with the last ones in doubt, and returns the last info."""
    env = gym.make(
        find_gym.LATEST_IDS[category], difficulty=LEVELS.get(category, "find"), max_queries=8, disable_env_checker=True
    ).unwrapped
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    terminated = False
    for probe in range(6):
        env.step(probe)
    while not terminated:
        legal = np.flatnonzero(env.action_masks())
        tokens = legal[legal >= env.codec.queries]
        _, _, terminated, _, info = env.step(int(rng.choice(tokens)))
    return env, info


@pytest.mark.parametrize("category", find_gym.LATEST_IDS)
def test_programs_are_described_in_english(category: str) -> None:
    told = 0
    for seed in range(6):
        env, info = play(category, seed)
        submission = env.episode.last.submission
        if submission.program is None:
            continue
        told += 1
        assert info["submission"]["description"] == env.black_box(submission.program).describe()
        assert info["submission"]["tokens"] == submission.description
        data = submission.program.to_json()
        assert info["submission"]["program"] == {name: value for name, value in data.items() if value is not None}
        assert "program" not in info["submission"]["description"]
    assert told


@pytest.mark.parametrize("category", find_gym.LATEST_IDS)
def test_vectorised_environments_tell_the_same(category: str) -> None:
    level, more = LEVELS.get(category, "find"), {"max_queries": 4, "max_steps": 60}
    envs = gym.make_vec(
        find_gym.LATEST_IDS[category], num_envs=1, full_info=True, autoreset_mode="Disabled", difficulty=level, **more
    )
    env = gym.make(find_gym.LATEST_IDS[category], difficulty=level, disable_env_checker=True, **more).unwrapped
    envs.reset(seed=3)
    env.reset(seed=3)
    terminated = False
    while not terminated:
        action = int(np.flatnonzero(env.action_masks())[-1])
        infos = envs.step(np.array([action]))[4]
        _, _, terminated, _, info = env.step(action)
    for key in ("truth", "submission"):
        assert {name: infos[key][name][0] for name in info[key] if name != "program"} == {
            name: text for name, text in info[key].items() if name != "program"
        }


@pytest.mark.parametrize("category", find_gym.LATEST_IDS)
def test_vectorised_environments_gather_programs_of_every_shape(category: str) -> None:
    envs = gym.make_vec(find_gym.LATEST_IDS[category], num_envs=24, full_info=True, difficulty="extreme")
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    ended = 0
    for _ in range(30):
        # Tokens, so that episodes end soon; what is done where they have ended is of no account.
        tokens = [np.flatnonzero(mask[envs.codec.queries :]) for mask in envs.action_masks()]
        actions = [envs.codec.queries + rng.choice(legal) if len(legal) else 0 for legal in tokens]
        _, _, _, _, infos = envs.step(np.array(actions))
        ended += int(infos["submission"]["_description"].sum()) if "submission" in infos else 0
    assert ended > 24


def test_long_sources_are_left_out_of_infos() -> None:
    lengths = []
    for seed in range(12):
        env, info = play("relations", seed)
        source = env.function.source()
        assert info["truth"]["source"] == (source if len(source) <= LONGEST_SOURCE else "")
        lengths.append(len(source))
    assert min(lengths) <= LONGEST_SOURCE < max(lengths)


TEXTS = st.text(max_size=300)


def episode_of(rows: list[tuple[str, str]], truth: str, submission: Submission | None) -> Any:
    return SimpleNamespace(
        inputs=[asked for asked, _ in rows],
        outputs=[answered for _, answered in rows],
        function=SimpleNamespace(describe=lambda: truth),
        last=SimpleNamespace(terminated=submission is not None, submission=submission),
    )


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=120), TEXTS, st.none() | st.builds(Submission, TEXTS, TEXTS, TEXTS))
@settings(max_examples=60, deadline=None)
def test_what_is_written_fits_the_picture(rows, truth, submission) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.add_subplot()
    rendering.write_answers(axes, episode_of(rows, truth, submission))
    *tables, closing = [text.get_text().split("\n") for text in axes.texts]
    used = max(len(lines) for lines in tables) + (len(closing) if submission else 0)
    assert used <= rendering._LINES
    assert all(len(line) <= rendering._CHARACTERS for line in closing)
    assert max(map(len, tables[0])) + sum(max(map(len, lines)) for lines in tables[1:]) <= rendering._CHARACTERS


def test_the_truth_is_shown_whole() -> None:
    truth = "It maps a country to its capital, but it is undefined where " + "the input is far away " * 8
    closing = rendering._closing(episode_of([], truth, Submission("a\nb", "", "def f(s):\n    return s")))
    text = " ".join(line.strip() for line in closing)
    assert truth.strip() in text and "submission: a" in text
    assert "code: def f(s):" in closing and "    return s" in closing
    assert json.dumps(closing).isascii()
