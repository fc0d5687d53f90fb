"""Makes the report of runs again: python scripts/report.py RUN..."""

import sys

from find_gym_agents.commands.report import main

if __name__ == "__main__":
    sys.exit(main(program="report.py"))
