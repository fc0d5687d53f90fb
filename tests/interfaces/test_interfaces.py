"""The codecs: the token grammar and its fitting, the reading of messages, continuous actions."""

import json
import string
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.atoms import ATOMS, RELEASED_FAMILIES
from find_gym.categories.numeric.continuous import ACTION_SIZE, ContinuousInterface, read_atom, split_action
from find_gym.categories.numeric.examiner import NUMERIC_MESSAGES, NumericExaminer, numeric_text
from find_gym.categories.numeric.grammar import MAX_TOKENS, TOKENS, NumericDraft, tokens_of
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.categories.numeric.rules import AtomRule, evaluate, skeleton
from find_gym.core.episode import Query, Refuse, Submit
from find_gym.functions import NumericDifficulty, NumericFunction, NumericSpec, sample_numeric
from find_gym.interfaces import read_message
from find_gym.interfaces.features import log_magnitude, relative, squash, unsquash
from find_gym.interfaces.submissions import read_submission
from find_gym.interfaces.text import CHARSET, printable, write_submission
from find_gym.scoring import Submission

LEVELS = st.sampled_from(["easy", "find", "hard", "extreme", None])


# --- Tokens -----------------------------------------------------------------------------------------------------------


def test_probes_are_dense_near_0_and_reach_the_ends() -> None:
    probes = numeric_probes()
    assert probes.size == 65 and np.all(np.diff(probes) > 0)
    assert (probes[0], probes[32], probes[-1]) == (-128.0, 0.0, 128.0)
    assert np.sum(np.abs(probes) < 12) > 32
    # Jittered: no two gaps are alike, and the sides are no mirror images.
    assert not np.allclose(probes, -probes[::-1], atol=1e-3)


@given(seed=st.integers(0, 2**32 - 1), level=LEVELS)
def test_every_legal_walk_ends_in_a_complete_expression(seed: int, level: str | None) -> None:
    rng = np.random.default_rng(seed)
    draft = NumericDraft(None if level is None else NumericDifficulty.of(level))
    while not draft.complete:
        legal = np.flatnonzero(draft.legal())
        assert legal.size > 0
        draft.write(int(rng.choice(legal)))
    assert len(draft.tokens) <= MAX_TOKENS
    assert not draft.legal().any()
    assert draft.tokens == tokens_of(draft.skeleton(), draft.regions())


@given(seed=st.integers(0, 2**32 - 1))
def test_every_function_of_the_benchmark_can_be_written(seed: int) -> None:
    level = NumericDifficulty.of({"variants": {"plain": 0.5, "corrupted": 0.5}})
    spec = sample_numeric(np.random.default_rng(seed), difficulty=level)
    draft = NumericDraft(level)
    kinds = tuple(region.kind for region in spec.regions)
    for token in tokens_of(skeleton(spec.rule), kinds):
        draft.write(token)
    assert draft.complete and draft.skeleton() == skeleton(spec.rule) and draft.regions() == kinds


def test_illegal_tokens_are_refused_by_the_draft() -> None:
    draft = NumericDraft(NumericDifficulty.of("easy"))
    for token in ("sum", "below", "sin"):
        with pytest.raises(ValueError, match="expected a token"):
            draft.write(TOKENS.index(token))
    with pytest.raises(ValueError, match="expected a complete expression"):
        draft.skeleton()


def ask_all(env: gym.Env) -> None:
    for probe in range(65):
        env.step(probe)


@pytest.mark.parametrize("name", [name for name in RELEASED_FAMILIES if name != "rational"])
def test_asking_all_probes_and_naming_the_atom_earns_most_of_the_reward(name: str) -> None:
    rewards = []
    for seed in range(3):
        rule = AtomRule(name, ATOMS[name].sample(np.random.default_rng(seed)))
        env = gym.make("FIND-numeric-v1", function=NumericSpec(rule, (-100.0, 100.0)))
        env.reset(seed=seed)
        ask_all(env)
        _, reward, terminated, _, info = env.step(162 + TOKENS.index(name))
        assert terminated
        rewards.append(reward)
    assert np.mean(rewards) > 0.9, rewards


def test_a_corrupted_compound_through_tokens() -> None:
    spec = NumericSpec.from_json(
        {
            "rule": {
                "operator": "sum",
                "parts": [
                    {"atom": "linear", "constants": [2.5, -3.0]},
                    {"atom": "step", "constants": [20.0, 1.0, 0.0]},
                ],
            },
            "domain": [-100, 100],
            "regions": [{"lower": 40.0, "upper": None, "mean": 8.0, "std": 0.1}],
        }
    )
    env = gym.make("FIND-numeric-v1", function=spec, difficulty="find")
    env.reset(seed=0)
    ask_all(env)
    for token in ("above", "sum", "linear", "step"):
        observation, reward, terminated, _, info = env.step(162 + TOKENS.index(token))
    assert terminated and reward > 0.9
    assert info["score"]["exception_iou"] > 0.9
    assert observation["written"].reshape(MAX_TOKENS, -1).argmax(axis=1)[:4].tolist() == tokens_of(
        ("sum", ("linear", "step")), ("above",)
    )


def test_illegal_actions_cost_budget_and_change_nothing_else() -> None:
    env = gym.make("FIND-numeric-v1", difficulty="easy", max_queries=3, query_cost=0.5)
    before, _ = env.reset(seed=0)
    after, reward, terminated, _, info = env.step(162 + TOKENS.index("sum"))
    assert (info["budget"], reward, terminated) == (2, -0.5, False)
    for name in before:
        if name != "budget":
            assert np.array_equal(before[name], after[name])
    for _ in range(4):
        _, reward, _, _, info = env.step(162 + TOKENS.index("sum"))
    assert (info["budget"], reward) == (0, 0.0)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**16))
def test_masked_walks_are_never_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    env = gym.make("FIND-numeric-v1", difficulty="easy", max_queries=12).unwrapped
    env.reset(seed=seed)
    for _ in range(200):
        mask = env.action_masks()
        assert mask.shape == (189,) and mask.dtype == np.bool_
        observation, _, terminated, _, info = env.step(int(rng.choice(np.flatnonzero(mask))))
        assert env.observation_space.contains(observation)
        if terminated:
            break
        assert info["message"] == ""
    assert terminated and info["score"]


def test_observations_are_fresh_at_each_step() -> None:
    env = gym.make("FIND-numeric-v1", difficulty="easy").unwrapped
    first, _ = env.reset(seed=0)
    copies = {name: values.copy() for name, values in first.items()}
    second, *_ = env.step(5)
    assert all(np.array_equal(first[name], copies[name]) for name in first)
    assert second["asked"][5] == 0.25 and not any(first[name] is second[name] for name in first)


def test_masks_are_for_tokens_only() -> None:
    env = gym.make("FIND-numeric-v1", interface="text").unwrapped
    env.reset(seed=0)
    with pytest.raises(ValueError, match="expected the interface 'tokens'"):
        env.action_masks()


# --- Features ---------------------------------------------------------------------------------------------------------


@given(values=st.lists(st.floats(allow_infinity=False), max_size=20))
def test_features_are_bounded(values: list[float]) -> None:
    y = np.array(values, dtype=np.float64)
    for feature in (squash(y), relative(y), log_magnitude(y)):
        assert np.all((feature >= -1) & (feature <= 1))
    reachable = np.isfinite(y) & (np.abs(y) < 1e14)
    assert np.allclose(unsquash(squash(y))[reachable], y[reachable], rtol=1e-9, atol=1e-9)


# --- Text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "inputs"),
    [
        ("QUERY [1, 2.5, -3]", (1.0, 2.5, -3.0)),
        ("query: [1]", (1.0,)),
        ("Query 1 2 3", (1.0, 2.0, 3.0)),
        ("  QUERY   1,2,  3 ", (1.0, 2.0, 3.0)),
        ("**QUERY** [0.5,\n -3,\n 2]", (0.5, -3.0, 2.0)),
        ("```\nQUERY [1e2]\n```", (100.0,)),
        ("> QUERY (4, 5)", (4.0, 5.0)),
        ("I think it is linear.\nQUERY [7]\nThat should tell.", (7.0,)),
        ("QUERY [1]\nQUERY [2]", (1.0, 2.0)),
        ("QUERY '3' \"4\"", (3.0, 4.0)),
        ("QUERY [\u22123]", (-3.0,)),
        (r"QUERY [1, \u22123]", (1.0, -3.0)),
        ("- `QUERY [3]`", (3.0,)),
    ],
)
def test_queries_are_read_leniently(message: str, inputs: tuple) -> None:
    assert read_message(message, NUMERIC_MESSAGES).move == Query(inputs)


@pytest.mark.parametrize("message", ["", "queries are fun", "My QUERY is 3", "QUERY [1, two]", "QUERY nan", "3"])
def test_what_is_neither_is_refused_with_a_reason(message: str) -> None:
    move = read_message(message, NUMERIC_MESSAGES).move
    assert isinstance(move, Refuse) and move.reason.startswith("expected") and move.charge == 0


@pytest.mark.parametrize(
    "message",
    [
        "[DESCRIPTION]: a line\n[DOMAIN]: x < 3\n[CODE]:\n```python\ndef f(x):\n    return x\n```",
        "[description] a line [domain] x < 3 [code] ```\ndef f(x):\n    return x\n```",
        "**[DESCRIPTION]:** a line\n**[DOMAIN]:** x < 3\n**[CODE]:**\n~~~py\ndef f(x):\n    return x\n~~~",
        "### [DESCRIPTION]\na line\n### [DOMAIN]\nx < 3\n### [CODE]\n```Python\ndef f(x):\n    return x",
        "[DESCRIPTION]: a line [DOMAIN]: x < 3 [CODE]: def f(x):\n    return x",
        "[CODE]: ```python\nold\n```\n[DESCRIPTION]: a line\n[DOMAIN]: x < 3\n[CODE]: ```x = 1``` and\n"
        "```python\ndef f(x):\n    return x\n```",
    ],
)
def test_submissions_are_read_leniently(message: str) -> None:
    move = read_message(message, NUMERIC_MESSAGES).move
    assert isinstance(move, Submit)
    assert move.submission == Submission("a line", "x < 3", "def f(x):\n    return x")


def test_code_without_its_marker_is_the_last_fenced_block() -> None:
    submission = read_submission("[DESCRIPTION]: doubles\n```python\ndef f(x):\n    return 2 * x\n```")
    assert submission is not None and submission.code == "def f(x):\n    return 2 * x"


# Signs around a marker, such as a colon, are markup and not what is written after it.
LETTERS = st.sampled_from(sorted(string.ascii_letters + string.digits))
INNER = st.text(st.sampled_from(sorted(CHARSET - set("[]`~*_#\n"))), max_size=80)
WORDS = st.just("") | st.builds(lambda first, inner, last: f"{first}{inner}{last}", LETTERS, INNER, LETTERS)


@given(description=WORDS, domain=WORDS, code=WORDS)
def test_what_is_written_is_read(description: str, domain: str, code: str) -> None:
    message = write_submission(Submission(description, domain, code))
    read = read_submission(message)
    assert read == Submission(description, domain or "none", code)


@given(message=st.text(max_size=300))
def test_any_message_is_a_move(message: str) -> None:
    assert isinstance(read_message(message, NUMERIC_MESSAGES).move, (Query, Submit, Refuse))


@settings(max_examples=40, deadline=None)
@given(message=st.text(max_size=200))
def test_any_message_gets_a_printable_observation(message: str) -> None:
    env = gym.make("FIND-numeric-v1", interface="text", difficulty="easy", max_queries=4).unwrapped
    env.reset(seed=0)
    observation, *_ = env.step(message)
    assert env.observation_space.contains(observation)
    assert set(printable(message)) <= CHARSET


@given(values=st.lists(st.floats(), max_size=10))
def test_outputs_read_back_as_the_same_floats(values: list[float]) -> None:
    read = json.loads(json.dumps(NumericExaminer().to_json(values), allow_nan=False))
    expected = [value if np.isfinite(value) else None for value in values]
    assert read == expected


def test_the_task_fits_its_space() -> None:
    for budget in (0, 1, 100, 1000):
        interface = numeric_text(budget)
        env = gym.make("FIND-numeric-v1", interface="text", max_queries=budget, difficulty="easy")
        observation, _ = env.reset(seed=0)
        assert interface.observation_space.contains(observation)
        if budget:
            inputs = [float(np.nextafter(127, 0))] * budget
            observation, *_ = env.step(f"QUERY {inputs}")
            assert interface.observation_space.contains(observation)


# --- Continuous -------------------------------------------------------------------------------------------------------


def action_for(spec_name: str, row: list[float], submit: float = 1.0) -> np.ndarray:
    action = np.zeros(ACTION_SIZE, dtype=np.float32)
    fields = split_action(action)
    fields["submit"][0] = submit
    fields["structure"][0] = 1.0
    fields["family"][list(ATOMS).index(spec_name)] = 1.0
    fields["constants"][: len(row)] = row
    fields["region"][0] = 1.0
    return action


def test_constants_of_the_agent_itself() -> None:
    line = NumericSpec(AtomRule("linear", (2.5, -5.0)), (-100.0, 100.0))
    env = gym.make("FIND-numeric-v1", interface="continuous", function=line, max_queries=3)
    env.reset(seed=0)
    query = np.zeros(ACTION_SIZE, dtype=np.float32)
    query[0], query[1] = -1.0, 0.5
    observation, *_, info = env.step(query)
    assert info["inputs"] == [64.0] and info["outputs"] == [155.0]
    assert observation.reshape(3, 6)[0, :2].tolist() == [1.0, 0.5]
    _, reward, terminated, _, _ = env.step(action_for("linear", [0.25, -0.5]))
    assert (reward, terminated) == (1.0, True)


@given(seed=st.integers(0, 2**32 - 1))
def test_any_continuous_action_is_a_move(seed: int) -> None:
    interface = ContinuousInterface(5)
    rng = np.random.default_rng(seed)
    action = rng.uniform(-1.5, 1.5, ACTION_SIZE).astype(np.float32)
    action[0] = 1.0
    move = interface.decode(action, None)  # type: ignore[arg-type]
    assert isinstance(move, Submit) and move.submission.program is not None
    values = NumericFunction(move.submission.program).truth(np.linspace(-256, 256, 50))
    assert not np.isinf(values).any()


@pytest.mark.parametrize("name", list(ATOMS))
@given(row=st.lists(st.floats(-1, 1), min_size=11, max_size=11))
def test_any_constants_make_an_atom(name: str, row: list[float]) -> None:
    rule = read_atom(name, np.array(row))
    assert not np.isinf(evaluate(rule, np.linspace(-128, 128, 9))).any()


@pytest.mark.parametrize("bad", [np.zeros(3), np.full(ACTION_SIZE, np.nan), "text"])
def test_bad_continuous_actions_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError):
        ContinuousInterface(5).decode(bad, None)  # type: ignore[arg-type]
