"""Reports of runs: tables, results.json, plots, one self-contained page with every episode, and the leaderboard."""

from find_gym_agents.report.leaderboard import write_leaderboard
from find_gym_agents.report.writing import closing, write_report

__all__ = ["closing", "write_leaderboard", "write_report"]
