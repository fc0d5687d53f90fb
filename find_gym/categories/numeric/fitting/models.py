"""Rules without constants as the kernels see them; atoms that have no compiled formula are called back."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Atom, Constants, FloatArray, Parameter
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaves, pack
from find_gym.categories.numeric.kernels.formulas import FORMULAS
from find_gym.categories.numeric.kernels.models import PRODUCT, SUM, evaluate
from find_gym.categories.numeric.rules import Skeleton
from find_gym.core.kernels.compiling import address_of

# For each atom from left to right, for each of its constants: how many numbers it holds, 0 for a plain number.
Layout = tuple[tuple[int, ...], ...]

_NUMBERS = ctypes.POINTER(ctypes.c_double)
_FORMULA = ctypes.CFUNCTYPE(
    None, _NUMBERS, ctypes.c_int64, ctypes.c_int64, _NUMBERS, ctypes.c_int64, _NUMBERS, _NUMBERS
)

# An error in what is called back waits here until the kernel has returned.
_raised = threading.local()


def note_error(error: BaseException) -> None:
    """Keeps an error that was raised in what a kernel has called back."""
    _raised.error = error


def has_error() -> bool:
    """Whether an error waits, so that what a kernel asks for need not be answered."""
    return getattr(_raised, "error", None) is not None


def take_error() -> BaseException | None:
    """Returns the error that waits, if any, and forgets it; to be called after each kernel that calls back."""
    error, _raised.error = getattr(_raised, "error", None), None
    return error


def raise_error() -> None:
    """Raises the error that waits, if any."""
    error = take_error()
    if error is not None:
        raise error


def layout_of(constants: LeafConstants) -> Layout:
    """Returns how the constants of the atoms lie in a flat vector."""
    return tuple(
        [tuple([len(constant) if isinstance(constant, tuple) else 0 for constant in leaf]) for leaf in constants]
    )


class Model:
    """A rule without constants, but with so many of them.

    Attributes:
        code: what the kernels take for it; see `find_gym.categories.numeric.kernels.models`.
        size: how many constants it has, k.
        free: that all of them may move, shape `(k,)`.
        limits: with how many decimals each is drawn, its least and its greatest value, shape `(3, k)`; infinite where
            it is linear.
    """

    __slots__ = ("code", "free", "limits", "size")

    def __init__(self, skeleton: Skeleton, atoms: tuple[Atom, ...], layout: Layout) -> None:
        code: list[int] = []
        self.size = 0
        for atom, sizes in zip(atoms, layout, strict=True):
            parts = [max(size, 1) for size in sizes]
            first, second = parts if len(parts) == 2 and max(sizes) > 0 else (sum(parts), 0)
            code += [_address(atom, sizes), self.size, first, second]
            self.size += sum(parts)
        tree = _postfix(skeleton, iter(range(len(atoms))))
        self.code: NDArray[np.int64] = np.array([len(atoms), self.size, len(tree), *code, *tree], dtype=np.int64)
        self.free = np.ones(self.size, dtype=np.bool_)
        parameters = [
            parameter
            for atom, sizes in zip(atoms, layout, strict=True)
            for parameter, size in zip(parameters_of(atom, sizes), sizes, strict=True)
            for _ in range(max(size, 1))
        ]
        self.limits: FloatArray = np.array([(one.decimals, *one.drawn_range) for one in parameters]).reshape(-1, 3).T


def model_of(skeleton: Skeleton, layout: Layout) -> Model:
    """Returns the model of a rule whose constants lie like that."""
    return _model(skeleton, atoms_of(skeleton), layout)


def model_for(skeleton: Skeleton, constants: LeafConstants) -> Model:
    """Returns the model of a rule with as many constants."""
    if isinstance(skeleton, str):
        model = _of_atom(ATOMS[skeleton])
        if model is not None:
            return model
    return model_of(skeleton, layout_of(constants))


@lru_cache(maxsize=1024)
def _of_atom(atom: Atom) -> Model | None:
    """Returns the model of an atom, None if it may have more constants or fewer."""
    if any([parameter.length for parameter in atom.parameters]):
        return None
    return Model(atom.name, (atom,), ((0,) * len(atom.parameters),))


# Atoms may be taken from the table and others added by the same name, so they are part of the key.
_model = lru_cache(maxsize=4096)(Model)


def atoms_of(skeleton: Skeleton) -> tuple[Atom, ...]:
    """Returns the atoms from left to right."""
    return (ATOMS[skeleton],) if isinstance(skeleton, str) else tuple([ATOMS[name] for name in leaves(skeleton)])


def value_and_jacobian(skeleton: Skeleton, constants: LeafConstants, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns a rule's value, `(n,)`, and the derivatives by its flattened constants, `(k, n)`, where it is defined."""
    model = model_for(skeleton, constants)
    value, slope = np.empty(x.size), np.empty((model.size, x.size))
    evaluate(model.code, pack(constants), np.ascontiguousarray(x), value, slope)
    raise_error()
    return value, slope


def _postfix(skeleton: Skeleton, numbers: Any) -> list[int]:
    if isinstance(skeleton, str):
        return [next(numbers)]
    operator, parts = skeleton
    code = _postfix(parts[0], numbers)
    for part in parts[1:]:
        code += [*_postfix(part, numbers), SUM if operator == "sum" else PRODUCT]
    return code


def parameters_of(atom: Atom, sizes: tuple[int, ...]) -> tuple[Parameter, ...]:
    """Returns the parameter of each of an atom's constants, that of a polynomial for all of its coefficients."""
    return atom.parameters * (len(sizes) if atom.variadic else 1)


def address_of_formula(atom: Atom) -> int:
    """Returns the address of the compiled formula of an atom."""
    return address_of(FORMULAS[atom.name])


@cache
def _address(atom: Atom, sizes: tuple[int, ...]) -> int:
    """Returns the address of an atom's formula: compiled, or NumPy's by a detour."""
    if atom.name in FORMULAS:
        return address_of_formula(atom)
    called = _FORMULA(_by_numpy(atom, sizes))
    _called_back.append(called)
    return ctypes.cast(called, ctypes.c_void_p).value or 0


# What is called back from compiled code must live as long as that.
_called_back: list[Any] = []


def _by_numpy(atom: Atom, sizes: tuple[int, ...]) -> Callable[..., None]:
    """Makes a formula of `evaluate` and `gradient`; see `find_gym.categories.numeric.kernels.formulas`."""
    count = sum(max(size, 1) for size in sizes)

    def formula(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
        values: FloatArray = np.ctypeslib.as_array(value, (n,))
        values[:] = np.nan
        if has_error():
            return
        try:
            with np.errstate(all="ignore"):
                inputs = np.ctypeslib.as_array(x, (n,)).copy()
                constants = _nested(c[:count], sizes)
                values[:] = atom.evaluate(inputs, constants)
                if count:
                    np.ctypeslib.as_array(slope, (count, n))[:] = atom.gradient(inputs, constants)
        except BaseException as error:
            note_error(error)

    return formula


def _nested(flat: list[float], sizes: tuple[int, ...]) -> Constants:
    values = iter(flat)
    return tuple([tuple([next(values) for _ in range(size)]) if size else next(values) for size in sizes])
