"""A cache of vectors on disk, so that a text is embedded once."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from find_gym.language.protocols import Embedder

# Texts are embedded in blocks of this many, each with a step of the progress bar.
_BLOCK = 256
# Fewer new texts than this are done at once: no bar.
_LEAST_FOR_BAR = 512
# The file is written when it lacks this many vectors, or this share of what is known.
_LEAST_UNSAVED = 64
_UNSAVED_SHARE = 0.125


class CachedEmbedder:
    """An embedder that keeps what it has computed, in memory and in one file for each model.

    New vectors are written when they have come to an eighth of the file, and at the end of the process, so that one
    text after another costs little. The file holds float16 vectors by the SHA-256 digest of their texts, so it is
    small and tells no texts. It is written beside its place and renamed: a process that is killed leaves the old
    one, and of two that write at once the later one wins (what the other one had computed is computed again,
    nothing is ever mixed up). Threads may share it. A file that can't be read counts as empty; where the folder
    can't be written, vectors are kept in memory only.

    Args:
        embedder: computes what is missing.
        folder: where the file is; by default `default_cache_folder()`.
        progress: whether a progress bar on standard error shows long computations.

    Attributes:
        name: the embedder's name.
        path: the file.
    """

    def __init__(
        self, embedder: Embedder, folder: str | os.PathLike[str] | None = None, *, progress: bool = True
    ) -> None:
        self.name = embedder.name
        digest = hashlib.sha256(embedder.name.encode()).hexdigest()[:8]
        readable = re.sub(r"[^\w.-]+", "-", embedder.name)[-48:].strip("-.")
        self.path = Path(default_cache_folder() if folder is None else folder) / f"{readable}-{digest}.npz"
        self._embedder = embedder
        self._progress = progress
        self._known = self._read()
        self._unsaved = 0
        self._lock = threading.Lock()
        atexit.register(self.flush)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 of shape `(n, d)`, rounded as float16 are whether they were kept or not."""
        if not texts:
            return self._embedder.embed([])
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
            if missing:
                self._compute(missing)
                self._unsaved += len(missing)
                if self._unsaved >= max(_LEAST_UNSAVED, _UNSAVED_SHARE * len(self._known)):
                    self._write()
        vectors = np.stack([self._known[key] for key in keys]).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def flush(self) -> None:
        """Writes the vectors that are not in the file yet."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        if self._unsaved == 0:
            return
        # Another process may have added vectors since.
        self._known = {**self._read(), **self._known}
        keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, 32)
        self._unsaved = 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.path.parent, suffix=".partial", delete=False) as file:
                np.savez(file, keys=keys, vectors=np.stack(list(self._known.values())))
            os.replace(file.name, self.path)
        except OSError:
            return

    def _compute(self, missing: dict[bytes, str]) -> None:
        keys, texts = list(missing), list(missing.values())
        for start in range(0, len(texts), _BLOCK):
            vectors = self._embedder.embed(texts[start : start + _BLOCK]).astype(np.float16)
            self._known |= zip(keys[start : start + _BLOCK], vectors, strict=True)
            if self._progress and len(texts) >= _LEAST_FOR_BAR:
                _show_progress(min(start + _BLOCK, len(texts)), len(texts), self.name)

    def _read(self) -> dict[bytes, NDArray[np.float16]]:
        try:
            with np.load(self.path, allow_pickle=False) as data:
                keys, vectors = data["keys"], data["vectors"]
            return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}


def default_cache_folder() -> Path:
    """Returns where vectors are kept: `$FIND_GYM_CACHE`, or `find-gym` within the user's cache folder."""
    named = os.environ.get("FIND_GYM_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "find-gym"


def _show_progress(done: int, total: int, name: str) -> None:
    width = 30
    filled = width * done // total
    bar = "#" * filled + "." * (width - filled)
    end = "\n" if done == total else ""
    print(f"\rembedding with {name} [{bar}] {done}/{total}", end=end, file=sys.stderr, flush=True)
