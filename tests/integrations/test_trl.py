"""The adapter for TRL, with TRL itself where it is installed, on a tiny model of random weights."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

import torch
from transformers import AutoModelForCausalLM

from find_gym.adapters import trl as adapter
from find_gym.sandbox import SandboxError
from find_gym.tasks import TaskEpisode, draw_tasks
from find_gym_agents.trajectories import TrajectoryConfig, make_trajectories
from tests.integrations.tiny_chat import write_tiny_chat_model
from tests.tasks.test_tasks import CATEGORIES, INPUTS, WORDS, a_task

RULES: dict[str, Any] = {"difficulty": "easy", "max_queries": 1, "max_messages": 3}
# A function whose code is short enough for a tiny model to learn by heart.
SEED = 7


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_rollout_has_the_answers_and_the_reward_of_an_episode(category) -> None:
    task = a_task(category, form="tools")
    [(name, environment)] = adapter.environment_factories([task]).items()
    row = adapter.task_dataset([task])[0]
    assert (row["environment"], row["prompt"][-1]["content"]) == (name, "")
    made, mine = environment(), TaskEpisode(task)
    assert made.reset(**row) == mine.prompt
    inputs = INPUTS.get(category, WORDS)
    assert made.query(inputs=inputs) == mine.query(inputs)
    parts = [each for each in adapter.tool_schemas(environment)[1]["function"]["parameters"]["properties"]]
    submission = {part: "def f(x): return x" if part == "code" else "golf" for part in parts}
    assert made.submit(**submission) == mine.submit(**submission)
    assert made.get_reward() == mine.reward


def test_tools_are_described_with_types() -> None:
    query, submit = adapter.tool_schemas(adapter.environment_factories([a_task("numeric")])["numeric"])
    inputs = query["function"]["parameters"]["properties"]["inputs"]
    assert inputs["type"] == "array" and inputs["items"] == {"type": "number"} and "-128" in inputs["description"]
    assert submit["function"]["parameters"]["required"] == ["description", "code"]


def test_what_fails_is_no_reward_of_zero(monkeypatch) -> None:
    task = a_task("strings")
    made = adapter.environment_factories([task])["strings"]()
    made.reset(**task.to_row())

    def fail(*_: Any) -> None:
        raise SandboxError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(TaskEpisode, "call", fail)
        with pytest.raises(SandboxError):
            made.submit("x", "def f(s): return s")
    with pytest.raises(RuntimeError, match="gone"):
        made.get_reward()
    made.reset(**task.to_row())
    assert made.get_reward() == 0.0


def test_fine_tuning_and_two_steps_of_grpo_change_the_weights(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "examples"))
    example = importlib.import_module("train_lm_trl")
    torch.set_num_threads(1)
    [made] = make_trajectories(TrajectoryConfig(out="", category="strings", functions=1, seed=SEED, **RULES))
    assert made is not None
    texts = [json.dumps(made.to_json()), made.messages[0]["content"]]
    write_tiny_chat_model(tmp_path / "tiny", texts * 20)
    sft: dict[str, Any] = {"sft_functions": 1, "sft_steps": 150, "sft_batch": 1, "sft_learning_rate": 5e-3}
    grpo: dict[str, Any] = {"grpo_functions": 1, "group": 8, "groups": 1, "grpo_learning_rate": 1e-3}
    shared = {"category": "strings", "seed": SEED, "cpu": True, "test_functions": 8, "completion_tokens": 300, **RULES}
    arguments = sft | grpo | shared

    first, second = tmp_path / "sft", tmp_path / "grpo"
    results = example.train(example.Args(str(tmp_path / "tiny"), str(first), grpo_steps=0, **arguments))
    assert results["before"]["messages"] == 0.0
    assert results["after SFT"]["messages"] > 0.0
    seen: list[tuple[int, int, float]] = []
    get_reward = adapter.TaskEnvironment.get_reward

    def noting(self: Any) -> float:
        seen.append((self._begun().task.seed, len(self._begun().transcript), get_reward(self)))
        return seen[-1][2]

    monkeypatch.setattr(adapter.TaskEnvironment, "get_reward", noting)
    example.train(example.Args(str(first / "model"), str(second), **arguments | {"sft_steps": 0, "grpo_steps": 2}))
    test = {task.seed for task in draw_tasks("strings", 8, seed=SEED, split="test", **RULES)}
    rollouts = [each for each in seen if each[0] not in test]
    print(rollouts, file=sys.stderr)
    # Two groups of eight, of one function; some rollouts call tools and submit, and not all earn the same.
    assert len(rollouts) == 16 and len({seed for seed, _, _ in rollouts}) == 1
    assert max(calls for _, calls, _ in rollouts) == 2
    assert len({reward for *_, reward in rollouts}) > 1
    folders = (tmp_path / "tiny", first / "model", second / "model")
    weights = [AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in folders]
    for before, after in zip(weights, weights[1:], strict=False):
        assert any(not torch.equal(before[name], after[name]) for name in before)


def test_one_message_is_learned_by_lora(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "examples"))
    example = importlib.import_module("train_lm_trl")
    torch.set_num_threads(1)
    config = TrajectoryConfig(out="", category="strings", functions=1, seed=SEED, form="one-message", **RULES)
    [made] = make_trajectories(config)
    assert made is not None
    write_tiny_chat_model(tmp_path / "tiny", [json.dumps(made.to_json())] * 20)
    phases: dict[str, Any] = {"sft_functions": 1, "sft_steps": 30, "sft_batch": 1, "sft_learning_rate": 1e-2}
    phases |= {"grpo_functions": 1, "grpo_steps": 1, "group": 4, "groups": 1, "completion_tokens": 60}
    shared = {"category": "strings", "form": "one-message", "seed": SEED, "cpu": True, "test_functions": 2, **RULES}
    arguments = example.Args(
        str(tmp_path / "tiny"), str(tmp_path / "out"), lora_rank=16, lora_layers=1, **phases, **shared
    )
    results = example.train(arguments)
    # The exemplars are one message, the model's answer the other.
    assert [results[stage]["messages"] for stage in ("before", "after SFT", "after GRPO")] == [2.0] * 3
    curves = json.loads((tmp_path / "out" / "log.json").read_text("utf-8"))
    assert curves["sft"][0]["loss"] > curves["sft"][-2]["loss"] and "find/skill" in curves["grpo"][0]
    folders = (tmp_path / "tiny", tmp_path / "out" / "model")
    before, after = (AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in folders)
    changed = {name.split(".")[2] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1"}  # of two layers the last
    assert (tmp_path / "out" / "adapter" / "adapter_config.json").is_file()
