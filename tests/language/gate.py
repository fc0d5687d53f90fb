"""A gate in front of a chat model in this process, to see and to decide what its batches hold."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from find_gym.language import ChatOptions, Message, Reply
from find_gym.language.batching import TransformersChatModel

SHORT = ChatOptions(max_tokens=2)


def ask(question: str) -> list[Message]:
    return [{"role": "user", "content": question}]


class Gate:
    """Stands in front of a model's generation: counts the rows of its batches, holds them back, makes them fail."""

    def __init__(self, model: TransformersChatModel) -> None:
        self.rows: list[int] = []
        self.outputs: list[Any] = []
        self.failure: Exception | None = None
        self.largest = 1000
        self.entered = threading.Event()
        self.open = threading.Event()
        self.open.set()
        self._model = model
        self._generate = model._pretrained.model.generate
        model._pretrained.model.generate = self

    def __call__(self, tokens: Any, **options: Any) -> Any:
        import torch

        self.rows.append(len(tokens))
        self.entered.set()
        assert self.open.wait(60)
        if len(tokens) > self.largest:
            raise torch.cuda.OutOfMemoryError("too many rows")
        if self.failure is not None:
            raise self.failure
        self.outputs.append(self._generate(tokens, **options))
        return self.outputs[-1]

    def fill(self, threads: ThreadPoolExecutor, calls: list[tuple[str, ChatOptions]]) -> list[Future[Reply]]:
        """Holds a first call back until all the others wait, and then lets them go; returns the others' futures."""
        self.entered.clear()
        self.open.clear()
        threads.submit(self._model.reply, ask("first"), SHORT)
        assert self.entered.wait(60)
        futures = [threads.submit(self._model.reply, ask(question), options) for question, options in calls]
        with self._model._changed:
            assert self._model._changed.wait_for(lambda: len(self._model._waiting) == len(calls), timeout=60)
        return futures
