"""Attacks scores and sandbox: python scripts/redteam.py [--attacks 300] [--programs 5000]."""

import sys

from find_gym_agents.commands.redteam import main

if __name__ == "__main__":
    sys.exit(main(program="redteam.py"))
