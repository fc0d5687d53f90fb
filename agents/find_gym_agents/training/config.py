"""The configurations of training runs: what the command line takes, checked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from find_gym_agents.checks import check_choice, check_environment, check_folder, check_integers
from find_gym_agents.evaluation.config import read_difficulty, usable_cores

if TYPE_CHECKING:
    from find_gym_agents.categories.record import TrainingSettings

ALGORITHMS = ("maskable-ppo", "ppo-fast", "ppo")
DEVICES = ("auto", "cpu", "cuda")
LOGGERS = ("tensorboard", "csv", "json", "log", "stdout", "none")
_MOST_ENV_WORKERS = 7
# Environments, and steps of each in a rollout; and the environments of ppo-fast, whose rollouts are as long all in all.
_ENVS, _STEPS = 64, 128
_FAST_ENVS = 128


@dataclass(frozen=True)
class RecipeConfig:
    """What every training run has, whatever its recipe."""

    env: str = "FIND-numeric-v1"
    """The environment's id."""
    seed: int = 0
    """Seeds everything: functions, noise, network, exploration."""
    minutes: float = 15.0
    """The wall-clock time that the training may take; the evaluation at the end comes on top. Each phase updates the
    policy in any case, if only once. More of them in the folder of a finished run extend it."""
    max_queries: int | None = None
    """The budget of queries; by default one that suits the category."""
    validation_functions: int = 100
    """Functions of the validation split that the policy is evaluated on while it trains."""
    test_functions: int = 200
    """Functions of the test split that it is evaluated on at the end; 0 leaves that out."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """The folder of the run; by default one in runs/train/ with a readable name. A run that was cut short goes on."""

    def __post_init__(self) -> None:
        check_environment(self.env, self._difficulty)
        check_integers(self, seed=0, max_queries=1, validation_functions=1, test_functions=0)
        self._check_positive("minutes")
        check_folder(self.out)

    def _check_positive(self, *names: str) -> None:
        for name in names:
            if not getattr(self, name) > 0:
                raise ValueError(f"expected {name} > 0, actual value: {getattr(self, name)!r}")

    @property
    def _difficulty(self) -> str | dict[str, Any]:
        """The difficulty that the environment should have."""
        return "find"

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        if self.out is not None:
            return Path(self.out)
        recipe, *others = self._names()
        return Path("runs") / "train" / "_".join([self.env, recipe, f"seed{self.seed}", *others])

    def _names(self) -> list[str]:
        """Returns how the run is called: its recipe, then what else tells it from others in the same environment."""
        raise NotImplementedError


@dataclass(frozen=True)
class RunConfig(RecipeConfig):
    """What the training of a policy for the interface `tokens` has, which other agents are set beside at the end."""

    difficulty: str | dict[str, Any] = field(default="find", metadata={"parse": read_difficulty})
    """The difficulty to train for: easy, find (the benchmark's own), hard, extreme, or a JSON object of attributes."""
    device: str = "auto"
    """Where the network learns: cpu, cuda, or auto (cuda where there is one)."""
    env_workers: int | None = None
    """Processes that work for the training beside its own: they fit and score descriptions, or sample functions. By
    default one for each further processor core, at most 7. What is learned in so many steps does not depend on it."""
    workers: int | None = None
    """Processes of the evaluation at the end; by default one for each processor core."""
    logger: tuple[str, ...] = field(default=(), metadata={"metavar": "KIND"})
    """Where the figures of the training go: tensorboard (the default), csv, json, log, stdout, none; repeatable."""
    verbose: bool = False
    """Whether all tables of the evaluations are printed at the end."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integers(self, env_workers=0, workers=1)
        check_choice("a device", self.device, DEVICES)
        object.__setattr__(self, "logger", tuple(self.logger or ("tensorboard",)))
        for kind in self.logger:
            check_choice("a logger", kind, LOGGERS)

    @property
    def _difficulty(self) -> str | dict[str, Any]:
        return self.difficulty

    @property
    def category(self) -> str:
        """The category of functions of the environment, such as "numeric"."""
        from find_gym.core.registry import category_of

        return category_of(self.env)

    @property
    def category_settings(self) -> TrainingSettings:
        """How policies are trained in the category."""
        from find_gym_agents.categories import agent_category

        return agent_category(self.category).training

    @property
    def env_worker_count(self) -> int:
        """The processes that work for the training beside its own."""
        return min(usable_cores() - 1, _MOST_ENV_WORKERS) if self.env_workers is None else self.env_workers

    @property
    def evaluation_options(self) -> dict[str, Any]:
        """Options of `find-gym evaluate` with which the policy is evaluated at the end."""
        return {}

    @property
    def longer(self) -> str:
        """The option that makes the run twice as long."""
        return f"--minutes {2 * self.minutes:g}"

    def to_json(self) -> dict[str, Any]:
        """Returns all fields as JSON-serialisable data."""
        return dict(json.loads(json.dumps(asdict(self), default=list)))

    def identity(self) -> dict[str, Any]:
        """Returns what the trained policy depends on, but for its length; a run goes on only where it is the same."""
        return {name: value for name, value in self.to_json().items() if name not in self._later}

    # How results call what the run began with, and its proposals in the evaluation at the end; None for as many as the
    # trained one makes. What an untrained policy writes itself is compared: of 32 proposals that are checked against
    # the evidence, the best is good whoever makes them.
    begins_as: ClassVar[tuple[str, int | None]] = ("untrained", 1)

    # What may change when a run goes on.
    _later: ClassVar[frozenset[str]] = frozenset(
        {"out", "workers", "env_workers", "test_functions", "device", "logger", "verbose", "minutes"}
    )


@dataclass(frozen=True)
class TrainConfig(RunConfig):
    """What to train, and how; every field is an option of the command line."""

    algo: str = "maskable-ppo"
    """The algorithm: maskable-ppo, ppo-fast (the same updates, in less time), or ppo (without masks: illegal actions
    cost a query)."""
    total_timesteps: int | None = None
    """Steps of reinforcement learning, in place of --minutes: the same run on any machine. More of them extend it."""
    imitation_minutes: float | None = None
    """The part of the time in which the policy first imitates a teacher that knows the truth; by default one that suits
    the category, none after a warm start; 0 switches it off."""
    imitation_examples: int | None = None
    """Pieces of evidence that the teacher shows, in place of --imitation-minutes."""
    init_from: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A policy of another run to begin with, of the same environment and network: a warm start."""
    curriculum: bool = True
    """Without imitation, reinforcement learning begins with given evidence, of simple functions at first; else with
    chosen queries."""
    free_stopping: float = 0.0
    """The share of reinforcement learning, at its end, in which writing may begin before the budget is spent; without
    it the policy always spends its budget."""
    query_cost: float = 0.0
    """What each query costs while stopping is free."""
    quick_fits: bool = False
    """Whether constants are fitted less thoroughly while it trains; numeric functions only."""
    hidden: int = 256
    """Units of each layer between the encoder and the actions."""
    layers: int = 2
    """The number of these layers."""
    num_envs: int = None  # type: ignore[assignment]
    """Environments that are stepped side by side; by default 64, with ppo-fast 128 (or the next number that its
    learners can share), for which its networks take hardly longer."""
    learners: int = 1
    """Processes that learn together, with ppo-fast and on the CPU alone: each steps an equal share of the environments
    and computes its part of each gradient. Which steps share a minibatch depends on their number."""
    rollout_steps: int = None  # type: ignore[assignment]
    """Steps of each environment between two updates of the policy; by default 128, with ppo-fast so many that those of
    all environments are 8,192."""
    learning_rate: float = 2e-4
    """Adam's learning rate in reinforcement learning, at the start of each stage; it falls to a tenth. Three times as
    much without imitation."""
    imitation_learning_rate: float = 1e-3
    """Adam's learning rate in imitation, at the start; it falls to a thirtieth."""
    imitation_stock: int | None = None
    """Functions that the teacher shows before they are sampled anew; by default as many as suit the category."""
    imitation_batch: int = 256
    """Pieces of evidence in a gradient step of imitation."""
    batch_size: int = 1024
    """Steps in a gradient step of reinforcement learning."""
    epochs: int = 3
    """Passes over each rollout."""
    clip_range: float = 0.2
    """How far the ratio of new and old probabilities may move within an update."""
    entropy: float = 0.01
    """The weight of the entropy bonus; a tenth of it after imitation."""
    target_kl: float = 0.03
    """The divergence from the old policy beyond which an update stops early."""
    gae_lambda: float = 0.98
    """The lambda of generalised advantage estimation; rewards are not discounted, as they come once, at the end."""
    checkpoint_every: int = 10
    """Rollouts between two checkpoints with their validation; in imitation, sixteen times as many gradient steps,
    after which the functions are sampled anew."""
    analyse: bool = True
    """At the end, pictures of what the policy asks, and its skill when the answers are shuffled."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("an algorithm", self.algo.replace("_", "-"), ALGORITHMS)
        # Folders and records have the names with underscores.
        object.__setattr__(self, "algo", self.algo.replace("-", "_"))
        training = self.category_settings
        if self.quick_fits and not training.quick_fits:
            raise ValueError(f"expected a category with quick fits, actual: {self.category}")
        check_integers(self, learners=1, num_envs=1, rollout_steps=1, batch_size=2, epochs=1, checkpoint_every=1)
        check_integers(
            self, total_timesteps=0, imitation_examples=0, imitation_stock=1, imitation_batch=4, hidden=1, layers=1
        )
        self._size_rollouts()
        if self.learners > 1 and (self.algo != "ppo_fast" or self.device == "cuda"):
            raise ValueError(f"expected one learner, or ppo-fast on the CPU, actual value: {self.learners} learners")
        if self.num_envs % self.learners:
            raise ValueError(f"expected learners to divide num_envs={self.num_envs}, actual value: {self.learners}")
        self._check_positive("learning_rate", "imitation_learning_rate", "clip_range", "target_kl", "gae_lambda")
        for name in ("imitation_minutes", "entropy", "query_cost"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"expected {name} >= 0, actual value: {value!r}")
        if not 0 <= self.free_stopping < 1:
            raise ValueError(f"expected 0 <= free_stopping < 1, actual value: {self.free_stopping!r}")
        if self.imitates and training.imitation is None:
            raise ValueError(f"expected no imitation in {self.category}, which has no teacher, actual: some")
        if not self.imitates and self.total_timesteps == 0:
            raise ValueError("expected imitation or steps of reinforcement learning, actual: neither")
        if self.init_from is not None and not Path(self.init_from).is_file():
            raise ValueError(f"expected the file of a trained policy, actual: there is none at {self.init_from!r}")

    def _size_rollouts(self) -> None:
        """Sets how many environments there are, and how many steps of each are in a rollout, where that is open."""
        is_fast = self.algo == "ppo_fast"
        if self.num_envs is None:
            object.__setattr__(self, "num_envs", _FAST_ENVS + -_FAST_ENVS % self.learners if is_fast else _ENVS)
        if self.rollout_steps is None:
            steps = max(_ENVS * _STEPS // self.num_envs, 1) if is_fast else _STEPS
            object.__setattr__(self, "rollout_steps", steps)

    @property
    def env_worker_count(self) -> int:
        """The processes that work for each learner's environments beside its own."""
        if self.env_workers is not None:
            return self.env_workers
        return min(max(usable_cores() // self.learners - 1, 0), _MOST_ENV_WORKERS)

    @property
    def imitates(self) -> bool:
        """Whether the training begins with imitation."""
        return bool(self.imitation_examples) if self.imitation_examples is not None else self.imitation_seconds > 0

    @property
    def imitation_seconds(self) -> float:
        """The time for imitation; 0 where it is measured in examples."""
        if self.imitation_examples is not None:
            return 0.0
        if self.imitation_minutes is not None:
            return 60 * min(self.imitation_minutes, self.minutes)
        if self.init_from is not None:
            return 0.0
        return 60 * self.minutes * self.imitation_share

    @property
    def imitation_share(self) -> float:
        """The share of the time that suits imitation in the category; 0 where it has no teacher."""
        imitation = self.category_settings.imitation
        return 0.0 if imitation is None else imitation.share

    @property
    def begins_trained(self) -> bool:
        """Whether reinforcement learning begins with a policy that can already do something."""
        return self.imitates or self.init_from is not None

    @property
    def longer(self) -> str:
        """The option that makes the run twice as long."""
        return super().longer if self.total_timesteps is None else f"--total-timesteps {2 * self.total_timesteps}"

    def _names(self) -> list[str]:
        names = [self.algo, *([] if self.imitates else ["no-imitation"])]
        return names + (["warm-start"] if self.init_from is not None else [])

    _later: ClassVar[frozenset[str]] = RunConfig._later | {"analyse", "total_timesteps"}
