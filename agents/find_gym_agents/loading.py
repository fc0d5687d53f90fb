"""Objects named on the command line: `package.module:Name` or `path/to/file.py:Name`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from find_gym_agents.checks import nearest


def load_named(place: str) -> Any:
    """Returns the object at a place; its module is run.

    Args:
        place: "package.module:Name", looked for in the working directory as well, or "path/to/file.py:Name". What lies
            beside such a file can be imported by it.

    Raises:
        ValueError: there is no such file, or nothing of that name in it.
        ImportError: there is no such module, or something that it imports is missing.
    """
    home, _, name = place.rpartition(":")
    module = _load_file(Path(home)) if home.endswith(".py") else _load_module(home)
    found = getattr(module, name, None)
    if found is None:
        raise ValueError(
            f"expected a class or function {name!r} in {home}, actual: there is none{nearest(name, vars(module))}"
        )
    return found


def _load_module(name: str) -> ModuleType:
    search_in(os.getcwd())
    return importlib.import_module(name)


def _load_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise ValueError(f"expected a Python file, actual: there is none at {str(file)!r}")
    # The content is a part of the name, so that another file of the same name, or a later version, is another module.
    name = f"find_gym_file_{file.stem}_{sha256(file.read_bytes()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    specification = importlib.util.spec_from_file_location(name, file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    search_in(str(file.absolute().parent))
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def search_in(folder: str) -> None:
    """Lets modules of a folder be imported, after all others."""
    if folder not in sys.path:
        sys.path.append(folder)
