"""How well a network interprets functions of the validation split, in the environment itself."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.agent import NeuralAgent
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.neural.own_constants import OwnConstantsAgent, writing_agent
from find_gym_agents.training.neural.config import NeuralConfig
from find_gym_agents.training.policy_episodes import validation_specs


class Validation:
    """Functions of the validation split, always the same.

    Args:
        config: the configuration of the training.
        codec: the interface `tokens`.
    """

    figures = ("skill", "accuracy")

    def __init__(self, config: NeuralConfig, codec: TokensInterface) -> None:
        self._config, self._codec = config, codec
        self._specs = validation_specs(config)
        self._own_constants = config.evaluation_options.get("constants") == "network"
        self._env = gym.make(
            config.env,
            interface="text" if self._own_constants else "tokens",
            difficulty=config.difficulty,
            max_queries=config.budget,
            disable_env_checker=True,
        )

    def play(self, network: InterpreterNetwork) -> dict[str, float]:
        """Returns the mean skill and accuracy of the network's likeliest programs, after queries of its own."""
        network.eval()
        kind = OwnConstantsAgent if self._own_constants else NeuralAgent
        interpreter = kind(self._config.category, network, self._codec, self._config.budget, proposals=1)
        agent = writing_agent(interpreter) if isinstance(interpreter, OwnConstantsAgent) else interpreter
        scores = []
        for index, spec in enumerate(self._specs):
            agent.reset(index)
            observation, info = self._env.reset(seed=index, options={"function": spec})
            over = False
            while not over:
                observation, _, over, _, info = self._env.step(agent.act(observation, info))
            scores.append([info["score"][name] for name in self.figures])
        return dict(zip(self.figures, np.mean(scores, axis=0).tolist(), strict=True))
