"""Rules that compiled loops ask Python about: sums, products, and atoms that are not of this package."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Fitting, FloatArray, flatten
from find_gym.categories.numeric.fitting.compiled_atoms import compiled_atom
from find_gym.categories.numeric.fitting.models import (
    Layout,
    atoms_of,
    has_error,
    layout_of,
    model_of,
    note_error,
    parameters_of,
)
from find_gym.categories.numeric.fitting.scaling import common_scale
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaves
from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.rules import Skeleton

# (rule, inputs (n,), target (n,), factors (n,), degree of polynomials, whether to polish) -> constants, the best first
Estimate = Callable[[Skeleton, FloatArray, FloatArray, FloatArray, int, bool], list[LeafConstants]]

_WORDS, _ADDRESS = ctypes.POINTER(ctypes.c_int64), ctypes.c_void_p
_ASKED = ctypes.CFUNCTYPE(ctypes.c_int64, _WORDS, *(_ADDRESS,) * 6)


class CalledBack:
    """A rule as `find_gym.categories.numeric.kernels.rule_fits.fit` takes it; see `CompiledAtom`.

    Args:
        skeleton: the rule without constants.
        estimate: makes first estimates of its constants.
    """

    def __init__(self, skeleton: Skeleton, estimate: Estimate) -> None:
        self._skeleton = skeleton
        self._estimate = estimate
        # Each layout that was seen, and what kernels take for its model; its place is its number.
        self._models: list[tuple[Layout, FloatArray]] = []
        self._numbers: dict[Layout, int] = {}
        self._lock = threading.Lock()
        self._atoms = atoms = atoms_of(skeleton)
        size = sum(parameter.length or 1 for atom in atoms for parameter in atom.parameters)
        self._names = leaves(skeleton)
        code = 2 + asking.CONSTANTS + 6 * len(atoms)
        # An answer has room for the code of the model, and what is known of each constant.
        self.row = max(asking.CONSTANTS + size, -(-(1 + code + 3 * size) // asking.ROWS))
        lowered = asking.IN_TURN if any(atom.variadic for atom in atoms) else asking.NEVER
        self._called = _ASKED(self._answer)
        address = ctypes.cast(self._called, ctypes.c_void_p).value or 0
        fitting = atoms[0].fitting if isinstance(skeleton, str) else Fitting()
        header = [address, 0, fitting.solved, False, fitting.homogeneous, lowered, True, self.row, 0, 0, 0, len(atoms)]
        self.rule: NDArray[np.int64] = np.array([*header, *([0] * code), -1], dtype=np.int64)
        self.limits = np.zeros((4, size))

    def table(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Returns no table, and a row for each input `(n,)`."""
        return np.empty((0, 0)), np.zeros(x.size, dtype=np.int64)

    def constants(self, row: list[float]) -> LeafConstants:
        """Returns the constants in a row."""
        layout, _ = self._models[int(row[asking.LAYOUT])]
        values, place = row[asking.CONSTANTS :], 0
        constants: LeafConstants = []
        for atom, sizes in zip(self._atoms, layout, strict=True):
            leaf: list[Any] = []
            for parameter, size in zip(parameters_of(atom, sizes), sizes, strict=True):
                one = round(values[place]) if parameter.discrete else values[place]
                leaf.append(tuple(values[place : place + size]) if size else one)
                place += size or 1
            constants.append(tuple(leaf))
        return constants

    def _answer(self, words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
        """Answers a question of a kernel; see `find_gym.categories.numeric.kernels.asking.ask`."""
        room = _numbers_at(answer, asking.ROWS * self.row).reshape(asking.ROWS, self.row)
        mode = words[asking.MODE]
        try:
            if words[asking.ASKED] > 1:
                # Python said what was raised, as nobody was there to catch it.
                raise KeyboardInterrupt("a fit was interrupted")
            count = self._counted(words, (x, target, multiplier), room)
        except BaseException as error:
            note_error(error)
            # Whoever interrupts: without a model, a kernel can't return.
            count = self._write_model(words[asking.ATOM], room) if mode == asking.MODEL else 0
        words[asking.ASKED] = 0
        return count

    def _counted(self, words: Any, points: tuple[int, int, int], room: FloatArray) -> int:
        """Answers a question, and returns how many rows it wrote: 0 after an error, except for models."""
        if words[asking.MODE] == asking.MODEL:
            return self._write_model(words[asking.ATOM], room)
        if has_error():
            return 0
        with np.errstate(all="ignore"):
            return self._answered(words, points, room)

    def _write_model(self, number: int, room: FloatArray) -> int:
        _, known = self._models[number]
        room.reshape(-1)[: known.size] = known
        return 1

    def _answered(self, words: Any, points: tuple[int, int, int], room: FloatArray) -> int:
        mode = words[asking.MODE]
        if mode == asking.ESTIMATES:
            count = words[asking.COUNT]
            x, target, multiplier = [_numbers_at(one, count) for one in points]
            polish = bool(words[asking.POLISH])
            found = self._estimate(self._skeleton, x, target, multiplier, words[asking.DEGREE], polish)
            return self._write(found[: asking.ROWS], room)
        if mode == asking.LEVEL:
            return self._write([level_constants(self._skeleton, float(_numbers_at(points[1], 1)[0]))], room)
        constants = self.constants(room[0].tolist())
        if mode == asking.SHORTER:
            index = words[asking.ATOM]
            leaf = constants[index]
            if not ATOMS[self._names[index]].variadic or len(leaf) <= 3:
                return 0
            return self._write([[*constants[:index], leaf[1:], *constants[index + 1 :]]], room)
        if mode in (asking.CANONICAL, asking.CANONICAL_NOISY):
            return self._write([self._canonical(constants, mode == asking.CANONICAL)], room)
        if mode == asking.EQUIVALENTS and isinstance(self._skeleton, str):
            others = ATOMS[self._skeleton].fitting.equivalents(constants[0])
            return self._write([[one] for one in others][: asking.ROWS], room)
        return 0

    def _canonical(self, constants: LeafConstants, exact: bool) -> LeafConstants:
        """Chooses among constants that are the same function the ones that FIND would draw."""
        chosen = []
        for name, leaf in zip(self._names, constants, strict=True):
            compiled = compiled_atom(name)
            canonical = compiled.canonical if compiled is not None else ATOMS[name].fitting.canonical
            chosen.append(canonical(leaf, exact))
        return common_scale(self._skeleton, chosen) if exact else chosen

    def _write(self, found: list[LeafConstants], room: FloatArray) -> int:
        """Writes rows of constants and returns how many there are."""
        for place, constants in enumerate(found):
            flat = flatten(constants)
            room[place, : asking.CONSTANTS + len(flat)] = self._number(layout_of(constants)), len(flat), *flat
        return len(found)

    def _number(self, layout: Layout) -> int:
        """Returns the number of a layout, for all threads."""
        with self._lock:
            if layout not in self._numbers:
                model = model_of(self._skeleton, layout)
                self._numbers[layout] = len(self._models)
                self._models.append((layout, np.array([model.code.size, *model.code, *model.limits.ravel()])))
            return self._numbers[layout]


def _numbers_at(address: int, count: int) -> FloatArray:
    """Returns the numbers at an address, as they lie there."""
    if not count:
        return np.empty(0)
    numbers: Any = (ctypes.c_double * count).from_address(address)
    return np.frombuffer(numbers)


def level_constants(skeleton: Skeleton, level: float) -> LeafConstants:
    """Constants for which a rule is about constant: what is left where nothing can be fitted."""
    if isinstance(skeleton, str):
        return [ATOMS[skeleton].level(level)]
    neutral = 0.0 if skeleton[0] == "sum" else 1.0
    levels = [level, *(neutral for _ in skeleton[1][1:])]
    return [c for part, own in zip(skeleton[1], levels, strict=True) for c in level_constants(part, own)]
