"""Estimating the constants of a rule from the evidence of an episode."""

from find_gym.categories.numeric.fitting.skeletons import (
    Effort,
    Problem,
    RuleFit,
    fit_rule,
    fit_skeleton,
    fit_skeletons,
)

__all__ = ["Effort", "Problem", "RuleFit", "fit_rule", "fit_skeleton", "fit_skeletons"]
