"""The interface `continuous` as a task of one step, in which constants are named in units of the evidence."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.continuous import join_action, read_atom
from find_gym.categories.numeric.difficulty import NAMED_FAMILIES
from find_gym.categories.numeric.fitting import Problem, fit_skeletons
from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.probes import numeric_probes

FloatArray = NDArray[np.float64]

_MOST_CONSTANTS = max(ATOMS[name].action_size for name in NAMED_FAMILIES)
_PARTS = 2
_STRUCTURES, _REGIONS = 3, 4
# An answer predicted within this share of its size, or of the spread of all answers, is right.
_TOLERANCE = 0.05


class EvidenceActions(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Submissions of single atoms after the answers to queries that are always the same.

    A reset asks as many probes as the budget has inputs, evenly over the bank. The one step names an atom and how far
    each constant is to lie from the one that fits the answers best, as a small share of its range; the wrapper turns
    that into the action of `find_gym.categories.numeric.continuous.ContinuousInterface`. It uses nothing but answers.

    The action is a float32 box in [-1, 1]: a score for each of the 22 atoms, of which the greatest holds, and 11 shares
    for constants. The observation is that of `continuous`, whose rows stand for the same inputs in each episode.

    The reward is the environment's and, by the share `shaping`, how well the named function fits the answers: the mean
    over them of exp(-|error| / tolerance). `info["skill"]` is the score's skill.

    Args:
        env: an environment with the interface `continuous`.
        families: the atoms that may be named, of those of the action; a curriculum begins with few.
        shaping: the share of the fit in the reward, in [0, 1].
        reach: how far from the fitted ones constants may be moved, in halves of their ranges.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        families: tuple[str, ...] = NAMED_FAMILIES,
        shaping: float = 0.5,
        reach: float = 0.01,
    ) -> None:
        RecordConstructorArgs.__init__(self, families=families, shaping=shaping, reach=reach)
        super().__init__(env)
        self.families, self.shaping, self.reach = families, shaping, reach
        self.action_space = spaces.Box(-1.0, 1.0, (len(NAMED_FAMILIES) + _MOST_CONSTANTS,), np.float32)
        probes = numeric_probes()
        count = env.unwrapped.rules.max_queries  # type: ignore[attr-defined]
        self._inputs = probes[np.round(np.linspace(0, probes.size - 1, count)).astype(np.int64)]
        self._x, self._y = np.empty(0), np.empty(0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode and asks the inputs; the observation shows all answers."""
        observation, info = self.env.reset(seed=seed, options=options)
        answers: list[tuple[float, float]] = []
        for x in self._inputs:
            asking = {"submit": np.array([-1.0]), "x": np.array([x / QUERY_RANGE[1]])}
            observation, *_, info = self.env.step(join_action(asking))
            answers += [(at, np.nan if y is None else y) for at, y in zip(info["inputs"], info["outputs"], strict=True)]
        self._x, self._y = np.array(answers).reshape(-1, 2).T
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Submits the atom with its constants."""
        scores = np.asarray(action, dtype=np.float64)[: len(NAMED_FAMILIES)]
        places = [NAMED_FAMILIES.index(name) for name in self.families]
        place = places[int(scores[places].argmax())]
        name = NAMED_FAMILIES[place]
        constants = self._constants(name, np.asarray(action, dtype=np.float64)[len(NAMED_FAMILIES) :])
        submission = {
            "submit": np.ones(1),
            "structure": _chosen(0, _STRUCTURES),
            "family": _chosen(place, _PARTS * len(NAMED_FAMILIES)),
            "constants": np.append(constants, np.zeros((_PARTS * _MOST_CONSTANTS) - constants.size)),
            "region": _chosen(0, _REGIONS),
        }
        observation, reward, terminated, truncated, info = self.env.step(join_action(submission))
        info["skill"] = info["score"]["skill"]
        fit = self._fit(name, constants)
        return observation, (1 - self.shaping) * float(reward) + self.shaping * fit, terminated, truncated, info

    def _constants(self, name: str, shares: FloatArray) -> FloatArray:
        """Returns the shares that stand for the fitted constants, each moved a little."""
        atom = ATOMS[name]
        spec = fit_skeletons([Problem(name, (), self._x, self._y)], effort="quick")[0]
        fitted = np.zeros(atom.action_size)
        if spec is not None:
            assert isinstance(spec.rule, rules.AtomRule)
            fitted = atom.write(spec.rule.constants)
        return np.clip(fitted + self.reach * shares[: fitted.size], -1.0, 1.0)

    def _fit(self, name: str, constants: FloatArray) -> float:
        """Returns how well an atom fits the answers, in [0, 1]."""
        predicted = rules.evaluate(read_atom(name, constants), self._x)
        defined = np.isfinite(self._y)
        both = defined & np.isfinite(predicted)
        right = (np.isfinite(predicted) == defined).astype(np.float64)
        if both.any():
            y = self._y[defined]
            spread = float(np.subtract(*np.percentile(y, [75, 25]))) or float(y.std()) or 1.0
            tolerance = _TOLERANCE * np.maximum(np.abs(self._y[both]), spread)
            right[both] = np.exp(-np.abs(predicted - self._y)[both] / tolerance)
        return float(right.mean())


def _chosen(place: int, size: int) -> FloatArray:
    """Returns scores of which the one at a place is the greatest."""
    return np.where(np.arange(size) == place, 1.0, 0.0)
