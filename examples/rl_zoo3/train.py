"""Trains with the RL Baselines3 Zoo, which gets the environments and MaskablePPO under the name `ppo_mask`.

    pip install 'find-gym[train]' rl-zoo3
    python examples/rl_zoo3/train.py --algo ppo_mask --env FIND-strings-v1

All else is the zoo's own command line. Its evaluations during the training know no masks, so they are off by default.
"""

import sys
from pathlib import Path

import rl_zoo3
from rl_zoo3.train import train
from sb3_contrib import MaskablePPO

import find_gym  # noqa: F401  (registers the environments)

rl_zoo3.ALGOS["ppo_mask"] = MaskablePPO
DEFAULTS = {"--conf-file": str(Path(__file__).with_name("hyperparameters.yml")), "--eval-freq": "-1"}

if __name__ == "__main__":
    for option, value in DEFAULTS.items():
        if option not in sys.argv:
            sys.argv += [option, value]
    train()
