"""The package for verifiers, played by vf-eval against a scripted server, where verifiers is installed."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verifiers")

from find_gym.tasks import TaskEpisode, draw_tasks
from tests.tasks.test_tasks import truth_of

PACKAGE = Path(__file__).resolve().parents[2] / "packages" / "find-gym-verifiers"
RULES: dict[str, Any] = {"split": "test", "difficulty": "easy", "max_queries": 6, "max_messages": 4}


def test_vf_eval_has_the_prompts_answers_and_rewards_of_episodes(tmp_path) -> None:
    tasks = draw_tasks("strings", 2, seed=4, **RULES)
    said = {
        TaskEpisode(task).message('QUERY ["Hello"]'): f"[DESCRIPTION]: x [CODE]:\n```python\n{code}```"
        for task, code in zip(tasks, (truth_of(tasks[0])["code"], "def f(s):\n    return 1\n"), strict=True)
    }
    assert len(said) == 2
    seen: list[str] = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
            content = messages[-1]["content"]
            last = content if isinstance(content, str) else "".join(part["text"] for part in content)
            seen.append(last)
            said_now = {"role": "assistant", "content": said.get(last, 'QUERY ["Hello"]')}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            chunks = [
                {"choices": [{"index": 0, "delta": said_now, "finish_reason": None}]},
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
            ]
            shared = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
            body = "".join(f"data: {json.dumps(shared | chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    options = {"category": "strings", "seed": 4, **RULES}
    flags = [
        word for name, value in options.items() for word in (f"--env.taskset.{name.replace('_', '-')}", str(value))
    ]
    vf_eval = Path(sys.executable).with_name("vf-eval")
    command = [
        str(vf_eval),
        "find-gym-verifiers",
        "-m",
        "scripted",
        "-n",
        "2",
        "--no-push",
        "-o",
        str(tmp_path),
        *flags,
    ]
    command += ["--client.base-url", url, "--no-rich"]
    places = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": places, "OPENAI_API_KEY": "none"}, capture_output=True, text=True
    )
    server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {TaskEpisode(task).prompt for task in tasks} <= set(seen)
    [traces] = tmp_path.rglob("traces.jsonl")
    text = traces.read_text(encoding="utf-8")
    rewards = sorted(float(found) for found in re.findall(r'"reward": ?\{[^}]*?"score": ?([\d.]+)', text))
    assert rewards == [0.0, 1.0], text[:3000]
    assert truth_of(tasks[1])["description"] not in text
