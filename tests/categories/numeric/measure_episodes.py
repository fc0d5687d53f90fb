"""Measures what an episode of FIND-numeric costs besides its steps: sampling, fitting, scoring.

Not a test: `python -m tests.categories.numeric.measure_episodes [COUNT [quick]]` prints milliseconds of processor time
per episode; set OMP_NUM_THREADS=1. Half of the skeletons are the true ones, half are random legal ones; functions are
those of FIND without networks, and 32 probes are asked.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.fitting import Effort, Problem, fit_skeletons
from find_gym.categories.numeric.grammar import NumericDraft
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.functions import NumericDifficulty, NumericFunction, NumericSpec, sample_numeric
from find_gym.scoring import score_numeric_programs

WITHOUT_NETWORKS = {"variants": {"plain": 0.483, "noised": 0.176, "corrupted": 0.191}}
BATCHES = (1, 16, 64, 512)
PROBES = 32


def problem_of(spec: NumericSpec, level: NumericDifficulty, is_true: bool, rng: np.random.Generator) -> Problem:
    """Returns the evidence of an episode, and what its description may say."""
    x = rng.choice(numeric_probes(), PROBES, replace=False)
    y = NumericFunction(spec)(x, rng)
    if is_true:
        return Problem(rules.skeleton(spec.rule), tuple(region.kind for region in spec.regions), x, y)
    draft = NumericDraft(level)
    while not draft.complete:
        draft.write(int(rng.choice(np.flatnonzero(draft.legal()))))
    return Problem(draft.skeleton(), draft.regions(), x, y)


def main(count: int, effort: Effort) -> None:
    """Prints the table.

    Args:
        count: the number of episodes for each size of batch.
        effort: of the fits, "full" or "quick".
    """
    level = NumericDifficulty.of(WITHOUT_NETWORKS)
    rng = np.random.default_rng(5)
    start = time.process_time()
    specs = [sample_numeric(rng, split="train", difficulty=level) for _ in range(count)]
    print(f"sampling              {1e3 * (time.process_time() - start) / count:7.3f} ms")
    problems = [problem_of(spec, level, index % 2 == 0, rng) for index, spec in enumerate(specs)]
    plain = [problem for problem in problems if isinstance(problem.skeleton, str) and not problem.region_kinds]
    fit_skeletons(problems[:64])
    for size in BATCHES:
        for name, those in (("all", problems), ("atoms", plain)):
            start = time.process_time()
            fits = [
                fit for at in range(0, len(those), size) for fit in fit_skeletons(those[at : at + size], effort=effort)
            ]
            print(f"fits {name:5} x {size:4}     {1e3 * (time.process_time() - start) / len(fits):7.3f} ms")
            if name == "all":
                programs = fits
    start = time.process_time()
    score_numeric_programs([NumericFunction(spec) for spec in specs], programs)
    print(f"scoring               {1e3 * (time.process_time() - start) / count:7.3f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1536, "quick" if "quick" in sys.argv else "full")
