"""Measures speed, prints a table and writes JSON: python scripts/benchmark.py --help."""

import sys

from find_gym_agents.commands.benchmark import main

if __name__ == "__main__":
    sys.exit(main(program="benchmark.py"))
