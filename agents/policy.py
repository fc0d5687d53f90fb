"""The interpreter that was trained: a policy from a checkpoint of `find-gym train`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.functions.categories import CATEGORY_FUNCTIONS, version_of
from find_gym_agents.training.categories import CATEGORIES
from find_gym_agents.training.checkpoints import CheckpointError, load
from find_gym_agents.training.networks import make_policy
from find_gym_agents.training.play import choose, own_masks

Observation = dict[str, NDArray[np.float32]]


class PolicyAgent:
    """Asks and writes what a trained policy finds most probable.

    It sees nothing but the observations of the `tokens` interface: which tokens may come next follows from those that
    are written, by the grammar of the difficulty that the policy was trained for.

    Args:
        checkpoint: the file of the policy.

    Attributes:
        category: the category of functions that the policy was trained on.
        max_queries: the budget that it was trained with.
        probes: the bank.
        network: the policy itself, of Stable-Baselines3.

    Raises:
        CheckpointError: there is no such file, or it is no checkpoint.
    """

    interface = "tokens"

    def __init__(self, checkpoint: str) -> None:
        # A worker process evaluates one episode at a time: more threads would only wait for each other.
        th.set_num_threads(1)
        self._path = checkpoint
        data = load(checkpoint)
        self.category, self.max_queries = str(data["category"]), int(data["max_queries"])
        self._free_stopping = bool(data["free_stopping"])
        category = CATEGORIES[self.category]
        self._env = str(data["config"]["env"])
        level = CATEGORY_FUNCTIONS[self.category].read_difficulty(data["config"]["difficulty"], version_of(self._env))
        self._codec = category.codec(level)
        self.probes = self._codec.probes
        self.network = make_policy(
            self.category, self.max_queries, self._codec.observation_space, self._codec.action_space
        )
        self.network.load_state_dict(data["policy"])
        self.network.set_training_mode(False)
        self._begun = False

    def reset(self, seed: int) -> None:
        """Prepares for the next episode; the policy is deterministic."""
        self._begun = False

    def act(self, observation: Observation, info: dict[str, Any]) -> int:
        """Returns the most probable legal action.

        Raises:
            CheckpointError: the environment is not the one that the policy was trained in.
            RuntimeError: the environment refused the last action.
        """
        if not self._begun:
            self._check(observation, info)
            self._begun = True
        if info["message"]:
            raise RuntimeError(f"expected the environment to take the action, actual: {info['message']}")
        legal = self._legal(observation)[None]
        batch = {name: values[None] for name, values in observation.items()}
        masks = own_masks(legal, batch["asked"], self._free_stopping)
        return int(choose(self.network, batch, masks)[0])

    def _check(self, observation: Observation, info: dict[str, Any]) -> None:
        """Checks that a policy of this shape can read these observations, and the budget."""
        shapes = {name: values.shape for name, values in observation.items()}
        expected = {name: space.shape for name, space in self._codec.observation_space.spaces.items()}
        if shapes != expected:
            raise CheckpointError(
                f"expected the environment {self._env}, which {self._path!r} was trained for, actual "
                f"observations: {shapes}"
            )
        if info["budget"] != self.max_queries:
            raise CheckpointError(
                f"expected max_queries={self.max_queries}, which {self._path!r} was trained with, actual value: "
                f"{info['budget']}"
            )

    def _legal(self, observation: Observation) -> NDArray[np.bool_]:
        """Returns the legal actions, which follow from what the observation shows."""
        draft = self._codec.new_draft()
        written = observation["written"].reshape(-1, len(self._codec.tokens))
        for token in written[written.any(axis=1)].argmax(axis=1).tolist():
            draft.write(token)
        queries = np.full(len(self._codec.probes), observation["budget"][0] > 0)
        return np.concatenate([queries, draft.legal()])
