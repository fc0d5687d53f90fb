"""Serves conversations of an agent as a model: it says what the agent said next, wherever a conversation has begun so.

find-gym export-trajectories --category strings --agent enumeration --form text --functions 5 --out conversations.jsonl
python replay_model.py conversations.jsonl --port 8123
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def read_replies(path: Path) -> dict[tuple[str, ...], str]:
    """Returns what is said after each beginning of the conversations of a file, the texts of its messages."""
    replies: dict[tuple[str, ...], str] = {}
    for line in path.read_text("utf-8").splitlines():
        messages = json.loads(line)["messages"]
        texts = tuple(message["content"] for message in messages)
        said = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
        replies |= {texts[:place]: texts[place] for place in said}
    return replies


def text_of(content: str | list[dict[str, Any]]) -> str:
    """Returns the text of an item's content, which is a text or has it in parts."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def respond(request: dict[str, Any], replies: dict[tuple[str, ...], str]) -> dict[str, Any]:
    """Returns the response to a request of OpenAI's API of responses.

    Raises:
        KeyError: no conversation begins so.
    """
    said = replies[tuple(text_of(item["content"]) for item in request["input"])]
    parts = [{"type": "output_text", "text": said, "annotations": []}]
    message = {"type": "message", "id": "msg_replayed", "role": "assistant", "status": "completed", "content": parts}
    settings = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "model": request["model"]}
    return {"id": "resp_replayed", "object": "response", "created_at": 0, "output": [message], **settings}


def main() -> None:
    """Serves the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conversations", type=Path, help="a file of find-gym export-trajectories, in the form text")
    parser.add_argument("--port", type=int, default=8123, help="the port, on this machine alone")
    args = parser.parse_args()
    replies = read_replies(args.conversations)

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, respond(request, replies)
            except KeyError:
                status, answer = 404, {"error": {"message": "expected the beginning of a conversation of the file"}}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    ThreadingHTTPServer(("127.0.0.1", args.port), Model).serve_forever()


if __name__ == "__main__":
    main()
