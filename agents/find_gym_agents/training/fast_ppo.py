"""PPO with action masks, for these networks: read it from top to bottom.

It learns what MaskablePPO learns, by the same updates. What it leaves out is work that is done twice: everything that
the network reads is made of the observations once, in the rollout, and kept on the device (`Encoder.prepare`); the
policy and the value share one forward pass; and no distribution is built or checked to draw an action.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import explained_variance, get_device, set_random_seed
from torch.nn import functional

import find_gym  # noqa: F401  (registers the environments)
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.encoders import Inputs
from find_gym_agents.training.extractor import Trunk
from find_gym_agents.training.learner import VALUE_RATE, Setting, entropy_weight, learning_rate
from find_gym_agents.training.networks import make_policy
from find_gym_agents.training.policy_episodes import own_masks

# The weight of the values' loss, and the greatest norm of the gradient: the defaults of Stable-Baselines3.
_VALUE_WEIGHT, _MAX_NORM = 0.5, 0.5
_EPSILON = 1e-8
# The logit of an illegal action: its probability is 0 exactly.
_NEVER = -1e9
# The logarithm of the least probability but 0.
_LEAST = -80.0
_EPISODES = 100


class FastPPO:
    """PPO with action masks; a `Learner`.

    Args:
        config: what to train.
        options: arguments of the environment that the policy is made for.
    """

    def __init__(self, config: TrainConfig, options: dict[str, Any]) -> None:
        set_random_seed(config.seed)
        self._config = config
        self._device = get_device(config.device)
        env: Any = gym.make(config.env, disable_env_checker=True, **options).unwrapped
        self._codec = env.codec
        places, trunk = int(options["max_queries"]), Trunk.of(config.to_json())
        policy = make_policy(config.category, places, env.observation_space, env.action_space, trunk)
        self.policy: Any = policy.to(self._device)
        for group in policy.optimizer.param_groups:
            group["fused"] = True  # the same steps in one loop over all weights
        self._episodes: deque[dict[str, Any]] = deque(maxlen=_EPISODES)
        self._seconds = 0.0

    def set_logger(self, logger: Logger) -> None:
        """Sets what gets the figures of each update."""
        self._logger = logger

    # --- Environments -------------------------------------------------------------------------------------------------

    def enter(self, setting: Setting) -> None:
        """Makes the environments of the rollouts that follow."""
        config = self._config
        self._env: Any = gym.make_vec(
            config.env,
            num_envs=config.num_envs,
            vectorization_mode="vector_entry_point",
            autoreset_mode=AutoresetMode.SAME_STEP,
            copy=False,
            workers=config.env_worker_count,
            **setting.options,
        )
        self._free_stopping = setting.free_stopping
        self._batch_size = setting.batch_size(config)
        self._shape = (setting.rollout_steps(config), config.num_envs)
        self._rollout: Inputs = {}

    def begin(self, seed: int) -> None:
        """Begins fresh episodes."""
        self._generator = th.Generator(self._device).manual_seed(seed)
        count = self._config.num_envs
        self._returns, self._lengths = np.zeros(count), np.zeros(count, dtype=np.int64)
        self._episodes.clear()
        self._inputs: Inputs = {}
        self._look(self._env.reset(seed=seed)[0])

    def leave(self) -> None:
        """Closes the environments."""
        self._env.close()

    def episodes(self) -> list[dict[str, Any]]:
        """Returns the last episodes."""
        return list(self._episodes)

    def _look(self, observation: dict[str, NDArray[np.float32]]) -> None:
        """Prepares observations and the masks of legal actions for the network, on the device."""
        legal = self._timed(self._env.action_masks)
        masks = own_masks(legal, observation["asked"], self._codec, self._free_stopping)
        shown = {name: self._send(values) for name, values in observation.items()}
        prepared = self.policy.features_extractor.prepare(shown, self._inputs or None)
        self._inputs = prepared | {"masks": self._send(masks)}

    def _timed(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Calls the environments and adds up how long that takes."""
        began = time.perf_counter()
        result = call(*arguments)
        self._seconds += time.perf_counter() - began
        return result

    def _send(self, values: NDArray[Any]) -> th.Tensor:
        """Returns an array as a tensor on the device; a GPU reads it from pinned memory while this process goes on."""
        tensor = th.from_numpy(values)
        if self._device.type == "cpu":
            return tensor
        return tensor.pin_memory().to(self._device, non_blocking=True)

    # --- A rollout ----------------------------------------------------------------------------------------------------

    @th.no_grad()
    def collect(self) -> float:
        """Makes a rollout by the policy; returns the seconds spent in the environments."""
        rewards, ends = np.zeros(self._shape, dtype=np.float32), np.zeros(self._shape, dtype=np.bool_)
        self._seconds = 0.0
        self.policy.set_training_mode(False)
        for step in range(self._shape[0]):
            logits, values = self._forward(self._inputs)
            logs = _log_probabilities(logits, self._inputs["masks"])
            actions = _draw(logs, self._generator)
            self._keep(step, self._inputs | {"actions": actions, "logs": _chosen(logs, actions), "values": values})
            observation, rewards[step], ends[step], _, _ = self._timed(self._env.step, actions.cpu().numpy())
            self._note_ends(rewards[step], ends[step])
            self._look(observation)
        self._weigh(self._send(rewards), self._send(ends), self._forward(self._inputs)[1])
        return self._seconds

    def _forward(self, inputs: Inputs) -> tuple[th.Tensor, th.Tensor]:
        """Returns the logits of all actions, `(batch, actions)`, and the values, `(batch,)`."""
        policy = self.policy
        actor, critic = policy.mlp_extractor(policy.features_extractor.extract(inputs))
        return policy.action_net(actor), policy.value_net(critic).squeeze(1)

    def _keep(self, step: int, values: Inputs) -> None:
        """Writes what belongs to a step of all environments into the rollout, in place."""
        for name, one in values.items():
            if name not in self._rollout:
                self._rollout[name] = th.empty((self._shape[0], *one.shape), dtype=one.dtype, device=self._device)
            self._rollout[name][step] = one

    def _weigh(self, rewards: th.Tensor, ends: th.Tensor, following: th.Tensor) -> None:
        """Adds the advantages, by generalised advantage estimation without a discount, and the returns.

        Args:
            rewards: of shape `(steps, environments)`.
            ends: whether an episode ended with the step, of the same shape.
            following: the values after the last step, of shape `(environments,)`.
        """
        values, goes_on = self._rollout["values"], (~ends).float()
        advantages, advantage = th.empty_like(values), th.zeros_like(following)
        for step in reversed(range(len(values))):
            delta = rewards[step] + goes_on[step] * following - values[step]
            advantage = delta + self._config.gae_lambda * goes_on[step] * advantage
            advantages[step], following = advantage, values[step]
        self._rollout |= {"advantages": advantages, "returns": advantages + values}

    def _note_ends(self, rewards: NDArray[np.float32], ended: NDArray[np.bool_]) -> None:
        """Keeps the rewards and the lengths of the episodes that have ended."""
        self._returns += rewards
        self._lengths += 1
        for env in ended.nonzero()[0].tolist():
            self._episodes.append({"r": float(self._returns[env]), "l": int(self._lengths[env])})
        self._returns[ended] = 0.0
        self._lengths[ended] = 0

    # --- What is learned from it --------------------------------------------------------------------------------------

    def _minibatches(self) -> Iterator[Inputs]:
        """Yields the steps of the rollout in random order, each once."""
        rollout = {name: values.flatten(0, 1) for name, values in self._rollout.items()}
        order = th.randperm(len(rollout["actions"]), generator=self._generator, device=self._device)
        for chosen in order.split(self._batch_size):
            yield {name: values[chosen] for name, values in rollout.items()}

    def update(self, left: float) -> None:
        """Improves the policy by the last rollout."""
        config, policy = self._config, self.policy
        policy.set_training_mode(True)
        self._set_rate(learning_rate(config, left))
        figures: list[Inputs] = []
        for batch in (batch for _ in range(config.epochs) for batch in self._minibatches()):
            logits, values = self._forward(batch)
            logs = _log_probabilities(logits, batch["masks"])
            log_ratio = _chosen(logs, batch["actions"]) - batch["logs"]
            ratio = log_ratio.exp()
            advantages = batch["advantages"]
            advantages = (advantages - advantages.mean()) / (advantages.std() + _EPSILON)
            clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
            policy_loss = -th.min(advantages * ratio, advantages * clipped).mean()
            value_loss = functional.mse_loss(values, batch["returns"])
            entropy = -(_probabilities(logs) * logs).sum(1).mean()
            loss = policy_loss - entropy_weight(config) * entropy + _VALUE_WEIGHT * value_loss
            with th.no_grad():
                divergence = (ratio - 1 - log_ratio).mean()
                share_clipped = ((ratio - 1).abs() > config.clip_range).float().mean()
            figures.append(
                {
                    "policy_gradient_loss": policy_loss.detach(),
                    "value_loss": value_loss.detach(),
                    "entropy_loss": -entropy.detach(),
                    "approx_kl": divergence,
                    "clip_fraction": share_clipped,
                    "loss": loss.detach(),
                }
            )
            if divergence > 1.5 * config.target_kl:
                break
            policy.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            th.nn.utils.clip_grad_norm_(policy.parameters(), _MAX_NORM)
            policy.optimizer.step()
        self._record(figures)

    def fit_values(self) -> None:
        """Fits the values to the last rollout."""
        policy = self.policy
        self._set_rate(VALUE_RATE)
        for _ in range(self._config.epochs):
            for batch in self._minibatches():
                with th.no_grad():
                    features = policy.features_extractor.extract(batch)
                values = policy.value_net(policy.mlp_extractor.forward_critic(features)).squeeze(1)
                policy.optimizer.zero_grad()
                functional.mse_loss(values, batch["returns"]).backward()  # type: ignore[no-untyped-call]
                policy.optimizer.step()

    def _set_rate(self, rate: float) -> None:
        for group in self.policy.optimizer.param_groups:
            group["lr"] = rate

    def _record(self, figures: list[Inputs]) -> None:
        """Writes the means over the minibatches, by the names that Stable-Baselines3 has for them."""
        for name in figures[0]:
            self._logger.record(f"train/{name}", float(th.stack([one[name] for one in figures]).mean()))
        values, returns = (self._rollout[name].flatten().cpu().numpy() for name in ("values", "returns"))
        self._logger.record("train/explained_variance", explained_variance(values, returns))


def _log_probabilities(logits: th.Tensor, masks: th.Tensor) -> th.Tensor:
    """Returns the log-probabilities of actions among the legal ones, shape `(batch, actions)`."""
    return logits.masked_fill(~masks, _NEVER).log_softmax(1)


def _probabilities(logs: th.Tensor) -> th.Tensor:
    """Returns the probabilities, 0 where they are next to 0: exponentials that underflow take 30 times as long."""
    return logs.clamp(min=_LEAST).exp() * (logs > _LEAST)


def _chosen(logs: th.Tensor, actions: th.Tensor) -> th.Tensor:
    """Returns the entry of each row that belongs to its action, shape `(batch,)`."""
    return logs.gather(1, actions[:, None]).squeeze(1)


def _draw(logs: th.Tensor, generator: th.Generator) -> th.Tensor:
    """Draws an action from each row of log-probabilities, shape `(batch,)`; none of probability 0."""
    sums = _probabilities(logs).cumsum(1, dtype=th.float64)
    # In double precision the product stays below the last sum, as these numbers have 24 digits and are below 1.
    points = th.rand(len(logs), 1, generator=generator, device=logs.device).double() * sums[:, -1:]
    # The first action whose sum is greater: one of probability 0 adds nothing to the sum before.
    return th.searchsorted(sums, points, right=True).squeeze(1)
