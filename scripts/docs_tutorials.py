"""Tutorials: scripts with cells (`# %%`), run and written as pages, and as notebooks to take away."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import jupytext


def notebook(script: Path) -> str:
    """Returns a script as a Jupyter notebook."""
    return str(jupytext.writes(jupytext.read(script), fmt="ipynb"))


def tutorial_page(script: Path) -> tuple[str, dict[str, bytes]]:
    """Runs a script and writes it as a page.

    Args:
        script: a script in jupytext's percent format.

    Returns:
        The page, with what each cell printed below it, and the pictures that cells show, by their names. A script that
        needs a package that is not installed is written without what it prints.

    Raises:
        Exception: whatever a cell raises.
    """
    module = ModuleType(script.stem)
    # What a cell defines may be asked for by its place, "module:name".
    sys.modules[script.stem] = module
    images: dict[str, bytes] = {}
    missing = ""
    parts = []
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for cell in jupytext.read(script).cells:
                if cell.cell_type == "markdown":
                    parts.append(cell.source)
                    continue
                parts.append(_fenced("python", cell.source))
                if missing:
                    continue
                try:
                    printed, shown = run_cell(cell.source, module, str(script))
                except ImportError as error:
                    missing = (
                        f"\n!!! note\n    This page was made without the package `{error.name}`, so without results.\n"
                    )
                    continue
                if printed.strip():
                    parts.append(_fenced("text", printed.rstrip()))
                if shown is not None:
                    name = f"{script.stem}-{len(images) + 1}.png"
                    images[name] = shown
                    parts.append(f"![what the cell shows]({name})")
        finally:
            os.chdir(here)
    parts.append(
        f"{missing}\n---\n\n[This page as a notebook]({script.stem}.ipynb); the script is "
        f"`docs/tutorials/{script.name}`, and the tests run it."
    )
    return "\n\n".join(parts) + "\n", images


def _fenced(language: str, text: str) -> str:
    fence = max(["``", *re.findall("`+", text)], key=len) + "`"
    return f"{fence}{language}\n{text}\n{fence}"


def run_cell(source: str, module: ModuleType, place: str) -> tuple[str, bytes | None]:
    """Runs a cell as a notebook does.

    Args:
        source: the cell.
        module: has the variables, which the cell may change.
        place: the name of the file in traces.

    Returns:
        What it printed, the value of its last expression included, and that value as a PNG where it is a picture.
    """
    body = ast.parse(source, place).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    written = io.StringIO()
    shown = None
    with contextlib.redirect_stdout(written):
        exec(compile(ast.Module(body, []), place, "exec"), vars(module))
        if last is not None:
            value = eval(compile(ast.Expression(last.value), place, "eval"), vars(module))
            if hasattr(value, "_repr_png_"):
                shown = value._repr_png_()
            elif value is not None:
                print(repr(value))
    return written.getvalue(), shown
