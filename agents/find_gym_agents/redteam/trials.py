"""Attacks tried on functions of the split `test`, against the honest descriptions beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from find_gym.core.registry import category_named
from find_gym.functions import function_seed
from find_gym_agents.redteam.attack import Attack, Evidence, Write, red_teams
from find_gym_agents.report.bootstrap import bootstrap_means
from find_gym_agents.report.table import Table


@dataclass(frozen=True)
class Trial:
    """What an attack, or an honest description, earned.

    Attributes:
        name: its name.
        category: the category of functions.
        kind: the kind of attack; "honest" for an honest description.
        skills: the skill on each function, in the mean over draws.
        outcomes: the outcome on each function and draw.
        limit: the greatest mean skill that is no fault of the score; None for an honest description.
        beside: the honest description beside it.
    """

    name: str
    category: str
    kind: str
    skills: tuple[float, ...]
    outcomes: tuple[str, ...]
    limit: float | None = None
    beside: str = ""

    @property
    def interval(self) -> tuple[float, float, float]:
        """The mean skill with its 95 % interval."""
        (mean,), (low,), (high,) = bootstrap_means([[skill] for skill in self.skills])
        return float(mean), float(low), float(high)

    @property
    def verdict(self) -> str:
        """Whether the limit "holds", is "broken" (the interval is beyond it), or the functions are too few to tell."""
        mean, low, _ = self.interval
        if self.limit is None:
            return "-"
        return "holds" if mean <= self.limit else "broken" if low > self.limit else "too few to tell"


def run_attacks(
    attacks: Sequence[Attack], *, count: int, functions: int, seed: int, tick: Callable[[], object] = lambda: None
) -> list[Trial]:
    """Tries attacks on the same functions each.

    Args:
        attacks: which; those that draw at random are tried again until there are enough.
        count: how many trials; fewer than attacks are spread over all kinds.
        functions: how many functions of each category.
        seed: seeds functions and draws.
        tick: called after each trial.

    Returns:
        The trials, category by category, honest descriptions first.
    """
    chosen = _choose(attacks, count)
    trials = []
    for category in dict.fromkeys(attack.category for attack in attacks):
        team = red_teams()[category]
        drawn = [_draw(category, team.difficulty, seed, index) for index in range(functions)]
        honest = {name: _try(drawn, category, write, seed, 0) for name, write in team.honest.items()}
        trials += [Trial(name, category, "honest", *result) for name, result in honest.items()]
        for attack in dict.fromkeys(attack for attack, _ in chosen if attack.category == category):
            skills: list[tuple[float, ...]] = []
            outcomes: list[str] = []
            for variant in (variant for other, variant in chosen if other is attack):
                result = _try(drawn, category, attack.write, seed, variant)
                skills.append(result[0])
                outcomes += result[1]
                tick()
            limit = max(float(np.mean(honest[attack.limit][0])), 0.0) + attack.margin
            means = tuple(map(float, np.mean(skills, axis=0)))
            trials.append(Trial(attack.name, category, attack.kind, means, tuple(outcomes), limit, attack.limit))
    return trials


def trial_count(attacks: Sequence[Attack], count: int) -> int:
    """Returns how many trials `run_attacks` makes."""
    return len(_choose(attacks, count))


def _choose(attacks: Sequence[Attack], count: int) -> list[tuple[Attack, int]]:
    """Returns attacks with the numbers of their variants: of each kind in turn, then the random ones again."""
    kinds: dict[tuple[str, str], list[Attack]] = {}
    for attack in attacks:
        kinds.setdefault((attack.category, attack.kind), []).append(attack)
    longest = max(map(len, kinds.values()), default=0)
    first = [(kind[place], 0) for place in range(longest) for kind in kinds.values() if place < len(kind)]
    return [pair for pair, _ in zip(_endless(first), range(count), strict=False)]


def _endless(first: list[tuple[Attack, int]]) -> Iterator[tuple[Attack, int]]:
    yield from first
    random = [attack for attack, _ in first if attack.is_random]
    variant = 1
    while random:
        yield from ((attack, variant) for attack in random)
        variant += 1


def _draw(category: str, difficulty: Any, seed: int, index: int) -> Any:
    spec = category_named(category).sample_seeded(
        function_seed("test", category, seed, index),
        split="test",
        difficulty=difficulty,
    )
    return category_named(category).make(spec)


def _try(
    functions: Sequence[Any], category: str, write: Write, seed: int, variant: int
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    scores = []
    for index, function in enumerate(functions):
        evidence = Evidence(function, index)
        submission = write(evidence, np.random.default_rng([seed, variant]))
        scores.append(_category(category).score(function, submission, asked=tuple(evidence.asked)))
    return tuple(score.skill for score in scores), tuple(score.outcome for score in scores)


@lru_cache
def _category(name: str) -> Any:
    """Returns a category with its default judge, as its environment has it."""
    import gymnasium as gym

    from find_gym import LATEST_IDS

    return gym.make(LATEST_IDS[name], interface="text", disable_env_checker=True).unwrapped.examiner  # type: ignore[attr-defined]


def tables(trials: Sequence[Trial]) -> list[Table]:
    """Returns a table for each category."""
    header = ["kind", "attack", "skill", "most frequent outcome", "beside", "limit", "verdict"]
    return [
        Table(
            f"{category} functions", header, [_row(trial) for trial in trials if trial.category == category], labels=2
        )
        for category in dict.fromkeys(trial.category for trial in trials)
    ]


def _row(trial: Trial) -> list[str]:
    mean, low, high = trial.interval
    outcome = max(trial.outcomes, key=trial.outcomes.count)
    share = f"{outcome.replace('_', ' ')} ({trial.outcomes.count(outcome)} of {len(trial.outcomes)})"
    limit = "-" if trial.limit is None else f"{trial.limit:.3f}"
    skill = f"{mean:.3f} [{low:.2f}, {high:.2f}]"
    return [trial.kind, trial.name, skill, share, trial.beside or "-", limit, trial.verdict]
