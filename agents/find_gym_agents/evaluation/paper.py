"""The paper's evaluation in one command: its settings, its scores, and its published figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from find_gym_agents.categories import agent_category
from find_gym_agents.categories.paper import INTERPRETERS, PaperSettings
from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.runner import EvaluationResult, evaluate
from find_gym_agents.runs.records import EpisodeRecord, locked, read_run, write_json, write_text

# The paper limits messages and not inputs.
_QUERIES = 1000


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
    from find_gym_agents.report import closing, write_report

    folder, results = config.folder, {}
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        for name in _protocol(config).settings:
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
    own = table.as_text()
    return EvaluationResult(
        folder, episodes, summary, f"{own}\n\n{rest}", f"{own}\n\n{closing(summary, folder)}", stopped
    )


def paper_setting(config: EvaluationConfig, name: str, folder: Path) -> EvaluationConfig:
    """Returns the configuration of one of the paper's settings."""
    model = replace(config.language_model, **_protocol(config).settings[name])
    queries = max(config.max_queries, _QUERIES)
    return replace(config, paper=False, report=False, out=str(folder / name), max_queries=queries, language_model=model)


def _figures(category: str, episodes: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """Returns the paper's scores of a setting: "score", and for strings "unit_tests" where there is a judge."""
    from find_gym_agents.report.bootstrap import mean_intervals
    from find_gym_agents.report.distinct import function_keys

    described = agent_category(category)
    assert described.report.paper is not None
    reads = {"score": described.report.metrics[described.report.paper].read}
    scored = [record for record in episodes if record.scored]
    if described.in_code and any(_unit_tests(record) is not None for record in scored):
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

    protocol = _protocol(config)
    own = [_cell(figures[column.setting].get(column.figure)) for column in protocol.columns]
    (agent,) = config.agents
    rows = [[f"{config.label(agent)} (here)", *own, "/".join(str(figure["n"]) for figure in figures.values())]]
    rows += [
        [f"{name} (published)", *(f"{column.published[place]:.2f}" for column in protocol.columns), "-"]
        for place, name in enumerate(INTERPRETERS)
    ]
    source = "published functions" if config.dataset is not None else f"sampled functions, split {config.split}"
    header = ["interpreter", *(column.title for column in protocol.columns), "n"]
    return Table(f"The paper's table: {protocol.title} ({source})", header, rows)


def _protocol(config: EvaluationConfig) -> PaperSettings:
    paper = agent_category(config.category).paper
    assert paper is not None  # the configuration has checked it
    return paper


def _cell(figure: dict[str, float] | None) -> str:
    return "-" if figure is None else f"{figure['mean']:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"
