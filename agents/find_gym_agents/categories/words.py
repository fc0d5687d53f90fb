"""What categories of words have in common: their reports, and how a person types words."""

from __future__ import annotations

from find_gym_agents.categories.quoted import read_quoted
from find_gym_agents.categories.record import PAPER_SCORE, ReportSettings, metrics


def word_report(trivial: str) -> ReportSettings:
    """Returns the report of a category of words, whose trivial description is given in words."""
    return ReportSettings(
        trivial=trivial,
        paper_in_words="the share of unit tests in which the judge picks the true execution",
        metrics=metrics(PAPER_SCORE),
        paper="paper_score",
        score_parts={"complexity": "complexity (bits)", "paper_score": "paper's score"},
    )


def read_words(line: str) -> list[str]:
    """Reads a line as words or names, separated by commas or in double quotes.

    Raises:
        ValueError: there are none.
    """
    if line.startswith('"'):
        return read_quoted(line)
    words = [word for part in line.split(",") if (word := part.strip(' "'))]
    if not words:
        raise ValueError(f"expected words, actual: {line!r}")
    return words
