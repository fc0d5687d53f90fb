"""Imitation: behaviour cloning of a teacher that knows the truth, before reinforcement learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from numpy.typing import NDArray
from torch.nn import functional

from find_gym.core.registry import category_named, category_of, version_of
from find_gym_agents.categories.record import Imitation
from find_gym_agents.training.encoders import Encoding
from find_gym_agents.training.policy_episodes import own_masks

IntArray = NDArray[np.int64]

# Of the evidence, this share is that of the whole budget.
_WHOLE_BUDGET = 0.6
# Pieces of evidence from each interrogation by the teacher.
_REUSED = 4
_NEVER = -1e9


@dataclass(frozen=True)
class Examples:
    """What a teacher does, having seen some evidence: several examples share what has to be encoded once.

    Attributes:
        evidence: observations without what is written, of shape `(pieces, ...)`.
        rows: the piece of evidence of each example, shape `(examples,)`.
        written: the tokens written so far, one-hot, shape `(examples, places * tokens)`.
        masks: the actions to choose from, bool of shape `(examples, actions)`.
        actions: what the teacher does, shape `(examples,)`.
        asking: whether that is a query, bool of shape `(examples,)`.
    """

    evidence: dict[str, th.Tensor]
    rows: th.Tensor
    written: th.Tensor
    masks: th.Tensor
    actions: th.Tensor
    asking: th.Tensor

    def to(self, device: th.device) -> Examples:
        """Returns the examples on a device."""
        evidence = {name: values.to(device) for name, values in self.evidence.items()}
        others = (self.rows, self.written, self.masks, self.actions, self.asking)
        return Examples(evidence, *(values.to(device) for values in others))


class Demonstrations:
    """Endless examples of what a teacher that knows the truth would do, on functions that are sampled once.

    Args:
        env: an environment with the `tokens` interface and the difficulty of the training.
        imitation: how its category is imitated.
        difficulty: the difficulty that functions are sampled from.
        count: the number of functions.
        rng: the source of all randomness.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        imitation: Imitation,
        difficulty: Any,
        count: int,
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        codec, rules = env.unwrapped.codec, env.unwrapped.rules  # type: ignore[attr-defined]
        self._codec = codec
        self._token_count = len(codec.tokens)
        self._budget = rules.max_queries
        self._legal: dict[tuple[int, ...], NDArray[np.bool_]] = {}
        self._open: dict[tuple[int, ...], list[int]] = {}
        env_id = env.spec.id  # type: ignore[union-attr]
        sample, version = category_named(category_of(env_id)).sample, version_of(env_id)
        specs = [sample(rng, split="train", difficulty=difficulty, version=version) for _ in range(count)]
        self._tokens = [tuple(codec.tokens.index(word) for word in imitation.words_of(spec)) for spec in specs]
        self._evidence = imitation.evidence(env, specs)

    def draw(self, pieces: int) -> Examples:
        """Returns examples from so many pieces of evidence.

        From each come all tokens that the teacher would write, with tokens alone to choose from; and the query that it
        would make next, where there is budget left.
        """
        rng, evidence, queries = self._rng, self._evidence, self._codec.queries
        functions = rng.integers(evidence.count, size=-(-pieces // _REUSED))
        sequence = np.tile(evidence.demonstrate(functions, self._budget, rng), (_REUSED, 1))[:pieces]
        functions = np.tile(functions, _REUSED)[:pieces]
        whole = rng.random(pieces) < _WHOLE_BUDGET
        counts = np.where(whole, self._budget, rng.integers(0, self._budget, pieces))
        observation = evidence.show(functions, sequence, counts, rng)
        left = 1 - counts / self._budget
        observation["budget"] = np.stack([left, left], axis=1).astype(np.float32)

        askers = np.flatnonzero(~whole)
        tokens = [self._tokens[function] for function in functions]
        writers = [(row, place) for row in range(pieces) for place in self._choices(tokens[row])]
        rows = np.concatenate([askers, [row for row, _ in writers]]).astype(np.int64)
        written = np.zeros((rows.size, self._codec.max_tokens, self._token_count), dtype=np.float32)
        masks = np.zeros((rows.size, queries + self._token_count), dtype=np.bool_)
        actions = np.zeros(rows.size, dtype=np.int64)
        # No probe is asked twice, so that a network that is unsure does not ask the same again and again.
        shown = {name: values[askers] for name, values in observation.items()}
        masks[: askers.size, :queries] = self._codec.legal_queries(shown)
        masks[: askers.size, queries:] = self._legal_after(())
        masks[: askers.size] = own_masks(masks[: askers.size], shown["asked"], self._codec, free_stopping=True)
        actions[: askers.size] = sequence[askers, counts[askers]]
        for example, (row, place) in enumerate(writers, start=askers.size):
            before = tokens[row][:place]
            written[example, np.arange(place), before] = 1.0
            masks[example, queries:] = self._legal_after(before)
            actions[example] = queries + tokens[row][place]
        return Examples(
            {name: th.as_tensor(values) for name, values in observation.items()},
            th.as_tensor(rows),
            th.as_tensor(written.reshape(rows.size, -1)),
            th.as_tensor(masks),
            th.as_tensor(actions),
            th.arange(rows.size) < askers.size,
        )

    def _choices(self, tokens: tuple[int, ...]) -> list[int]:
        """Returns the places of a description at which there is more than one legal token."""
        if tokens not in self._open:
            legal = (self._legal_after(tokens[:place]) for place in range(len(tokens)))
            self._open[tokens] = [place for place, mask in enumerate(legal) if mask.sum() > 1]
        return self._open[tokens]

    def _legal_after(self, tokens: tuple[int, ...]) -> NDArray[np.bool_]:
        if tokens not in self._legal:
            draft = self._codec.new_draft()
            for token in tokens:
                draft.write(token)
            self._legal[tokens] = draft.legal()
        return self._legal[tokens]


def clone(policy: Any, optimizer: th.optim.Optimizer, examples: Examples) -> dict[str, float]:
    """Takes a gradient step towards what the teacher does.

    Args:
        policy: a policy of Stable-Baselines3 with a `ProbeTableExtractor` and one linear layer for its actions.
        optimizer: of its parameters.
        examples: what the teacher does.

    Returns:
        The cross-entropy, and the shares of the teacher's queries and tokens that the policy finds most probable.
    """
    examples = examples.to(policy.device)
    extractor, rows = policy.features_extractor, examples.rows
    encoding = extractor.encoder(examples.evidence)
    encoding = Encoding(encoding.evidence[rows], encoding.queries[rows])
    features = extractor.join(extractor.trunk_weights(), encoding, examples.written, examples.evidence["budget"][rows])
    logits = policy.action_net(policy.mlp_extractor.forward_actor(features)).masked_fill(~examples.masks, _NEVER)
    loss = functional.cross_entropy(logits, examples.actions)
    optimizer.zero_grad()
    loss.backward()
    th.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    optimizer.step()
    right = (logits.argmax(1) == examples.actions).float()
    asking, writing = right[examples.asking], right[~examples.asking]
    return {"loss": loss.item(), "asking": asking.mean().item(), "writing": writing.mean().item()}
