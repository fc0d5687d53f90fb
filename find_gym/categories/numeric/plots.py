"""The plot of an episode with a numeric function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.domains import read_domain
from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.score import predict
from find_gym.core.episode import Episode

# An even number leaves out 0, where a step may have a single value that would set the scale.
_CURVE = np.linspace(*QUERY_RANGE, 2048)


def plot_episode(axes: Any, episode: Episode) -> None:
    """Draws an episode on matplotlib axes: the answers, and after the end the truth and the submission over them."""
    x, y = np.array(episode.inputs, dtype=np.float64), np.array(episode.outputs, dtype=np.float64)
    defined = np.isfinite(y)
    shown = [y[defined]]
    if episode.last.terminated:
        truth = episode.function.truth(_CURVE)
        axes.plot(_CURVE, truth, color="0.6", linewidth=4, label="truth")
        shown.append(truth[np.isfinite(truth)])
        for region in episode.function.regions:
            low, high = max(region.lower, QUERY_RANGE[0]), min(region.upper, QUERY_RANGE[1])
            axes.axvspan(low, high, color="tab:orange", alpha=0.15, label="exception")
        submission = episode.last.submission
        if submission is not None:
            axes.plot(_CURVE, predict(submission, _CURVE), color="tab:blue", linewidth=1.2, label="submission")
            if submission.program is None:
                for low, high in read_domain(submission.domain):
                    axes.axvspan(low, high, fill=False, hatch="//", edgecolor="tab:blue", alpha=0.4, label="claimed")
    axes.plot(x[defined], y[defined], "o", color="black", markersize=3.5, label="answers")
    if (~defined).any():
        axes.plot(x[~defined], np.zeros((~defined).sum()), "x", color="tab:red", markersize=5, label="undefined")
    axes.set_xlim(QUERY_RANGE[0] * 1.02, QUERY_RANGE[1] * 1.02)
    scale_values(axes, np.concatenate(shown))
    axes.set_xlabel("x")
    axes.set_ylabel("f(x)")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    if unique:
        axes.legend(unique.values(), unique.keys(), loc="best", fontsize=8)


def scale_values(axes: Any, values: NDArray[np.float64]) -> None:
    """Chooses the scale of the vertical axis: linear, or symmetric-logarithmic where poles dwarf all the rest."""
    if values.size == 0:
        return
    typical, largest = np.percentile(np.abs(values), [75, 100])
    # Where the rest is next to nothing (a bell curve), a linear axis shows it best.
    if 1e-8 * largest < typical < largest / 50:
        axes.set_yscale("symlog", linthresh=typical)
