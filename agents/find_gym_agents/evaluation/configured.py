"""An evaluation of the kind that its configuration asks for."""

from __future__ import annotations

from find_gym_agents.evaluation.budgets import evaluate_budgets
from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.gain import evaluate_adaptive_gain
from find_gym_agents.evaluation.paper import evaluate_paper
from find_gym_agents.evaluation.runner import EvaluationResult, evaluate


def evaluate_as_configured(config: EvaluationConfig, *, progress: bool = True) -> EvaluationResult:
    """Evaluates agents once, at several budgets, with others' queries, or in the paper's settings; see `evaluate`."""
    if config.paper:
        return evaluate_paper(config, progress=progress)
    if config.budgets is not None:
        return evaluate_budgets(config, progress=progress)
    return (evaluate_adaptive_gain if config.adaptive_gain else evaluate)(config, progress=progress)
