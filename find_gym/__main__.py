"""`python -m find_gym`: the command `find-gym`, for where scripts are not on the path."""

import sys
from importlib import import_module

if __name__ == "__main__":
    # By name: the environments know nothing of the agents, which come in the same distribution.
    sys.exit(import_module("find_gym_agents.cli").main())
