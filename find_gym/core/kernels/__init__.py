"""What compiled loops of all categories are made of; Numba compiles each loop when it is first needed.

Functions that are called from Python are decorated with `kernel`, those that only other kernels call with `helper`.
"""

import importlib
import sys
from importlib.util import find_spec

_BLAS = "scipy.linalg.cython_blas"


def _import_numba() -> None:
    """Imports Numba without SciPy's linear algebra, which it would import to see whether it is there.

    That takes as long as half of Numba, and no loop here needs it. Numba imports it later where a function does.
    """
    if _BLAS in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        arraymath = importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[_BLAS]
    arraymath._HAVE_BLAS = find_spec("scipy") is not None  # type: ignore[attr-defined]


_import_numba()
