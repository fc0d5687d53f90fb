"""What queries between the probes are worth on numeric functions: `python scripts/measure_zoom.py`.

The same conclusions are drawn from the answers to different queries: the true structure with its constants and
exceptions fitted to them (the structure is given, so that only the queries differ), and the search of `atom-fit`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.fitting import Problem, fit_skeletons
from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.gaps import CLOSEST
from find_gym.categories.numeric.inputs import DENSE_RANGE
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.categories.numeric.rules import skeleton
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.categories.numeric.score import NumericScorer
from find_gym.core.submissions import Submission
from find_gym.functions import function_seed
from find_gym_agents.interpreters.atom_fit.report import approximate, report
from find_gym_agents.interpreters.atom_fit.search import search_exact, search_noisy
from find_gym_agents.report.bootstrap import mean_intervals

FloatArray = NDArray[np.float64]
Ask = Callable[[FloatArray], FloatArray]

BANK = numeric_probes()
LEVELS = {
    "FIND's, without networks": {"plain": 0.483, "noised": 0.176, "corrupted": 0.191},
    "corrupted alone": {"corrupted": 1.0},
}
# An error of this share of an output, or of the spread of all, is one.
TOLERANCE = 0.05


def even(count: int, ask: Ask) -> tuple[FloatArray, FloatArray]:
    """Asks probes that are spread evenly over the bank."""
    x = BANK[np.round(np.linspace(0, BANK.size - 1, count)).astype(np.int64)]
    return x, ask(x)


def half_bisecting(count: int, ask: Ask) -> tuple[FloatArray, FloatArray]:
    """Asks half as many even probes, then halves gaps whose ends no line through their neighbours joins."""
    x, y = even(count - count // 2, ask)
    for _ in range(count // 2):
        order = np.argsort(x)
        x, y = x[order], y[order]
        worth = surprise(x, y) * held_out_share(x)
        gap = int(np.where(np.diff(x) >= 2 * CLOSEST, worth, -1.0).argmax())
        middle = np.array([(x[gap] + x[gap + 1]) / 2])
        x, y = np.append(x, middle), np.append(y, ask(middle))
    return x, y


def surprise(x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns how far the ends of each gap lie off the lines beside it, in [0, 1]: of two lines, the better one."""
    size = np.abs(y[np.isfinite(y)])
    spread = np.subtract(*np.percentile(y[np.isfinite(y)], [75, 25])) if size.size else 1.0
    off = np.full((2, x.size - 1), np.inf)
    slope = np.diff(y) / np.diff(x)
    off[0, 1:] = np.abs(slope[1:] - slope[:-1]) * np.diff(x)[1:]
    off[1, :-1] = np.abs(slope[1:] - slope[:-1]) * np.diff(x)[:-1]
    scale = TOLERANCE * np.maximum(np.maximum(np.abs(y[1:]), np.abs(y[:-1])), max(spread, 1e-9))
    wrong = np.minimum(off.min(axis=0) / scale, 1.0)
    defined = np.isfinite(y)
    both = defined[1:] & defined[:-1]
    return np.where(both, np.nan_to_num(wrong), defined[1:] != defined[:-1])


def held_out_share(x: FloatArray) -> FloatArray:
    """Returns the share of the held-out inputs in each gap, those balanced over the outputs apart."""
    dense = np.clip(x, *DENSE_RANGE)
    return np.diff(x) / (BANK[-1] - BANK[0]) + np.diff(dense) / (DENSE_RANGE[1] - DENSE_RANGE[0])


def fitted(spec: NumericSpec, x: FloatArray, y: FloatArray) -> Submission | None:
    """Returns the true structure with constants and exceptions from the evidence."""
    kinds = tuple(region.kind for region in spec.regions)
    program = fit_skeletons([Problem(skeleton(spec.rule), kinds, x, y)])[0]
    return None if program is None else Submission(program=program)


def searched(spec: NumericSpec, x: FloatArray, y: FloatArray) -> Submission | None:
    """Returns what the search of `atom-fit` finds in the evidence."""
    order = np.argsort(x)
    x, y = x[order][np.isfinite(y[order])], y[order][np.isfinite(y[order])]
    exact = search_exact(x, y)
    return report(exact, x, y) if exact else approximate(search_noisy(x, y, exceptions=False), x, y)


def main() -> None:
    """Prints the table."""
    parser = ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--budgets", type=int, nargs="+", default=[8, 24])
    parser.add_argument("--search", action="store_true", help="the search of atom-fit as well, which takes minutes")
    options = parser.parse_args()
    print("| functions | conclusions | queries | even probes | half of them bisecting |")
    print("| --- | --- | ---: | --- | --- |")
    for level, variants in LEVELS.items():
        specs = [
            sample_numeric(
                np.random.default_rng(function_seed("test", "numeric", 0, index)),
                split="test",
                difficulty={"variants": variants},
            )
            for index in range(options.functions)
        ]
        for conclude in (fitted, searched)[: 1 + options.search]:
            for budget in options.budgets:
                cells = []
                for design in (even, half_bisecting):
                    work = (skill(spec, design, conclude, budget, index) for index, spec in enumerate(specs))
                    skills = np.fromiter(work, np.float64)
                    mean, low, high = (bound.item() for bound in mean_intervals(skills[:, None]))
                    cells.append(f"{mean:.3f} [{low:.2f}, {high:.2f}]")
                name = "true structure, fitted" if conclude is fitted else "search of `atom-fit`"
                print(f"| {level} | {name} | {budget} | {' | '.join(cells)} |", flush=True)


def skill(spec: NumericSpec, design: Callable, conclude: Callable, budget: int, index: int) -> float:
    """Returns the skill of the conclusions from some queries on one function."""
    function, rng = NumericFunction(spec), np.random.default_rng(index)
    submission = conclude(spec, *design(budget, lambda x: function(x, rng)))
    return 0.0 if submission is None else NumericScorer(function).score(submission).skill


if __name__ == "__main__":
    main()
