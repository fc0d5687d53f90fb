"""Makes the vectors of the vocabulary and the concepts that ship with the package.

python scripts/make_entity_vectors.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from find_gym.categories.entities.word_vectors import FILE, make_vectors, tables_digest
from find_gym.language.embeddings import TransformersEmbedder

FOLDER = Path(__file__).resolve().parents[1] / "find_gym" / "categories" / "entities" / "tables"


def main() -> None:
    """Writes the file beside its place and renames it."""
    vectors = make_vectors(TransformersEmbedder())
    partial = FOLDER / f"{FILE}.partial"
    with open(partial, "wb") as file:
        np.savez_compressed(
            file,
            raw=vectors.raw.astype(np.float16),
            directions=vectors.directions.astype(np.float16),
            midpoints=vectors.midpoints,
            slopes=vectors.slopes,
            tables=np.array(tables_digest()),
            model=np.array(vectors.model),
        )
    os.replace(partial, FOLDER / FILE)
    print(f"{len(vectors.words)} words, {len(vectors.directions)} concepts, {(FOLDER / FILE).stat().st_size} bytes")


if __name__ == "__main__":
    main()
