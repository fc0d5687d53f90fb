"""Relations, as agents and their tools see them."""

from __future__ import annotations

import hashlib
from importlib import resources

from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.tokens import words_of
from find_gym.core.submissions import Submission
from find_gym_agents.categories.paper import unit_test_settings
from find_gym_agents.categories.record import (
    AgentCategory,
    Imitation,
    LanguageModelSettings,
    PlaySettings,
    TrainingSettings,
)
from find_gym_agents.categories.words import read_words, word_report
from find_gym_agents.training.evidence import KINDS_OF_ANSWER, table_evidence


def _kind_of_answer(probe: str, answer: str) -> int:
    if answer == UNDEFINED:
        return 0
    return 1 + hashlib.sha256(answer.encode()).digest()[0] % (KINDS_OF_ANSWER - 1)


# By scripts/find_blind.py --category relations --functions 80 --seed 0 on 2026-11-26.
FOUND = Submission(
    "It maps a city to the time zone of that city, but it is undefined where the input begins with H.",
    "the input begins with H",
)

CATEGORY = AgentCategory(
    "relations",
    report=word_report("undefined or constant"),
    training=TrainingSettings(
        encoder="find_gym_agents.categories.relations.encoder:RelationEncoder",
        imitation=Imitation(words_of, table_evidence(_kind_of_answer), share=0.3, functions=1500),
        simple={"exceptions": {0: 1.0}},
        strongest="table-lookup",
    ),
    play=PlaySettings(
        about="A hidden function takes a word or a name and returns what stands in one relation to it, or\n"
        '"undefined": for words of other kinds, and maybe for a part of its own kind as well.',
        syntax="words or names, separated by commas: Norway, zebra, New York",
        read=read_words,
        domain="such as: countries in Asia",
        accuracy="of the held-out words your description gives the right answer",
        trivial='the better of always "undefined" and the best constant',
        paper="paper's score (the share of right unit tests)",
        hint=lambda spec: "It answers for inputs of one kind.",
    ),
    language_model=LanguageModelSettings(
        resources.files(__name__).joinpath("prompt.md").read_text(encoding="utf-8"),
    ),
    blind=FOUND,
    blind_candidates="find_gym_agents.categories.relations.blind:CANDIDATES",
    red_team="find_gym_agents.categories.relations.attacks:RED_TEAM",
    checker="find_gym_agents.categories.relations.checker:RelationChecker",
    neural="find_gym_agents.categories.relations.neural:NEURAL",
    paper=unit_test_settings(
        "relations", AIA=(0.74, 0.64, 0.47, 0.46), MILAN=(0.74, 0.64, 0.44, 0.45), both=(0.92, 0.68, 0.46, 0.42)
    ),
)
