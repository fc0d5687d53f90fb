"""`FIND-strings-v1`: messages that lose nothing, the grammar, the step loop."""

import json
import string
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.examiner import STRING_MESSAGES
from find_gym.categories.strings.fitting import fit_string_skeleton
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.grammar import MAX_TOKENS, TOKENS, StringDraft, tokens_of
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Branch, Step
from find_gym.categories.strings.sampling import sample_string
from find_gym.core.episode import Query, Refuse
from find_gym.functions import write_dataset
from find_gym.interfaces import read_message
from find_gym.interfaces.text import CHARSET, write_submission
from find_gym.scoring import Submission

LEVELS = ("easy", "find", "hard", "extreme")
SPEC = StringSpec((Step("remove_digits"), Step("string_concatenate", ("Oh",))))


def make(interface: str = "text", **options: Any) -> gym.Env:
    return gym.make("FIND-strings-v1", interface=interface, **options)


@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
@pytest.mark.parametrize("interface", ["tokens", "text", "tools"])
def test_gymnasiums_checker_is_content(interface: str, render_mode: str | None) -> None:
    if render_mode == "rgb_array":
        pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(interface, max_queries=10, render_mode=render_mode).unwrapped)


def test_stable_baselines3s_checker_is_content() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(make("tokens", max_queries=10))


def test_continuous_is_for_numbers_only() -> None:
    with pytest.raises(ValueError, match=r"expected an interface in \('tokens', 'text', 'tools'\)"):
        make("continuous")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(4))
def test_the_truth_earns_1(level: str, seed: int) -> None:
    env = make(difficulty=level)
    env.reset(seed=seed)
    function = env.unwrapped.function
    message = write_submission(Submission(function.describe(), "none", function.source()))
    _, reward, terminated, truncated, info = env.step(message)
    assert (reward, terminated, truncated) == (1.0, True, False)
    json.dumps(info, allow_nan=False)


@pytest.mark.parametrize("reward", ["skill", "accuracy", "find"])
def test_rewards(reward: str) -> None:
    env = make(function=SPEC, reward=reward)
    env.reset(seed=0)
    assert env.step("[CODE]: def f(s): return s + 'Oh'")[1] < 1.0
    env.reset(seed=0)
    assert env.step(f"[CODE]: {StringFunction(SPEC).source()}")[1] == 1.0


@settings(deadline=None)
@given(inputs=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_messages_never_lose_or_alter_a_string(inputs: list[str]) -> None:
    """From the query to the function, and from its output to the observation, whatever the strings hold."""
    for written in (json.dumps(inputs), json.dumps(inputs, ensure_ascii=False), json.dumps(inputs, indent=1)):
        assert read_message(f"Let me see.\nQUERY {written}\nThanks.", STRING_MESSAGES).move == Query(tuple(inputs))
    env = make(function=lambda s: s + "\u2713[DESCRIPTION]: x\nQUERY").unwrapped
    env.reset(seed=0)
    observation, *_, info = env.step(f"QUERY {json.dumps(inputs)}")
    assert info["inputs"] == inputs
    decoder = json.JSONDecoder()
    for asked, line in zip(inputs, observation.splitlines()[1:], strict=False):
        read, end = decoder.raw_decode(line)
        assert (read, line[end : end + 4]) == (asked, " -> ")
        assert json.loads(line[end + 4 :]) == asked + "\u2713[DESCRIPTION]: x\nQUERY"
    assert set(observation) <= CHARSET and env.observation_space.contains(observation)


@pytest.mark.parametrize(
    ("message", "inputs"),
    [
        ('QUERY ["a", "b c"]', ("a", "b c")),
        ("QUERY ['a', \"b c\"]", ("a", "b c")),
        ("query: hello world", ("hello", "world")),
        ("QUERY 'hello world' again", ("hello world", "again")),
        ('QUERY [""]', ("",)),
        ('QUERY ["a]b", "[", "\\"q\\""]', ("a]b", "[", '"q"')),
        ('```\nQUERY [\n  "x",\n  "QUERY [1]"\n]\n```', ("x", "QUERY [1]")),
        ('QUERY ["\\ud83d\\ude00", "\u00e9"]', ("\U0001f600", "\u00e9")),
    ],
)
def test_queries_are_read_leniently(message: str, inputs: tuple) -> None:
    assert read_message(message, STRING_MESSAGES).move == Query(inputs)


@pytest.mark.parametrize("message", ["QUERY", "QUERY []", "QUERY [1]", 'QUERY ["a', "QUERY 'a", "QUERY [a]"])
def test_what_is_no_query_is_refused_with_a_reason(message: str) -> None:
    move = read_message(message, STRING_MESSAGES).move
    assert isinstance(move, Refuse) and move.reason.startswith("expected")


def test_too_long_inputs_are_refused() -> None:
    env = make(function=SPEC, max_queries=5)
    env.reset(seed=0)
    *_, info = env.step(f"QUERY {json.dumps(['x' * 1001])}")
    assert info["budget"] == 5 and "expected strings of at most 1000 characters" in info["message"]


# --- Tokens -----------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), level=st.sampled_from([*LEVELS, None]))
def test_every_legal_walk_ends_in_a_complete_program(seed: int, level: str | None) -> None:
    rng = np.random.default_rng(seed)
    draft = StringDraft(None if level is None else StringDifficulty.of(level))
    while not draft.complete:
        legal = np.flatnonzero(draft.legal())
        assert legal.size > 0
        draft.write(int(rng.choice(legal)))
    assert 2 <= len(draft.tokens) <= MAX_TOKENS
    spec = fit_string_skeleton(draft.skeleton(), [], [])
    assert tokens_of(spec.program) == draft.tokens


@pytest.mark.parametrize("level", LEVELS)
def test_every_sampled_program_can_be_written(level: str) -> None:
    for seed in range(60):
        spec = sample_string(np.random.default_rng(seed), difficulty=level)
        draft = StringDraft(StringDifficulty.of(level))
        for token in tokens_of(spec.program):
            draft.write(token)
        assert draft.complete
        assert tokens_of(fit_string_skeleton(draft.skeleton(), [], []).program) == tokens_of(spec.program)


def test_constants_are_inferred_from_the_evidence() -> None:
    agreeing = 0
    for seed in range(60):
        spec = sample_string(np.random.default_rng(seed))
        draft = StringDraft(StringDifficulty.of("find"))
        for token in tokens_of(spec.program):
            draft.write(token)
        outputs = StringFunction(spec).truth(PROBES)
        agreeing += StringFunction(fit_string_skeleton(draft.skeleton(), PROBES, outputs)).truth(PROBES) == outputs
    assert agreeing >= 57


def test_a_branch_is_fitted_on_both_sides() -> None:
    branch = Branch("contains_letter", ("e",), (Step("insert_number", (7,)),), (Step("string_concatenate", ("xy",)),))
    program = (branch, Step("convert_to_uppercase"))
    outputs = StringFunction(StringSpec(program)).truth(PROBES)
    draft = StringDraft(None)
    for token in tokens_of(program):
        draft.write(token)
    fitted = fit_string_skeleton(draft.skeleton(), PROBES, outputs)
    assert StringFunction(fitted).truth(PROBES) == outputs


def test_asking_all_probes_and_writing_the_program_earns_the_reward() -> None:
    env = make("tokens", function=SPEC)
    env.reset(seed=0)
    for probe in range(len(PROBES)):
        observation, *_ = env.step(probe)
    assert observation["asked"].min() == 0.25
    for name in ("string_concatenate", "remove_digits", "input"):
        assert env.unwrapped.action_masks()[len(PROBES) + TOKENS.index(name)]
        _, reward, terminated, _, info = env.step(len(PROBES) + TOKENS.index(name))
    assert (reward, terminated) == (1.0, True)
    assert info["submission"]["tokens"] == "string_concatenate remove_digits input"
    assert info["submission"]["description"] == env.unwrapped.function.describe()


def test_observations_show_the_answers() -> None:
    env = make("tokens", function=lambda s: "AB" if s == "" else s)
    env.reset(seed=0)
    empty = PROBES.index("")
    observation, *_ = env.step(empty)
    characters = observation["characters"].reshape(len(PROBES), -1)
    assert np.allclose(characters[empty, :3], [65 / 128, 66 / 128, 0])
    assert observation["same"][empty] == 0
    observation, *_ = env.step(empty + 1)
    assert observation["same"][empty + 1] == 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_masked_walks_are_never_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    env = make("tokens", max_queries=12, difficulty="extreme").unwrapped
    env.reset(seed=seed)
    terminated = False
    while not terminated:
        observation, _, terminated, _, info = env.step(int(rng.choice(np.flatnonzero(env.action_masks()))))
        assert env.observation_space.contains(observation)
    assert info["score"]


def test_a_dataset(tmp_path: Any) -> None:
    write_dataset(tmp_path, [SPEC, StringSpec((Step("reverse_string"),))])
    env = make(dataset=str(tmp_path))
    env.reset(options={"function": "f00001"})
    assert env.step('QUERY ["abc"]')[4]["outputs"] == ["cba"]


def test_nothing_tells_the_answer_before_the_end() -> None:
    env = make(render_mode="ansi")
    for seed in range(10):
        observation, info = env.reset(seed=seed)
        function = env.unwrapped.function
        answer, *_, info2 = env.step('QUERY ["a"]')
        seen = " ".join([observation, answer, str(info), str(info2), env.render(), repr(env), repr(function)])
        assert function.describe() not in seen and function.source() not in seen


@pytest.mark.slow
def test_maskable_ppo_trains_without_a_wrapper() -> None:
    contrib = pytest.importorskip("sb3_contrib")
    env = make("tokens", max_queries=8)
    model = contrib.MaskablePPO("MultiInputPolicy", env, n_steps=250, batch_size=250, device="cpu", seed=0)
    model.learn(1000)
    assert model.num_timesteps == 1000


def test_the_task_is_printable() -> None:
    observation, _ = make(function=SPEC).reset(seed=0)
    assert set(observation) <= set(string.printable) and "Each input costs 1 of your budget of 100" in observation
