"""PPO with action masks in one file, in the style of CleanRL: read it from top to bottom, change what you like.

    pip install 'find-gym[train]'
    python examples/ppo_masked.py --env FIND-numeric-v1

It needs torch, and nothing of the libraries of reinforcement learning. It trains on functions of the split `train`; at
the end the most probable actions are evaluated on functions of the split `test`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch import nn
from torch.distributions import Categorical

import find_gym  # noqa: F401  (registers the environments)
from find_gym_agents.commands.arguments import parse


@dataclass(frozen=True)
class Args:
    """What to train, and how; every field is an option of the command line."""

    env: str = "FIND-numeric-v1"
    """The environment's id."""
    difficulty: str = "easy"
    """The difficulty of the functions."""
    max_queries: int = 8
    """The budget, a number of inputs."""
    seed: int = 0
    """Seeds functions, weights and sampling."""
    total_timesteps: int = 60_000
    """Steps of the environments."""
    num_envs: int = 64
    """Environments that are stepped side by side."""
    num_steps: int = 32
    """Steps of each environment between two updates."""
    num_minibatches: int = 8
    """Minibatches of an epoch."""
    update_epochs: int = 10
    """Passes over each rollout."""
    learning_rate: float = 1e-3
    """Adam's learning rate at the start; it falls to 0."""
    gamma: float = 1.0
    """The discount; the reward comes once, at the end."""
    gae_lambda: float = 0.95
    """The lambda of generalised advantage estimation."""
    clip_coef: float = 0.2
    """How far the ratio of new and old probabilities may move."""
    ent_coef: float = 0.01
    """The weight of the entropy bonus."""
    vf_coef: float = 0.5
    """The weight of the value's loss."""
    max_grad_norm: float = 0.5
    """The greatest norm of the gradient."""
    hidden: int = 256
    """The width of the layers."""
    test_functions: int = 200
    """The functions of the evaluation."""


class Agent(nn.Module):
    """A policy and a value, of two hidden layers each."""

    def __init__(self, observations: int, actions: int, hidden: int) -> None:
        super().__init__()
        self.actor, self.critic = (self._layers(observations, out, hidden) for out in (actions, 1))

    @staticmethod
    def _layers(inputs: int, outputs: int, hidden: int) -> nn.Sequential:
        last = nn.Linear(hidden, outputs)
        nn.init.orthogonal_(last.weight, 0.01)
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), last)

    def policy(self, observation: torch.Tensor, mask: torch.Tensor) -> Categorical:
        """Returns the distribution over actions; illegal ones have the probability 0."""
        return Categorical(logits=self.actor(observation).masked_fill(~mask, -1e9))

    def value(self, observation: torch.Tensor) -> torch.Tensor:
        """Returns the values, `(n,)`."""
        return self.critic(observation).squeeze(-1)


def make_envs(args: Args, split: str, num_envs: int):
    """Makes the environments; where an episode ends, the observation is the first one of the next."""
    return gym.make_vec(
        args.env,
        num_envs=num_envs,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.SAME_STEP,
        split=split,
        difficulty=args.difficulty,
        max_queries=args.max_queries,
    )


def see(envs, observation) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns observations as vectors, `(n, size)`, and the legal actions, `(n, actions)`."""
    parts = [observation[name].reshape(envs.num_envs, -1) for name in sorted(observation)]
    flat = torch.from_numpy(np.concatenate(parts, axis=1, dtype=np.float32))
    return flat, torch.from_numpy(envs.action_masks())


@torch.no_grad()
def evaluate(args: Args, agent: Agent) -> float:
    """Returns the mean reward, by default the skill, of the most probable actions on functions of the split `test`."""
    envs = make_envs(args, "test", args.test_functions)
    observation, _ = envs.reset(seed=args.seed)
    rewards, over = np.zeros(args.test_functions), np.zeros(args.test_functions, dtype=bool)
    while not over.all():
        actions = agent.policy(*see(envs, observation)).probs.argmax(dim=-1)
        observation, reward, terminated, _, _ = envs.step(actions.numpy())
        # Of each environment the first episode counts.
        rewards += np.where(over, 0.0, reward)
        over |= terminated
    return float(rewards.mean())


def train(args: Args) -> Agent:
    """Trains an agent."""
    torch.manual_seed(args.seed)
    envs = make_envs(args, "train", args.num_envs)
    observation, mask = see(envs, envs.reset(seed=args.seed)[0])
    size, actions = observation.shape[1], mask.shape[1]
    agent = Agent(size, actions, args.hidden)
    optimizer = torch.optim.Adam(agent.parameters(), lr=args.learning_rate, eps=1e-5)

    shape = (args.num_steps, args.num_envs)
    obs, masks = torch.zeros((*shape, size)), torch.zeros((*shape, actions), dtype=torch.bool)
    acts = torch.zeros(shape, dtype=torch.long)
    logprobs, rewards, dones, values = (torch.zeros(shape) for _ in range(4))
    batch_size = args.num_steps * args.num_envs
    updates, started = max(args.total_timesteps // batch_size, 1), time.time()

    for update in range(updates):
        optimizer.param_groups[0]["lr"] = args.learning_rate * (1 - update / updates)

        # A rollout.
        for step in range(args.num_steps):
            obs[step], masks[step] = observation, mask
            with torch.no_grad():
                policy = agent.policy(observation, mask)
                acts[step] = policy.sample()
                logprobs[step], values[step] = policy.log_prob(acts[step]), agent.value(observation)
            seen, reward, terminated, _, _ = envs.step(acts[step].numpy())
            observation, mask = see(envs, seen)
            rewards[step], dones[step] = torch.from_numpy(reward), torch.from_numpy(terminated)

        # Advantages; an episode that has ended has no value beyond its end.
        with torch.no_grad():
            following, advantage = agent.value(observation), torch.zeros(args.num_envs)
            advantages = torch.zeros(shape)
            for step in reversed(range(args.num_steps)):
                goes_on = 1 - dones[step]
                delta = rewards[step] + args.gamma * goes_on * following - values[step]
                advantage = delta + args.gamma * args.gae_lambda * goes_on * advantage
                advantages[step], following = advantage, values[step]
            returns = advantages + values

        # The update.
        rollout = (obs, masks, acts, logprobs, advantages, returns)
        b_obs, b_masks, b_acts, b_logprobs, b_advantages, b_returns = (each.flatten(0, 1) for each in rollout)
        for _ in range(args.update_epochs):
            for chosen in torch.randperm(batch_size).chunk(args.num_minibatches):
                policy = agent.policy(b_obs[chosen], b_masks[chosen])
                ratio = (policy.log_prob(b_acts[chosen]) - b_logprobs[chosen]).exp()
                normalised = b_advantages[chosen]
                normalised = (normalised - normalised.mean()) / (normalised.std() + 1e-8)
                clipped = ratio.clamp(1 - args.clip_coef, 1 + args.clip_coef)
                policy_loss = -torch.min(normalised * ratio, normalised * clipped).mean()
                value_loss = 0.5 * (agent.value(b_obs[chosen]) - b_returns[chosen]).square().mean()
                loss = policy_loss + args.vf_coef * value_loss - args.ent_coef * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), args.max_grad_norm)
                optimizer.step()

        steps = (update + 1) * batch_size
        episodes = max(int(dones.sum()), 1)
        speed = steps / (time.time() - started)
        print(f"step {steps}  reward {rewards.sum() / episodes:.3f}  {speed:.0f} steps/s", flush=True)
    return agent


if __name__ == "__main__":
    arguments = parse(Args, None, program="ppo_masked.py", description="PPO with action masks in one file.")
    trained = train(arguments)
    mean = evaluate(arguments, trained)
    print(f"mean reward on {arguments.test_functions} functions of the split test: {mean:.3f}")
