"""A server that speaks as much of OpenAI's protocol as the agent needs, and answers by a fixed script.

As a program, `python stub_server.py PORT SECONDS` serves on this machine and takes as long for each answer.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SUBMISSION = "[DESCRIPTION]: about constant\n[DOMAIN]: none\n[CODE]:\n```python\ndef f(x):\n    return 1.5\n```"


def answer(messages):
    """Asks twice, then submits."""
    asked = sum(message["role"] == "assistant" for message in messages)
    return SUBMISSION if asked == 2 else f"QUERY [{asked}, 2.5, -3, 100]"


class Handler(BaseHTTPRequestHandler):
    """Answers chat completions."""

    seconds = 0.0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.seconds)
        message = {"role": "assistant", "content": answer(body["messages"])}
        usage = {"prompt_tokens": len(str(body["messages"])), "completion_tokens": 7, "total_tokens": 0}
        choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
        self.reply({
            "id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice],
            "usage": usage,
        })  # fmt: skip

    def do_GET(self):
        entry = {"id": "stub", "object": "model", "created": 0, "owned_by": "", "max_model_len": 50_000}
        self.reply({"object": "list", "data": [entry]})

    def reply(self, data):
        content = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(port, seconds=0.01):
    """Starts the server as a process of its own, and returns that when it answers."""
    process = subprocess.Popen([sys.executable, str(Path(__file__)), str(port), str(seconds)])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(f"http://127.0.0.1:{port}/v1/models", timeout=1):
                return process
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"expected a server on port {port}, actual: none")


@contextmanager
def serving(seconds=0.01):
    """Serves on a free port and yields the address."""
    port = free_port()
    process = start(port, seconds)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    Handler.seconds = float(sys.argv[2])
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
