"""The networks of policies."""

from __future__ import annotations

from typing import Any

import torch as th
from gymnasium import spaces
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy

from find_gym_agents.training.extractor import ProbeTableExtractor, Trunk

TRUNK = Trunk()


def policy_arguments(category: str, places: int, trunk: Trunk) -> dict[str, Any]:
    """Returns the arguments of the policy's class: the extractor, a linear layer for actions, a small one for values.

    Args:
        category: the category of functions.
        places: the most different probes that are asked in an episode.
        trunk: the layers of the extractor that follow its encoder.
    """
    return {
        "net_arch": {"pi": [], "vf": [128]},
        "activation_fn": th.nn.ReLU,
        "ortho_init": False,
        "features_extractor_class": ProbeTableExtractor,
        "features_extractor_kwargs": {"category": category, "places": places, "trunk": trunk},
    }


def make_policy(
    category: str,
    places: int,
    observation_space: spaces.Dict,
    action_space: spaces.Discrete,
    trunk: Trunk = TRUNK,
) -> MaskableMultiInputActorCriticPolicy:
    """Makes a policy whose weights are still random."""
    return MaskableMultiInputActorCriticPolicy(
        observation_space, action_space, lambda _: 1e-3, **policy_arguments(category, places, trunk)
    )
