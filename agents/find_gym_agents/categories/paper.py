"""The paper's protocol and published figures, as the categories that it covers declare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROUNDS = 20
INTERPRETERS = ("GPT-4", "GPT-3.5", "Llama-2-70b-chat", "Llama-2-13b-chat")
SOURCE = "Schwettmann et al. 2023, arXiv 2309.03886 (second-hand, from a leaderboard)"

# The options of the agent `lm` in each of the paper's settings, by the names of its tables.
INTERACTIVE: dict[str, dict[str, Any]] = {"AIA": {"rounds": ROUNDS}}
ALL_SETTINGS = INTERACTIVE | {"MILAN": {"milan": True}, "both": {"rounds": ROUNDS, "start": "exemplars"}}
_IN_FULL = {"both": "AIA with exemplars"}


@dataclass(frozen=True)
class PaperColumn:
    """One column of the paper's table.

    Attributes:
        title: its heading.
        score: the score in words, for the leaderboard.
        published: the published figure of each of `INTERPRETERS`.
        setting: the setting that it reports.
        figure: "score" for the paper's score, "unit_tests" for the share of unit tests that the description passes.
    """

    title: str
    score: str
    published: tuple[float, ...]
    setting: str = "AIA"
    figure: str = "score"


@dataclass(frozen=True)
class PaperSettings:
    """The paper's protocol for one category.

    Attributes:
        title: the functions and the scores in words.
        columns: the columns of its table.
        settings: the options of the agent `lm` in each setting.
    """

    title: str
    columns: tuple[PaperColumn, ...]
    settings: Mapping[str, Mapping[str, Any]]

    def published(self, category: str) -> list[dict[str, Any]]:
        """Returns the published figures as the leaderboard lists them.

        Args:
            category: the category's name.

        Returns:
            A dict for each figure with "category", "interpreter", "setting", "score", "value" and "source".
        """
        return [
            {
                "category": category,
                "interpreter": interpreter,
                "setting": _IN_FULL.get(column.setting, column.setting),
                "score": column.score,
                "value": value,
                "source": SOURCE,
            }
            for column in self.columns
            for interpreter, value in zip(INTERPRETERS, column.published, strict=True)
        ]


def unit_test_settings(title: str, **published: tuple[float, ...]) -> PaperSettings:
    """Returns the protocol of a category that the paper scores by unit tests in all three settings.

    Args:
        title: the functions in words.
        **published: the published figures of each setting.
    """
    columns = tuple(
        PaperColumn(setting, "unit tests of the description", figures, setting)
        for setting, figures in published.items()
    )
    return PaperSettings(f"{title}: share right of unit tests", columns, ALL_SETTINGS)
