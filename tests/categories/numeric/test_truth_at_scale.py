"""The truth's own source scores 1 on many functions of all variants; trivial descriptions score nothing.

    FIND_GYM_FUNCTIONS=5000 python -m pytest tests/categories/numeric/test_truth_at_scale.py -s

runs the claim of the documentation at its full size (about eight minutes, most of it the training of 750 networks).
"""

import os
from collections import Counter

import numpy as np
import pytest

from find_gym.functions import NumericFunction, function_seed, sample_numeric
from find_gym.scoring import NumericScorer, Submission

FUNCTIONS = int(os.environ.get("FIND_GYM_FUNCTIONS", "30"))


@pytest.mark.slow
def test_the_truths_own_source_scores_1() -> None:
    variants: Counter[str] = Counter()
    skills: dict[str, list[float]] = {"constant": [], "empty": [], "malformed": []}
    for index in range(FUNCTIONS):
        seed = function_seed(None, "numeric", 0, index)
        function = NumericFunction(sample_numeric(np.random.default_rng(seed)))
        variants[function.spec.variant] += 1
        scorer = NumericScorer(function)
        score = scorer.score(Submission(code=function.source()), cap=None)
        assert (score.accuracy, score.skill) == (1.0, 1.0), function.describe()
        # A constant function is a constant: describing it as one is right, not trivial.
        if scorer.trivial_accuracy < 1:
            y = function(np.linspace(-128, 128, 50), np.random.default_rng(seed))
            skills["constant"].append(scorer.score(Submission(code=f"def f(x): return {np.nanmedian(y)}")).skill)
        skills["empty"].append(scorer.score(Submission()).skill)
        skills["malformed"].append(scorer.score(Submission(code="def f(x) return x")).skill)
    print(f"\n{FUNCTIONS} functions: {dict(variants)}; the truth's source: accuracy and skill 1 on all of them")
    for name, values in skills.items():
        print(f"{name}: mean skill {np.mean(values):.4f} on {len(values)} functions")
        assert np.mean(values) <= 0.02
