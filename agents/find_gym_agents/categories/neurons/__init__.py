"""Units of real networks, as agents and their tools see them."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np

from find_gym.categories.neurons.release import make_function
from find_gym.categories.neurons.tokens import words_of
from find_gym.core.submissions import Submission
from find_gym_agents.categories.neurons.comparisons import compare_outputs, draw_activations
from find_gym_agents.categories.record import (
    PAPER_SCORE,
    AgentCategory,
    Imitation,
    LanguageModelSettings,
    Metric,
    PlaySettings,
    ReportSettings,
    TrainingSettings,
    by_family,
    by_variant,
    metrics,
    score_part,
)
from find_gym_agents.categories.words import read_words
from find_gym_agents.runs.records import EpisodeRecord
from find_gym_agents.training.evidence import table_evidence


def _kind_of_output(probe: str, answer: float) -> int:
    return int(np.digitize(answer, (0.05, 0.15, 0.3, 0.5)))


def _part_or_zero(name: str) -> Any:
    """Returns what reads a part of the score that some scores do not have."""

    def read(record: EpisodeRecord) -> float:
        return float((record.score or {}).get(name) or 0.0)

    return read


# By scripts/find_blind.py --category neurons --functions 60 --seed 0 on 2026-11-26.
FOUND = Submission("It responds to texts that are related to toys, or to texts that are related to golf.")

CATEGORY = AgentCategory(
    "neurons",
    compare=compare_outputs,
    report=ReportSettings(
        example=draw_activations,
        trivial="chance",
        paper_in_words="the share of unit tests in which the description picks the active word",
        metrics=metrics(
            {
                "explained": Metric("explained", _part_or_zero("explained")),
                "best_skill": Metric("best known", score_part("best_skill"), bounded=True),
                "correlation": Metric("correlation", _part_or_zero("correlation"), bounded=True),
                **PAPER_SCORE,
            }
        ),
        paper="paper_score",
        groups=(by_variant(), by_family(title="By kind of unit")),
        score_parts={
            "complexity": "complexity (bits)",
            "explained": "explained (share of the best program known)",
            "paper_score": "paper's score",
        },
    ),
    training=TrainingSettings(
        max_queries=40,
        imitation=Imitation(
            lambda spec: words_of(make_function(spec).best()),
            table_evidence(_kind_of_output, interest=lambda probe, answer: answer),
            share=0.4,
            functions=400,
        ),
        simple={"ranks": (2 / 3, 1.0)},
        strongest="feature-search",
    ),
    play=PlaySettings(
        about="A unit of a neural network takes a word, a name or a short text and returns an output from 0 to 1.\n"
        "Words that activate it, one in thirty, have more than 0.5; half of all words have 0.",
        syntax="words or names, separated by commas: violin, Mount Everest, tax",
        read=read_words,
        domain=None,
        accuracy="is the area under the curve: how well your description tells active words from inactive ones",
        trivial="chance",
        paper="paper's score (the share of right unit tests among ten)",
    ),
    language_model=LanguageModelSettings(
        resources.files(__name__).joinpath("prompt.md").read_text(encoding="utf-8"),
    ),
    blind=FOUND,
    blind_candidates="find_gym_agents.categories.neurons.blind:CANDIDATES",
    red_team="find_gym_agents.categories.neurons.attacks:RED_TEAM",
    checker="find_gym_agents.categories.neurons.checker:NeuronChecker",
    neural="find_gym_agents.categories.neurons.neural:NEURAL",
    units="find_gym_agents.categories.neurons.units:select_units",
)
