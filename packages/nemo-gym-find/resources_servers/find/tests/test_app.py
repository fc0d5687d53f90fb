"""NeMo Gym's own agent plays the server; prompts, answers and rewards are those of the same episode without it."""

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

pytest.importorskip("nemo_gym")

from fastapi.testclient import TestClient
from nemo_gym.base_resources_server import BaseResourcesServerConfig
from nemo_gym.config_types import ModelServerRef, ResourcesServerRef
from nemo_gym.openai_utils import NeMoGymResponse
from nemo_gym.server_utils import ServerClient
from responses_api_agents.gymnasium_agent.app import GymnasiumAgent, GymnasiumAgentConfig, GymnasiumAgentRunRequest

from find_gym.sandbox import SandboxError
from find_gym.tasks import Task, TaskEpisode, draw_tasks

FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER))

from app import FindServer
from make_data import make_row
from replay_model import read_replies, respond, text_of

RULES: dict[str, Any] = {"split": "test", "difficulty": "easy", "max_queries": 6, "max_messages": 5}


def truth_of(task: Task) -> Any:
    env: Any = task.make_environment()
    env.reset(seed=task.seed, options={"function": task.sample_spec()})
    return env.unwrapped.function


def said(item: dict[str, Any]) -> dict[str, Any]:
    """Returns the response of a model that puts out one item."""
    settings = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {"id": "1", "object": "response", "created_at": 0, "model": "scripted", "output": [item], **settings}


def text(content: str) -> dict[str, Any]:
    parts = [{"type": "output_text", "text": content, "annotations": []}]
    return {"type": "message", "id": "1", "role": "assistant", "status": "completed", "content": parts}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": name, "name": name, "arguments": json.dumps(arguments)}


class Loopback:
    """In place of the network: the server's application, and a model that says what was written down for it."""

    def __init__(self, script: list[dict[str, Any]]) -> None:
        config = BaseResourcesServerConfig(host="", port=0, entrypoint="", name="find")
        server = FindServer(config=config, server_client=MagicMock(spec=ServerClient))
        self.client = TestClient(server.setup_webserver(), raise_server_exceptions=False)
        self.script = iter(script)
        self.seen: list[Any] = []

    async def post(self, server_name: str, url_path: str, json: Any, cookies: Any) -> Any:
        if server_name == "model":
            self.seen = [item.model_dump() if hasattr(item, "model_dump") else item for item in json.input]
            return answer(200, next(self.script))
        body = json if isinstance(json, dict) else json.model_dump()
        for name, value in dict(cookies or {}).items():
            self.client.cookies.set(name, value)
        done = self.client.post(url_path, json=body)
        return answer(done.status_code, done.json() if done.status_code == 200 else {}, dict(done.cookies))


def answer(status: int, content: Any, cookies: Any = None) -> Any:
    async def read() -> bytes:
        return json.dumps(content).encode()

    async def read_json() -> Any:
        return content

    def check() -> None:
        if status != 200:
            raise RuntimeError(f"status {status}")

    shared = {"ok": status == 200, "cookies": cookies or {}, "read": read, "json": read_json}
    return SimpleNamespace(status=status, raise_for_status=check, content=SimpleNamespace(read=read), **shared)


def play(task: Task, script: list[dict[str, Any]]) -> tuple[Any, list[Any]]:
    """Returns the agent's rollout, and the last input of the model."""
    loopback = Loopback([said(item) for item in script])
    config = GymnasiumAgentConfig(
        **{"host": "", "port": 0, "entrypoint": "", "name": "agent", "max_steps": 5},
        resources_server=ResourcesServerRef(type="resources_servers", name="find"),
        model_server=ModelServerRef(type="responses_api_models", name="model"),
    )
    agent = GymnasiumAgent.model_construct(config=config, server_client=loopback)
    row = {name: value for name, value in make_row(task).items() if name != "agent_ref"}
    request: Any = SimpleNamespace(cookies={})
    return asyncio.run(agent.run(request, GymnasiumAgentRunRequest.model_validate(row))), loopback.seen


@pytest.mark.parametrize("form", ["text", "tools"])
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_a_rollout_has_the_prompt_answers_and_reward_of_an_episode(form, right) -> None:
    [task] = draw_tasks("strings", 1, seed=4, form=form, **RULES)
    code = truth_of(task).source() if right else "def f(s):\n    return s\n"
    if form == "text":
        script = [text('QUERY ["Hello"]'), text("hm?"), text(f"[DESCRIPTION]: x [CODE]:\n```python\n{code}```")]
    else:
        script = [call("query", inputs=["Hello"]), text("hm?"), call("submit", description="x", code=code)]
    here = TaskEpisode(task)
    answers = [here.query(["Hello"]), here.message("hm?")]
    here.submit("x", code=code)
    rollout, seen = play(task, script)
    told = [item.get("output", item.get("content")) for item in seen if item.get("role") != "assistant"]
    assert [each for each in told if isinstance(each, str)] == [here.prompt, *answers]
    assert rollout.reward == here.reward == float(right) and rollout.terminated
    metrics = {name: value for name, value in rollout.info.items() if name != "tool_outputs"}
    assert metrics == here.metrics
    function = truth_of(task)
    told_all = rollout.model_dump_json() if not right else json.dumps(metrics)
    assert function.describe() not in told_all and json.dumps(function.source())[1:-1] not in told_all


def test_what_fails_is_no_reward_of_zero(monkeypatch) -> None:
    [task] = draw_tasks("strings", 1, seed=4, **RULES)

    def fail(*_: Any) -> None:
        raise SandboxError("gone")

    monkeypatch.setattr(TaskEpisode, "message", fail)
    with pytest.raises(Exception, match="500"):
        play(task, [text('QUERY ["Hello"]')])


def test_the_example_rows_are_those_that_the_command_writes() -> None:
    rows = [json.loads(line) for line in (FOLDER / "data" / "example.jsonl").read_text("utf-8").splitlines()]
    tasks = draw_tasks("strings", 5, max_queries=24, max_messages=12)
    assert rows == [json.loads(json.dumps(make_row(task))) for task in tasks]


def test_the_example_rollouts_have_the_answers_and_rewards_of_episodes() -> None:
    rows, rollouts = (
        [json.loads(line) for line in (FOLDER / "data" / name).read_text("utf-8").splitlines()]
        for name in ("example.jsonl", "example_rollouts.jsonl")
    )
    assert sorted(rollout["_ng_task_index"] for rollout in rollouts) == list(range(len(rows)))
    for rollout in rollouts:
        here = TaskEpisode(Task.from_row(rows[rollout["_ng_task_index"]]["task"]))
        texts = [text_of(item["content"]) for item in rollout["response"]["output"]]
        assert [here.message(said) for said in texts[::2]][:-1] == texts[1::2]
        assert here.over and rollout["reward"] == here.reward == 1.0


def test_a_replayed_model_says_what_was_said_next(tmp_path) -> None:
    said = ["a function", "QUERY [1]", "1 -> 2", "it adds one"]
    messages = [{"role": role, "content": each} for role, each in zip(["user", "assistant"] * 2, said, strict=True)]
    (tmp_path / "conversations.jsonl").write_text(json.dumps({"messages": messages}) + "\n", "utf-8")
    replies = read_replies(tmp_path / "conversations.jsonl")
    for place in (1, 3):
        response = NeMoGymResponse.model_validate(respond({"model": "m", "input": messages[:place]}, replies))
        assert response.output_text == said[place]
    with pytest.raises(KeyError):
        respond({"model": "m", "input": messages[:2]}, replies)


def test_responses_of_the_script_are_responses_of_the_library() -> None:
    assert NeMoGymResponse.model_validate(said(text("x"))).output[0].type == "message"
