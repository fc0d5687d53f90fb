"""`FIND-entities-v1`: both interfaces, the checkers, exemplars, what is told and what is not."""

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym
from find_gym.categories.entities.difficulty import DIFFICULTIES
from find_gym.categories.entities.exemplars import probe_words
from find_gym.categories.entities.formulas import Combination
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.categories.entities.sampling import sample_entity
from find_gym.categories.entities.tokens import TOKENS, EntityDraft, tokens_of
from find_gym.categories.words import read_words
from find_gym.judges.language_model import LanguageModelJudge
from find_gym.language import MissingModelError, ScriptedModel
from find_gym.language.embeddings import explain_missing_model

PROBES = len(probe_words())
needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")


def make(**arguments: Any) -> gym.Env:
    return gym.make("FIND-entities-v1", disable_env_checker=True, **arguments)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("interface", ["tokens", "text", "tools"])
@pytest.mark.parametrize("exemplars", [False, True])
def test_the_checkers_have_no_complaint(interface: str, exemplars: bool) -> None:
    env = make(interface=interface, exemplars=exemplars).unwrapped
    check_env(env, skip_render_check=True)
    if interface == "tokens":
        checker = pytest.importorskip("stable_baselines3.common.env_checker")
        checker.check_env(env)


def test_it_is_registered() -> None:
    assert "FIND-entities-v1" in find_gym.ENVIRONMENT_IDS
    assert gym.make("find_gym:FIND-entities-v1").spec is not None


@pytest.mark.parametrize("level", sorted(DIFFICULTIES))
def test_the_true_formula_can_be_written_and_earns_all(level: str) -> None:
    env = make(difficulty=level)
    for seed in range(8):
        env.reset(seed=seed)
        spec = env.unwrapped.function.spec
        for token in tokens_of(spec.formula, spec.region):
            assert env.unwrapped.action_masks()[PROBES + token]
            _, reward, terminated, truncated, info = env.step(PROBES + token)
        assert terminated and not truncated and reward == 1.0
        assert info["score"]["accuracy"] == 1.0 and info["truth"]["description"].startswith("It responds to")


@given(st.integers(0, 10**6), st.sampled_from(sorted(DIFFICULTIES)))
@settings(max_examples=25, deadline=None)
def test_what_can_be_written_is_a_formula(seed: int, level: str) -> None:
    rng = np.random.default_rng(seed)
    draft = EntityDraft(DIFFICULTIES[level])
    while not draft.complete:
        legal = np.flatnonzero(draft.legal())
        draft.write(int(rng.choice(legal)))
    assert len(draft.tokens) <= 8 and not draft.legal().any()
    spec = EntitySpec(draft.formula(), region=draft.region())
    assert EntitySpec.from_json(spec.to_json()) == spec
    assert np.all(np.isfinite(EntityFunction(spec)(probe_words()[:5])))
    if level == "easy":
        assert spec.family == "single"


def test_probes_answer_and_are_observed() -> None:
    env = make(function=EntitySpec("golf"), max_queries=3)
    observation, info = env.reset(seed=0)
    assert not observation["activation"].any()
    place = int(np.argmax(EntityFunction(EntitySpec("golf"))(probe_words())))
    observation, reward, _, _, info = env.step(place)
    assert observation["activation"][place] == pytest.approx(info["outputs"][0]) and info["outputs"][0] > 0.5
    assert info["inputs"] == [probe_words()[place]] and reward == 0 and info["budget"] == 2
    env.step(PROBES + TOKENS.index("or"))
    *_, info = env.step(PROBES + TOKENS.index("golf"))
    *_, info = env.step(PROBES + TOKENS.index("golf"))
    assert "expected a token that may come next" in info["message"] and info["budget"] == 1


def test_text_episode() -> None:
    env = make(interface="text", function=EntitySpec(Combination("or", ("golf", "films"))), exemplars=True)
    task, info = env.reset(seed=1)
    assert len(info["exemplars"]) == 10 and info["exemplars"][0] in task
    observation, *_, info = env.step('QUERY ["Tiger Woods", "cinema"]')
    assert min(info["outputs"]) > 0.5 and observation.startswith('OUTPUTS\n"Tiger Woods" -> 0.')
    *_, info = env.step("QUERY Tiger Woods, flour")
    assert info["inputs"] == ["Tiger Woods", "flour"]
    *_, info = env.step('QUERY [""]')
    assert "expected words of 1 to 200 characters" in info["message"] and info["budget"] == 96
    _, reward, terminated, _, info = env.step("[DESCRIPTION]: It responds to words related to golf or films.")
    assert terminated and reward > 0.8 and info["score"]["judge"] == "embedding"


def test_nothing_tells_the_answer_before_the_end() -> None:
    for interface in ("tokens", "text"):
        env = make(interface=interface, render_mode="ansi")
        observation, info = env.reset(seed=5)
        name = next(iter(find_names(env.unwrapped.function.spec)))
        step = 0 if interface == "tokens" else 'QUERY ["tax"]'
        *_, later = env.step(step)
        for text in (str(observation), str(info), str(later), str(env.render()), repr(env.unwrapped.function)):
            assert f"'{name}'" not in text and "truth" not in text


def find_names(spec: EntitySpec) -> list[str]:
    return [spec.formula] if isinstance(spec.formula, str) else list(map(str, spec.formula.parts))


def test_words_outside_the_vocabulary_are_refused_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_gym.categories.words.explain_missing_model", lambda: "pip install it")
    env = make(interface="text")
    env.reset(seed=0)
    *_, info = env.step('QUERY ["violin", "qwertz uiop"]')
    assert "'qwertz uiop'; for other words: pip install it" in info["message"] and info["budget"] == 100
    *_, info = env.step('QUERY ["violin"]')
    assert len(info["outputs"]) == 1


def test_free_text_without_a_model_is_refused_when_the_environment_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = "pip install it"
    monkeypatch.setattr("find_gym.judges.embedding.explain_missing_model", lambda: missing)
    with pytest.raises(MissingModelError, match="free text, actual: none; pip install it. judge='vocabulary'"):
        make(interface="text")
    for arguments in ({"judge": "vocabulary"}, {"judge": LanguageModelJudge(ScriptedModel())}):
        make(interface="text", **arguments)
    env = make(function={"formula": "golf"})
    env.reset(seed=0)
    _, reward, *_ = env.step(PROBES + TOKENS.index("golf"))
    assert reward == 1.0


def test_the_judge_that_needs_no_model_reads_words_of_the_vocabulary() -> None:
    env = make(interface="text", function={"formula": "golf"}, judge="vocabulary")
    for text, least in (("It responds to golf, and to qwertz uiop.", 1.0), ("qwertz uiop", 0.0)):
        env.reset(seed=0)
        _, reward, *_, info = env.step(f"[DESCRIPTION]: {text}")
        assert reward == least and info["score"]["judge"] == "vocabulary"


@pytest.mark.parametrize(
    "word", [r"\ud800", r"a\udfffb", r"\u0000", "x" * 200, r"\u200b", "\\u0301" * 9, r"\ud83d\ude00"]
)
@needs_model
def test_odd_words_and_descriptions_are_answered_or_refused(word: str) -> None:
    env = make(interface="text", function={"formula": "golf"})
    env.reset(seed=0)
    *_, info = env.step(f'QUERY ["{word}"]')
    assert len(info["outputs"]) == 1 or "expected words" in info["message"]
    text = json.loads(f'"{word} golf {word}"')
    _, reward, terminated, _, info = env.step(f"[DESCRIPTION]: {text}")
    assert terminated and np.isfinite(reward) and np.isfinite(info["score"]["rank_correlation"])


def test_lists_and_copied_words_may_be_sent_again_but_for_the_last_message() -> None:
    env = make(interface="text", function={"formula": "golf"}, judge="vocabulary", max_steps=5)
    env.reset(seed=0)
    env.step('QUERY ["Tiger Woods", "fairway"]')
    listed = ", ".join(probe_words()[:7])
    for text, reason in (("Tiger Woods and fairways", "in other words"), (listed, "at most 6 names")):
        _, _, terminated, _, info = env.step(f"[DESCRIPTION]: {text}")
        assert not terminated and reason in info["message"] and info["budget"] == 98
    env.step('QUERY ["tax"]')
    _, _, terminated, _, info = env.step(f"[DESCRIPTION]: {listed}")
    assert terminated and info["score"]["outcome"] == "wrong"


def test_a_judge_can_be_given() -> None:
    judge = LanguageModelJudge(ScriptedModel())
    env = make(interface="text", function={"formula": "golf"}, judge=judge, reward="accuracy")
    env.reset(seed=0)
    _, reward, *_, info = env.step("[DESCRIPTION]: golf")
    assert reward == pytest.approx(1 / 3) and info["score"]["judge"] == "language model scripted"


def test_the_same_seed_gives_the_same_function() -> None:
    one, two = make(split="test"), make(split="test")
    one.reset(seed=3)
    two.reset(seed=3)
    assert one.unwrapped.function.spec == two.unwrapped.function.spec
    assert one.unwrapped.function.spec == sample_entity(gym.utils.seeding.np_random(3)[0], split="test")


def test_a_callable_is_a_function() -> None:
    env = make(interface="text", function=lambda word: float(word.startswith("T")))
    env.reset(seed=0)
    *_, info = env.step('QUERY ["Tiger Woods", "tax"]')
    assert info["outputs"] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interface": "continuous"}, "expected an interface"),
        ({"exemplars": 3}, "expected exemplars"),
        ({"function": 3}, "expected a spec of a entities function"),
        ({"difficulty": "none"}, "expected a difficulty"),
    ],
)
def test_wrong_arguments_are_explained(arguments: dict, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("['a b', 'c']", ["a b", "c"]),
        ("[apple, Mount Everest]", ["apple", "Mount Everest"]),
        ('apple "Mount Everest"', ["apple", "Mount Everest"]),
        ("don't", ["don't"]),
        (["x"], ["x"]),
    ],
)
def test_queries_are_read_leniently(text: Any, words: list[str]) -> None:
    assert read_words(text) == words


@pytest.mark.parametrize("text", ["", "[]", [], [3]])
def test_queries_without_words_are_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_words(text)
