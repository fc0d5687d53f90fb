"""Trains algorithms of Stable-Baselines3 off the shelf, beside each other: see --help."""

import sys

from find_gym_agents.commands.benchmark_algorithms import main

if __name__ == "__main__":
    sys.exit(main(program="benchmark_algorithms.py"))
