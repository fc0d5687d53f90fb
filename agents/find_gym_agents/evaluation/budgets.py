"""Agents at several budgets in one command: a run for each budget, one table and one plot of all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from find_gym_agents.base import PolicyError
from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.gain import AGAINST, evaluate_adaptive_gain
from find_gym_agents.evaluation.runner import EvaluationResult, evaluate
from find_gym_agents.registry import find_agent
from find_gym_agents.runs.records import locked, write_json

_SKILL = "Skill by the number of queries that may be asked (means with 95 % intervals)"
_GAIN = "Adaptive gain over random probes by the number of queries (paired differences of skill)"


def evaluate_budgets(config: EvaluationConfig, *, progress: bool = True) -> EvaluationResult:
    """Evaluates agents on the same functions at each of several budgets, and sets the results side by side.

    Each budget is a run in a folder of its own, with its own report, within the folder; what is missing of any of them
    is run. A policy that was trained for one budget plays at that alone.

    Args:
        config: what to evaluate, with `budgets`.
        progress: whether to show progress bars on standard error.

    Returns:
        The results of all budgets; the summary has "budgets": skill by agents and budgets.

    Raises:
        RunError: see `evaluate`.
    """
    from find_gym_agents.report.comparisons import Comparison, by_budget_table, draw_by_budget

    assert config.budgets is not None
    folder, results = config.folder, {}
    folder.mkdir(parents=True, exist_ok=True)
    run = evaluate_adaptive_gain if config.adaptive_gain else evaluate
    with locked(folder):
        for budget in config.budgets:
            own = at_budget(config, budget, folder)
            if own is not None:
                results[budget] = run(own, progress=progress)
        names = [config.label(agent) for agent in config.agents]
        skill: dict[str, dict[int, Any]] = {
            name: {budget: _skill(result, name) for budget, result in results.items()} for name in names
        }
        tables = [by_budget_table(_SKILL, skill, config.budgets)]
        plots = {"skill_by_budget": partial(draw_by_budget, _SKILL, None, skill, config.category)}
        summary: dict[str, Any] = {
            "runs": [result.summary["runs"][0] for result in results.values()],
            "category": config.category,
            "budgets": skill,
        }
        if config.adaptive_gain:
            first = next(iter(AGAINST))
            gains = {
                name: {b: result.summary["adaptive_gain"].get(name, {}).get(first) for b, result in results.items()}
                for name in names
            }
            tables.append(by_budget_table(_GAIN, gains, config.budgets))
            plots["gain_by_budget"] = partial(draw_by_budget, _GAIN, "adaptive gain", gains, config.category)
            summary["adaptive_gain"] = {budget: result.summary["adaptive_gain"] for budget, result in results.items()}
        write_json(folder / "results.json", summary)
        page = Comparison(f"{config.env} at several budgets", config.category, summary["runs"], tables, plots)
        text = page.write(folder, pictures=config.report)
    episodes = [record for result in results.values() for record in result.episodes]
    stopped = next((result.stopped for result in results.values() if result.stopped is not None), None)
    places = f"Report: {folder / ('report.html' if config.report else 'report.md')}; each budget has its own within"
    whole = "\n\n".join([text, *(f"=== {budget} queries\n\n{result.table}" for budget, result in results.items())])
    return EvaluationResult(folder, episodes, summary, whole, f"{text}\n\n{places}", stopped)


def at_budget(config: EvaluationConfig, budget: int, folder: Path) -> EvaluationConfig | None:
    """Returns the configuration of the run at one budget, None where no agent plays at it."""
    changes: dict[str, Any] = {"budgets": None, "max_queries": budget, "out": str(folder / f"{budget}-queries")}
    try:
        return replace(config, **changes)
    except PolicyError:
        # The policy was trained for another budget.
        others = tuple(agent for agent in config.agents if "policy" not in find_agent(agent).options)
        without = changes | dict.fromkeys(("checkpoint", "proposals", "constants"))
        return replace(config, **without, agents=others) if others else None


def _skill(result: EvaluationResult, name: str) -> Any:
    if "adaptive_gain" in result.summary:
        return result.summary["adaptive_gain"].get(name, {}).get("skill")
    return result.summary["agents"].get(name, {}).get("overall", {}).get("skill")
