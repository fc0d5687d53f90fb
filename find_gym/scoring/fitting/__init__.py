"""Estimating the constants of a rule from the evidence of an episode."""

from find_gym.scoring.fitting.skeletons import RuleFit, fit_rule, fit_skeleton

__all__ = ["RuleFit", "fit_rule", "fit_skeleton"]
