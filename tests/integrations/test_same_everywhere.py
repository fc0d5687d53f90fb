"""One seed is one task, whoever serves it: the same prompt, answers and reward through all adapters."""

from collections.abc import Callable
from typing import Any

import pytest

from find_gym.tasks import Task, TaskEpisode, draw_tasks
from tests.tasks.test_tasks import truth_of

Played = tuple[str, list[str], float]
SEED, RULES = 4, {"split": "test", "difficulty": "easy", "max_queries": 6, "max_messages": 5}
QUERIES = {"numeric": "QUERY [1, 2.5]", "strings": 'QUERY ["Hello", ""]'}


def here(task: Task, said: list[str]) -> Played:
    episode = TaskEpisode(task)
    return episode.prompt, [episode.message(each) for each in said], episode.reward


def by_gymnasium(task: Task, said: list[str]) -> Played:
    env = task.make_environment()
    prompt, _ = env.reset(seed=task.seed, options={"function": task.sample_spec()})
    steps = [env.step(each) for each in said]
    return prompt, [step[0] for step in steps], sum(float(step[1]) for step in steps)


def by_inspect(task: Task, said: list[str]) -> Played:
    pytest.importorskip("inspect_ai")
    from find_gym.adapters.inspect._functions import Functions

    functions = Functions(task.category, SEED, "test", "easy", None, task.max_queries, task.max_messages)
    episode = functions.open(0, task.form)
    return episode.prompt, [episode.message(each) for each in said], episode.reward


def by_openenv(task: Task, said: list[str]) -> Played:
    pytest.importorskip("openenv")
    from find_gym.adapters.openenv import FindAction, FindEnvironment, ServerSettings

    served = FindEnvironment(ServerSettings((task.category,), max_queries=6, max_messages=5))
    first = served.reset(seed=SEED, index=0, split="test", difficulty="easy", form=task.form)
    steps = [served.step(FindAction(message=each)) for each in said]
    return first.text, [step.text for step in steps], sum(step.reward for step in steps)


def by_trl(task: Task, said: list[str]) -> Played:
    pytest.importorskip("trl")
    from find_gym.adapters.trl import environment_factories, task_dataset

    rollout = environment_factories([task])[task.category]()
    prompt = rollout.reset(**task_dataset([task])[0])
    # What the model writes as text reaches TRL's environments as calls alone.
    inputs = said[0].removeprefix("QUERY ")
    answers = [rollout.query(eval(inputs)), rollout.submit("a guess", code=said[1].split("```python\n")[1][:-3])]
    return prompt, answers, rollout.get_reward()


ADAPTERS: list[Callable[[Task, list[str]], Played]] = [by_gymnasium, by_inspect, by_openenv, by_trl]


@pytest.mark.parametrize("play", ADAPTERS)
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
@pytest.mark.parametrize("category", QUERIES)
def test_the_same_seed_is_the_same_task(category, right, play) -> None:
    form: Any = "tools" if play is by_trl else "text"
    [task] = draw_tasks(category, 1, seed=SEED, form=form, **RULES)
    code = truth_of(task)["code"] if right else "def f(x):\n    return x\n"
    said = [QUERIES[category], f"[DESCRIPTION]: a guess [CODE]:\n```python\n{code}```"]
    played = play(task, said)
    assert played == here(task, said)
    assert (played[2] == 1.0) is right
