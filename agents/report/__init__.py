"""Reports of runs: the table, results.json, plots, and one self-contained page with every episode."""

from find_gym_agents.report.writing import write_report

__all__ = ["write_report"]
