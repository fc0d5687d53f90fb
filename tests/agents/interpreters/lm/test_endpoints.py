"""Whole runs through a server: whatever style the model writes in and whatever the server does, no answer is lost."""

import json
import threading
from collections import Counter

import pytest

from find_gym import LATEST_IDS
from find_gym.interfaces import Message
from find_gym.language.messages import estimate_tokens
from find_gym.language.server import ServerChatModel
from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from tests.agents.interpreters.lm.scripts import Knowing, functions
from tests.interfaces.styles import QUERIES, SUBMISSIONS, Answer
from tests.language.stub import StubServer, completion, refuse, respond

EXACT = {"variants": {"plain": 1}}
# Seeds of first functions whose true description the category's judge is right about.
SEEDS = {"numeric": 0, "strings": 0, "entities": 1, "relations": 0}
STYLES = {
    "as the task has it": "as the task has it",
    "four backticks": "on the next line",
    "an example in a block after it": "prose before it",
    "code in a bullet": "in brackets",
    "bold": "a fence of JSON",
    "plain headings": "bold You:",
    "[/CODE]": "lower case",
    "JSON": "JSON",
    "XML": "XML",
    "<think>": "channels",
    "Hermes": "Hermes",
    "ReAct": "ReAct",
    "gpt-oss": "a late block",
    "a native call": "a native call",
    "a native call with fences": "a native call as JSON",
}


@pytest.fixture(autouse=True)
def _no_models_are_left():
    pytest.importorskip("openai")
    yield
    models.close_models()


def run(folder, category, address, *, repeats, **options):
    """Runs one function of a category many times."""
    config = EvaluationConfig(
        agents=("lm",), env=LATEST_IDS[category], functions=1, repeats=repeats, seed=SEEDS[category], workers=1,
        difficulty=EXACT if category == "numeric" else "find", report=False, out=str(folder),
        language_model=LanguageModelOptions("stub", address, **options),
    )  # fmt: skip
    return evaluate(config, progress=False)


def knowing(category):
    """Returns a model that knows the run's function, and what it submits."""
    (function,) = functions(category, 1, seed=SEEDS[category], difficulty=EXACT if category == "numeric" else "find")
    code = function.source() if category in ("numeric", "strings") else ""
    return Knowing(category, [function]), Answer(function.describe(), "none", code)


def sent(message):
    """Returns a style's message as a server answers it."""
    calls = message.tool_calls if isinstance(message, Message) else ()
    listed = []
    for place, call in enumerate(calls):
        arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
        function = {"name": call.name, "arguments": arguments}
        listed.append({"id": f"c{place}", "type": "function", "function": function})
    fields = {"tool_calls": listed} if listed else {}
    return completion(str(message) or None, finish_reason="tool_calls" if listed else "stop", **fields)


@pytest.mark.slow
@pytest.mark.parametrize("category", SEEDS)
@pytest.mark.parametrize("protocol", ["text", "tools"])
def test_every_style_of_a_right_answer_is_worth_it(protocol, category, tmp_path):
    model, right = knowing(category)
    styles = list(STYLES)
    submitted = []

    def answer(body):
        plain = model(body["messages"])
        style = styles[len(submitted)]
        if "QUERY" in plain:
            return sent(QUERIES[STYLES[style]](json.dumps(model.probes)))
        submitted.append(style)
        return sent(SUBMISSIONS[style](right))

    server = StubServer(answer)
    try:
        # One after another, so that the server knows which episode it is in.
        options = {"connections": 1, "protocol": protocol, "context_tokens": 30_000}
        result = run(tmp_path / "run", category, server.address, repeats=len(styles), **options)
    finally:
        server.kill()
    skills = {style: record.score["skill"] for style, record in zip(submitted, result.episodes, strict=True)}
    assert skills == dict.fromkeys(styles, 1.0)
    assert [record.usage["calls"] for record in result.episodes] == [2] * len(styles)
    assert all("tools" in body for body in server.requests) == (protocol == "tools")


# What the window has room for beyond the first question and its answer: a part of the first outputs.
ROOM = 150


class Fickle:
    """A server whose model knows the answer, and which keeps changing its mind about what it takes and how it fails.

    Attributes:
        refused: how often it refused a request for each lasting reason.
        failed: how often it failed in each passing way.
    """

    def __init__(self, query, submission):
        self.query = query
        self.submission = submission
        self.window = None
        self.refused = Counter()
        self.failed = Counter()
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, body):
        with self._lock:
            self._count += 1
            count = self._count
        limit = body.get("max_tokens") or body["max_completion_tokens"]
        length = estimate_tokens(body["messages"]) + limit
        self.window = self.window or length + ROOM
        lasting = {
            "max_tokens": (0, "max_tokens" in body, refuse(400, "Use 'max_completion_tokens' instead.")),
            "temperature": (25, "temperature" in body, refuse(400, "'temperature' does not support 0")),
            "system": (50, body["messages"][0]["role"] == "system", refuse(500, "System role not supported")),
            "window": (75, length > self.window, refuse(400, f"maximum context length is {self.window} tokens")),
        }
        for name, (begin, refuses, refusal) in lasting.items():
            if count > begin and refuses:
                self.refused[name] += 1
                return refusal
        passing = [
            ("busy", refuse(429, "slowly", Retry_After="0")),
            ("broken", refuse(503, "loading")),
            ("cut JSON", (200, {"Content-Type": "application/json"}, b'{"choices": [')),
            ("HTML", (200, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>")),
            ("error within", respond(200, {"error": {"message": "overloaded", "code": 529}})),
            ("slow", completion("too late")),
        ]
        if count % 9 == 0:
            name, answer = passing[count // 9 % len(passing)]
            self.failed[name] += 1
            if name == "slow":
                threading.Event().wait(6)
            return answer
        # Or a note of outputs that were left out.
        told = any("OUTPUTS" in each["content"] or "want of room" in each["content"] for each in body["messages"])
        text = self.submission if told else self.query
        silent = [
            completion(None, reasoning_content="hm"),
            completion(None, refusal="I would rather not."),
            completion(None, finish_reason="content_filter"),
            completion([]),
        ]
        if count % 11 == 0:
            self.failed["silent"] += 1
            return silent[count // 11 % len(silent)]
        parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": text}]
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        return completion(parts if count % 2 else text, usage=usage)


@pytest.mark.slow
def test_a_server_that_changes_its_mind_costs_no_episode(tmp_path, monkeypatch):
    model, right = knowing("strings")
    fickle = Fickle(f"QUERY {json.dumps(model.probes)}", right.form())
    server = StubServer(fickle)

    def load(name, *, base_url, connections, **_):
        return ServerChatModel(
            name, base_url=base_url, connections=connections, timeout=5.0, patience=1e6, sleep=lambda _: None
        )

    monkeypatch.setattr(models, "load_chat_model", load)
    try:
        result = run(tmp_path / "run", "strings", server.address, repeats=100, connections=8, protocol="text")
    finally:
        server.kill()
    assert len(result.episodes) == 100 and not result.unscored
    assert [record.score["skill"] for record in result.episodes] == [1.0] * 100
    # Every request is a reply, a passing failure that was tried again, or a refusal for a reason that can't change (and
    # on a busy machine a refusal that came too late both); of these each connection met every one once at most.
    replies = sum(record.usage["calls"] for record in result.episodes)
    retries = sum(record.usage["retries"] for record in result.episodes)
    assert 0 <= len(server.requests) - replies - retries <= fickle.refused.total()
    assert set(fickle.refused) == {"max_tokens", "temperature", "system", "window"}
    assert all(1 <= count <= 8 for count in fickle.refused.values())
    assert retries >= fickle.failed.total() - fickle.failed["silent"] > 10 and len(fickle.failed) == 7
    # An answer without content is a reply: the model is told so, and not asked the same again.
    said = [entry["content"] for record in result.episodes for entry in record.dialogue if entry["kind"] == "reply"]
    assert replies == len(said) and said.count("") > 10
    # A query and a description; the description alone where the server hears of earlier replies, silent ones, only that
    # there was no room for them.
    assert 190 < len(said) - said.count("") <= 200
