"""Prints the folder of the tasks, for the option `--include_path`."""

from pathlib import Path

print(Path(__file__).parent)
