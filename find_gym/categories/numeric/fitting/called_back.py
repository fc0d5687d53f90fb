"""Atoms that compiled loops ask Python about: those that are not of this package."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Constants, FloatArray, flatten
from find_gym.categories.numeric.estimation.scans import estimate, grid_rows
from find_gym.categories.numeric.fitting.models import (
    Layout,
    has_error,
    layout_of,
    model_of,
    note_error,
    parameters_of,
)
from find_gym.categories.numeric.fitting.tables import Table, functions_known, no_table
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaf_value
from find_gym.categories.numeric.kernels import asking, models
from find_gym.categories.numeric.kernels.factors import MOST_FACTORS

_WORDS, _ADDRESS = ctypes.POINTER(ctypes.c_int64), ctypes.c_void_p
_ASKED = ctypes.CFUNCTYPE(ctypes.c_int64, _WORDS, *(_ADDRESS,) * 6)


class CalledBack:
    """An atom as `find_gym.categories.numeric.kernels.rule_fits.begin_fit` takes it; see `CompiledAtom`.

    Args:
        name: the atom's name.
    """

    def __init__(self, name: str) -> None:
        self._atom = atom = ATOMS[name]
        # Each layout that was seen, and what kernels take for its model; its place is its number.
        self._models: list[tuple[Layout, FloatArray]] = []
        self._numbers: dict[Layout, int] = {}
        self._lock = threading.Lock()
        self._known = known = functions_known(atom)
        size = sum(parameter.length or 1 for parameter in atom.parameters)
        code = models.HEADER + models.PER_ATOM + 1
        # A row has room for coefficients of the basis, all rows of an answer together for the code of the model, and
        # what is known of each constant.
        self.row = asking.CONSTANTS + max(size, known[0])
        lowered = asking.IN_TURN if atom.variadic else asking.NEVER
        self._called = _ASKED(self._answer)
        address = ctypes.cast(self._called, ctypes.c_void_p).value or 0
        fitting = atom.fitting
        header = [
            address, 0, False, fitting.solved, False, fitting.homogeneous, lowered, True, self.row, 0, 0, 0, 0, 1,
            *known,
        ]  # fmt: skip
        self.rule: NDArray[np.int64] = np.array([*header, *([0] * code), -1], dtype=np.int64)
        self.limits = np.zeros((4, size))
        if not any([parameter.length for parameter in atom.parameters]):
            # Constants that are looked up in the grid lie like this, whose number is 0.
            self._number((0,) * len(atom.parameters))

    def table(self, x: FloatArray) -> Table:
        """Returns the table of the atom's shapes, if these are scanned, and which rows inputs `(n,)` have."""
        return Table(*grid_rows(self._atom, x)) if self._atom.fitting.scanned else no_table(x)

    def constants(self, row: list[float]) -> LeafConstants:
        """Returns the constants in a row."""
        (sizes,), _ = self._models[int(row[asking.LAYOUT])]
        values, place = row[asking.CONSTANTS :], 0
        leaf: list[Any] = []
        for parameter, size in zip(parameters_of(self._atom, sizes), sizes, strict=True):
            one = round(values[place]) if parameter.discrete else values[place]
            leaf.append(tuple(values[place : place + size]) if size else one)
            place += size or 1
        return [tuple(leaf)]

    def _answer(self, words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
        """Answers a question of a kernel; see `find_gym.categories.numeric.kernels.asking.ask`."""
        try:
            if words[asking.ASKED] > 1:
                # Python said what was raised, as nobody was there to catch it.
                raise KeyboardInterrupt("a fit was interrupted")
            count = self._counted(words, (x, target, multiplier), answer)
        except BaseException as error:
            note_error(error)
            # Whoever interrupts: without a model, a kernel can't return.
            count = self._write_model(self._room(answer)) if words[asking.MODE] == asking.MODEL else 0
        words[asking.ASKED] = 0
        return count

    def _room(self, answer: int) -> FloatArray:
        return _numbers_at(answer, asking.ROWS * self.row).reshape(asking.ROWS, self.row)

    def _counted(self, words: Any, points: tuple[int, int, int], answer: int) -> int:
        """Answers a question, and returns how many rows it wrote: 0 after an error, except for models."""
        if words[asking.MODE] == asking.MODEL:
            return self._write_model(self._room(answer))
        if has_error():
            return 0
        with np.errstate(all="ignore"):
            if words[asking.MODE] in (asking.BASIS, asking.SPAN, asking.FACTORS):
                return self._write_values(words, points, answer)
            return self._write(self._answered(words, points, self._room(answer)), self._room(answer))

    def _write_model(self, room: FloatArray) -> int:
        _, known = self._models[int(room[0, asking.LAYOUT])]
        room.reshape(-1)[: known.size] = known
        return 1

    def _write_values(self, words: Any, points: tuple[int, int, int], answer: int) -> int:
        """Writes functions that the atom combines, or what it may be as one of the factors of the target."""
        count, degree, atom = words[asking.COUNT], words[asking.DEGREE], self._atom
        x, y = [_numbers_at(one, count) for one in points[:2]]
        if words[asking.MODE] == asking.FACTORS:
            factors = _numbers_at(answer, 2 * MOST_FACTORS * count).reshape(2, MOST_FACTORS, count)
            number = 0
            for number, pair in enumerate(atom.fitting.starts(x, y, words[asking.ATOM]), start=1):
                factors[:, number - 1] = pair
                if number == MOST_FACTORS:
                    break
            return number
        if not atom.constants:
            _numbers_at(answer, count)[:] = leaf_value(atom.name, (), x)
            return 0
        quick = words[asking.MODE] == asking.SPAN and atom.fitting.span is not None
        functions = atom.fitting.span(x) if quick and atom.fitting.span else atom.basis(x, degree)
        assert functions is not None
        most = self._known[words[asking.MODE] == asking.SPAN]
        if len(functions) > most:
            raise ValueError(
                f"expected at most {most} functions of {atom.name!r}, as at one input, actual: {len(functions)}"
            )
        _numbers_at(answer, (1 + len(functions)) * count).reshape(-1, count)[1:] = functions
        return len(functions)

    def _answered(self, words: Any, points: tuple[int, int, int], room: FloatArray) -> list[Constants]:
        """Returns the constants that a question is answered with; none where nothing changes."""
        mode, fitting, atom = words[asking.MODE], self._atom.fitting, self._atom
        if mode in (asking.ESTIMATES, asking.FROM_BASIS):
            x, target, multiplier = [_numbers_at(one, words[asking.COUNT]) for one in points]
            if mode == asking.ESTIMATES:
                return estimate(atom, x, target, multiplier, degree=words[asking.DEGREE])
            size = int(room[0, asking.SIZE])
            coefficients = tuple(room[0, asking.CONSTANTS : asking.CONSTANTS + size].tolist())
            return [fitting.from_basis(coefficients, x, target, multiplier)]
        if mode == asking.LEVEL:
            return [atom.level(float(_numbers_at(points[1], 1)[0]))]
        leaf = self.constants(room[0].tolist())[0]
        if mode == asking.SHORTER:
            return [leaf[1:]] if atom.variadic and len(leaf) > asking.FEWEST else []
        if mode in (asking.CANONICAL, asking.CANONICAL_NOISY):
            return [fitting.canonical(leaf, mode == asking.CANONICAL)]
        if mode == asking.EQUIVALENTS:
            return fitting.equivalents(leaf)
        return []

    def _write(self, found: list[Constants], room: FloatArray) -> int:
        """Writes rows of constants and returns how many there are."""
        found = found[: asking.ROWS]
        for place, constants in enumerate(found):
            flat = flatten(constants)
            if len(flat) > self.limits.shape[1]:
                name, most = self._atom.name, self.limits.shape[1]
                raise ValueError(f"expected at most {most} constants of {name!r}, actual: {len(flat)}")
            room[place, : asking.CONSTANTS + len(flat)] = self._number(*layout_of([constants])), len(flat), *flat
        return len(found)

    def _number(self, sizes: tuple[int, ...]) -> int:
        """Returns the number of a layout, for all threads."""
        layout = (sizes,)
        with self._lock:
            if layout not in self._numbers:
                model = model_of(self._atom.name, layout)
                self._numbers[layout] = len(self._models)
                self._models.append((layout, np.array([model.code.size, *model.code, *model.limits.ravel()])))
            return self._numbers[layout]


def _numbers_at(address: int, count: int) -> FloatArray:
    """Returns the numbers at an address, as they lie there."""
    if not count:
        return np.empty(0)
    numbers: Any = (ctypes.c_double * count).from_address(address)
    return np.frombuffer(numbers)
