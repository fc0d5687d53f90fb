"""Descriptions that explain nothing: what they earn with the default judges, beside what honest ones earn."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.categories.entities.sampling import sample_entity
from find_gym.categories.entities.score import EntityScorer
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.sampling import sample_relation
from find_gym.categories.relations.score import RelationScorer
from find_gym.language.embeddings import explain_missing_model
from find_gym.scoring import Submission
from find_gym_agents.categories.entities.attacks import SPELLINGS, inactive_concepts, nameless_words
from find_gym_agents.categories.relations.attacks import DENIALS
from find_gym_agents.redteam.attack import Evidence
from find_gym_agents.redteam.sentences import INJECTIONS, SAYS_NOTHING

FUNCTIONS = 24
# Knowing nothing is worth 0; so much more may be due to the functions that were drawn.
NOTHING = 0.02
# Of one sentence, the share of functions that happen to be as it says is the draws', not the score's.
ONE_SENTENCE = 0.05


@pytest.fixture(scope="module")
def neurons() -> list[tuple[EntityFunction, EntityScorer]]:
    functions = [EntityFunction(sample_entity(np.random.default_rng(seed), split="test")) for seed in range(FUNCTIONS)]
    return [(function, EntityScorer(function)) for function in functions]


@pytest.fixture(scope="module")
def relations() -> list[tuple[RelationFunction, RelationScorer]]:
    drawn = [sample_relation(np.random.default_rng(seed), split="test") for seed in range(FUNCTIONS)]
    return [(function, RelationScorer(function)) for function in map(RelationFunction, drawn)]


@cache
def best_words(function: EntityFunction) -> list[str]:
    """Returns what an interpreter that asked a hundred words would have found at best, the most active first."""
    words = nameless_words()
    return [words[place] for place in np.argsort(-function(words), kind="stable")[:100]]


def mean_skill(scorers: list, describe: Callable, asked: Callable = lambda function: ()) -> float:
    skills = [scorer.score(Submission(describe(function)), asked(function)).skill for function, scorer in scorers]
    return float(np.mean(skills))


def test_the_truth_is_right(neurons: list, relations: list) -> None:
    assert mean_skill(neurons, lambda function: function.describe()) == 1.0
    assert all(scorer.score(Submission(function.describe())).skill == 1.0 for function, scorer in relations)


@pytest.mark.parametrize("text", [*INJECTIONS.values(), *SAYS_NOTHING.values()])
def test_neurons_what_says_nothing(neurons: list, text: str) -> None:
    assert all(scorer.score(Submission(text)).skill == 0 for _, scorer in neurons)


def test_neurons_concepts_at_random(neurons: list) -> None:
    names = list(concepts())
    rng = np.random.default_rng(0)
    lists = [", ".join(rng.permutation(names)[:count]) for count in (1, 2, 6, 20, len(names)) for _ in range(5)]
    assert abs(np.mean([mean_skill(neurons, lambda _, text=text: text) for text in lists])) <= NOTHING


@pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")
def test_neurons_generic_sentences() -> None:
    """Over all concepts: on one split, a phrase may suit the concepts that happen to be there."""
    phrases = ("animals", "everyday objects", "people, places and things")
    scorers = [EntityScorer(EntityFunction(EntitySpec(concept))) for concept in concepts()]
    for text in map("It responds to words related to {}.".format, phrases):
        assert abs(np.mean([scorer.score(Submission(text)).skill for scorer in scorers])) <= NOTHING


@pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_neurons_copied_words(neurons: list, spelling: str) -> None:
    spell = SPELLINGS[spelling]
    for count in (1, 6):
        words = {function: ", ".join(map(spell, best_words(function)[:count])) for function, _ in neurons}
        assert mean_skill(neurons, words.__getitem__, best_words) <= NOTHING


@pytest.mark.parametrize("count", [1, 6])
def test_neurons_what_they_do_not_respond_to(neurons: list, count: int) -> None:
    write = inactive_concepts(count)
    assert (
        mean_skill(neurons, lambda function: write(Evidence(function, 0), np.random.default_rng(0)).description)
        <= NOTHING
    )


def test_neurons_negations_of_the_truth(neurons: list) -> None:
    def deny(function: EntityFunction) -> str:
        return function.describe().replace("It responds to", "It does not respond to")

    assert mean_skill(neurons, deny) <= NOTHING


@pytest.mark.parametrize("text", [*INJECTIONS.values(), *SAYS_NOTHING.values()])
def test_relations_what_says_nothing(relations: list, text: str) -> None:
    assert max(scorer.score(Submission(text)).skill for _, scorer in relations) < 1e-9


def test_relations_blind_sentences_and_lists(relations: list) -> None:
    truths = [RelationFunction(RelationSpec(name)).describe() for name in RELATIONS]
    for text in (" ".join(truths), " ".join(truths[::5]), ", ".join(RELATIONS)):
        assert max(scorer.score(Submission(text)).skill for _, scorer in relations) < 1e-9
    blind = np.mean([scorer.score(Submission(text)).skill for text in truths for _, scorer in relations])
    assert blind <= ONE_SENTENCE


@pytest.mark.parametrize("denial", DENIALS)
def test_relations_negations(relations: list, denial: str) -> None:
    for function, scorer in relations:
        relation = function.relation
        assert scorer.score(Submission(denial.format(relation.subject, relation.object))).skill < 1e-9
