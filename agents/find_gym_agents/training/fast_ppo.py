"""PPO with action masks, for these networks: read it from top to bottom.

It learns what MaskablePPO learns, by the same updates. What it leaves out is work that is done twice:

- What the network reads of evidence is made of the observations once, in the rollout, and kept on the device
  (`Encoder.prepare`). Evidence stays as it is while a description is written: it is kept and encoded once for all these
  steps, in the rollout and in each minibatch.
- Minibatches are made of episodes rather than of single steps, so that they share most of their evidence.
- The policy and the value share one forward pass, and no distribution is built or checked to draw an action.
- Factors of matrix products are rounded to what the processor or the GPU multiplies fastest; see `_PRECISION`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from find_gym_agents.training.encoders import NOT_EVIDENCE, Encoding, Inputs, in_few_lengths
from find_gym_agents.training.extractor import ProbeTableExtractor, Trunk
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
# The steps of an episode that go into the same minibatch, at most: more would make minibatches of too few episodes.
_LONGEST_PIECE = 16
# The precision of matrix products in rollouts and updates, by PyTorch's names: "medium" rounds their factors, not their
# sums, to 16 bits (bfloat16) on processors with instructions for it, to 19 (TF32) on GPUs.
_PRECISION: str = "medium"


@contextmanager
def _reduced_precision() -> Iterator[None]:
    """Multiplies matrices with the precision of rollouts and updates."""
    before = th.get_float32_matmul_precision()
    th.set_float32_matmul_precision(_PRECISION)
    try:
        yield
    finally:
        th.set_float32_matmul_precision(before)


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
        assert isinstance(policy.features_extractor, ProbeTableExtractor)
        self._extractor = policy.features_extractor
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
        self._evidence: Inputs = {}
        self._stored = 0
        self._current = th.empty(count, dtype=th.long, device=self._device)
        self._look(self._env.reset(seed=seed)[0], np.ones(count, dtype=np.bool_))

    def leave(self) -> None:
        """Closes the environments."""
        self._env.close()

    def episodes(self) -> list[dict[str, Any]]:
        """Returns the last episodes."""
        return list(self._episodes)

    def _look(self, observation: dict[str, NDArray[np.float32]], changed: NDArray[np.bool_]) -> th.Tensor:
        """Prepares observations and the masks of legal actions for the network, on the device.

        Args:
            observation: the observations.
            changed: whose evidence is not what it was before.

        Returns:
            The numbers of these environments.
        """
        legal = self._timed(self._env.action_masks)
        masks = own_masks(legal, observation["asked"], self._codec, self._free_stopping)
        self._shown = {"masks": self._send(masks), "budget": self._send(observation["budget"])}
        self._shown["written"] = self._send(observation["written"] > 0)
        envs, encoder = changed.nonzero()[0], self._extractor.encoder
        rows = self._send(envs)
        if len(envs):
            shown = {name: self._send(values[envs]) for name, values in observation.items() if name not in NOT_EVIDENCE}
            before = {name: values[self._current[rows]] for name, values in self._evidence.items()}
            self._store(encoder.prepare_next(shown, before) if before else encoder.prepare(shown), rows)
        return rows

    def _store(self, prepared: Inputs, rows: th.Tensor) -> None:
        """Adds evidence that has been prepared to what is kept, as what the environments of these numbers show now."""
        stored = slice(self._stored, self._stored + len(rows))
        for name, values in prepared.items():
            if name not in self._evidence:
                capacity = (self._shape[0] + 1) * self._shape[1]
                self._evidence[name] = th.empty((capacity, *values.shape[1:]), dtype=values.dtype, device=self._device)
            self._evidence[name][stored] = values
        self._current[rows] = th.arange(stored.start, stored.stop, device=self._device)
        self._stored = stored.stop

    def _forget(self) -> None:
        """Keeps no other evidence than what the environments show now."""
        rows, self._stored = th.arange(len(self._current), device=self._device), 0
        self._store({name: values[self._current] for name, values in self._evidence.items()}, rows)

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
        self._forget()
        encoding = self._encode(self._current)
        for step in range(self._shape[0]):
            logits, values = self._forward(encoding, self._shown)
            logs = _log_probabilities(logits, self._shown["masks"])
            drawn = _draw(logs, self._generator)
            own = {"actions": drawn, "logs": _chosen(logs, drawn), "values": values, "evidence": self._current}
            self._keep(step, self._shown | own)
            actions = drawn.cpu().numpy()
            observation, rewards[step], ends[step], _, _ = self._timed(self._env.step, actions)
            self._note_ends(rewards[step], ends[step])
            changed = self._look(observation, ends[step] | (actions < self._codec.queries))
            if len(changed):
                for whole, part in zip(encoding, self._encode(self._current[changed]), strict=True):
                    whole[changed] = part
        following = self._forward(encoding, self._shown)[1]
        self._weigh(self._send(rewards), self._send(ends), following)
        return self._seconds

    def _encode(self, evidence: th.Tensor) -> Encoding:
        """Encodes evidence of the rollout, given by its rows in what is kept."""
        return self._extractor.encoder.encode({name: values[evidence] for name, values in self._evidence.items()})

    def _forward(self, encoding: Encoding, shown: Inputs) -> tuple[th.Tensor, th.Tensor]:
        """Returns the logits of all actions, `(batch, actions)`, and the values, `(batch,)`."""
        policy = self.policy
        actor, critic = policy.mlp_extractor(self._extractor.join(encoding, shown["written"], shown["budget"]))
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
        self._pieces = _pieces(ends)
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

    def _minibatches(self) -> Iterator[tuple[Inputs, Encoding]]:
        """Yields the steps of the rollout, pieces of episodes in random order, with their evidence encoded."""
        rollout = {name: values.flatten(0, 1) for name, values in self._rollout.items()}
        count = int(self._pieces.max()) + 1
        places = th.randperm(count, generator=self._generator, device=self._device)[self._pieces]
        for chosen in places.flatten().argsort(stable=True).split(self._batch_size):
            batch = {name: values[chosen] for name, values in rollout.items()}
            evidence, rows = batch["evidence"].unique(return_inverse=True)
            evidence = in_few_lengths(evidence)
            yield batch, Encoding(*(part.index_select(0, rows) for part in self._encode(evidence)))

    @_reduced_precision()
    def update(self, left: float) -> None:
        """Improves the policy by the last rollout."""
        config, policy = self._config, self.policy
        policy.set_training_mode(True)
        self._set_rate(learning_rate(config, left))
        figures: list[Inputs] = []
        for batch, encoding in (pair for _ in range(config.epochs) for pair in self._minibatches()):
            logits, values = self._forward(encoding, batch)
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

    @_reduced_precision()
    def fit_values(self) -> None:
        """Fits the values to the last rollout."""
        policy = self.policy
        self._set_rate(VALUE_RATE)
        for _ in range(self._config.epochs):
            for batch, encoding in self._minibatches():
                with th.no_grad():
                    features = self._extractor.join(encoding, batch["written"], batch["budget"])
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


def _pieces(ends: th.Tensor) -> th.Tensor:
    """Numbers the pieces of episodes that a rollout consists of, given which of its steps `(steps, envs)` are ends.

    Returns:
        The number of the piece that each step belongs to, int64 of the same shape.
    """
    begins = functional.pad(ends[:-1], (0, 0, 1, 0), value=True)
    steps = th.arange(len(ends), device=ends.device)[:, None]
    ages = steps - (steps * begins).cummax(0).values
    begins = begins | (ages % _LONGEST_PIECE == 0)
    return (begins.t().flatten().cumsum(0) - 1).view(ends.shape[1], -1).t()


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
