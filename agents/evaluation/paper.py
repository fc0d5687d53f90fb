"""The paper's evaluation in one command: its settings, its scores, and its published figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.runner import EvaluationResult, evaluate
from find_gym_agents.runs.records import EpisodeRecord, locked, read_run, write_json, write_text

ROUNDS = 20
# The paper limits messages and not inputs.
_QUERIES = 1000
# The paper's settings, by the names of its tables, with the options of the agent and the folder of each.
_INTERACTIVE: dict[str, dict[str, Any]] = {"AIA": {"rounds": ROUNDS}}
_THREE = _INTERACTIVE | {"MILAN": {"milan": True}, "both": {"rounds": ROUNDS, "start": "exemplars"}}
SETTINGS = {"numeric": _INTERACTIVE, "strings": _INTERACTIVE, "entities": _THREE, "relations": _THREE}
# The interpreters of the paper with their figures: numeric code, string code, string unit tests; then unit tests of
# entities and of relations in the three settings.
_PUBLISHED = {
    "GPT-4": (0.33, 0.23, 0.82, (0.56, 0.89, 0.89), (0.74, 0.74, 0.92)),
    "GPT-3.5": (0.12, 0.13, 0.66, (0.39, 0.81, 0.88), (0.64, 0.64, 0.68)),
    "Llama-2-70b-chat": (0.01, 0.01, 0.33, (0.34, 0.61, 0.62), (0.47, 0.44, 0.46)),
    "Llama-2-13b-chat": (0.00, 0.00, 0.33, (0.34, 0.54, 0.58), (0.46, 0.45, 0.42)),
}
_TITLES = {
    "numeric": "numeric functions: share of functions with a normalised squared error below 0.1",
    "strings": "string functions: share of exact outputs of the code, share right of unit tests of the description",
    "entities": "entities: share right of unit tests",
    "relations": "relations: share right of unit tests",
}


def evaluate_paper(config: EvaluationConfig, *, progress: bool = True) -> EvaluationResult:
    """Runs every setting that the paper has for a category, on the same functions, and writes its table.

    Each setting is a run of its own in a folder of its name within the run's folder, where the report of all of them
    stands; paper.md has the table alone.

    Args:
        config: what to evaluate, with `paper`.
        progress: whether to show progress bars on standard error.

    Returns:
        The results of all settings; the summary has "paper", the figures of the table.

    Raises:
        RunError: see `evaluate`.
    """
    from find_gym_agents.report import write_report

    folder, results = config.folder, {}
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        for name in SETTINGS[config.category]:
            results[name] = evaluate(paper_setting(config, name, folder), progress=progress)
        runs = [read_run(result.folder) for result in results.values()]
        summary, rest = write_report(runs, folder, pictures=config.report)
        figures = {name: _figures(config.category, result.episodes) for name, result in results.items()}
        table = _table(config, figures)
        write_text(folder / "paper.md", table.as_markdown())
        summary |= {"paper": figures}
        write_json(folder / "results.json", summary)
    episodes = [record for result in results.values() for record in result.episodes]
    stopped = next((result.stopped for result in results.values() if result.stopped is not None), None)
    return EvaluationResult(folder, episodes, summary, f"{table.as_text()}\n\n{rest}", stopped)


def paper_setting(config: EvaluationConfig, name: str, folder: Path) -> EvaluationConfig:
    """Returns the configuration of one of the paper's settings."""
    model = replace(config.language_model, **SETTINGS[config.category][name])
    queries = max(config.max_queries, _QUERIES)
    return replace(config, paper=False, report=False, out=str(folder / name), max_queries=queries, language_model=model)


def _figures(category: str, episodes: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """Returns the paper's scores of a setting: "score", and for strings "unit_tests" where there is a judge."""
    from find_gym_agents.report.bootstrap import mean_intervals
    from find_gym_agents.report.categories import CATEGORIES
    from find_gym_agents.report.distinct import function_keys

    described = CATEGORIES[category]
    reads = {"score": described.metrics[described.paper].read}
    scored = [record for record in episodes if record.scored]
    if category in ("numeric", "strings") and any(_unit_tests(record) is not None for record in scored):
        reads["unit_tests"] = lambda record: _unit_tests(record) or 0.0
    if not scored:
        return {"n": 0} | dict.fromkeys(reads)
    values = [[read(record) for read in reads.values()] for record in scored]
    columns = mean_intervals(values, function_keys(scored), [True] * len(reads))
    figures = [
        {"mean": float(mean), "low": float(low), "high": float(high)} for mean, low, high in zip(*columns, strict=True)
    ]
    return {"n": len(scored)} | dict(zip(reads, figures, strict=True))


def _unit_tests(record: EpisodeRecord) -> float | None:
    tests = (record.score or {}).get("unit_tests")
    return None if tests is None else float(tests["share"])


def _table(config: EvaluationConfig, figures: dict[str, dict[str, Any]]) -> Any:
    from find_gym_agents.report.table import Table

    category = config.category
    names = list(figures)
    own = [_cell(figures[name].get("score")) for name in names]
    if category == "strings":
        own.append(_cell(figures["AIA"].get("unit_tests")))
    header = ["code", "unit tests"] if category == "strings" else ["success"] if category == "numeric" else names
    (agent,) = config.agents
    rows = [[f"{config.label(agent)} (here)", *own, "/".join(str(figures[name]["n"]) for name in names)]]
    rows += [[f"{name} (published)", *_published(category, name), "-"] for name in _PUBLISHED]
    source = "published functions" if config.dataset is not None else f"sampled functions, split {config.split}"
    return Table(f"The paper's table: {_TITLES[category]} ({source})", ["interpreter", *header, "n"], rows)


def _published(category: str, name: str) -> list[str]:
    numeric, code, units, entities, relations = _PUBLISHED[name]
    figures = {"numeric": (numeric,), "strings": (code, units), "entities": entities, "relations": relations}
    return [f"{figure:.2f}" for figure in figures[category]]


def _cell(figure: dict[str, float] | None) -> str:
    return "-" if figure is None else f"{figure['mean']:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"
