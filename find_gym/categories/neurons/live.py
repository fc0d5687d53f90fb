"""Activations that are in no table: computed by the network, those of the bank kept on disk."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_digest, bank_words
from find_gym.categories.neurons.network import file_digest, load_network, read_direction
from find_gym.categories.neurons.units import Unit
from find_gym.language.vector_cache import default_cache_folder

if TYPE_CHECKING:
    from find_gym.categories.neurons.function import NeuronSpec

Floats = NDArray[np.float32]


def live_activations(spec: NeuronSpec, texts: Sequence[str]) -> Floats:
    """Returns the activations of one unit, computed now, float32 of shape `(n,)`."""
    return _compute([spec], texts)[:, 0]


def bank_activations(spec: NeuronSpec) -> Floats:
    """Returns the activations of the bank, float32 of shape `(words,)`; computed once, then read from the cache."""
    prepare([spec])
    return _kept(spec)


def prepare(specs: Iterable[NeuronSpec]) -> None:
    """Computes the activations of the bank of all units that are in no table and not in the cache.

    Those of one network are computed together, which takes hardly longer than a single one.
    """
    groups: dict[tuple[str, str], list[NeuronSpec]] = {}
    for spec in dict.fromkeys(specs):
        if spec.row is None and not _path(spec).exists() and _key(spec) not in _unwritten:
            groups.setdefault((spec.network, spec.reading), []).append(spec)
    for (network, _), group in groups.items():
        what = f"{len(bank_words())} words by {len(group)} {'units' if len(group) > 1 else 'unit'} of {network}"
        print(f"find-gym: computing the activations of {what}, once", file=sys.stderr)
        for spec, values in zip(group, _compute(group, bank_words()).T, strict=True):
            _keep(spec, values)


def _compute(specs: Sequence[NeuronSpec], texts: Sequence[str]) -> Floats:
    units = [Unit.parse(spec.unit) for spec in specs]
    directions = [read_direction(spec.direction) if spec.direction else None for spec in specs]
    return load_network(specs[0].network).activations(texts, units, specs[0].reading, directions)


# What could not be written to disk.
_unwritten: dict[str, Floats] = {}


def _key(spec: NeuronSpec) -> str:
    # Of a folder or a file, the weights may become others; of a name they don't.
    place = Path(spec.network)
    files = sorted(place.glob("*")) if place.is_dir() else [place] if place.is_file() else []
    weights = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    direction = file_digest(spec.direction) if spec.direction else ""
    return hashlib.sha256(f"{spec.canonical}\n{weights}\n{direction}\n{bank_digest()}".encode()).hexdigest()[:32]


def _path(spec: NeuronSpec) -> Path:
    return default_cache_folder() / "units" / f"{_key(spec)}.npy"


def _keep(spec: NeuronSpec, values: Floats) -> None:
    path = _path(spec)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
            np.save(file, np.ascontiguousarray(values))
        os.replace(file.name, path)
    except OSError:
        _unwritten[_key(spec)] = values


@lru_cache(maxsize=1024)
def _read(path: Path) -> Floats:
    values: Floats = np.load(path, allow_pickle=False)
    return values


def _kept(spec: NeuronSpec) -> Floats:
    key = _key(spec)
    return _unwritten[key] if key in _unwritten else _read(_path(spec))
