"""Evaluates agents on the same functions: python scripts/evaluate.py --help."""

import sys

from find_gym_agents.commands.evaluate import main

if __name__ == "__main__":
    sys.exit(main(program="evaluate.py"))
