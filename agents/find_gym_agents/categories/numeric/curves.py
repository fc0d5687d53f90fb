"""Curves for the plots: where to evaluate, how to scale, which points to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.functions import QUERY_RANGE, NumericFunction, NumericSpec
from find_gym.scoring import Submission, predict
from find_gym_agents.runs.records import EpisodeRecord

FloatArray = NDArray[np.float64]

NEAR_RANGE = (-12.0, 12.0)
# Even numbers of points leave out 0, where a step may have a value of its own that would set the scale of the plot.
GRID: FloatArray = np.union1d(np.linspace(*QUERY_RANGE, 1024), np.linspace(*NEAR_RANGE, 384))

_TOLERANCE = 0.003
_PADDING = 0.06
# Beyond this ratio of the largest to the typical magnitude, poles or powers leave nothing to see on a linear axis.
_DYNAMIC = 50.0


@dataclass(frozen=True)
class Scale:
    """The vertical axis of an episode's plot.

    Attributes:
        low: the output at the bottom.
        high: the output at the top.
        linear_to: below this magnitude an asinh axis is linear; None for a linear axis.
    """

    low: float
    high: float
    linear_to: float | None = None

    @staticmethod
    def of(truth: FloatArray, answers: FloatArray) -> Scale:
        """Chooses the axis from the truth on the grid, shape `(n,)`, and the answers, shape `(m,)`; NaN is left out."""
        values = np.concatenate([truth[np.isfinite(truth)], answers[np.isfinite(answers)]])
        if values.size == 0:
            return Scale(-1.0, 1.0)
        low, high = float(values.min()), float(values.max())
        typical, largest = np.percentile(np.abs(values), [75, 100])
        if typical > 0 and largest > _DYNAMIC * typical:
            return Scale(low, high, float(typical))
        if high - low < 1e-9 * max(abs(low), abs(high), 1e-3):
            room = max(abs(high), 1.0)
            return Scale(low - room / 2, high + room / 2)
        return Scale(low, high)

    def heights(self, y: FloatArray) -> FloatArray:
        """Returns the heights of outputs in the plot, 0 at the bottom and 1 at the top, clipped; NaN stays NaN."""
        bottom, top = self._bend(np.array([self.low, self.high]))
        unit = (self._bend(np.asarray(y, dtype=np.float64)) - bottom) / (top - bottom)
        return np.clip(_PADDING + (1 - 2 * _PADDING) * unit, 0.0, 1.0)

    def _bend(self, y: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return y if self.linear_to is None else np.arcsinh(y / self.linear_to)

    def ticks(self) -> list[float]:
        """Returns outputs at which the axis is labelled, sorted."""
        if self.linear_to is None:
            return _round_steps(self.low, self.high)
        first = int(np.floor(np.log10(self.linear_to)))
        last = int(np.ceil(np.log10(max(abs(self.low), abs(self.high)))))
        powers = [10.0**power for power in range(last, first - 1, -1)]
        kept = [0.0] if self.low <= 0 <= self.high else []
        for value in [sign * power for power in powers for sign in (1.0, -1.0)]:
            heights = self.heights(np.array([value, *kept]))
            if self.low <= value <= self.high and np.all(np.abs(heights[1:] - heights[0]) > 0.12):
                kept.append(value)
        return sorted(kept)


def scales(truth: FloatArray, inputs: FloatArray, answers: FloatArray) -> tuple[Scale, Scale]:
    """Returns the axes of an episode's two plots: the whole query range, and its middle with |x| <= 12.

    Args:
        truth: the truth on the grid, shape `(n,)`.
        inputs: what was asked, shape `(m,)`.
        answers: the outputs, shape `(m,)`.
    """
    return Scale.of(truth, answers), Scale.of(truth[near(GRID)], answers[near(inputs)])


def near(x: FloatArray) -> NDArray[np.bool_]:
    """Returns which inputs are shown in the plot of the middle, bool of shape `(n,)`."""
    return np.abs(x) <= NEAR_RANGE[1]


def _round_steps(low: float, high: float) -> list[float]:
    """Returns three to seven round numbers between two bounds."""
    rough = (high - low) / 6
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough)
    return [float(round(k * step, 12)) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def thin(y: FloatArray, axes: tuple[Scale, Scale]) -> NDArray[np.intp]:
    """Chooses the points of a curve on the grid that straight lines need to look the same.

    Args:
        y: outputs on the grid, shape `(n,)`, NaN where undefined.
        axes: the axes of both plots.

    Returns:
        Sorted indices of the points, with one undefined point wherever the curve is interrupted.
    """
    middle = np.flatnonzero(near(GRID))
    # In the middle a point is kept where either plot needs it; a gap is a gap in both.
    kept = {*_thin(GRID, axes[0].heights(y)), *(middle[_thin(GRID[middle], axes[1].heights(y[middle]))])}
    return np.array(sorted(kept), dtype=np.intp)


def _thin(x: FloatArray, heights: FloatArray) -> list[int]:
    defined = np.isfinite(heights)
    kept: list[int] = []
    edges = np.flatnonzero(np.diff(defined.astype(np.int8))) + 1
    for start, stop in zip([0, *edges], [*edges, x.size], strict=True):
        if defined[start]:
            kept += _thin_run(x[start:stop], heights[start:stop], int(start))
        else:
            kept.append(int(start))
    return kept


def _thin_run(x: FloatArray, heights: FloatArray, offset: int) -> list[int]:
    """The Ramer-Douglas-Peucker algorithm with vertical distances."""
    kept = {0, x.size - 1}
    spans = [(0, x.size - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inner = slice(first + 1, last)
        line = np.interp(x[inner], x[[first, last]], heights[[first, last]])
        error = np.abs(heights[inner] - line)
        worst = int(error.argmax())
        if error[worst] > _TOLERANCE:
            middle = first + 1 + worst
            kept.add(middle)
            spans += [(first, middle), (middle, last)]
    return [offset + index for index in sorted(kept)]


def curve_of(submission: dict[str, Any], axes: tuple[Scale, Scale]) -> dict[str, list[float | None]]:
    """Returns a submission's curve for the plots.

    Args:
        submission: its parts.
        axes: the axes of both plots.

    Returns:
        "x" and "y", lists of the same length; None where it is undefined.
    """
    y = predict(_read(submission), GRID)
    points = thin(y, axes)
    outputs = [float(f"{value:.6g}") if np.isfinite(value) else None for value in y[points].tolist()]
    return {"x": GRID[points].round(5).tolist(), "y": outputs}


def compare_curves(record: EpisodeRecord, function: NumericFunction) -> dict[str, Any]:
    """Returns the entry "curve" of an episode's record, see `curve_of`; nothing where there is no submission.

    Of a function without a spec it also has "truth", the truth on the grid.

    Args:
        record: the episode's record.
        function: the truth.
    """
    if record.submission is None:
        return {}
    truth = function.truth(GRID)
    curve: dict[str, Any] = curve_of(record.submission, scales(truth, *record.answers()))
    if getattr(function, "spec", None) is None:
        # Nothing in the record makes the truth again.
        curve["truth"] = [float(f"{value:.6g}") if np.isfinite(value) else None for value in truth.tolist()]
    return {"curve": curve}


def _read(submission: dict[str, Any]) -> Submission:
    """Returns the submission whose parts the environment's info has."""
    program = submission.get("program")
    return Submission(
        code=submission.get("code", ""), program=None if program is None else NumericSpec.from_json(program)
    )
