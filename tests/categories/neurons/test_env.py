"""`FIND-neurons-v0`: its interfaces, the checkers, exemplars, vectorised episodes, what is told and what is not."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import find_gym
from find_gym.categories.neurons.bank import probe_words
from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.tokens import TOKENS, tokens_of
from find_gym.core.submissions import Submission
from find_gym.functions import FINDDataset, write_dataset
from find_gym.language.embeddings import explain_missing_model

PROBES = len(probe_words())
needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")


def make(**arguments: Any) -> gym.Env:
    return gym.make("FIND-neurons-v0", disable_env_checker=True, **arguments)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exemplars", [False, True])
@pytest.mark.parametrize("interface", ["tokens", "text", "tools"])
def test_the_checkers_have_no_complaint(interface: str, exemplars: bool) -> None:
    check_env(make(interface=interface, exemplars=exemplars, judge="vocabulary").unwrapped, skip_render_check=True)


def test_it_is_registered_and_its_page_is_right() -> None:
    assert "FIND-neurons-v0" in find_gym.ENVIRONMENT_IDS
    env = make()
    assert env.action_space.n == PROBES + len(TOKENS)
    assert f"Discrete({env.action_space.n})" in str(env.unwrapped.__doc__)


@pytest.mark.parametrize("level", ["easy", "find", "hard", "extreme"])
def test_the_best_program_can_be_written_and_explains_all(level: str) -> None:
    env = make(difficulty=level)
    for seed in range(4):
        env.reset(seed=seed)
        for token in tokens_of(env.unwrapped.function.best()):
            assert env.unwrapped.action_masks()[PROBES + token]
            _, reward, terminated, _, info = env.step(PROBES + token)
        assert terminated and reward == info["score"]["best_skill"] and info["score"]["explained"] == 1
        assert info["submission"]["tokens"].split()[0] == "fully"
        assert info["submission"]["description"] == env.unwrapped.function.best().describe()


def test_easy_units_are_explained_better_than_hard_ones() -> None:
    def mean(level: str) -> float:
        env, skills = make(difficulty=level), []
        for seed in range(20):
            env.reset(seed=seed)
            function = env.unwrapped.function
            skills.append(env.unwrapped.examiner.score(function, Submission(program=function.best())).skill)
        return float(np.mean(skills))

    assert mean("easy") > mean("find") > mean("hard")


def test_probes_answer_and_are_observed() -> None:
    env = make(unit="mlp.4.685", max_queries=3)
    observation, _ = env.reset(seed=0)
    assert not observation["activation"].any()
    place = int(np.argmax(NeuronFunction(NeuronSpec("mlp.4.685"))(probe_words())))
    observation, reward, *_, info = env.step(place)
    assert observation["activation"][place] == pytest.approx(info["outputs"][0]) and info["outputs"][0] >= 0.5
    assert info["inputs"] == [probe_words()[place]] and reward == 0 and info["budget"] == 2
    *_, info = env.step(PROBES + TOKENS.index("or"))
    assert "expected a token that may come next" in info["message"] and info["budget"] == 1


@needs_model
def test_text_outside_the_bank_is_computed_and_language_is_judged() -> None:
    env = make(interface="text", unit="mlp.4.685", exemplars=True)
    task, info = env.reset(seed=1)
    assert len(info["exemplars"]) == 20 and info["exemplars"][0] in task
    *_, info = env.step('QUERY ["the pitcher threw the baseball", "a recipe for soup"]')
    assert info["outputs"][0] >= 0.5 > 0.3 > info["outputs"][1] and info["budget"] == 98
    _, reward, terminated, _, info = env.step("[DESCRIPTION]: The unit responds to texts related to baseball.")
    assert terminated and reward > 0.5 and info["score"]["judge"] == "embedding"
    assert "neuron 685 of the MLP of layer 4 of all-MiniLM-L6-v2" in info["truth"]["source"]


def test_code_is_judged_and_faults_of_form_do_not_end_the_episode() -> None:
    env = make(interface="text", judge="vocabulary", unit="mlp.4.685")
    env.reset(seed=1)
    *_, terminated, _, info = env.step("[CODE]:\n```python\ndef f(text)\n```")
    assert not terminated and "expected" in info["message"]
    _, reward, terminated, _, info = env.step("[CODE]:\n```python\ndef f(text):\n    return 'base' in text\n```")
    assert terminated and info["score"]["judge"] == "code" and reward == info["score"]["skill"]


def test_programs_in_english_are_read_as_programs() -> None:
    program = NeuronProgram.of(("or", "near", "baseball"), ("or", "near", "golf", 0.5))
    env = make(interface="text", judge="vocabulary", unit="mlp.4.685")
    env.reset(seed=1)
    *_, terminated, _, info = env.step(f"[DESCRIPTION]: {program.describe()}")
    assert terminated and info["score"]["judge"] == "program" and info["score"]["skill"] > 0.5


def test_rewards() -> None:
    for reward, part in (("accuracy", "accuracy"), ("find", "paper_score")):
        env = make(unit="mlp.4.685", reward=reward)
        env.reset(seed=0)
        for token in tokens_of(env.unwrapped.function.best()):
            _, earned, *_, info = env.step(PROBES + token)
        assert earned == info["score"][part]


def test_nothing_tells_the_answer_before_the_end() -> None:
    for interface in ("tokens", "text"):
        env = make(interface=interface, judge="vocabulary", render_mode="ansi")
        observation, info = env.reset(seed=5)
        unit = env.unwrapped.function.spec.unit
        *_, later = env.step(0 if interface == "tokens" else 'QUERY ["tax"]')
        for text in (str(observation), str(info), str(later), str(env.render()), repr(env.unwrapped.function)):
            assert unit not in text and "truth" not in text


@pytest.mark.parametrize("exemplars", [False, True])
def test_vectorised_episodes_are_those_of_single_environments(exemplars: bool) -> None:
    arguments = {"exemplars": exemplars, "max_queries": 6}
    count = 3
    envs = gym.make_vec("FIND-neurons-v0", num_envs=count, vectorization_mode="vector_entry_point", **arguments)
    singles = [make(**arguments) for _ in range(count)]
    observations, _ = envs.reset(seed=11)
    firsts = [env.reset(seed=11 + place)[0] for place, env in enumerate(singles)]
    rng = np.random.default_rng(0)
    try:
        for _ in range(12):
            for name in observations:
                assert np.array_equal(observations[name], np.stack([first[name] for first in firsts])), name
            masks = [env.unwrapped.action_masks() for env in singles]
            asks = rng.random() < 0.5
            actions = np.array([rng.choice(np.flatnonzero(m[:PROBES] if asks and m[0] else m)) for m in masks])
            observations, rewards, terminated, _, _ = envs.step(actions)
            steps = [env.step(action) for env, action in zip(singles, actions, strict=True)]
            firsts = [step[0] for step in steps]
            assert rewards.tolist() == [step[1] for step in steps]
            assert terminated.tolist() == [step[2] for step in steps]
            if terminated.any():
                break
    finally:
        envs.close()


def test_a_callable_in_vectorised_episodes() -> None:
    envs = gym.make_vec(
        "FIND-neurons-v0", num_envs=2, vectorization_mode="vector_entry_point", function=lambda text: len(text)
    )
    try:
        envs.reset(seed=0)
        for token in (4, TOKENS.index("longer 17"), 0):
            _, rewards, terminated, _, _ = envs.step(np.full(2, PROBES + token))
        assert terminated.all() and rewards[0] == rewards[1]
    finally:
        envs.close()


def test_datasets_are_written_and_read(tmp_path: Any) -> None:
    specs = [NeuronSpec("mlp.4.685"), NeuronProgram.of(("or", "near", "golf"))]
    assert write_dataset(tmp_path, specs) == ["f00000", "f00001"]
    dataset = FINDDataset(tmp_path, "neurons")
    assert [entry.spec for entry in dataset] == specs
    env = make(dataset=tmp_path)
    env.reset(seed=0)
    assert env.unwrapped.function.spec in specs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "mlp.4.685", "function": NeuronSpec("mlp.4.685")}, "expected a function or a unit, actual: both"),
        ({"network": "elsewhere"}, "expected a unit with network, reading or direction, actual: none"),
        ({"unit": "neuron 3"}, "expected a unit 'mlp.LAYER.NEURON'"),
        ({"exemplars": 1}, "expected exemplars to be True or False"),
        ({"difficulty": {"ranks": (0.5, 0.2)}}, "expected 0 <= least < greatest <= 1 in ranks"),
        ({"difficulty": {"layers": [9]}, "split": None}, "expected a difficulty with units in the split"),
    ],
)
def test_misuse(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments).reset(seed=0)
