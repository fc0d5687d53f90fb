"""Tasks and their episodes, in every category: the same seed is the same task, and nothing tells the truth."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym
from find_gym.core.splits import SPLITS, function_seed
from find_gym.interfaces import Message
from find_gym.sandbox import SandboxError
from find_gym.tasks import FORMS, Task, TaskEpisode, draw_tasks, message_rules, single_turn, tools_of
from find_gym.tasks.episode import ALREADY_OVER

CATEGORIES = tuple(find_gym.LATEST_IDS)
INPUTS: dict[str, list[Any]] = {"numeric": [1, 2.5, -3], "strings": ["Hello", ""]}
# Words that are known without a model of language.
WORDS = ["golf", "teller"]


def a_task(category: str, **arguments: Any) -> Task:
    """Returns a task that needs no model, and no networks."""
    options = {"judge": "vocabulary"} if category in ("entities", "neurons") else {}
    settings = {"difficulty": "easy", "max_queries": 8, "options": options}
    return draw_tasks(category, 1, **(settings | arguments))[0]


def truth_of(task: Task) -> dict[str, str]:
    """Returns the parts of a submission that tells the truth."""
    env: Any = task.make_environment()
    env.reset(seed=task.seed, options={"function": task.sample_spec()})
    function = env.unwrapped.function
    return {"description": function.describe(), "code": function.source()}


def told(task: Task, episode: TaskEpisode) -> str:
    """Returns all that a task and an episode hand on, as one text."""
    parts = [episode.prompt, episode.info, episode.tools, episode.metrics, episode.transcript, task.to_row()]
    return "\n".join([*map(str, parts), repr(task), repr(episode), repr(pickle.loads(pickle.dumps(task))), str(task)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_an_episode_to_its_end_tells_nothing_of_the_truth(category, form) -> None:
    task = a_task(category, form=form, given=3)
    truth = truth_of(task)
    spec = json.dumps(task.sample_spec().to_json())
    episode = TaskEpisode(task)
    assert "OUTPUTS" in episode.query(INPUTS.get(category, WORDS))
    secrets = [*truth.values(), spec]
    assert not any(secret in told(task, episode) for secret in secrets)
    # At the end neither, whatever the submission was worth.
    assert "SCORE" in episode.submit("a thing", code="def f(x): return x") and episode.over
    assert not any(secret in told(task, episode) for secret in secrets)
    assert episode.metrics["submitted"] == 1.0 and all(type(value) is float for value in episode.metrics.values())
    reward = episode.reward
    assert episode.submit("anything") == ALREADY_OVER and episode.reward == reward


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_task_read_from_its_row_is_the_same_episode(category) -> None:
    task = a_task(category, given=2)
    episodes = [TaskEpisode(each) for each in (task, Task.from_row(json.loads(json.dumps(task.to_row()))))]
    inputs = INPUTS.get(category, WORDS)
    first, second = ([e.prompt, e.query(inputs), e.message("hm"), e.message("[DESCRIPTION]: x")] for e in episodes)
    assert first == second and episodes[0].metrics == episodes[1].metrics
    assert episodes[0].metrics["queries"] == len(inputs) and episodes[0].metrics["refusals"] >= 1


def test_functions_and_noise_are_those_of_an_evaluation() -> None:
    task = a_task("numeric", split="test", difficulty={"variants": {"noised": 1}})
    env: Any = task.make_environment()
    seed = function_seed("test", "numeric", 0, 0)
    _, _ = env.reset(seed=seed, options={"function": task.sample_spec()})
    answer, *_ = env.step("QUERY [1, 2, 3]")
    assert TaskEpisode(task).message("QUERY [1, 2, 3]") == answer


def test_an_episode_can_not_be_copied_since_it_holds_the_function() -> None:
    episode = TaskEpisode(a_task("numeric"))
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="expected a task"):
            copied(episode)


@given(
    category=st.sampled_from(CATEGORIES),
    seed=st.integers(0, 2**63 - 1),
    split=st.sampled_from((*SPLITS, None)),
    difficulty=st.one_of(st.sampled_from(("easy", "find")), st.dictionaries(st.text(max_size=3), st.floats(0, 1))),
    max_messages=st.one_of(st.none(), st.integers(1, 50)),
    options=st.dictionaries(st.text(max_size=3), st.one_of(st.booleans(), st.text(max_size=3))),
)
@settings(max_examples=50, deadline=None)
def test_rows_are_flat_and_read_back(**attributes) -> None:
    task = Task(**attributes)
    row = json.loads(json.dumps(task.to_row()))
    assert Task.from_row(row | {"another column": 1}) == task
    assert all(value is None or isinstance(value, int | float | str) for value in row.values())


@pytest.mark.parametrize(
    "wrong", [{"category": "colours"}, {"seed": -1}, {"split": "all"}, {"form": "chat"}, {"given": -1}, {"version": 9}]
)
def test_wrong_tasks_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="expected"):
        Task(**({"category": "numeric", "seed": 0} | wrong))


def test_more_inputs_than_there_are_can_not_be_given() -> None:
    with pytest.raises(ValueError, match="expected at most 65 inputs"):
        TaskEpisode(a_task("numeric", given=66))


def test_a_sandbox_that_fails_is_no_score(monkeypatch) -> None:
    episode = TaskEpisode(a_task("strings"))
    env = episode._env.unwrapped

    def fail(*_: Any) -> None:
        raise SandboxError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(env.examiner), "score", fail)
        with pytest.raises(SandboxError):
            episode.submit("a word", code="def f(s): return s")
    assert not episode.over and episode.metrics["messages"] == 0
    assert "SCORE" in episode.submit("a word", code="def f(s): return s")


def test_calls_of_tools_and_messages_are_one_and_the_same_step() -> None:
    task = a_task("strings", form="tools")
    assert [tool["function"]["name"] for tool in tools_of(task)] == ["query", "submit"]
    called, written = TaskEpisode(task), TaskEpisode(task)
    assert called.call("query", '{"inputs": ["a"]}') == written.message(Message('QUERY ["a"]'))
    assert called.transcript[0][0] == 'query {"inputs": ["a"]}'


class TestSingleTurn:
    @pytest.mark.parametrize("category", CATEGORIES)
    def test_the_truth_earns_what_it_should_and_nothing_earns_nothing(self, category) -> None:
        task = single_turn.in_one_turn(a_task(category, given=4))
        row = single_turn.make_row(task)
        truth = truth_of(task)
        assert row["question"].count(" -> ") >= 4 and "can't ask" in row["question"]
        assert not any(secret in str(row) for secret in truth.values())
        message = f"[DESCRIPTION]: {truth['description']}\n[CODE]:\n```python\n{truth['code']}```"
        # Of units of real networks, the best that is known is no perfect description.
        assert single_turn.score(message, row) > (0.3 if category == "neurons" else 0.8)
        assert single_turn.score(f"<think>Easy.</think>{message}", row) == single_turn.score(message, row)
        for nothing in (None, "", "QUERY [1]", "I don't know."):
            assert single_turn.score(nothing, row) == 0.0

    def test_rows_of_a_run_go_on_where_others_stop(self) -> None:
        arguments: dict[str, Any] = {"difficulty": "easy", "given": 1}
        rows = single_turn.make_rows("strings", 3, **arguments)
        assert rows[1:] == single_turn.make_rows("strings", 2, start=1, **arguments)
        assert len({row["seed"] for row in rows}) == 3


@pytest.mark.parametrize("category", find_gym.LATEST_IDS)
def test_tools_are_known_without_a_model(category, monkeypatch) -> None:
    monkeypatch.setattr("find_gym.judges.embedding.explain_missing_model", lambda: "none is installed")
    message_rules.cache_clear()
    assert [tool["function"]["name"] for tool in tools_of(Task(category, 0))] == ["query", "submit"]
