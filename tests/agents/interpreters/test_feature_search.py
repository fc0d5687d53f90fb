"""The agents of units of real networks: what they ask, that they fit, that they need no more than the budget."""

import numpy as np
import pytest

from find_gym.categories.neurons.bank import open_places, place_of
from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.score import NeuronScorer
from find_gym_agents.interpreters.feature_search import (
    ExemplarFeatureAgent,
    FeatureSearchAgent,
    RandomFeatureAgent,
)

FUNCTION = NeuronFunction(NeuronSpec("mlp.2.228"))


@pytest.mark.parametrize("agent", [FeatureSearchAgent, RandomFeatureAgent, ExemplarFeatureAgent])
def test_it_describes_a_unit_of_buildings(agent) -> None:
    made = agent()
    made.reset(seed=0)
    questions = made.interpret(20, FUNCTION.exemplars())
    asked: list[str] = []
    answers = None
    try:
        while True:
            words = questions.send(answers)
            asked += words
            answers = FUNCTION(words).tolist()
    except StopIteration as stop:
        submission = stop.value
    assert len(asked) == (0 if agent is ExemplarFeatureAgent else 20) and len(set(asked)) == len(asked)
    assert {place_of(word) for word in asked} <= set(np.asarray(open_places()).tolist())
    score = NeuronScorer(FUNCTION).score(submission, asked)
    assert score.judge == "program" and score.skill > 0.5
