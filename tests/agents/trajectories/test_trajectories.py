"""Conversations of experts: what is in them can be played again, and earns what they say."""

import json
from pathlib import Path
from typing import Any

import pytest

from find_gym.tasks import Task, TaskEpisode, message_rules
from find_gym_agents.cli import main
from find_gym_agents.trajectories import TrajectoryConfig, answer_once, make_trajectories, write_trajectories
from tests.tasks.test_tasks import CATEGORIES


def config(category: str, **arguments: Any) -> TrajectoryConfig:
    options = {"judge": "vocabulary"} if category in ("entities", "neurons") else {}
    # Of units of real networks, the best that is known is no perfect description.
    arguments = {"min_skill": 0.3 if category == "neurons" else 0.9} | arguments
    shared: dict[str, Any] = {"difficulty": "easy", "functions": 3, "max_queries": 12, "options": options}
    return TrajectoryConfig(out="", category=category, **(shared | arguments))


def replayed(row: dict[str, Any]) -> TaskEpisode:
    """Plays a row's messages again, and checks that the answers are those of the row."""
    episode = TaskEpisode(Task.from_row(row["task"]))
    first, *others = row["messages"]
    assert first == {"role": "user", "content": episode.prompt}
    for said, answer in zip(others[::2], others[1::2], strict=False):
        calls = said.get("tool_calls", ())
        functions = [call["function"] for call in calls]
        answers = [episode.call(each["name"], each["arguments"]) for each in functions] or [
            episode.message(said["content"])
        ]
        assert answers == [answer["content"]]
    return episode


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_teacher_calls_tools_and_tells_the_truth(category) -> None:
    made = [each for each in make_trajectories(config(category)) if each is not None]
    assert made
    for each in made:
        row = json.loads(json.dumps(each.to_json()))
        episode = replayed(row)
        assert episode.metrics == row["metrics"] and row["metrics"]["skill"] >= config(category).min_skill
        assert [tool["function"]["name"] for tool in row["tools"]] == ["query", "submit"]
        assert row["metrics"]["queries"] == 12 and row["messages"][-1]["role"] == "assistant"


def test_an_agent_that_finds_out_writes_messages() -> None:
    [made] = make_trajectories(config("strings", agent="enumeration", functions=1, form="text"))
    assert made is not None and made.tools == []
    assert {message["role"] for message in made.messages} == {"user", "assistant"}
    row = made.to_json()
    last = row["messages"].pop()
    episode = replayed(row | {"messages": row["messages"]})
    episode.message(last["content"])
    assert episode.metrics == row["metrics"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_one_message_is_what_the_agent_lm_is_asked_for(category) -> None:
    [made] = [each for each in make_trajectories(config(category, form="one-message")) if each is not None][:1]
    *prompt, said = made.messages
    assert [message["role"] for message in prompt] == ["system", "user"] and "QUERY" not in prompt[1]["content"]
    assert made.metrics["queries"] > 0 and "import find_gym" not in said["content"]
    assert ("[CODE]" in said["content"]) == ("code" in message_rules(category).required)
    again, episode = answer_once(made.task, said["content"])
    assert (again, episode.metrics) == (prompt, made.metrics)
    _, silent = answer_once(made.task, "I can't tell.")
    assert (silent.metrics["submitted"], silent.reward) == (0.0, 0.0)


def test_the_same_seed_is_the_same_file_and_a_poor_agent_is_left_out(tmp_path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        assert write_trajectories(path, make_trajectories(config("strings"))) == (3, 0)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    poor = make_trajectories(config("strings", agent="identity"))
    assert write_trajectories(paths[0], poor) == (0, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"functions": 0},
        {"agent": "nobody"},
        {"agent": "lm"},
        {"agent": "enumeration"},
        {"form": "chat"},
        {"form": "one-message", "agent": "atom-fit"},
        {"split": "all"},
    ],
)
def test_wrong_values_are_refused(arguments) -> None:
    with pytest.raises(ValueError, match="expected"):
        config("numeric", **arguments)


def test_the_command_writes_a_file_and_says_what_it_left_out(tmp_path, capsys) -> None:
    path = tmp_path / "new" / "sft.jsonl"
    words = ["export-trajectories", "--category", "strings", "--functions", "2", "--difficulty", "easy"]
    assert main([*words, "--out", str(path)]) == 0
    assert len(Path(path).read_text(encoding="utf-8").splitlines()) == 2
    assert "2 conversations" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*words, "--out", str(path), "--agent", "policy"])
