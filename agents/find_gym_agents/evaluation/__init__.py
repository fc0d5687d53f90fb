"""The evaluation runner: agents on the same functions under the same rules, resumable, with a report.

Example:
    >>> from find_gym_agents.evaluation import EvaluationConfig, evaluate
    >>> result = evaluate(EvaluationConfig(agents=("constant",), functions=100, out="runs/demo"))  # doctest: +SKIP
    >>> result.summary["agents"]["constant"]["overall"]["skill"]["mean"]  # doctest: +SKIP
    0.02
"""

from find_gym_agents.evaluation.budgets import evaluate_budgets
from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.configured import evaluate_as_configured
from find_gym_agents.evaluation.gain import evaluate_adaptive_gain
from find_gym_agents.evaluation.paper import evaluate_paper
from find_gym_agents.evaluation.parallel import BackendError
from find_gym_agents.evaluation.runner import EvaluationResult, evaluate
from find_gym_agents.runs.records import ConfigurationMismatchError, EpisodeRecord, Run, RunError, read_run

__all__ = [
    "BackendError",
    "ConfigurationMismatchError",
    "EpisodeRecord",
    "EvaluationConfig",
    "EvaluationResult",
    "Run",
    "RunError",
    "evaluate",
    "evaluate_adaptive_gain",
    "evaluate_as_configured",
    "evaluate_budgets",
    "evaluate_paper",
    "read_run",
]
