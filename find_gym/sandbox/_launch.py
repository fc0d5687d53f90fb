"""How the sandbox's own interpreters are started: none of the caller's modules, environment or descriptors."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGE = "sandboxed"
"""What this package is called there. Its modules are loaded by themselves, without ``find_gym`` above them, which is
why they import each other relatively."""

BOOTSTRAP = f"""
import importlib, sys, types
package = types.ModuleType({PACKAGE!r})
package.__path__ = [sys.argv[1]]
sys.modules[{PACKAGE!r}] = package
sys.path.append(sys.argv[2])
importlib.import_module({PACKAGE!r} + "." + sys.argv[3]).main(*sys.argv[4:])
"""

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC0",
    "PYTHONHASHSEED": "0",  # the order of a set of strings is the same at every run
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
"""The whole environment of such a process."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs ``main(*arguments)`` of a module of this package.

    Python's ``-I`` would ignore ``PYTHONHASHSEED``; ``-s -P`` and a fresh environment isolate just as well.
    ``-S`` leaves out what site-packages would run at start-up (``.pth`` files); NumPy's folder is named instead.
    """
    spec = importlib.util.find_spec("numpy")
    assert spec is not None and spec.origin is not None
    packages = str(Path(spec.origin).parent.parent)
    own = str(Path(__file__).parent)
    return [sys.executable, "-s", "-S", "-P", "-c", BOOTSTRAP, own, packages, module, *arguments]
