"""Rules that say something of numeric functions without a query."""

from __future__ import annotations

from find_gym.core.submissions import Submission
from find_gym_agents.categories.record import BlindCandidates

_BODIES = (
    "0", "1", "-1", "10", "-10", "x", "-x", "2 * x", "x / 2", "10 * x", "x + 1", "abs(x)", "-abs(x)", "max(x, 0)",
    "min(x, 0)", "x * x", "-x * x", "x ** 3", "1 / x", "math.sin(x)", "math.cos(x)", "math.tanh(x)", "math.floor(x)",
    "math.ceil(x)", "math.copysign(1, x)", "math.log(x)", "math.sqrt(x)", "math.exp(-x * x)", "float(x > 0)",
)  # fmt: skip
# The same rules with other constants, as refinements.
_FACTORS = ("0.5", "-0.5", "2", "-2", "5", "-5")


def _first() -> dict[str, Submission]:
    """Constants and the commonest rules."""
    return {body: _rule(body) for body in _BODIES}


def _refined(body: str) -> dict[str, Submission]:
    """The rule by other factors."""
    return {text: _rule(text) for text in (f"{factor} * ({body})" for factor in _FACTORS)}


def _rule(body: str) -> Submission:
    return Submission(f"It gives {body}.", code=f"import math\n\n\ndef f(x):\n    return {body}\n")


CANDIDATES = BlindCandidates(_first, _refined)
