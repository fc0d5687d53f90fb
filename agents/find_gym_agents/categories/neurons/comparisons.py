"""An episode on a page and in the plot of examples: activations in their order, and what the submission predicts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import ACTIVE
from find_gym.categories.neurons.score import is_program, number_of
from find_gym.language import MissingModelError
from find_gym.scoring import MalformedError, prepare_code
from find_gym_agents.categories.comparing import compare
from find_gym_agents.runs.records import EpisodeRecord

_BARS = 12
_WIDEST = 18


def compare_outputs(record: EpisodeRecord, function: Any) -> dict[str, Any]:
    """Sets what a program or code predicts beside the unit's outputs; see `compare`.

    A prediction is right on the output's side of one half. Beside the queries stand words that activate the unit most.
    A description in language predicts no numbers: there is nothing to compare.
    """
    return compare(record, function, function.exemplars(), partial(_predict, record.submission or {}), _same_side)


def _same_side(predicted: float, output: float) -> bool:
    return (predicted >= ACTIVE) == (output >= ACTIVE)


def _predict(submission: dict[str, Any], texts: Sequence[str]) -> list[float] | None:
    """Returns what a submission predicts of texts, None where it predicts no numbers."""
    description, code = submission.get("description", ""), submission.get("code", "")
    try:
        if submission.get("program") is not None:
            return [float(value) for value in NeuronProgram.from_json(submission["program"])(texts)]
        if is_program(description):
            return [float(value) for value in NeuronProgram.from_english(description)(texts)]
        return [number_of(value) for value in prepare_code(code, cap=None).run(texts).values] if code.strip() else None
    except (MalformedError, MissingModelError):
        return None


def draw_activations(axes: Any, record: EpisodeRecord) -> None:
    """Draws the greatest activations of an episode, the words beside them, and what the submission predicts."""
    rows = sorted(record.comparison or (), key=lambda row: -row["output"])[:_BARS]
    heights = np.arange(len(rows))[::-1]
    colours = ["#AAAAAA" if row["asked"] else "#DDDDDD" for row in rows]
    axes.barh(heights, [row["output"] for row in rows], color=colours, label="activation (pale: not asked)")
    predicted = [np.clip(row["submission"], 0, 1) for row in rows]
    axes.plot(predicted, heights, "o", color="#0072B2", markersize=3.5, label="submission")
    axes.axvline(ACTIVE, color="#222222", linewidth=0.6, linestyle=":")
    axes.set_yticks(heights, [row["input"][:_WIDEST] for row in rows], fontsize=6)
    axes.set_xticks([0, ACTIVE, 1], ["0", "0.5", "1"], fontsize=7)
    axes.set_xlim(0, 1.03)
    skill = record.score["skill"] if record.score is not None else 0.0
    name = record.spec.get("unit") or record.family
    axes.set_title(f"{name}: skill {skill:.2f}", fontsize=8.5)
