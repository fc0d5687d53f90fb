"""Synthetic neurons of entities, as agents and their tools see them."""

from __future__ import annotations

from importlib import resources

import numpy as np

from find_gym.categories.entities.tokens import words_of
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
from find_gym_agents.training.evidence import table_evidence


def _kind_of_activation(probe: str, answer: float) -> int:
    return int(np.digitize(answer, (0.15, 0.3, 0.5, 0.8)))


# By scripts/find_blind.py --category entities --functions 30 --seed 0 on 2026-11-26.
FOUND = Submission("It responds to words related to the New York Times.")

CATEGORY = AgentCategory(
    "entities",
    report=word_report("chance"),
    training=TrainingSettings(
        encoder="find_gym_agents.categories.entities.encoder:EntityEncoder",
        max_queries=40,
        imitation=Imitation(
            lambda spec: words_of(spec.formula, spec.region),
            # What activates the neuron tells most about it.
            table_evidence(_kind_of_activation, interest=lambda probe, answer: answer),
            share=0.4,
            functions=3000,
        ),
        simple={"shapes": {"single": 1.0}},
        strongest="exemplar-embedding",
    ),
    play=PlaySettings(
        about="A hidden function takes a word or a name and returns an activation from 0 to 1. It responds to one\n"
        "concept or a combination of a few: words that have to do with it have more than 0.5.",
        syntax="words or names, separated by commas: violin, Mount Everest, tax",
        read=read_words,
        domain=None,
        accuracy="of the unit tests are right with your description (which of three words activates the function?)",
        trivial="chance",
        paper="paper's score (the share of right unit tests among ten)",
        hint=lambda spec: "It responds to one concept." if spec.family == "single" else "It combines several concepts.",
    ),
    language_model=LanguageModelSettings(
        resources.files(__name__).joinpath("prompt.md").read_text(encoding="utf-8"),
    ),
    blind=FOUND,
    blind_candidates="find_gym_agents.categories.entities.blind:CANDIDATES",
    red_team="find_gym_agents.categories.entities.attacks:RED_TEAM",
    checker="find_gym_agents.categories.entities.checker:EntityChecker",
    neural="find_gym_agents.categories.entities.neural:NEURAL",
    paper=unit_test_settings(
        "entities", AIA=(0.56, 0.39, 0.34, 0.34), MILAN=(0.89, 0.81, 0.61, 0.54), both=(0.89, 0.88, 0.62, 0.58)
    ),
)
