"""Lets a person interpret a function in the terminal: python scripts/play.py --help."""

import sys

from find_gym_agents.commands.play import main

if __name__ == "__main__":
    sys.exit(main(program="play.py"))
