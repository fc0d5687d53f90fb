"""What training has to know of each category of functions, in one table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from find_gym.categories.entities import tokens as entities_tokens
from find_gym.categories.entities.exemplars import probe_words as entity_words
from find_gym.categories.entities.tokens import EntityDraft, EntityTokens
from find_gym.categories.numeric import rules
from find_gym.categories.numeric.grammar import NumericDraft
from find_gym.categories.numeric.grammar import tokens_of as numeric_tokens_of
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.tokens import NumericTokens
from find_gym.categories.relations import tokens as relations_tokens
from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.probes import probe_words as relation_words
from find_gym.categories.relations.tokens import RelationDraft, RelationTokens
from find_gym.categories.strings.grammar import StringDraft
from find_gym.categories.strings.grammar import tokens_of as string_tokens_of
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.tokens import StringTokens
from find_gym.functions import NumericDifficulty, NumericSpec
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface

# Networks approximate formulas, so what is learned of those carries over; and each takes half a second to make.
_SLOW_VARIANT = "approximated"


@dataclass(frozen=True)
class TrainingCategory:
    """A category of functions, as training sees it.

    Attributes:
        name: the category's name.
        draft: a difficulty to an empty description.
        codec: a difficulty to the `tokens` interface, which encodes answers.
        probes: returns the bank.
        tokens_of: a spec to the tokens that describe it, in one order of several that are as good.
        kind_of_answer: a probe and its answer to a small number that tells kinds of answers apart; for categories
            whose functions are deterministic.
        max_queries: the budget that training uses by default.
        imitation: the share of the time that is spent on imitation by default.
        stock: functions that examples of imitation are made of, before they are sampled anew.
        changes: a difficulty to those of its attributes that are replaced while it is trained for; docs/training.md
            says why.
        strongest: the strongest scripted agent.
    """

    name: str
    draft: Callable[[Any], Draft]
    codec: Callable[[Any], TokensInterface]
    probes: Callable[[], Sequence[Any]]
    tokens_of: Callable[[Any], list[int]]
    kind_of_answer: Callable[[Any, Any], int] | None
    max_queries: int
    imitation: float
    stock: int
    strongest: str
    changes: Callable[[Any], dict[str, Any]] = lambda level: {}


KINDS_OF_ANSWER = 8


def _without_networks(level: NumericDifficulty) -> dict[str, Any]:
    shares = {name: share for name, share in level.variants.items() if name != _SLOW_VARIANT}
    return {"variants": shares} if sum(shares.values()) > 0 else {}


def _numeric_tokens(spec: NumericSpec) -> list[int]:
    return numeric_tokens_of(_sorted_skeleton(spec.rule), tuple(region.kind for region in spec.regions))


def _sorted_skeleton(rule: Rule) -> Skeleton:
    """Returns a rule without constants, the parts of sums and products in one order: they commute."""
    if isinstance(rule, rules.AtomRule):
        return rule.name
    return (rule.operator, tuple(sorted((_sorted_skeleton(part) for part in rule.parts), key=str)))


def _kind_of_string(probe: str, answer: str) -> int:
    if answer == probe:
        return 0
    if sorted(answer.lower()) == sorted(probe.lower()):
        return 1 + (answer.lower() == probe.lower())
    if len(answer) == len(probe):
        return 3
    kept = answer.startswith(probe) or probe.startswith(answer)
    return 4 + 2 * (len(answer) > len(probe)) + kept


def _kind_of_word(probe: str, answer: str) -> int:
    if answer == UNDEFINED:
        return 0
    return 1 + hashlib.sha256(answer.encode()).digest()[0] % (KINDS_OF_ANSWER - 1)


def _kind_of_activation(probe: str, answer: float) -> int:
    return int(np.digitize(answer, (0.15, 0.3, 0.5, 0.8)))


CATEGORIES: dict[str, TrainingCategory] = {
    "numeric": TrainingCategory(
        "numeric",
        NumericDraft,
        NumericTokens,
        lambda: numeric_probes().tolist(),
        _numeric_tokens,
        None,
        max_queries=24,
        imitation=0.2,
        stock=8000,
        strongest="atom-fit",
        changes=_without_networks,
    ),
    "strings": TrainingCategory(
        "strings",
        StringDraft,
        StringTokens,
        lambda: PROBES,
        lambda spec: string_tokens_of(spec.program),
        _kind_of_string,
        max_queries=12,
        imitation=0.6,
        stock=3000,
        strongest="enumeration",
    ),
    "entities": TrainingCategory(
        "entities",
        EntityDraft,
        EntityTokens,
        entity_words,
        lambda spec: entities_tokens.tokens_of(spec.formula, spec.region),
        _kind_of_activation,
        max_queries=40,
        imitation=0.4,
        stock=3000,
        strongest="exemplar-embedding",
    ),
    "relations": TrainingCategory(
        "relations",
        RelationDraft,
        RelationTokens,
        relation_words,
        relations_tokens.tokens_of,
        _kind_of_word,
        max_queries=24,
        imitation=0.3,
        stock=1500,
        strongest="table-lookup",
    ),
}
