"""Networks from what they were trained for, and files of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch as th

from find_gym.core.registry import category_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, neural_category
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.neural.sizes import SIZES


def make_network(
    env: str, codec: TokensInterface, size: str, *, halves: bool = True, constants: bool = False
) -> InterpreterNetwork:
    """Makes a network whose weights are random.

    Args:
        env: the environment's id.
        codec: its interface `tokens`, of the difficulty that the network is for.
        size: a key of `SIZES`.
        halves: whether it values the halving of gaps, where the interface has that.
        constants: whether it writes the constants of programs, which the category's grammar leaves out.
    """
    shape = SIZES[size]
    record = neural_category(category_of(env))
    meanings = None if record.meanings is None else record.meanings(codec)
    sizes = len(codec.probes), len(codec.tokens), codec.max_tokens
    halves = halves and codec.has_slots
    network = InterpreterNetwork(record.reader(shape.width), *sizes, shape, meanings, halves=halves)
    if constants:
        assert record.constants is not None
        network.constants = record.constants.writer(codec, shape)
    return network


def as_tensors(features: Features, device: th.device | str = "cpu") -> dict[str, th.Tensor]:
    """Returns features as tensors on a device."""
    return {name: th.from_numpy(values).to(device) for name, values in features.items()}


@th.no_grad()
def ask(
    network: InterpreterNetwork,
    features: dict[str, th.Tensor],
    length: int,
    opening: Sequence[int] = (),
    noise: float = 0.0,
) -> th.Tensor:
    """Asks functions whose answers are known what the network finds most worth asking, one probe after the other.

    Args:
        network: the network; the interface halves no gaps.
        features: the features of each function's pairs over the whole bank, each of shape `(functions, bank, ...)`.
        length: the number of queries.
        opening: the places of those that come first.
        noise: the scale of Gumbel noise that is added to the values; queries are drawn from the softmax of the values
            over it.

    Returns:
        The places in the bank of what is asked, different ones for a function, shape `(functions, length)`.
    """
    count = len(next(iter(features.values())))
    begun = th.tensor(opening[:length], dtype=th.long, device=network.device)
    chosen = begun.expand(count, -1)
    vectors = network.reader(gathered(features, chosen))
    for step in range(len(begun), length):
        present = th.ones(count, 1, step, dtype=th.bool, device=network.device)
        memory = network.read(gathered(features, chosen), present, vectors)
        values = network.value_queries(memory).float()
        values = values - noise * th.log(-th.log(th.rand_like(values).clamp(1e-9, 1 - 1e-6)))
        best = values.scatter(1, chosen, -th.inf).argmax(1, keepdim=True)
        chosen = th.cat([chosen, best], 1)
        # Each pair is read once.
        vectors = th.cat([vectors, network.reader(gathered(features, best))], 1)
    return chosen


def gathered(features: dict[str, th.Tensor], places: th.Tensor) -> dict[str, th.Tensor]:
    """Returns the features of the pairs at some places, different ones for each row."""
    rows = th.arange(len(places), device=places.device)[:, None]
    return {name: values[rows, places] for name, values in features.items()}
