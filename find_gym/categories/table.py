"""The categories by their names; `find_gym.core.registry` has them."""

from __future__ import annotations

from typing import Any

from find_gym.core.dataset import DatasetEntry, FINDDataset
from find_gym.core.registry import categories_by_name, category_named, category_of, version_of

__all__ = ["CATEGORY_FUNCTIONS", "category_of", "sample_seeded", "servable_entries", "version_of"]

CATEGORY_FUNCTIONS = categories_by_name()


def sample_seeded(category: str, seed: int, *, split: str | None, difficulty: Any, version: int | None = None) -> Any:
    """Samples the spec of the function that an environment's `reset(seed=seed)` draws; see `Category.sample_seeded`."""
    return category_named(category).sample_seeded(seed, split=split, difficulty=difficulty, version=version)


def servable_entries(dataset: FINDDataset) -> tuple[list[DatasetEntry], dict[str, str]]:
    """Returns what a dataset's `servable` returns."""
    return dataset.servable()
