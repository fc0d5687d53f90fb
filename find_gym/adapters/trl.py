"""Tasks for TRL: environments whose methods are the tools, and data sets for `GRPOTrainer` and `SFTTrainer`.

tasks = draw_tasks("numeric", 1000, max_queries=24, max_messages=8)
GRPOTrainer(
    model=..., train_dataset=task_dataset(tasks), environment_factory=environment_factories(tasks),
    reward_funcs=[log_metrics],
)
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

try:
    from datasets import Dataset
    from transformers.utils import get_json_schema
except ImportError as error:
    raise ImportError("expected TRL and datasets for this adapter: pip install 'find-gym[trl]'") from error

from find_gym.tasks import Task, TaskEpisode, tools_of

__all__ = [
    "TaskEnvironment",
    "environment_factories",
    "log_metrics",
    "read_trajectories",
    "task_dataset",
    "tool_schemas",
    "trajectory_dataset",
]

_TYPES: dict[str, type] = {"string": str, "number": float, "integer": int, "boolean": bool}
# What a part of a submission is where it is left out, as the interpreter reads it.
_LEFT_OUT = "none"


class TaskEnvironment:
    """The environment of one rollout; subclasses have the tools of a category as methods.

    TRL resets it with a row of `task_dataset`, calls its public methods as tools, and asks for its reward at the end.
    All rollouts of a group have the same row, so they are about the same function.
    """

    def __init__(self) -> None:
        self._episode: TaskEpisode | None = None
        self._failure: Exception | None = None

    def reset(self, **row: Any) -> str:
        """Starts an episode with the task of a row and returns its prompt, which TRL adds to the last message."""
        self._failure = None
        self._episode = TaskEpisode(Task.from_row(row))
        return self._episode.prompt

    def get_reward(self) -> float:
        """Returns what the episode has earned.

        Raises:
            RuntimeError: the sandbox or a judge failed, so that there is no reward: TRL shows errors of tools to the
                model, but they are not its fault.
        """
        if self._failure is not None:
            raise RuntimeError(f"expected a reward, actual: the environment failed: {self._failure}") from self._failure
        return self._begun().reward

    def _call(self, name: str, arguments: Mapping[str, Any]) -> str:
        try:
            return self._begun().call(name, arguments)
        except Exception as error:
            self._failure = error
            raise

    def _begun(self) -> TaskEpisode:
        if self._episode is None:
            raise RuntimeError("expected an episode, actual: reset() has not been called")
        return self._episode


def environment_factories(tasks: Iterable[Task]) -> dict[str, type[TaskEnvironment]]:
    """Returns an environment for each category of some tasks, as `GRPOTrainer(environment_factory=...)` takes them.

    Args:
        tasks: the tasks; one of each category decides what its tools look like.
    """
    return {category: _environment(task) for category, task in {task.category: task for task in tasks}.items()}


def task_dataset(tasks: Iterable[Task], system_prompt: str = "") -> Dataset:
    """Returns the tasks as rows for `GRPOTrainer`: an empty message for the prompt, and what names the function.

    Args:
        tasks: the tasks.
        system_prompt: a message of the system in front of the prompt, if any.
    """
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    prompt = [*system, {"role": "user", "content": ""}]
    tools = [replace(task, form="tools") for task in tasks]
    return Dataset.from_list([{"prompt": prompt, "environment": task.category, **task.to_row()} for task in tools])


def trajectory_dataset(rows: Iterable[Mapping[str, Any]], system_prompt: str = "") -> Dataset:
    """Returns conversations of experts as rows for `SFTTrainer`.

    The schemas of the tools are those that `GRPOTrainer` makes of the environments, so that a model is fine-tuned on
    the prompts that it is then trained with.

    Args:
        rows: the conversations, as `find-gym export-trajectories` writes them; see `read_trajectories`.
        system_prompt: a message of the system in front of each, if any.
    """
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    schemas: dict[str, list[dict[str, Any]]] = {}
    made = []
    for row in rows:
        task = Task.from_row(row["task"])
        messages = {"messages": [*system, *row["messages"]]}
        if "tools" in row and task.category not in schemas:
            schemas[task.category] = tool_schemas(_environment(task))
        made.append(messages | ({"tools": schemas[task.category]} if "tools" in row else {}))
    # Arguments of tools differ from call to call; as columns of their own they would all be in every call.
    return Dataset.from_list(made, on_mixed_types="use_json")


def read_trajectories(path: str | Path) -> list[dict[str, Any]]:
    """Reads the JSON lines that `find-gym export-trajectories` writes."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def tool_schemas(environment: type[TaskEnvironment]) -> list[dict[str, Any]]:
    """Returns the JSON schemas of an environment's tools, as TRL makes them."""
    names = [name for name, _ in inspect.getmembers(environment, inspect.isfunction) if not name.startswith("_")]
    tools = [name for name in names if name not in ("reset", "get_reward")]
    return [get_json_schema(getattr(environment(), name)) for name in tools]


def log_metrics(
    environments: Sequence[TaskEnvironment], log_metric: Callable[[str, float], None], **_: Any
) -> list[None]:
    """Logs the means of what the episodes were like, as a reward function of TRL that gives no reward."""
    every = [environment._begun().metrics for environment in environments]
    for name in every[0]:
        log_metric(f"find/{name}", sum(one[name] for one in every) / len(every))
    return [None] * len(every)


def _environment(task: Task) -> type[TaskEnvironment]:
    """Makes the class whose methods are the tools of a task, with types and docstrings."""
    methods = {tool["function"]["name"]: _method(tool["function"]) for tool in tools_of(task)}
    name = f"{task.category.capitalize()}Environment"
    return type(name, (TaskEnvironment,), methods | {"__doc__": f"The tools of {task.category} functions."})


def _method(tool: Mapping[str, Any]) -> Callable[..., str]:
    """Makes a method from the JSON schema of a tool: its signature, its annotations and a Google docstring."""
    name, schema = tool["name"], tool["parameters"]

    def method(self: TaskEnvironment, *args: Any, **kwargs: Any) -> str:
        bound = signature.bind(self, *args, **kwargs)
        return self._call(name, {each: value for each, value in bound.arguments.items() if each != "self"})

    types = {each: _type_of(about) for each, about in schema["properties"].items()}
    # Those without a default come first.
    order = sorted(types, key=lambda each: each not in schema["required"])
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", keyword)] + [
        inspect.Parameter(
            each,
            keyword,
            annotation=types[each],
            default=inspect.Parameter.empty if each in schema["required"] else _LEFT_OUT,
        )
        for each in order
    ]
    signature = inspect.Signature(parameters, return_annotation=str)
    arguments = "\n".join(f"    {each}: {schema['properties'][each]['description']}" for each in order)
    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{tool['description']}\n\nArgs:\n{arguments}\n\nReturns:\n    What the environment answers.\n"
    method.__annotations__ = {**{each: types[each] for each in order}, "return": str}
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method


def _type_of(schema: Mapping[str, Any]) -> Any:
    """Returns the Python type of a JSON schema."""
    if schema["type"] == "array":
        return list[_type_of(schema["items"])]  # type: ignore[misc]
    return _TYPES[schema["type"]]
