"""Steps of vectorised environments, beside CartPole-v1 as Gymnasium and EnvPool have it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.rules import AtomRule
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.functions import NumericSpec
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.benchmarks.measuring import Clock, Work

NUMERIC = "FIND-numeric-v1"
NUMERIC_WITHOUT_GAPS = "FIND-numeric-v0"
CART_POLE = "CartPole-v1"
ENVPOOL = "EnvPool's CartPole-v1"
# Networks take long to train: that is measured by itself.
WITHOUT_NETWORKS = {"variants": {"plain": 0.483, "noised": 0.176, "corrupted": 0.191}}
EPISODE = 16
PLAIN_SPEC = NumericSpec(AtomRule("linear", (2.5, -1.0)), (-100.0, 100.0))


def make(identifier: str, count: int, **options: Any) -> FINDVectorEnv:
    """Makes a vectorised environment, numeric functions without networks."""
    if identifier in (NUMERIC, NUMERIC_WITHOUT_GAPS) and "function" not in options:
        options["difficulty"] = WITHOUT_NETWORKS
    envs = gym.make_vec(identifier, num_envs=count, **options)
    assert isinstance(envs, FINDVectorEnv)
    return envs


def cart_poles(count: int) -> dict[str, Work]:
    """Returns steps of CartPole-v1, resets included, vectorised by Gymnasium and by EnvPool if that is installed."""
    own = gym.make_vec("CartPole-v1", num_envs=count, vectorization_mode="vector_entry_point")
    own.reset(seed=0)
    made: dict[str, Any] = {CART_POLE: own}
    if importlib.util.find_spec("envpool") is not None:
        import envpool

        made[ENVPOOL] = envpool.make_gymnasium("CartPole-v1", num_envs=count, num_threads=1, seed=0)
        made[ENVPOOL].reset()
    return {name: _random_steps(f"{name}, {count} environments", envs, count) for name, envs in made.items()}


def _random_steps(name: str, envs: Any, count: int) -> Work:
    rng = np.random.default_rng(0)

    def do(clock: Clock) -> None:
        actions = rng.integers(2, size=count, dtype=np.int32)
        clock.time(lambda: envs.step(actions), count)

    return Work(name, "steps", do)


def queries(identifier: str, count: int, *, copy: bool = True) -> Work:
    """Returns steps in which all environments ask random probes; the functions stay the same."""
    envs = make(identifier, count, copy=copy)
    envs.reset(seed=0)
    functions = envs.functions
    probes = len(envs.codec.probes)
    subject = identifier if copy else f"{identifier} with copy=False"
    return _forever(
        f"{subject}, {count} environments, queries", envs, functions, envs.rules.max_queries,
        lambda rng, step: rng.integers(probes, size=count),
    )  # fmt: skip


def tokens(identifier: str, count: int) -> Work:
    """Returns steps in which all environments write a token of a description that is not complete with it."""
    envs = make(identifier, count, function=PLAIN_SPEC)
    envs.reset(seed=0)
    rows = [unfinished(envs.codec, np.random.default_rng(env)) for env in range(min(count, 64))]
    length = min(map(len, rows))
    plan = np.array([rows[env % len(rows)][:length] for env in range(count)]) + envs.codec.queries
    return _forever(
        f"{identifier}, {count} environments, tokens", envs, envs.functions, length, lambda rng, step: plan[:, step]
    )


def _forever(
    name: str,
    envs: FINDVectorEnv,
    functions: list[Any],
    steps: int,
    act: Callable[[np.random.Generator, int], NDArray[np.int64]],
) -> Work:
    rng = np.random.default_rng(0)
    state = {"step": 0}

    def do(clock: Clock) -> None:
        step = state["step"] % steps
        if step == 0:
            envs.reset(options={"functions": functions})
        actions = act(rng, step)
        clock.time(lambda: envs.step(actions), envs.num_envs)
        state["step"] += 1

    return Work(name, "steps", do)


@dataclass(frozen=True)
class Episodes:
    """Whole episodes of 16 steps: random queries, then a random description; fitted, scored, and a fresh function.

    Attributes:
        identifier: the environment.
        count: the number of environments.
        together: whether all end in the same step, as in a training whose policies spend their budget, or the same
            number in each step.
        workers: processes beside this one.
        effort: of the fits of numeric functions.
    """

    identifier: str
    count: int
    together: bool
    workers: int = 0
    effort: str = "full"

    @property
    def subject(self) -> str:
        """What is measured, however it is set up."""
        return self.identifier + ("" if self.effort == "full" else f', effort="{self.effort}"')

    @property
    def name(self) -> str:
        """The name of the figure."""
        ends = "together" if self.together else "spread"
        name = f"{self.subject}, {self.count} environments, episodes of {EPISODE} steps, {ends}"
        return f"{name}, workers={self.workers}"

    def work(self) -> Work:
        """Makes the environments."""
        options = {} if self.effort == "full" else {"effort": self.effort}
        envs = make(self.identifier, self.count, autoreset_mode="SameStep", workers=self.workers, **options)
        rng = np.random.default_rng(0)
        probes = len(envs.codec.probes)
        endings = np.array(shortest_descriptions(envs.codec)) + envs.codec.queries
        asked = EPISODE - endings.shape[1]
        everyone = np.arange(self.count)
        plans = np.zeros((self.count, EPISODE), dtype=np.int64)

        def plan(those: NDArray[np.int64]) -> None:
            plans[those, :asked] = rng.integers(probes, size=(those.size, asked))
            plans[those, asked:] = endings[rng.integers(len(endings), size=those.size)]

        envs.reset(seed=0)
        plan(everyone)
        # Those that begin later ask something first.
        phase = np.zeros_like(everyone) if self.together else -(everyone % EPISODE)

        def do(clock: Clock) -> None:
            # Whole episodes, so that each round has its share of their ends.
            for _ in range(EPISODE):
                actions = plans[everyone, np.maximum(phase, 0)]
                ended = clock.time(lambda actions=actions: envs.step(actions), self.count)[2]  # type: ignore[misc]
                phase[:] = np.where(ended, 0, phase + 1)
                plan(ended.nonzero()[0])

        return Work(self.name, "steps", do, varies=True)


def shortest_descriptions(codec: TokensInterface) -> list[tuple[int, ...]]:
    """Returns all complete descriptions of the least number of tokens."""
    drafts: list[tuple[int, ...]] = [()]
    while True:
        longer = [(*tokens, int(token)) for tokens in drafts for token in _legal(codec, tokens)]
        complete = [tokens for tokens in longer if _complete(codec, tokens)]
        if complete:
            return complete
        drafts = longer


def unfinished(codec: TokensInterface, rng: np.random.Generator) -> list[int]:
    """Returns random legal tokens, none of which completes the description, until any would."""
    tokens: list[int] = []
    while True:
        further = [token for token in _legal(codec, tokens) if not _complete(codec, (*tokens, token))]
        if not further:
            return tokens
        tokens.append(int(rng.choice(further)))


def _legal(codec: TokensInterface, tokens: Any) -> list[int]:
    return np.flatnonzero(_written(codec, tokens).legal()).tolist()


def _complete(codec: TokensInterface, tokens: Any) -> bool:
    return bool(_written(codec, tokens).complete)


def _written(codec: TokensInterface, tokens: Any) -> Any:
    draft = codec.new_draft()
    for token in tokens:
        draft.write(int(token))
    return draft
