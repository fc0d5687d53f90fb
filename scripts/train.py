"""Trains an interpreter by reinforcement learning: python scripts/train.py --help."""

import sys

from find_gym_agents.commands.train import main

if __name__ == "__main__":
    sys.exit(main(program="train.py"))
