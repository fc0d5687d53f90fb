"""Finds the submissions of the agent `blind`: for each category what earns the most without a single query.

    python scripts/find_blind.py --category relations --functions 100 --seed 0

Each candidate is scored on the same functions of the split `train`; then the refinements of the best three are, such as
one relation with each of its exceptions. The highest mean skill wins, of equal ones the first. What is printed is the
`blind` of the category's record in `agents/find_gym_agents/categories/`, whose `blind_candidates` are tried.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import gymnasium as gym
import numpy as np

from find_gym import LATEST_IDS
from find_gym.core.category import load_reference
from find_gym.core.registry import category_named
from find_gym.functions import function_seed
from find_gym.scoring import Submission
from find_gym_agents.categories import agent_category

_REFINED = 3


def ranked(category: str, submissions: dict[str, Submission], functions: list[object]) -> Iterator[tuple[float, str]]:
    """Yields the mean skill and the name of each submission, the best first."""
    env = gym.make(LATEST_IDS[category], interface="text", disable_env_checker=True).unwrapped
    score = env.examiner.score  # type: ignore[attr-defined]
    means = {name: np.mean([score(f, submission).skill for f in functions]) for name, submission in submissions.items()}
    yield from ((float(means[name]), name) for name in sorted(means, key=lambda name: -means[name]))


def main() -> None:
    """Prints the best submissions of a category."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--category", choices=LATEST_IDS, required=True)
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    category = arguments.category
    place = agent_category(category).blind_candidates
    if place is None:
        parser.error(f"expected a category whose record has blind_candidates, actual: {category}")
    candidates = load_reference(place)
    seeds = [function_seed("train", category, arguments.seed, index) for index in range(arguments.functions)]
    specs = [category_named(category).sample_seeded(seed, split="train", difficulty="find") for seed in seeds]
    functions = [category_named(category).make(spec) for spec in specs]
    submissions = candidates.first()
    begun = list(ranked(category, submissions, functions))
    refined = {name: made for _, kept in begun[:_REFINED] for name, made in candidates.refined(kept).items()}
    best = sorted([*begun, *ranked(category, refined, functions)], key=lambda entry: -entry[0])
    for mean, name in best[:5]:
        print(f"{mean:.4f}  {name}")
    print((submissions | refined)[best[0][1]])


if __name__ == "__main__":
    main()
