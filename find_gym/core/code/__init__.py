"""Submitted code in normal form: only what the judged function reaches, its names replaced, its constructs checked."""

from find_gym.core.code.checks import MalformedError
from find_gym.core.code.normal_form import NormalForm, normalise, parse

__all__ = ["MalformedError", "NormalForm", "normalise", "parse"]
