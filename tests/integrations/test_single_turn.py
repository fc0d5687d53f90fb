"""The adapters of one turn, with the libraries themselves where they are installed."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

import find_gym
from find_gym.adapters import lm_eval as lm_eval_tasks
from find_gym.adapters import verl
from find_gym.tasks import Task, single_turn
from tests.tasks.test_tasks import truth_of

ARGUMENTS: dict[str, Any] = {"difficulty": "easy", "given": 6}


def the_truth(row: dict[str, Any]) -> str:
    """Returns the message that tells the truth about the function of a row."""
    truth = truth_of(Task.from_row(row))
    return f"[DESCRIPTION]: {truth['description']}\n[CODE]:\n```python\n{truth['code']}```"


def test_rows_for_verl_are_json_and_score_as_they_do_here() -> None:
    rows = json.loads(json.dumps(verl.make_rows("strings", 2, **ARGUMENTS)))
    mine = single_turn.make_rows("strings", 2, **ARGUMENTS)
    assert [row["prompt"][0]["content"] for row in rows] == [row["question"] for row in mine]
    for row in rows:
        score = verl.compute_score(row["data_source"], the_truth(row["extra_info"]), "", row["extra_info"])
        assert score["score"] == score["skill"] == 1.0
        assert verl.compute_score(row["data_source"], "no idea", "", row["extra_info"])["score"] == 0.0
    with pytest.raises(ValueError, match="extra_info"):
        verl.compute_score("find-strings", "no idea", "")


def test_reasoning_gym_has_the_same_questions_and_rewards() -> None:
    reasoning_gym = pytest.importorskip("reasoning_gym")
    importlib.import_module("find_gym.adapters.reasoning_gym")

    dataset = reasoning_gym.create_dataset("find", category="strings", seed=0, size=2, **ARGUMENTS)
    mine = single_turn.make_rows("strings", 2, **ARGUMENTS)
    assert [entry["question"] for entry in dataset] == [row["question"] for row in mine]
    for entry in dataset:
        assert dataset.score_answer(the_truth(entry["metadata"]), entry) == 1.0
        assert dataset.score_answer(None, entry) == 0.0
    with pytest.raises(IndexError):
        dataset[2]


def test_lm_eval_has_the_same_questions_and_rewards() -> None:
    lm_eval = pytest.importorskip("lm_eval")
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    mine = single_turn.make_rows("strings", 2, split="test", **ARGUMENTS)
    answers = {mine[0]["question"]: the_truth(mine[0]), mine[1]["question"]: "no idea"}

    class Scripted(LM):
        def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
            return [answers[request.arguments[0]] for request in requests]

        def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    folder = Path(lm_eval_tasks.__file__).parent
    manager = TaskManager(include_path=str(folder), include_defaults=False, metadata={"functions": 2, **ARGUMENTS})
    results = lm_eval.simple_evaluate(Scripted(), tasks=["find_strings"], task_manager=manager, log_samples=True)
    assert results["results"]["find_strings"]["skill,none"] == 0.5
    assert [sample["skill"] for sample in results["samples"]["find_strings"]] == [1.0, 0.0]


def test_the_tasks_for_lm_eval_are_of_categories_that_there_are() -> None:
    files = Path(lm_eval_tasks.__file__).parent.glob("find_*.yaml")
    assert {path.stem.removeprefix("find_") for path in files} <= set(find_gym.LATEST_IDS)
