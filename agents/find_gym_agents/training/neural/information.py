"""What the queries of neural interpreters tell about the description, in nats, and how much of it is due to answers.

The log-probability that a program head gives to the true program after an interpreter's own queries is set against that
after other queries to the same functions. Differences of skill need some hundred times as many functions to show.

`python -m find_gym_agents.training.neural.information POLICY ... [--env ID] [--max-queries N]` prints a table; the
program head of the first policy judges the queries of all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch as th

from find_gym.core.registry import category_of
from find_gym_agents.evaluation.gain import AGAINST
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import load_interpreter, restore
from find_gym_agents.interpreters.neural.making import ask
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.policies import resolve
from find_gym_agents.report.table import markdown_table
from find_gym_agents.training.checkpoints import CheckpointError
from find_gym_agents.training.supervised.learning import Material
from find_gym_agents.training.supervised.transcripts import Source, transcribe

_TOGETHER = 128


class Difference(NamedTuple):
    """A mean of differences between functions, in nats.

    Attributes:
        mean: the mean.
        error: half of its 95 % interval.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, own: th.Tensor, other: th.Tensor) -> Difference:
        """Returns the mean of own values less others."""
        found = own - other
        return cls(float(found.mean()), 1.96 * float(found.std()) / len(found) ** 0.5)

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ± {self.error:.3f}"


class Listener:
    """Functions, and what a program head knows of them after some queries.

    Args:
        network: has the program head.
        source: where the functions come from.
        functions: how many.
        seed: seeds them.
    """

    def __init__(self, network: InterpreterNetwork, source: Source, functions: int, seed: int = 0) -> None:
        self._network = network
        self._material = Material.of(transcribe(source, functions, (seed,)), network.device)
        self._parts = th.arange(functions).split(_TOGETHER)

    def asked_by(self, network: InterpreterNetwork, opening: Sequence[int]) -> th.Tensor:
        """Returns the queries of a network, places in the bank of shape `(functions, budget)`."""
        material, budget = self._material, self._material.places.shape[1]
        features = [{name: values[part] for name, values in material.features.items()} for part in self._parts]
        return th.cat([ask(network, each, budget, opening) for each in features])

    @th.no_grad()
    def after(self, places: th.Tensor) -> th.Tensor:
        """Returns the log-probabilities of the true programs after some queries, in nats, shape `(functions,)`."""
        self._material.places[:] = places
        present = th.ones(_TOGETHER, 1, places.shape[1], dtype=th.bool, device=places.device)
        found = []
        for part in self._parts:
            memory = self._network.read(self._material.seen(part), present[: len(part)])
            found.append(-self._material.program_losses(self._network, memory, part))
        return th.cat(found)


def compare(
    checkpoints: Sequence[str],
    functions: int,
    *,
    env: str | None = None,
    max_queries: int | None = None,
    seed: int = 0,
) -> str:
    """Returns the table of what queries tell.

    Args:
        checkpoints: neural interpreters for one environment.
        functions: functions of the test split, and of the train split to find the best fixed queries.
        env: the environment's id; needed for "pretrained" as the first one.
        max_queries: the budget; by default that of the first one.
        seed: seeds functions and random probes.

    Raises:
        PolicyError: they are for different environments, or a greater budget.
        CheckpointError: in this category the query head does not decide what is asked.
    """
    first = resolve(checkpoints[0], env=env, max_queries=max_queries)
    named = {each: resolve(each, env=first.env, max_queries=first.max_queries) for each in checkpoints}
    record = neural_category(category_of(first.env))
    if not record.asks_by_head:
        raise CheckpointError(f"expected a category where the query head decides what is asked, actual: {first.env}")
    networks = {name: restore(load_interpreter(each.checkpoint)) for name, each in named.items()}
    judge, legal = networks[checkpoints[0]]
    codec, opening = legal.codec, record.opening(legal.codec, first.max_queries)
    test, train = (
        Listener(judge, Source(first.env, first.difficulty, first.max_queries, split), functions, seed)
        for split in ("test", "train")
    )
    rng = np.random.default_rng(seed)
    random = np.argsort(rng.random((functions, len(codec.probes))), axis=1)[:, : first.max_queries]
    rows, before = [], None
    for name, (network, _) in networks.items():
        asked = test.asked_by(network, opening)
        often = train.asked_by(network, opening).flatten().bincount(minlength=len(codec.probes))
        others = {
            "random": th.from_numpy(random),
            "fixed": often.argsort(descending=True, stable=True)[: first.max_queries].expand(functions, -1),
            "another": asked.roll(1, 0),
        }
        own = test.after(asked)
        gains = {key: Difference.of(own, test.after(places)) for key, places in others.items()}
        beside = "" if before is None else str(Difference.of(own, before))
        before = own if before is None else before
        rows.append([name, f"{float(own.mean()):.3f}", beside, *(str(gains[key]) for key in AGAINST)])
    return markdown_table(
        ["queries of", "tell", "less the first", *(f"less {words}" for words in AGAINST.values())], rows
    )


def main(words: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="What the queries of neural interpreters tell, in nats.")
    parser.add_argument("checkpoints", nargs="+", metavar="POLICY")
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--max-queries", type=int)
    parser.add_argument("--env")
    chosen = parser.parse_args(words)
    th.set_num_threads(1)
    print(compare(chosen.checkpoints, chosen.functions, env=chosen.env, max_queries=chosen.max_queries))


if __name__ == "__main__":
    main()
