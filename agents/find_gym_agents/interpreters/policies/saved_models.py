"""Models that Stable-Baselines3 and sb3-contrib have saved."""

from __future__ import annotations

import importlib
import inspect
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch as th
from gymnasium import spaces

from find_gym_agents.base import PolicyError
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.interpreters.policies.terms import PolicyOptions, Terms

# A zip does not name its algorithm, but its attributes do: the first row whose names are all in it, with the module
# that two algorithms of the same attributes differ by.
_ALGORITHMS = (
    ("sb3_contrib.ARS", ("n_delta",), ""),
    ("sb3_contrib.TRPO", ("cg_max_steps",), ""),
    ("sb3_contrib.TQC", ("top_quantiles_to_drop_per_net",), ""),
    ("sb3_contrib.CrossQ", ("policy_delay", "target_entropy"), ""),
    ("stable_baselines3.SAC", ("target_entropy",), ""),
    ("stable_baselines3.TD3", ("policy_delay",), ""),
    ("sb3_contrib.MaskablePPO", ("clip_range",), "sb3_contrib.common.maskable"),
    ("sb3_contrib.RecurrentPPO", ("clip_range",), "sb3_contrib.common.recurrent"),
    ("stable_baselines3.PPO", ("clip_range",), ""),
    ("stable_baselines3.A2C", ("gae_lambda",), ""),
    ("sb3_contrib.QRDQN", ("exploration_fraction",), "sb3_contrib.qrdqn"),
    ("stable_baselines3.DQN", ("exploration_fraction",), ""),
)
# What the interface `continuous` shows of each query.
_COLUMNS = 6


def algorithm_of(path: Path) -> Any:
    """Returns the class of the algorithm that has saved a zip; nothing in it is run.

    Raises:
        PolicyError: it is no zip of Stable-Baselines3, or of an algorithm that is not known here.
        ImportError: sb3-contrib is not installed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read("data").decode()
        names = set(json.loads(text))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise PolicyError(f"expected a zip of Stable-Baselines3, actual: {str(path)!r} ({error})") from error
    for algorithm, marks, module in _ALGORITHMS:
        if names.issuperset(marks) and module in text:
            package, _, name = algorithm.partition(".")
            return getattr(importlib.import_module(package), name)
    known = ", ".join(algorithm.partition(".")[2] for algorithm, _, _ in _ALGORITHMS)
    raise PolicyError(f"expected a model of {known}, actual: {str(path)!r} is of none of them")


def load_model(path: Path) -> Any:
    """Loads a model on the processor. Its file is unpickled: load only those you trust.

    Raises:
        PolicyError: it can't be loaded.
        ImportError: sb3-contrib is not installed.
    """
    algorithm = algorithm_of(path)
    try:
        return algorithm.load(path, device="cpu")
    except Exception as error:
        raise PolicyError(f"expected a model of {algorithm.__name__}, actual: {str(path)!r} ({error})") from error


def zip_terms(path: Path) -> Terms:
    """Returns what the spaces of a saved model tell: the interface and, if it is `continuous`, the budget."""
    model = load_model(path)
    if isinstance(model.observation_space, spaces.Dict):
        return Terms(
            interface="tokens",
            observation_space=model.observation_space,
            action_space=model.action_space,
            # An actor and critic; one with a recurrent state would need such a state for each draft.
            has_probabilities=hasattr(model.policy, "mlp_extractor") and not hasattr(model.policy, "lstm_actor"),
        )
    return Terms(
        interface="continuous",
        max_queries=int(np.prod(model.observation_space.shape)) // _COLUMNS,
        observation_space=model.observation_space,
        action_space=model.action_space,
    )


class SavedModelAgent:
    """Does what a model of Stable-Baselines3 predicts, with masks and recurrent states if any.

    Args:
        model: the model.
        options: what it interprets.
        deterministic: whether it takes the most probable action; if not, it draws one by the library's generators.

    Attributes:
        network: the policy itself.
    """

    def __init__(self, model: Any, options: PolicyOptions, *, deterministic: bool = True) -> None:
        self.interface, self._deterministic = options.interface, deterministic
        self.network = model.policy
        self._model = model
        self._legal = None
        if "action_masks" in inspect.signature(model.predict).parameters:
            self._legal = LegalActions(options.env, options.difficulty)
        self._state: Any = None
        self._begun = False

    @staticmethod
    def load(options: PolicyOptions) -> SavedModelAgent:
        """Loads the agent; see `load_model`."""
        # A worker process evaluates one episode at a time: more threads would only wait for each other.
        th.set_num_threads(1)
        return SavedModelAgent(load_model(options.source.file), options)

    def reset(self, seed: int) -> None:
        """Forgets the last episode; the seed is not used."""
        self._state, self._begun = None, False

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the predicted action."""
        masks = {} if self._legal is None else {"action_masks": self._legal(observation)}
        action, self._state = self._model.predict(
            observation,
            state=self._state,
            episode_start=np.array([not self._begun]),
            deterministic=self._deterministic,
            **masks,
        )
        self._begun = True
        return int(action) if self.interface == "tokens" else action
