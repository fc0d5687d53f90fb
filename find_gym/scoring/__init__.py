"""How a description is judged: accuracy and skill, the paper's protocol, the caps on code."""

from find_gym.categories.numeric.domains import read_domain
from find_gym.categories.numeric.inputs import NumericInputs, intersection_over_union
from find_gym.categories.numeric.paper import PAPER_INPUTS, normalised_squared_error, paper_numeric_score
from find_gym.categories.numeric.score import (
    OUTCOMES,
    NumericScore,
    NumericScorer,
    predict,
    score_numeric_programs,
    skill,
)
from find_gym.categories.strings.score import StringScore, StringScorer
from find_gym.core.submissions import MalformedError, PreparedCode, Submission, TooComplexError, prepare_code

__all__ = [
    "OUTCOMES",
    "PAPER_INPUTS",
    "MalformedError",
    "NumericInputs",
    "NumericScore",
    "NumericScorer",
    "StringScore",
    "StringScorer",
    "PreparedCode",
    "Submission",
    "TooComplexError",
    "intersection_over_union",
    "normalised_squared_error",
    "paper_numeric_score",
    "predict",
    "prepare_code",
    "read_domain",
    "score_numeric_programs",
    "skill",
]
