"""Scores the submissions of stored runs again: python scripts/score.py RUN... [--judge NAME]."""

import sys

from find_gym_agents.commands.score import main

if __name__ == "__main__":
    sys.exit(main(program="score.py"))
