"""What the commands print."""

from __future__ import annotations

import os
import sys


def show(text: str) -> None:
    """Prints a text; a reader that has gone away (such as `head`) is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Whatever is still buffered goes nowhere, instead of raising again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def use_one_thread() -> None:
    """Has this process and its workers compute on one thread each; to be called before numpy is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
