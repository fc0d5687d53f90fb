"""What specs and the functions that they define share, in all categories."""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring_ascii
from typing import Any

import numpy as np

# Sorted by the keys, without spaces.
write_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
# The same for what is known to be a text.
write_string = encode_basestring_ascii


def write_numbers(numbers: Any) -> str:
    """Writes a number, None, or nested tuples of them as `write_json` does, in a fraction of its time."""
    if type(numbers) is tuple:
        # Most are finite: those that are not differ from themselves by no number.
        each = [repr(one) if type(one) is float and one - one == 0 else write_numbers(one) for one in numbers]
        return f"[{','.join(each)}]"
    if type(numbers) is int or (type(numbers) is float and numbers - numbers == 0):
        return repr(numbers)
    return "null" if numbers is None else write_json(numbers)


class Spec:
    """All there is to a function, as a frozen dataclass that is written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        raise NotImplementedError

    def json_text(self) -> str:
        """Returns that data as text, as `write_json` does."""
        return write_json(self.to_json())

    def digest(self) -> bytes:
        """Returns the SHA-256 digest of the spec's JSON: the function's identity, 32 bytes."""
        return hashlib.sha256(self.json_text().encode()).digest()


class SpecFunction:
    """A black box that a spec defines.

    Attributes:
        spec: defines the function.
    """

    spec: Any
    _digest: bytes | None = None

    def __repr__(self) -> str:
        """Names the kind of function only: a representation must not tell the answer."""
        return f"<{type(self).__name__} {self.identity().hex()[:8]}>"

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""
        if self._digest is None:
            self._digest = self.spec.digest()
        return self._digest

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for what is drawn about the function, the same for the same spec seed and `entropy`."""
        return np.random.default_rng([self.spec.seed, *entropy])
