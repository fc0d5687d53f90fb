"""A server that speaks OpenAI's protocol as a test tells it to, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def completion(
    content: Any, *, finish_reason: str = "stop", logprobs: Any = None, usage: Any = None, **fields: Any
) -> Answer:
    """Returns a response with one choice, whose message has further fields."""
    message = {"role": "assistant", "content": content, **fields}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message, "logprobs": logprobs}
    answer = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return respond(200, answer)


def respond(status: int, content: Any, **headers: str) -> Answer:
    """Returns a response with a JSON content."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


def refuse(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    """Returns a response with an error's message."""
    return respond(status, {"error": {"message": message, "code": code, "type": "error", "param": None}}, **headers)


class StubServer:
    """The server, which can be killed and started again at its address.

    Attributes:
        answer: gives the response to a request's content.
        models: the response to a question for the list of models.
        requests: the contents of all chat requests that were read.
        paths: the paths of all requests.
        address: where it is, ending in /v1.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], Answer]) -> None:
        self.answer = answer
        self.models: Answer = respond(404, {"detail": "Not Found"})
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        self._alive = threading.Event()
        self._alive.set()
        self._server = _Server(("127.0.0.1", self._port), self._handler(self._alive))
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def kill(self) -> None:
        """Ends the server: requests at work and open connections get no answer any more."""
        self._alive.clear()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, alive: threading.Event) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stub.paths.append(self.path)
                self._send(stub.models)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if alive.is_set():
                    stub.paths.append(self.path)
                    stub.requests.append(body)
                    answer = stub.answer(body)
                if alive.is_set():
                    self._send(answer)
                else:
                    self.close_connection = True

            def _send(self, answer: Answer) -> None:
                status, headers, content = answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A killed server does not wait for its requests.
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Says nothing of connections that clients ended."""
