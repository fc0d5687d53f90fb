"""Reading lines from a person or a pipe, and printing."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

END_OF_CODE = "."


class Terminal:
    """Standard input and output; a line from a pipe is printed as well, so that what is left can be read."""

    def __init__(self) -> None:
        self._typed = sys.stdin is not None and sys.stdin.isatty()
        if self._typed:
            try:
                import readline  # noqa: F401  (input() then edits lines and keeps a history)
            except ImportError:
                pass
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")

    def read(self, prompt: str) -> str:
        """Reads a line.

        Raises:
            EOFError: there is no more.
            KeyboardInterrupt: the person pressed Ctrl-C.
        """
        line = input(prompt)
        if not self._typed:
            self.write(line)
        return line

    def write(self, text: str = "") -> None:
        """Prints a text."""
        print(text, flush=True)

    def read_block(self) -> str:
        """Reads lines up to one with nothing but a full stop, or to the end of the input."""
        lines = []
        while True:
            try:
                line = self.read("... ")
            except EOFError:
                break
            if line.strip() == END_OF_CODE:
                break
            lines.append(line)
        return "\n".join(lines)


def edit(text: str) -> str:
    """Lets the person edit a text in the program that the variable EDITOR names.

    Returns:
        The edited text.

    Raises:
        OSError: there is no such program, or it failed.
    """
    command = shlex.split(os.environ.get("EDITOR", ""))
    if not command:
        raise OSError("expected the variable EDITOR to name a program, actual: it is not set")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "submission.md"
        file.write_text(text, encoding="utf-8")
        status = subprocess.run([*command, str(file)], check=False).returncode
        if status != 0:
            raise OSError(f"expected {command[0]} to end well, actual exit status: {status}")
        return file.read_text(encoding="utf-8", errors="replace")
