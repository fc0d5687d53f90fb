"""The evaluation runner: agents on the same functions under the same rules, resumable, with a report.

Example:
    >>> from find_gym_agents.evaluation import EvaluationConfig, evaluate
    >>> result = evaluate(EvaluationConfig(agents=("constant",), functions=100, out="runs/demo"))  # doctest: +SKIP
    >>> result.summary["agents"]["constant"]["overall"]["skill"]["mean"]  # doctest: +SKIP
    0.02
"""

from find_gym_agents.evaluation._config import EvaluationConfig
from find_gym_agents.evaluation._paper import evaluate_paper
from find_gym_agents.evaluation._parallel import BackendError
from find_gym_agents.evaluation._records import ConfigurationMismatchError, EpisodeRecord, Run, RunError, read_run
from find_gym_agents.evaluation._runner import EvaluationResult, evaluate

__all__ = [
    "BackendError",
    "ConfigurationMismatchError",
    "EpisodeRecord",
    "EvaluationConfig",
    "EvaluationResult",
    "Run",
    "RunError",
    "evaluate",
    "evaluate_paper",
    "read_run",
]
