"""What specs and the functions that they define share, in all categories."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

import numpy as np

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Spec:
    """All there is to a function, as a frozen dataclass that is written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        raise NotImplementedError

    def digest(self) -> bytes:
        """Returns the SHA-256 digest of the spec's JSON: the function's identity, 32 bytes."""
        return hashlib.sha256(_JSON.encode(self.to_json()).encode()).digest()


class SpecFunction:
    """A black box that a spec defines.

    Attributes:
        spec: defines the function.
    """

    spec: Any

    def __repr__(self) -> str:
        """Names the kind of function only: a representation must not tell the answer."""
        return f"<{type(self).__name__} {self.identity().hex()[:8]}>"

    @cached_property
    def _digest(self) -> bytes:
        digest: bytes = self.spec.digest()
        return digest

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""
        return self._digest

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for what is drawn about the function, the same for the same spec seed and `entropy`."""
        return np.random.default_rng([self.spec.seed, *entropy])
