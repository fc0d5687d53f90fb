"""The interpreter that was trained: a policy from a checkpoint of `find-gym train`."""

from __future__ import annotations

from typing import Any

import torch as th

from find_gym_agents.interpreters.neural.checkpoints import NETWORK, has_part
from find_gym_agents.interpreters.policies.legal import LegalActions, Observation
from find_gym_agents.interpreters.policies.terms import Terms
from find_gym_agents.training.checkpoints import CheckpointError, load
from find_gym_agents.training.networks import Trunk, make_policy
from find_gym_agents.training.policy_episodes import choose, own_masks


def trained_terms(checkpoint: str) -> Terms:
    """Returns what a policy of `find-gym train` was trained for; no code in its file is run.

    Raises:
        CheckpointError: there is no such file, or it is no checkpoint.
    """
    data = load(checkpoint)
    legal = LegalActions(data["config"]["env"], data["config"]["difficulty"])
    return Terms(
        env=data["config"]["env"],
        interface="tokens",
        max_queries=data["max_queries"],
        difficulty=data["config"]["difficulty"],
        observation_space=legal.codec.observation_space,
        action_space=legal.codec.action_space,
        has_probabilities=True,
        fewer_queries=NETWORK in data,
        writes_constants=NETWORK in data and has_part(data, "constants"),
    )


def is_neural(checkpoint: str) -> bool:
    """Returns whether a checkpoint is that of a neural interpreter, which another agent plays.

    Raises:
        CheckpointError: there is no such file, or it is no checkpoint.
    """
    return NETWORK in load(checkpoint)


class PolicyAgent:
    """Asks and writes what a trained policy finds most probable.

    It sees nothing but the observations of the `tokens` interface: which tokens may come next follows from those that
    are written, by the grammar of the difficulty that the policy was trained for.

    Args:
        checkpoint: the file of the policy.

    Attributes:
        category: the category of functions that the policy was trained on.
        max_queries: the budget that it was trained with.
        codec: the interface.
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
        self._env = data["config"]["env"]
        self._free_stopping = bool(data["free_stopping"])
        self._legal = LegalActions(self._env, data["config"]["difficulty"])
        self.codec = self._legal.codec
        self.network = make_policy(
            self.category,
            self.max_queries,
            self.codec.observation_space,
            self.codec.action_space,
            Trunk.of(data["config"]),
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
        masks = own_masks(legal, batch["asked"], self.codec, self._free_stopping)
        return int(choose(self.network, batch, masks)[0])

    def _check(self, observation: Observation, info: dict[str, Any]) -> None:
        """Checks that a policy of this shape can read these observations, and the budget, whoever runs it."""
        shapes = {name: values.shape for name, values in observation.items()}
        expected = {name: space.shape for name, space in self.codec.observation_space.spaces.items()}
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
