"""A chat model in this process that answers many callers at once: their dialogues go through the model as one batch."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from find_gym.language.chat import ChatOptions, ModelError, Reply
from find_gym.language.messages import check_messages
from find_gym.language.pretrained import SMALL_MODEL, Pretrained
from find_gym.language.protocols import Message

# Seconds that a batch which is not full waits for one more call: callers that were answered together come back almost
# together. Little beside the seconds of a reply.
_GATHERING = 0.05


@dataclass
class _Call:
    """A call that waits for its answer: its prompt's tokens, and the length that its reply may have."""

    prompt: list[int]
    room: int
    options: ChatOptions
    answer: Future[tuple[str, int, str]] = field(default_factory=Future)


class TransformersChatModel:
    """A chat model by transformers, in this process.

    `reply` may be called from many threads: one thread of the model's own, which starts with the first call, answers
    up to `batch_size` of the waiting calls at once, whatever their options. A reply does not depend on the other calls
    of its batch, beyond the rounding of sums: in float32 that hardly ever shows; in bfloat16 it can turn a close
    decision between two tokens.

    With a temperature above 0 each reply is drawn with a generator of its own, seeded by `ChatOptions.seed`, with
    `top_k` and `top_p` as in the model's generation settings.

    Args:
        model: a folder, a GGUF file, or a name, see `Pretrained`.
        batch_size: the greatest number of dialogues computed at once.
        device: where it computes, such as "cuda"; by default "cuda" where there is one, else "cpu".
        dtype: the precision, such as "bfloat16"; by default float32 on the CPU, else the model's own.

    Raises:
        MissingModelError: the model, torch or transformers is missing.

    Attributes:
        name: the model's name or path.
        context_tokens: the model's window, None where its configuration does not tell.
    """

    def __init__(
        self,
        model: str = SMALL_MODEL,
        *,
        batch_size: int = 8,
        device: str | None = None,
        dtype: str | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"expected a batch_size of at least 1, actual value: {batch_size}")
        self._pretrained = Pretrained(model, device=device, dtype=dtype)
        self.name = model
        self.context_tokens = self._pretrained.context_tokens
        self._batch_size = batch_size
        self._waiting: list[_Call] = []
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._closed = False

    def reply(self, messages: Sequence[Message], options: ChatOptions) -> Reply:
        """Returns the model's answer to a dialogue; see `ChatModel`. Where the window ends, so does the reply."""
        start = time.monotonic()
        check_messages(messages)
        if options.tools:
            raise ValueError(f"expected no tools for {self.name}, which takes none, actual: {len(options.tools)}")
        prompt = self._pretrained.encode(messages)
        room = options.max_tokens
        if self.context_tokens is not None:
            if len(prompt) >= self.context_tokens:
                raise ValueError(
                    f"expected a prompt shorter than the model's window of {self.context_tokens} tokens, actual "
                    f"length: {len(prompt)}"
                )
            room = min(room, self.context_tokens - len(prompt))
        call = _Call(prompt, room, options)
        with self._changed:
            if self._closed:
                raise ModelError(f"expected an open model, actual: {self.name} was closed")
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name=f"chat {self.name}", daemon=True)
                self._worker.start()
            self._waiting.append(call)
            self._changed.notify()
        text, length, reason = call.answer.result()
        return Reply(text, len(prompt), length, time.monotonic() - start, retries=0, finish_reason=reason)

    def takes_tools(self) -> bool:
        """Returns False: what templates make of tools, and models of that, is text."""
        return False

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Returns the length of a dialogue as a prompt, exactly."""
        check_messages(messages)
        return len(self._pretrained.encode(messages))

    def close(self) -> None:
        """Stops the model's thread after the batch it is at; calls that still wait get a `ModelError`."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._worker is not None:
            self._worker.join()

    def _work(self) -> None:
        while batch := self._next_batch():
            try:
                answers = self._generate(batch)
            except Exception as error:
                for call in batch:
                    failure = ModelError(f"expected an answer from {self.name}, actual: {error!r}")
                    failure.__cause__ = error
                    call.answer.set_exception(failure)
            else:
                for call, answer in zip(batch, answers, strict=True):
                    call.answer.set_result(answer)

    def _next_batch(self) -> list[_Call]:
        """Waits for calls and returns the oldest; none at all once the model is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            size = 0
            while size < len(self._waiting) < self._batch_size and not self._closed:
                size = len(self._waiting)
                self._changed.wait(_GATHERING)
            if self._closed:
                for call in self._waiting:
                    call.answer.set_exception(ModelError(f"expected an open model, actual: {self.name} was closed"))
                return []
            batch, self._waiting = self._waiting[: self._batch_size], self._waiting[self._batch_size :]
            return batch

    def _generate(self, batch: list[_Call]) -> list[tuple[str, int, str]]:
        """Returns text, number of tokens and finish reason of each call; halves batches that the memory can't hold."""
        import torch

        try:
            return self._generate_at_once(batch)
        except torch.cuda.OutOfMemoryError:
            if len(batch) == 1:
                raise
        # Outside the handler: the error's traceback would keep the tensors of the failed attempt.
        torch.cuda.empty_cache()
        half = len(batch) // 2
        return self._generate(batch[:half]) + self._generate(batch[half:])

    def _generate_at_once(self, batch: list[_Call]) -> list[tuple[str, int, str]]:
        import torch

        from find_gym.language.decoding import RowLengths, RowSampling

        device, model = self._pretrained.device, self._pretrained.model
        width = max(len(call.prompt) for call in batch)
        settings = copy.deepcopy(model.generation_config)
        ends = _end_tokens(settings.eos_token_id, self._pretrained.tokenizer.eos_token_id)
        # Under the mask of attention any token will do as padding, and behind an end nothing is read.
        padding = ends[0] if ends else 0
        tokens = torch.full((len(batch), width), padding, device=device)
        mask = torch.zeros_like(tokens)
        for row, call in enumerate(batch):
            tokens[row, width - len(call.prompt) :] = torch.tensor(call.prompt, device=device)
            mask[row, width - len(call.prompt) :] = 1
        sampling = RowSampling([call.options for call in batch], device, top_k=settings.top_k, top_p=settings.top_p)
        settings.update(
            do_sample=False, temperature=None, top_k=None, top_p=None, eos_token_id=ends or None, pad_token_id=padding
        )
        settings.max_new_tokens = max(call.room for call in batch)
        with torch.inference_mode():
            output = model.generate(
                tokens,
                attention_mask=mask,
                generation_config=settings,
                logits_processor=[sampling],
                stopping_criteria=[RowLengths([width + call.room for call in batch])],
            )
        return [self._read(row[width:].tolist(), call, ends) for row, call in zip(output, batch, strict=True)]

    def _read(self, tokens: list[int], call: _Call, ends: list[int]) -> tuple[str, int, str]:
        tokens = tokens[: call.room]
        length = next((place + 1 for place, token in enumerate(tokens) if token in ends), None)
        reason = "length" if length is None else "stop"
        return self._pretrained.decode(tokens[:length]), length or len(tokens), reason


def _end_tokens(configured: Any, own: int | None) -> list[int]:
    """Returns the tokens that end a reply, as the generation settings say, or the tokenizer."""
    if configured is None:
        return [] if own is None else [own]
    return list(configured) if isinstance(configured, (list, tuple)) else [int(configured)]
