"""Episodes of a policy on given functions, many side by side: what it asks, what it writes, what that is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.core.registry import category_named, version_of
from find_gym.functions import function_seed
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.training.config import RunConfig

Observation = dict[str, NDArray[np.float32]]


@dataclass
class Played:
    """An episode that was played.

    Attributes:
        skill: what the submission earned, 1 at most; below 0 where it is worse than chance (entities).
        accuracy: its accuracy, in [0, 1].
        asked: the queries that were asked, in order.
        tokens: the tokens that were written.
    """

    skill: float = 0.0
    accuracy: float = 0.0
    asked: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)


def validation_specs(config: RunConfig) -> list[Any]:
    """Samples the functions that a policy is validated on: the difficulty's own distribution, nothing replaced."""
    return [
        category_named(config.category).sample(
            np.random.default_rng(function_seed("validation", config.category, config.seed, index)),
            split="validation",
            difficulty=config.difficulty,
            version=version_of(config.env),
        )
        for index in range(config.validation_functions)
    ]


def choose(policy: Any, observation: Observation, masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Returns the most probable legal action of each row; see `log_probabilities`."""
    return log_probabilities(policy, observation, masks).argmax(axis=1)


def log_probabilities(policy: Any, observation: Observation, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the log-probabilities of actions among the legal ones, shape `(n, actions)`.

    Args:
        policy: an actor and critic of Stable-Baselines3 with discrete actions.
        observation: arrays of shape `(n, ...)`.
        masks: legal actions, bool of shape `(n, actions)`.
    """
    tensors = {name: th.as_tensor(values, device=policy.device) for name, values in observation.items()}
    with th.no_grad():
        features = policy.extract_features(tensors, policy.pi_features_extractor)
        logits = policy.action_net(policy.mlp_extractor.forward_actor(features))
    legal = logits.double().masked_fill(~th.as_tensor(masks, device=policy.device), -th.inf)
    return legal.log_softmax(1).cpu().numpy()


def own_masks(
    masks: NDArray[np.bool_], asked: NDArray[np.float32], codec: TokensInterface, free_stopping: bool
) -> NDArray[np.bool_]:
    """Narrows legal actions to what policies of this package may do.

    No probe is asked twice, and unless stopping is free, nothing is written before the budget is spent.

    Args:
        masks: legal actions, bool of shape `(n, actions)`.
        asked: the feature of that name, shape `(n, places)`.
        codec: the interface.
        free_stopping: whether writing may begin at any time.
    """
    masks = masks.copy()
    probes, queries = len(codec.probes), codec.queries
    masks[:, :probes] &= asked[:, :probes] == 0
    if not free_stopping:
        # A description that was begun is written to its end; nothing but its tokens is left then.
        masks[:, queries:] &= ~masks[:, :queries].any(axis=1, keepdims=True)
    return masks


def play(
    policy: Any,
    env_id: str,
    specs: Sequence[Any],
    *,
    options: dict[str, Any],
    free_stopping: bool,
    seed: int = 0,
    change: Callable[[Observation, NDArray[np.int64]], Observation] | None = None,
    queries: Sequence[Sequence[int]] | None = None,
) -> list[Played]:
    """Plays one episode on each function, deterministically.

    Args:
        policy: the policy.
        env_id: the environment's id.
        specs: the functions.
        options: arguments of the environment.
        free_stopping: whether writing may begin before the budget is spent.
        seed: seeds the noise.
        change: changes what the policy sees: from observations and the places of their episodes to other observations.
        queries: what each episode asks, in place of what the policy would ask; it only writes.

    Returns:
        The episodes, in the order of the functions.
    """
    envs = [gym.make(env_id, disable_env_checker=True, **options).unwrapped for _ in specs]
    shown = []
    for index, (env, spec) in enumerate(zip(envs, specs, strict=True)):
        observation, _ = env.reset(seed=seed + index, options={"function": spec})
        shown.append(observation)
    played = [Played() for _ in specs]
    codec: TokensInterface = envs[0].codec  # type: ignore[attr-defined]
    active = np.arange(len(specs))
    while active.size:
        observation = {name: np.stack([shown[index][name] for index in active]) for name in shown[0]}
        masks = np.stack([envs[index].action_masks() for index in active])  # type: ignore[attr-defined]
        masks = own_masks(masks, observation["asked"], codec, free_stopping)
        actions = choose(policy, observation if change is None else change(observation, active), masks)
        if queries is not None:
            actions = _replaced(actions, queries, active, [len(episode.asked) for episode in played])
        going_on = []
        for index, action in zip(active.tolist(), actions.tolist(), strict=True):
            episode = played[index]
            if action < codec.queries:
                episode.asked.append(action)
            else:
                episode.tokens.append(action - codec.queries)
            shown[index], reward, terminated, _, info = envs[index].step(action)
            if terminated:
                episode.skill = float(reward)
                episode.accuracy = float((info["score"] or {"accuracy": 0.0})["accuracy"])
            else:
                going_on.append(index)
        active = np.array(going_on, dtype=np.int64)
    return played


def _replaced(
    actions: NDArray[np.int64], queries: Sequence[Sequence[int]], active: NDArray[np.int64], counts: list[int]
) -> NDArray[np.int64]:
    """Returns the actions with the next of the given queries where there is one left."""
    rows = [(queries[index], counts[index]) for index in active]
    given = [own[count] if count < len(own) else -1 for own, count in rows]
    return np.where(np.array(given) >= 0, given, actions)
