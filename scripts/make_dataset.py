"""Samples functions and writes them in the published layout: python scripts/make_dataset.py --help."""

import sys

from find_gym_agents.commands.make_dataset import main

if __name__ == "__main__":
    sys.exit(main(program="make_dataset.py"))
