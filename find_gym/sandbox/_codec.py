"""A data-only encoding for inputs and outputs, safe to decode whatever the bytes are.

Only ``None``, ``bool``, ``int``, ``float``, ``complex``, ``str`` and lists, tuples and dicts of them exist in it,
so decoding can build nothing else and runs no code. It is exact (NaN, infinities, -0.0, lone surrogates) and linear in
the number of bytes: announced sizes are checked against what is there before anything is allocated, nesting is bounded,
integers have no decimal form (whose conversion is quadratic) and dictionaries cannot be filled with colliding keys.
Both ends run on one machine, so numbers are in its native byte order.
"""

from __future__ import annotations

import struct
from array import array
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

MAX_DEPTH = 64
MAX_INT_BITS = 8192
MAX_ODD_KEYS = 256
"""Keys of one dict that are not strings. Python's hashes of numbers can be made to collide on purpose."""

FLOAT, FLOAT_TAG = struct.Struct("=cd"), b"f"
"""The encoding of a float: the tag, then the number."""

_U32 = struct.Struct("=I")
_I64 = struct.Struct("=q")
_F64 = struct.Struct("=d")
_C128 = struct.Struct("=dd")
_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1
_NONE, _TRUE, _FALSE = b"N", b"T", b"F"


class DecodeError(ValueError):
    """The bytes are not the encoding of a value."""


class TooLargeError(ValueError):
    """The value has more parts or bytes than allowed."""


class Simplifier:
    """Turns values into plain data: exact built-in types only, fractions, decimals, NumPy scalars and arrays converted.

    Arrays of one element become their scalar, larger ones nested lists; subclasses (named tuples, ``IntEnum``,
    ``Counter``) become the built-in type that they extend.

    Args:
        budget: How many parts (scalars and containers) all values together may have.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget

    def __call__(self, value: Any, depth: int = 0) -> Any:
        """Return ``value`` as plain data.

        Raises:
            TypeError: A part of it has no plain form.
            ValueError: It is nested too deeply, or an integer is too long.
            TooLargeError: The budget is used up.
        """
        self.budget -= 1
        if self.budget < 0:
            raise TooLargeError("more values than the limit allows")
        kind = type(value)
        if kind is float or kind is str or kind is bool or value is None or kind is complex:
            return value
        if kind is int:
            if value.bit_length() > MAX_INT_BITS:
                raise ValueError(f"an integer of {value.bit_length()} bits, expected at most {MAX_INT_BITS}")
            return value
        if depth >= MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, (list, tuple)):
            parts = [self(part, depth + 1) for part in value]
            return tuple(parts) if isinstance(value, tuple) else parts
        if isinstance(value, dict):
            return self._dictionary(value, depth)
        return self._converted(value, depth)

    def _dictionary(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        plain = {self(key, depth + 1): self(part, depth + 1) for key, part in value.items()}
        if sum(type(key) is not str for key in plain) > MAX_ODD_KEYS:
            raise ValueError(f"a dict with more than {MAX_ODD_KEYS} keys that are not strings")
        return plain

    def _converted(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray):
            return self(value.item() if value.size == 1 else value.tolist(), depth + 1)
        if isinstance(value, np.floating):  # numpy.longdouble.item() would return a longdouble again
            return float(value)
        if isinstance(value, np.complexfloating):
            return complex(value)
        if isinstance(value, np.generic):
            item = value.item()
            if not isinstance(item, np.generic):
                return self(item, depth + 1)
        if isinstance(value, (Decimal, Fraction)):
            return float(value)
        if isinstance(value, str):
            return str.__str__(value)
        for number in (int, float, complex):
            if isinstance(value, number):
                return self(number(value), depth + 1)  # type: ignore[arg-type]
        raise TypeError(f"unsupported value of type {type(value).__name__}")


def encode(value: Any, limit: int) -> bytes:
    """Return the encoding of plain data (see :class:`Simplifier`).

    Args:
        value: Plain data.
        limit: The largest number of bytes to produce.

    Raises:
        TooLargeError: The encoding is longer than ``limit``.
        TypeError: The value is not plain data.
    """
    if type(value) is float and limit >= FLOAT.size:
        return FLOAT.pack(FLOAT_TAG, value)
    out = bytearray()
    _write(out, value, limit)
    return bytes(out)


def _write(out: bytearray, value: Any, limit: int) -> None:
    kind = type(value)
    if kind is float:
        out += b"f" + _F64.pack(value)
    elif value is None:
        out += _NONE
    elif kind is bool:
        out += _TRUE if value else _FALSE
    elif kind is int:
        _write_int(out, value)
    elif kind is str:
        if len(value) > limit - len(out):
            raise TooLargeError(f"expected at most {limit} bytes when encoded")
        data = value.encode("utf-8", "surrogatepass")
        out += b"s" + _U32.pack(len(data))
        out += data
    elif kind is list or kind is tuple:
        _write_sequence(out, value, b"l" if kind is list else b"t", limit)
    elif kind is dict:
        out += b"d" + _U32.pack(len(value))
        for key, part in value.items():
            _write(out, key, limit)
            _write(out, part, limit)
    elif kind is complex:
        out += b"c" + _C128.pack(value.real, value.imag)
    else:
        raise TypeError(f"cannot encode a value of type {kind.__name__}")
    if len(out) > limit:
        raise TooLargeError(f"expected at most {limit} bytes when encoded")


def _write_int(out: bytearray, value: int) -> None:
    if _INT64_MIN <= value <= _INT64_MAX:
        out += b"i" + _I64.pack(value)
        return
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    out += b"I" + _U32.pack(len(data))
    out += data


def _write_sequence(out: bytearray, value: Any, tag: bytes, limit: int) -> None:
    kinds = set(map(type, value)) if tag == b"l" else None
    if kinds == {float}:
        out += b"D" + _U32.pack(len(value))
        out += array("d", value).tobytes()
        return
    if kinds == {int}:
        try:
            numbers = array("q", value)
        except OverflowError:  # longer integers among them
            pass
        else:
            out += b"Q" + _U32.pack(len(value))
            out += numbers.tobytes()
            return
    if kinds == {str}:
        texts = [text.encode("utf-8", "surrogatepass") for text in value]
        out += b"S" + _U32.pack(len(texts))
        out += array("I", map(len, texts)).tobytes()
        for text in texts:
            out += text
            if len(out) > limit:
                raise TooLargeError(f"expected at most {limit} bytes when encoded")
        return
    out += tag + _U32.pack(len(value))
    for part in value:
        _write(out, part, limit)


def decode(data: bytes) -> Any:
    """Return the value that ``data`` encodes.

    Raises:
        DecodeError: ``data`` is anything else than exactly one encoded value. No other exception occurs.
    """
    if len(data) == FLOAT.size:
        tag, number = FLOAT.unpack(data)
        if tag == FLOAT_TAG:
            return number
    reader = _Reader(data)
    value = reader.read(0)
    if reader.position != len(data):
        raise DecodeError("bytes left over after the value")
    return value


class _Reader:
    """Reads one value from bytes that may be hostile."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise DecodeError("the bytes end in the middle of a value")
        part = self.data[self.position : end]
        self.position = end
        return part

    def count(self, least_bytes: int) -> int:
        """Read a number of elements of which each takes at least ``least_bytes`` bytes."""
        number: int = _U32.unpack(self.take(4))[0]
        if number * least_bytes > len(self.data) - self.position:
            raise DecodeError("more elements announced than there are bytes")
        return number

    def read(self, depth: int) -> Any:
        tag = self.take(1)
        if tag == b"f":
            return _F64.unpack(self.take(8))[0]
        if tag == b"i":
            return _I64.unpack(self.take(8))[0]
        if tag == _NONE:
            return None
        if tag == _TRUE or tag == _FALSE:
            return tag == _TRUE
        if tag == b"s":
            return _text(self.take(self.count(1)))
        if tag == b"D":
            return array("d", self.take(8 * self.count(8))).tolist()
        if tag == b"Q":
            return array("q", self.take(8 * self.count(8))).tolist()
        if tag == b"S":
            lengths = array("I", self.take(4 * self.count(4)))
            return [_text(self.take(length)) for length in lengths]
        if tag == b"c":
            return complex(*_C128.unpack(self.take(16)))
        if tag == b"I":
            return self.integer()
        if depth > MAX_DEPTH:
            raise DecodeError(f"nested deeper than {MAX_DEPTH} levels")
        if tag == b"l":
            return [self.read(depth + 1) for _ in range(self.count(1))]
        if tag == b"t":
            return tuple([self.read(depth + 1) for _ in range(self.count(1))])
        if tag == b"d":
            return self.dictionary(depth)
        raise DecodeError(f"unknown tag {tag!r}")

    def integer(self) -> int:
        length = self.count(1)
        if length > MAX_INT_BITS // 8 + 1:
            raise DecodeError("an integer that is too long")
        return int.from_bytes(self.take(length), "little", signed=True)

    def dictionary(self, depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        odd_keys = 0
        for _ in range(self.count(2)):
            key = self.read(depth + 1)
            if type(key) is not str:
                odd_keys += 1
                if odd_keys > MAX_ODD_KEYS:
                    raise DecodeError("too many keys that are not strings")
            try:
                result[key] = self.read(depth + 1)
            except TypeError as error:
                raise DecodeError("a key that cannot be hashed") from error
        return result


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DecodeError("text that is not UTF-8") from error
