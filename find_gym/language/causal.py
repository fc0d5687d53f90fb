"""Causal language models by transformers: log-probabilities over options, and text, for one prompt after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.language.pretrained import SMALL_MODEL, Pretrained
from find_gym.language.protocols import Message


class TransformersLM:
    """A causal language model, in this process.

    Args:
        model: a folder, a GGUF file, or a name, see `Pretrained`.
        device: where it computes, such as "cuda"; by default "cuda" where there is one, else "cpu".
        dtype: the precision, such as "bfloat16"; by default float32 on the CPU, else the model's own.

    Raises:
        MissingModelError: the model, torch or transformers is missing.

    Attributes:
        name: the model's name or path.
    """

    def __init__(self, model: str = SMALL_MODEL, *, device: str | None = None, dtype: str | None = None) -> None:
        self._pretrained = Pretrained(model, device=device, dtype=dtype)
        self.name = model
        self._device = self._pretrained.device
        self._model = self._pretrained.model

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the continuation, float64 of shape `(n,)`; see `CausalLM`.

        The prompt's tokens and each option's are joined as they are, so that an option is the same tokens for all
        prompts.
        """
        import torch

        start = self._pretrained.encode(prompt)
        ends = [self._pretrained.tokenizer(option, add_special_tokens=False)["input_ids"] for option in options]
        if any(not end for end in ends):
            raise ValueError(f"expected options that are not empty, actual value: {list(options)!r}")
        with torch.inference_mode():
            if all(len(end) == 1 for end in ends):
                logits = self._model(input_ids=torch.tensor([start], device=self._device)).logits[0, -1]
                logprobs = torch.log_softmax(logits.double(), dim=-1)
                return np.array([float(logprobs[end[0]]) for end in ends])
            return np.array([self._continuation(start, end) for end in ends])

    def _continuation(self, start: list[int], end: list[int]) -> float:
        import torch

        logits = self._model(input_ids=torch.tensor([start + end], device=self._device)).logits[0]
        logprobs = torch.log_softmax(logits[len(start) - 1 : -1].double(), dim=-1)
        return float(logprobs[torch.arange(len(end)), torch.tensor(end)].sum())

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages; see `CausalLM`."""
        import torch

        tokens = torch.tensor([self._pretrained.encode(messages)], device=self._device)
        sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        with torch.inference_mode():
            output = self._model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=max_tokens,
                pad_token_id=self._pretrained.tokenizer.eos_token_id,
                **sampling,
            )
        return self._pretrained.decode(output[0, tokens.shape[1] :])
