"""Rollouts of `ppo-fast`: environments stepped side by side, and all that is learned from, on the device.

Evidence stays as it is while a description is written: it is prepared, kept and encoded once for all these steps.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch as th
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.utils import set_random_seed
from torch.nn import functional

import find_gym  # noqa: F401  (registers the environments)
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.devices import find_device
from find_gym_agents.training.encoders import NOT_EVIDENCE, Encoding, Inputs
from find_gym_agents.training.extractor import ProbeTableExtractor, Trunk, TrunkWeights
from find_gym_agents.training.learner import Setting
from find_gym_agents.training.memory import keep_freed_memory
from find_gym_agents.training.networks import make_policy
from find_gym_agents.training.policy_episodes import own_masks
from find_gym_agents.training.products import linear, reduced_precision, rounded

# What is added to the logit of an illegal action: its probability is 0 exactly.
_NEVER = -1e9
_EPISODES = 100
# The steps of an episode that go into the same minibatch, at most: more would make minibatches of too few episodes.
_LONGEST_PIECE = 16


@dataclass(frozen=True)
class Share:
    """Which of the environments of a training a process has: the same number in each.

    Attributes:
        number: that of the process, from 0 on.
        processes: their number.
    """

    number: int = 0
    processes: int = 1


class Weights(NamedTuple):
    """The weights of a policy behind its encoder; layers that read the same are one.

    Attributes:
        trunk: those of the trunk.
        heads: those of the logits, then those of the layer before the value, shape `(actions + units, hidden +
            queries)`.
        heads_bias: their biases, shape `(actions + units,)`.
        value: those of the value, shape `(1, units)`.
        value_bias: shape `(1,)`.
    """

    trunk: TrunkWeights
    heads: th.Tensor
    heads_bias: th.Tensor
    value: th.Tensor
    value_bias: th.Tensor


class Rollouts:
    """A policy, environments, and the rollouts that it makes in them.

    Args:
        config: what is trained.
        options: arguments of the environment that the policy is made for.
        share: which environments.

    Attributes:
        policy: an actor and critic of Stable-Baselines3, with weights that are still random.
        learned: its weights.
        gradient: where the gradients of these stand, one after the other, once there are any, shape `(weights,)`.
        have_gradients: which weights have one; it is 0 for the others.
        device: where the policy is.
        rollout: what belongs to each step of the last rollout, by name, of shape `(steps, environments, ...)`.
        pieces: the number of the piece of an episode that each step belongs to, of shape `(steps, environments)`.
    """

    def __init__(self, config: TrainConfig, options: dict[str, Any], share: Share) -> None:
        keep_freed_memory()
        set_random_seed(config.seed)
        self._config, self._share = config, share
        self._count = config.num_envs // share.processes
        self._first = share.number * self._count
        self.device = find_device(config.device if share.processes == 1 else "cpu")
        env: Any = gym.make(config.env, disable_env_checker=True, **options).unwrapped
        self._codec = env.codec
        places, trunk = int(options["max_queries"]), Trunk.of(config.to_json())
        policy = make_policy(config.category, places, env.observation_space, env.action_space, trunk)
        self.policy: Any = policy.to(self.device)
        self.learned = list(policy.parameters())
        self.gradient = th.zeros(sum(weight.numel() for weight in self.learned), device=self.device)
        assert isinstance(policy.features_extractor, ProbeTableExtractor)
        self._extractor = policy.features_extractor
        self._episodes: deque[dict[str, Any]] = deque(maxlen=_EPISODES // share.processes)
        self._seconds = 0.0

    have_gradients: list[bool]

    # --- Environments -------------------------------------------------------------------------------------------------

    def enter(self, setting: Setting) -> None:
        """Makes the environments of the rollouts that follow."""
        config = self._config
        self._env: Any = gym.make_vec(
            config.env,
            num_envs=self._count,
            vectorization_mode="vector_entry_point",
            autoreset_mode=AutoresetMode.SAME_STEP,
            copy=False,
            full_info=None,
            workers=config.env_worker_count,
            **setting.options,
        )
        self._free_stopping = setting.free_stopping
        self._shape = (setting.rollout_steps(config), self._count)
        self.rollout: Inputs = {}

    def begin(self, seed: int) -> None:
        """Begins fresh episodes."""
        self._generator = th.Generator(self.device).manual_seed(seed)
        count = self._count
        self._returns, self._lengths = np.zeros(count), np.zeros(count, dtype=np.int64)
        self._episodes.clear()
        self._evidence: Inputs = {}
        self._stored = 0
        self._current = th.empty(count, dtype=th.long, device=self.device)
        self._look(self._env.reset(seed=seed + self._first)[0], np.ones(count, dtype=np.bool_))

    def leave(self) -> None:
        """Closes the environments."""
        self._env.close()

    def episodes(self) -> list[dict[str, Any]]:
        """Returns the last episodes."""
        return list(self._episodes)

    def _look(
        self, observation: dict[str, NDArray[np.float32]], changed: NDArray[np.bool_]
    ) -> tuple[th.Tensor, Inputs]:
        """Prepares observations and the masks of legal actions for the network, on the device.

        Args:
            observation: the observations.
            changed: whose evidence is not what it was before.

        Returns:
            The numbers of these environments, and their evidence as it is kept; nothing where there are none.
        """
        legal = self._timed(self._env.action_masks)
        masks = own_masks(legal, observation["asked"], self._codec, self._free_stopping)
        # Copies, as observations are the same arrays after the next step.
        shown = {"masks": masks, "budget": observation["budget"].copy(), "written": observation["written"] > 0}
        self._shown = {name: self._send(values) for name, values in shown.items()}
        envs, encoder = changed.nonzero()[0], self._extractor.encoder
        rows, evidence = self._send(envs), Inputs()
        if len(envs):
            # Observations of all environments need not be copied.
            part = slice(None) if len(envs) == self._count else envs
            fresh = {name: self._send(values[part]) for name, values in observation.items() if name not in NOT_EVIDENCE}
            if self._evidence:
                prepared = encoder.prepare_next(fresh, lambda: self._kept(self._current.index_select(0, rows)))
            else:
                prepared = encoder.prepare(fresh)
            evidence = self._store(prepared, rows)
        return rows, evidence

    def _store(self, prepared: Inputs, rows: th.Tensor) -> Inputs:
        """Adds evidence that has been prepared to what is kept, as what the environments of these numbers show now.

        Returns:
            The evidence where it is kept.
        """
        stored, kept = slice(self._stored, self._stored + len(rows)), Inputs()
        for name, values in prepared.items():
            if name not in self._evidence:
                capacity = (self._shape[0] + 1) * self._shape[1]
                self._evidence[name] = th.empty((capacity, *values.shape[1:]), dtype=values.dtype, device=self.device)
            kept[name] = self._evidence[name][stored].copy_(values)
        self._current = self._current.index_copy(0, rows, th.arange(stored.start, stored.stop, device=self.device))
        self._stored = stored.stop
        return kept

    def _forget(self) -> None:
        """Keeps no other evidence than what the environments show now."""
        rows, self._stored = th.arange(len(self._current), device=self.device), 0
        self._store(self._kept(self._current), rows)

    def _timed(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Calls the environments and adds up how long that takes."""
        began = time.perf_counter()
        # Functions and judges may learn, or keep tensors to learn from later.
        with th.inference_mode(False):
            result = call(*arguments)
        self._seconds += time.perf_counter() - began
        return result

    def _send(self, values: NDArray[Any]) -> th.Tensor:
        """Returns an array as a tensor on the device; a GPU reads it from pinned memory while this process goes on."""
        tensor = th.from_numpy(values)
        if self.device.type == "cpu":
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    # --- A rollout ----------------------------------------------------------------------------------------------------

    @th.inference_mode()
    def collect(self) -> float:
        """Makes a rollout by the policy; returns the seconds spent in the environments."""
        rewards, ends = np.zeros(self._shape, dtype=np.float32), np.zeros(self._shape, dtype=np.bool_)
        self._seconds = 0.0
        self.policy.set_training_mode(False)
        self._forget()
        # Copies, which are renewed: an encoder may return the same numbers for all environments, or its weights.
        encoding = Encoding(*(one.clone() for one in self.encode(self._current)))
        with reduced_precision():
            weights = self.weights()
        trunk = weights.trunk._replace(of_tokens=weights.trunk.of_tokens.contiguous())
        weights = weights._replace(trunk=trunk)
        points = th.rand(self._shape[0], self._config.num_envs, generator=self._generator, device=self.device)
        # The same for an environment whichever process has it.
        points = points[:, self._first : self._first + self._count]
        steps: list[Inputs] = []
        for step in range(self._shape[0]):
            with reduced_precision():
                logits, values = self.forward(weights, encoding, self._shown)
            likely = only_legal(logits, self._shown["masks"]).softmax(1)
            drawn = draw(likely, points[step])
            own = {"actions": drawn, "likely": chosen(likely, drawn), "values": values, "evidence": self._current}
            steps.append(self._shown | own)
            actions = drawn.cpu().numpy()
            observation, rewards[step], ends[step], _, _ = self._timed(self._env.step, actions)
            self._note_ends(rewards[step], ends[step])
            changed, evidence = self._look(observation, ends[step] | (actions < self._codec.queries))
            if evidence:
                for one, part in zip(encoding, self._extractor.encoder.encode(evidence), strict=True):
                    one.index_copy_(0, changed, part)
        self.rollout = {name: th.stack([one[name] for one in steps]) for name in steps[0]}
        self.rollout["logs"] = self.rollout.pop("likely").log_()
        with reduced_precision():
            following = self.forward(weights, encoding, self._shown)[1]
        self._weigh(self._send(rewards), self._send(ends), following)
        return self._seconds

    def encode(self, evidence: th.Tensor) -> Encoding:
        """Encodes evidence of the rollout, given by its rows in what is kept."""
        return self._extractor.encoder.encode(self._kept(evidence))

    def _kept(self, evidence: th.Tensor) -> Inputs:
        """Returns evidence of the rollout, given by its rows in what is kept."""
        return {name: values.index_select(0, evidence) for name, values in self._evidence.items()}

    def weights(self) -> Weights:
        """Returns the weights that `forward` multiplies with, as they are now."""
        policy = self.policy
        critic, output = policy.mlp_extractor.value_net[0], policy.value_net
        heads, heads_bias = (
            th.cat([getattr(layer, name) for layer in (policy.action_net, critic)]) for name in ("weight", "bias")
        )
        trunk = self._extractor.trunk_weights()
        return Weights(trunk, rounded(heads), rounded(heads_bias), output.weight, output.bias)

    def forward(self, weights: Weights, encoding: Encoding, shown: Inputs) -> tuple[th.Tensor, th.Tensor]:
        """Returns the logits of all actions, `(batch, actions)`, and the values, `(batch,)`."""
        hidden = self._extractor.hidden(weights.trunk, encoding, shown["written"], shown["budget"])
        features = th.cat([hidden, rounded(encoding.queries)], 1)
        both = linear(features, weights.heads, weights.heads_bias).float()
        units = weights.value.shape[1]
        logits, critic = both.split((both.shape[1] - units, units), 1)
        # One column takes less time by products of numbers than as a product of matrices.
        return logits, (critic.relu() * weights.value).sum(1) + weights.value_bias

    def _weigh(self, rewards: th.Tensor, ends: th.Tensor, following: th.Tensor) -> None:
        """Adds the advantages, by generalised advantage estimation without a discount, and the returns.

        Args:
            rewards: of shape `(steps, environments)`.
            ends: whether an episode ended with the step, of the same shape.
            following: the values after the last step, of shape `(environments,)`.
        """
        values, goes_on = self.rollout["values"], (~ends).float()
        self.pieces = _pieces(ends)
        deltas = rewards + goes_on * th.cat([values[1:], following[None]]) - values
        decays = self._config.gae_lambda * goes_on
        advantages, advantage = [], th.zeros_like(following)
        for delta, decay in zip(reversed(deltas.unbind()), reversed(decays.unbind()), strict=True):
            advantage = th.addcmul(delta, decay, advantage)
            advantages.append(advantage)
        weighed = th.stack(advantages[::-1])
        self.rollout |= {"advantages": weighed, "returns": weighed + values}

    def _note_ends(self, rewards: NDArray[np.float32], ended: NDArray[np.bool_]) -> None:
        """Keeps the rewards and the lengths of the episodes that have ended."""
        self._returns += rewards
        self._lengths += 1
        for env in ended.nonzero()[0].tolist():
            self._episodes.append({"r": float(self._returns[env]), "l": int(self._lengths[env])})
        self._returns[ended] = 0.0
        self._lengths[ended] = 0


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


def only_legal(logits: th.Tensor, masks: th.Tensor) -> th.Tensor:
    """Returns logits with which illegal actions have the probability 0, `(batch, actions)`."""
    return logits.add(masks.logical_not(), alpha=_NEVER)


def chosen(logs: th.Tensor, actions: th.Tensor) -> th.Tensor:
    """Returns the entry of each row that belongs to its action, shape `(batch,)`."""
    return logs.gather(1, actions[:, None]).squeeze(1)


def draw(likely: th.Tensor, points: th.Tensor) -> th.Tensor:
    """Draws an action from each row of probabilities, shape `(batch,)`; none of probability 0.

    Args:
        likely: of shape `(batch, actions)`.
        points: drawn evenly from [0, 1) with 24 digits, of shape `(batch,)`.
    """
    sums = likely.cumsum(1, dtype=th.float64)
    # In double precision the product stays below the last sum, as these numbers have 24 digits and are below 1.
    points = points.double()[:, None] * sums[:, -1:]
    # The first action whose sum is greater: one of probability 0 adds nothing to the sum before.
    return th.searchsorted(sums, points, right=True).squeeze(1)
