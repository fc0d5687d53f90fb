"""The vectorised environments of strings, entities and relations beside single ones."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.programs import Step

from .comparison import MODES, Twins

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "strings": ("FIND-strings-v1", {"max_queries": 12}),
    "strings, hard": ("FIND-strings-v1", {"difficulty": "hard", "query_cost": 0.02, "given": [1, 5]}),
    "strings, extreme": ("FIND-strings-v1", {"difficulty": "extreme", "max_queries": 40}),
    "strings, random": ("FIND-strings-v1", {"function": StringSpec((Step("add_order_to_inx"),), 3)}),
    "strings, own": ("FIND-strings-v1", {"function": str.title, "reward": "accuracy"}),
    "entities": ("FIND-entities-v1", {"max_queries": 12}),
    "entities, extreme": ("FIND-entities-v1", {"difficulty": "extreme", "exemplars": True, "given": 7}),
    "entities, own": ("FIND-entities-v1", {"function": lambda word: len(word) % 3 / 2}),
    "entities, lexicon": ("FIND-entities-v1", {"function": {"formula": "golf", "kind": "lexicon"}}),
    "relations": ("FIND-relations-v1", {"max_queries": 12}),
    "relations, extreme": ("FIND-relations-v1", {"difficulty": "extreme", "exemplars": True, "given": 60}),
    "relations, own": ("FIND-relations-v1", {"function": lambda word: word[:3] if word > "L" else "undefined"}),
}


@pytest.mark.parametrize(("case", "mode"), [(case, MODES[place % 3]) for place, case in enumerate(CASES)])
def test_the_same_as_single_environments(case: str, mode: str) -> None:
    identifier, options = CASES[case]
    twins = Twins(identifier, 3, mode, **options)
    twins.reset(seed=7)
    twins.play(seed=8, steps=45, writing=0.4)
    assert twins.submissions > 0


@pytest.mark.parametrize("identifier", ["FIND-strings-v1", "FIND-entities-v1", "FIND-relations-v1"])
def test_the_same_where_arrays_are_updated_in_place(identifier: str) -> None:
    twins = Twins(identifier, 6, "SameStep", copy=False, max_queries=10)
    twins.reset(seed=5)
    twins.play(seed=6, steps=30, writing=0.2)


def test_the_last_answer_of_a_relation_is_shown_where_answers_differ() -> None:
    single, vector = [iter(["apple", "undefined", "pear"]) for _ in range(2)]
    env = gym.make("FIND-relations-v1", function=lambda word: next(single), disable_env_checker=True)
    envs = gym.make_vec("FIND-relations-v1", num_envs=1, function=lambda word: next(vector))
    env.reset(seed=0), envs.reset(seed=0)
    for _ in range(3):
        one, several = env.step(5)[0], envs.step(np.array([5]))[0]
        assert all(several[name][0].tobytes() == one[name].tobytes() for name in one)
