"""The commands of `find-gym`, one module each; `scripts/*.py` call the same."""
