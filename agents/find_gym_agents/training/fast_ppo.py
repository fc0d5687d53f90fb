"""PPO with action masks, for these networks.

It learns what MaskablePPO learns, by the same updates. What it leaves out is work that is done twice:

- What the network reads of evidence is made of the observations once, in the rollout, and kept on the device; see
  `find_gym_agents.training.fast_rollouts`.
- Minibatches are made of pieces of episodes rather than of single steps, so that they share most of their evidence,
  which is encoded once.
- The policy and the value share one forward pass, and no distribution is built or checked to draw an action.
- Factors of matrix products may be rounded to what the processor or the GPU multiplies fastest; see
  `find_gym_agents.training.products`.

Several processes may learn together: each has a share of the environments, and computes its part of each gradient; see
`find_gym_agents.training.fast_processes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch as th
from stable_baselines3.common.logger import Logger

from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.encoders import Encoding, Inputs, in_few_lengths
from find_gym_agents.training.fast_processes import Processes
from find_gym_agents.training.fast_rollouts import Rollouts, chosen, only_legal
from find_gym_agents.training.learner import VALUE_RATE, Setting, entropy_weight, learning_rate
from find_gym_agents.training.products import reduced_precision

# The weight of the values' loss, and the greatest norm of the gradient: the defaults of Stable-Baselines3.
_VALUE_WEIGHT, _MAX_NORM = 0.5, 0.5
_EPSILON, _SMALL_NORM = 1e-8, 1e-6

Figures = dict[str, float]


class Whole(NamedTuple):
    """What a part of a minibatch must know of the others.

    Attributes:
        steps: the steps of the minibatch.
        mean: the mean of their advantages.
        deviation: the standard deviation of these.
    """

    steps: int
    mean: float
    deviation: float


class Gradients(Rollouts):
    """Rollouts, and the gradients of the losses of their steps: what each process does."""

    def begin(self, seed: int) -> None:
        """Begins fresh episodes."""
        super().begin(seed)
        self._shuffler = th.Generator(self.device).manual_seed(seed + self._first)

    def shuffle(self, batch_size: int) -> list[tuple[int, float, float]]:
        """Divides the steps of the rollout into minibatches: pieces of episodes, in random order.

        Args:
            batch_size: the steps in a minibatch, those of all processes.

        Returns:
            Of each minibatch the number of steps, and the sums of their advantages and of the squares of these.
        """
        self.policy.set_training_mode(True)
        flat = {name: values.flatten(0, 1) for name, values in self.rollout.items()}
        count = int(self.pieces.max()) + 1
        places = th.randperm(count, generator=self._shuffler, device=self.device)[self.pieces]
        order = places.flatten().argsort(stable=True).split(max(batch_size // self._share.processes, 1))
        self._batches = ({name: values.index_select(0, steps) for name, values in flat.items()} for steps in order)
        advantages = [flat["advantages"][steps].double() for steps in order]
        sums = th.stack([th.stack([one.sum(), one.square().sum()]) for one in advantages]).tolist()
        return [(len(one), *pair) for one, pair in zip(advantages, sums, strict=True)]

    def minibatch(self) -> tuple[Inputs, Encoding]:
        """Returns the next minibatch, and its evidence encoded."""
        batch = next(self._batches)
        evidence, rows = batch["evidence"].unique(return_inverse=True)
        evidence = in_few_lengths(evidence)
        if len(evidence) >= len(rows):
            # Nearly every step has evidence of its own.
            return batch, self.encode(batch["evidence"])
        encoding = self.encode(evidence)
        return batch, Encoding(*(part.index_select(0, rows) for part in encoding))

    @reduced_precision()
    def differentiate(self, whole: Whole) -> Figures:
        """Sets the gradients to those of the next minibatch, or of the part of it that is here.

        Returns:
            The losses and other means over the minibatch, or what this part adds to them.
        """
        config = self._config
        batch, encoding = self.minibatch()
        logits, values = self.forward(self.weights(), encoding, batch)
        with th.no_grad():
            legal = only_legal(logits, batch["masks"])
            # Not the exponentials of the logarithms: those of numbers far below 0 take ten times as long.
            logs, likely = legal.log_softmax(1), legal.softmax(1)
            actions = batch["actions"]
            entropies = -(likely * logs).sum(1)
            log_ratio = chosen(logs, actions) - batch["logs"]
            ratio = log_ratio.exp()
            advantages = (batch["advantages"] - whole.mean) / (whole.deviation + _EPSILON)
            gains = advantages * ratio
            clipped = advantages * ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
            errors = values - batch["returns"]
            # The gradients of the losses with respect to logits and values, in closed form.
            pull = gains * (gains <= clipped) / whole.steps
            weight = entropy_weight(config) / whole.steps
            of_logits = (weight * entropies + pull)[:, None].add(logs, alpha=weight).mul_(likely)
            of_logits.scatter_add_(1, actions[:, None], -pull[:, None])
        self._differentiate([logits, values], [of_logits, 2 * _VALUE_WEIGHT / whole.steps * errors])
        sums = {
            "policy_gradient_loss": -th.min(gains, clipped),
            "value_loss": errors.square(),
            "entropy_loss": -entropies,
            "approx_kl": ratio - 1 - log_ratio,
            "clip_fraction": ((ratio - 1).abs() > config.clip_range).float(),
        }
        means = (th.stack(list(sums.values())).detach().sum(1) / whole.steps).tolist()
        figures = dict(zip(sums, means, strict=True))
        policy_loss, value_loss, entropy_loss = means[:3]
        figures["loss"] = policy_loss + entropy_weight(config) * entropy_loss + _VALUE_WEIGHT * value_loss
        return figures

    @reduced_precision()
    def differentiate_values(self, whole: Whole) -> None:
        """Sets the gradients to those of the values' loss, with features that stay as they are."""
        policy = self.policy
        with th.no_grad():
            batch, encoding = self.minibatch()
            trunk = self._extractor.trunk_weights()
            features = self._extractor.join(trunk, encoding, batch["written"], batch["budget"])
        values = policy.value_net(policy.mlp_extractor.forward_critic(features)).squeeze(1)
        self._differentiate([values], [2 / whole.steps * (values.detach() - batch["returns"])])

    def _differentiate(self, outputs: Sequence[th.Tensor], gradients: Sequence[th.Tensor]) -> None:
        """Sets the gradients of the weights, given those of what was computed with them."""
        parts = th.autograd.grad(outputs, self.learned, gradients, allow_unused=True)
        self.have_gradients = [part is not None for part in parts]
        zeros = (
            th.zeros_like(weight) if part is None else part for weight, part in zip(self.learned, parts, strict=True)
        )
        th.cat([part.flatten() for part in zeros], out=self.gradient)

    def spread(self) -> th.Tensor:
        """Returns what `explained_variance` needs: of the returns, and of what the values leave of them, two sums."""
        returns, values = self.rollout["returns"].double(), self.rollout["values"]
        left = returns - values
        return th.stack([one for part in (returns, left) for one in (part.sum(), part.square().sum())]).cpu()


class FastPPO:
    """PPO with action masks; a `Learner`.

    Args:
        config: what to train.
        options: arguments of the environment that the policy is made for.
    """

    def __init__(self, config: TrainConfig, options: dict[str, Any]) -> None:
        self._config = config
        self._processes = Processes(Gradients, config, options)
        self.policy: Any = self._processes.local.policy
        for group in self.policy.optimizer.param_groups:
            group["fused"] = True  # the same steps in one loop over all weights

    def set_logger(self, logger: Logger) -> None:
        """Sets what gets the figures of each update."""
        self._logger = logger

    def enter(self, setting: Setting) -> None:
        """Makes the environments of the rollouts that follow."""
        self._processes.do("enter", setting)
        self._steps = setting.rollout_steps(self._config) * self._config.num_envs
        self._batch_size = setting.batch_size(self._config)

    def begin(self, seed: int) -> None:
        """Begins fresh episodes."""
        self._processes.do("begin", seed)

    def collect(self) -> float:
        """Makes a rollout by the policy; returns the seconds spent in the environments, the mean over processes."""
        seconds = self._processes.do("collect")
        return float(sum(seconds) / len(seconds))

    def episodes(self) -> list[dict[str, Any]]:
        """Returns the last episodes."""
        return [episode for part in self._processes.do("episodes") for episode in part]

    def leave(self) -> None:
        """Closes the environments."""
        self._processes.do("leave")

    def update(self, left: float) -> None:
        """Improves the policy by the last rollout."""
        config = self._config
        self._set_rate(learning_rate(config, left))
        figures: list[Figures] = []
        for whole in self._minibatches():
            parts: list[Figures] = self._processes.do("differentiate", whole)
            figures.append({name: sum(part[name] for part in parts) for name in parts[0]})
            if figures[-1]["approx_kl"] > 1.5 * config.target_kl:
                break
            gradient = self._processes.gradient()
            gradient *= (_MAX_NORM / (gradient.norm() + _SMALL_NORM)).clamp(max=1)
            _step(self.policy.optimizer)
        self._record(figures)

    def fit_values(self) -> None:
        """Fits the values to the last rollout."""
        self._set_rate(VALUE_RATE)
        for whole in self._minibatches():
            self._processes.do("differentiate_values", whole)
            self._processes.gradient()
            _step(self.policy.optimizer)

    def _minibatches(self) -> Iterator[Whole]:
        """Yields the minibatches of all passes over the rollout."""
        for _ in range(self._config.epochs):
            for parts in zip(*self._processes.do("shuffle", self._batch_size), strict=True):
                steps, total, squares = (sum(one) for one in zip(*parts, strict=True))
                variance = (squares - total**2 / steps) / max(steps - 1, 1)
                yield Whole(steps, total / steps, max(variance, 0.0) ** 0.5)

    def _set_rate(self, rate: float) -> None:
        for group in self.policy.optimizer.param_groups:
            group["lr"] = rate

    def _record(self, figures: list[Figures]) -> None:
        """Writes the means over the minibatches, by the names that Stable-Baselines3 has for them."""
        for name in figures[0]:
            self._logger.record(f"train/{name}", sum(one[name] for one in figures) / len(figures))
        total, squares, total_left, squares_left = th.stack(self._processes.do("spread")).sum(0).tolist()
        variance = squares - total**2 / self._steps
        left = squares_left - total_left**2 / self._steps
        self._logger.record("train/explained_variance", 1 - left / variance if variance > 0 else float("nan"))


def _step(optimizer: th.optim.Optimizer) -> None:
    """Takes a step: where it is one of Adam, without what PyTorch does around it, which takes nearly as long.

    On a GPU PyTorch's own is taken: it keeps how many steps there were elsewhere than this needs them.
    """
    (group,) = optimizer.param_groups
    weights = [weight for weight in group["params"] if weight.grad is not None]
    states = [optimizer.state[weight] for weight in weights]
    # Subclasses, such as AdamW, take other steps.
    is_plain = type(optimizer) is th.optim.Adam and all(weight.is_cpu for weight in weights)
    if not is_plain or not all(states):
        # The first step makes the states.
        optimizer.step()
        return
    gradients = [weight.grad for weight in weights]
    first, second = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq"))
    rates: dict[str, Any] = {name: group[name] for name in ("lr", "eps", "weight_decay", "amsgrad", "maximize")}
    beta1, beta2 = group["betas"]
    with th.no_grad():
        # Added to in one array: the loop over tensors of one number each takes half as long as the step.
        steps = list((th.stack([state["step"] for state in states]) + 1).unbind())
        for state, step in zip(states, steps, strict=True):
            state["step"] = step
        th._fused_adam_(weights, gradients, first, second, [], steps, beta1=beta1, beta2=beta2, **rates)
