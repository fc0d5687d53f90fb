# %% [markdown]
# # A language model on a stub server
#
# The agent `lm` gives a language model the task and lets it ask and submit, by the chat protocol that most servers speak. To see it
# without a model, this page starts a server whose replies are fixed. It needs `pip install "find-gym[api,report]"`.

# %%
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPLIES = [
    'QUERY ["Hello", "black box", "a1b2"]',
    "[DESCRIPTION]: It reverses the string.\n[CODE]:\n```python\ndef f(s):\n    return s[::-1]\n```",
]


class Stub(BaseHTTPRequestHandler):
    """Answers the n-th message of a dialogue with the n-th reply."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = sum(message["role"] == "assistant" for message in request["messages"])
        message = {"role": "assistant", "content": REPLIES[min(said, 1)]}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        fields = {"id": "1", "object": "chat.completion", "created": 0, "model": "stub"}
        content = json.dumps({**fields, "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        """Says nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/v1"

# %% [markdown]
# The same as a command, for a model on a server of yours:
# `find-gym evaluate --env FIND-strings-v1 --agent lm --model NAME --base-url URL --functions 5`.

# %%
from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.interpreters.lm.options import LanguageModelOptions

options = LanguageModelOptions(model="stub", base_url=address, protocol="text", rounds=4)
result = evaluate(
    EvaluationConfig(
        agents=("lm", "identity"),
        env="FIND-strings-v1",
        functions=5,
        workers=1,
        out="runs/stub",
        language_model=options,
    ),
    progress=False,
)
print(result.closing)

# %% [markdown]
# Every message is kept, tokens are counted. The dialogue of the first function:

# %%
first = next(episode for episode in result.episodes if episode.agent.startswith("lm"))
for message in first.dialogue:
    print(f"[{message['role']}] {message['content'][:300]}\n")
print("truth:", first.truth["description"])
server.shutdown()

# %% [markdown]
# A server that does not answer, or answers nonsense, leaves an episode unscored and never 0; the same command tries it again.
# [All options](../language-models.md).
