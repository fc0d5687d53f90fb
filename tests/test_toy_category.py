"""A fifth category, registered by one call, goes through everything that there is; what is wrong with one is named."""

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import find_gym
from find_gym.core.registry import unregister_category
from find_gym.functions import FINDDataset
from find_gym.interfaces.text import write_submission
from find_gym.language import ScriptedChatModel
from find_gym.scoring import Submission
from find_gym.testing import CategoryCheckError, check_category
from find_gym_agents.commands.make_dataset import DatasetConfig, make_dataset
from find_gym_agents.evaluation import EvaluationConfig, evaluate, read_run
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from tests.envs.vector.comparison import MODES, Twins
from tests.toy_category import (
    CATEGORY,
    HIGHEST,
    MODULUS,
    ToyEnv,
    ToyExaminer,
    ToyFunction,
    ToySpec,
    ToyTokens,
    sample_toy,
)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    """Registers the category for the time of a test, so that no other test meets it."""
    find_gym.register_category(CATEGORY)
    yield
    unregister_category("toy")


def test_an_environment_whose_category_samples_by_a_lambda_can_be_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(CATEGORY, sample=lambda *arguments, **named: sample_toy(*arguments, **named))
    monkeypatch.setattr(ToyEnv, "category", own)
    env: Any = gym.make("FIND-toy-v0", interface="text").unwrapped
    copied = pickle.loads(pickle.dumps(env))
    assert copied.reset(seed=5) == env.reset(seed=5) and copied.episode.function.spec == env.episode.function.spec


class Interpolating:
    """Asks 0 and 1, and describes the line through the answers in tokens."""

    interface = "tokens"

    def reset(self, seed: int) -> None:
        self._step = -1

    def act(self, observation: Any, info: dict[str, Any]) -> int:
        self._step += 1
        if self._step < 2:
            return self._step
        first, second = np.round(observation["answer"][:2] * MODULUS).astype(int).tolist()
        slope = (second - first) % MODULUS
        return HIGHEST + slope if self._step == 2 else HIGHEST + MODULUS + first


OPTIONS: dict[str, dict[str, Any]] = {
    "numeric": {"difficulty": "easy"},
    "neurons": {"exact": False, "functions": 1},
}


@pytest.mark.parametrize("category", ["toy", "numeric", "strings", "relations", "neurons"])
def test_the_check_kit_finds_nothing_wrong(category: str) -> None:
    check_category(category, **OPTIONS.get(category, {}))


def test_it_has_an_environment_and_a_vectorised_one() -> None:
    assert find_gym.LATEST_IDS["toy"] == "FIND-toy-v0" in find_gym.ENVIRONMENT_IDS
    for interface in ("tokens", "text", "tools"):
        check_env(gym.make("FIND-toy-v0", interface=interface).unwrapped, skip_render_check=True)
    for mode in MODES:
        twins = Twins("FIND-toy-v0", 5, mode, max_queries=4, query_cost=0.125)
        twins.reset(seed=3)
        twins.play(seed=3, steps=40)
        assert twins.submissions > 5
    env: Any = gym.make("FIND-toy-v0", interface="text", function=lambda x: x % 7, render_mode="rgb_array")
    env.reset(seed=0)
    assert env.step("QUERY [3, 9]")[4]["outputs"] == [3, 2]
    assert env.step(write_submission(Submission("x mod 7", code="def f(x):\n    return x % 7")))[1] == 1.0
    assert env.render().shape == (480, 720, 3)


def run(folder: Path, agent: str, **options: Any) -> Any:
    config = EvaluationConfig(
        agents=(agent,), env="FIND-toy-v0", functions=3, max_queries=8, workers=1, out=str(folder), **options
    )
    return evaluate(config, progress=False)


def test_agents_are_evaluated_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "scripted", "tests.test_toy_category:Interpolating")
    assert [record.score["skill"] for record in read_run(tmp_path / "scripted").episodes] == [1.0] * 3
    page = (tmp_path / "scripted" / "report.html").read_text()
    assert "Interpolating" in page and "mod 7" in page

    def speak(messages: list[dict[str, str]]) -> str:
        _, found, answer = messages[-1]["content"].rpartition("OUTPUTS\n")
        if not found:
            return "QUERY [0, 1]"
        first, second = (int(line.rpartition("-> ")[2]) for line in answer.splitlines()[:2])
        function = ToyFunction(ToySpec((second - first) % MODULUS, first))
        return write_submission(Submission(function.describe(), code=function.source()))

    monkeypatch.setattr(models, "load_chat_model", lambda *_, **__: ScriptedChatModel(speak))
    run(tmp_path / "chat", "lm", language_model=LanguageModelOptions(model="stub"))
    models.close_models()
    assert [record.score["skill"] for record in read_run(tmp_path / "chat").episodes] == [1.0] * 3


def test_a_policy_is_trained(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from find_gym_agents.commands.train import main

    words = (
        "--env FIND-toy-v0 --imitation-minutes 0 --total-timesteps 128 --num-envs 4 --rollout-steps 16 --batch-size 32 "
        "--epochs 1 --max-queries 5 --checkpoint-every 4 --validation-functions 2 --test-functions 2 --workers 1 "
        "--difficulty easy --no-analyse"
    )
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    assert json.loads((tmp_path / "run" / "curve.json").read_text())[-1]["timesteps"] == 128
    assert (tmp_path / "run" / "test-policy" / "report.html").is_file()


def test_inspect_has_a_task_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inspect_ai = pytest.importorskip("inspect_ai")
    import tiktoken
    from inspect_ai.model import ModelOutput, get_model

    from find_gym.adapters.inspect import task_of
    from find_gym.adapters.inspect._functions import Functions

    # In place of the table of tokens that Inspect's mock would download.
    letters = SimpleNamespace(encode=lambda text, **_: [ord(letter) for letter in text])
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: letters)
    function = Functions("toy").open(0)._env.unwrapped.function
    text = write_submission(Submission(function.describe(), code=function.source()))
    model = get_model("mockllm/model", custom_outputs=[ModelOutput.from_content("mockllm", text)], memoize=False)
    task = task_of("toy")(functions=1, protocol="text")
    [log] = inspect_ai.eval(task, model=model, log_dir=str(tmp_path), display="none")
    assert log.status == "success" and log.samples[0].scores["skill"].value == 1.0


def test_datasets_are_made_and_read(tmp_path: Path) -> None:
    config = DatasetConfig(str(tmp_path), category="toy", functions=4, workers=1)
    assert make_dataset(config, progress=False) == [f"f{index:05d}" for index in range(4)]
    assert (tmp_path / "toy" / "f00000" / "function_code.py").read_text().startswith("def f(x):")
    dataset = FINDDataset(tmp_path)
    assert dataset.category == "toy" and all(entry.spec.split == "test" for entry in dataset)
    env: Any = gym.make("FIND-toy-v0", dataset=str(tmp_path)).unwrapped
    env.reset(options={"function": "f00002"})
    assert env.function.spec == dataset[2].spec


# --- What is wrong is named -------------------------------------------------------------------------------------------


def test_wrong_registrations_are_refused() -> None:
    assert find_gym.register_category(CATEGORY) is CATEGORY
    with pytest.raises(ValueError, match="expected a category with a name that no other has, actual: 'toy'"):
        find_gym.register_category(replace(CATEGORY))
    with pytest.raises(ValueError, match="with a folder that no other has, actual: 'neurons_entities'"):
        find_gym.register_category(replace(CATEGORY, name="game", folder="neurons_entities"))
    with pytest.raises(TypeError, match="expected a find_gym.core.category.Category, actual value: 'toy'"):
        find_gym.register_category("toy")  # type: ignore[arg-type]
    for wrong, message in (
        ({"name": "Toy-1"}, "expected the name of a category to be lower-case"),
        ({"environment": "tests.toy_category"}, "expected environment of 'toy' to be \"module:name\""),
        ({"sample": "sample_toy"}, "expected sample of 'toy' to be an object or \"module:name\""),
        ({"latest": -1}, "expected latest of 'toy' to be an integer >= 0"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(CATEGORY, **wrong)
    with pytest.raises(ValueError, match=r"expected a category in \('numeric', .*'toy'\), actual value: 'music'"):
        find_gym.category_named("music")


def test_entry_points_of_other_distributions_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    from find_gym.core import entry_points, registry

    unregister_category("toy")
    entries = [
        EntryPoint("toy", "tests.toy_category:CATEGORY", registry.GROUP),
        EntryPoint("lost", "tests.lost:CATEGORY", registry.GROUP),
    ]
    monkeypatch.setattr(entry_points, "entry_points", lambda group: entries if group == registry.GROUP else [])
    with pytest.warns(UserWarning, match="the category 'lost' .* can't be registered: ModuleNotFoundError"):
        entry_points.register_entry_points(registry.GROUP, "category", registry.register_category)
    assert find_gym.category_named("toy") is CATEGORY


def restless(rng: np.random.Generator, **_: Any) -> ToySpec:
    """Draws from no generator that was passed."""
    return ToySpec(1 + next(_COUNTER) % 6, 0)


_COUNTER = iter(range(10**9))


class ForgetfulSpec(ToySpec):
    @staticmethod
    def from_json(data: Any) -> ToySpec:
        return ToySpec(int(data["slope"]), 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sample": restless}, "sample: expected the same spec for the same seed"),
        ({"sample": lambda rng, *, split, **_: sample_toy(rng)}, "sample: expected a spec of the split"),
        ({"read_spec": ForgetfulSpec.from_json}, "read_spec: expected the spec that wrote the JSON data"),
        ({"wrap": "tests.toy_category:Lost"}, "wrap can't be imported: AttributeError"),
        ({"read_dataset": lambda folder: ({}, {"f00000": "lost"})}, "dataset: expected the functions"),
    ],
)
def test_a_wrong_record_is_named(change: dict[str, Any], message: str) -> None:
    unregister_category("toy")
    with pytest.raises(CategoryCheckError, match=message):
        check_category(replace(CATEGORY, **change))


def decode_and_write(self: ToyTokens, action: int, episode: Any) -> Any:
    move = _DECODE(self, action, episode)
    self._draft = move.source if action > HIGHEST and move.source is not None else self._draft
    return move


_DECODE = ToyTokens.decode


@pytest.mark.parametrize(
    ("owner", "name", "broken", "message"),
    [
        (
            ToyFunction,
            "source",
            lambda self: "def f(x):\n    return -1\n",
            "score: expected 1 for the code of the truth",
        ),
        (ToyFunction, "describe", lambda self: "", "function: expected a description of"),
        (ToyExaminer, "answer", lambda self, function, inputs, rng: [3] * len(inputs), "vector: expected what single"),
        (ToyTokens, "decode", decode_and_write, "interface 'tokens': .*decode to change nothing"),
    ],
)
def test_a_wrong_part_is_named(
    owner: type, name: str, broken: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(CategoryCheckError, match=message):
        check_category(CATEGORY)
