"""Processes that learn together: each has a share of the environments, all have the same weights."""

from __future__ import annotations

import gc
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

import torch as th
from stable_baselines3.common.utils import get_device
from torch import multiprocessing

from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.fast_rollouts import Rollouts, Share

Kind = TypeVar("Kind", bound=Rollouts)


class Processes(Generic[Kind]):
    """Rollouts in this process and in others, which start when they are first needed and end with this one.

    The weights are in memory that they share, and so are the gradients of the others.

    Args:
        kind: the class of what each process has; it is called with the configuration, the options and a `Share`.
        config: what is trained; its learners are these processes.
        options: arguments of the environment.

    Attributes:
        local: what this process has.

    Raises:
        ValueError: there are several and a GPU.
    """

    def __init__(self, kind: type[Kind], config: TrainConfig, options: dict[str, Any]) -> None:
        self._count = config.learners
        if self._count > 1 and get_device(config.device).type != "cpu":
            raise ValueError(f"expected device='cpu' with {self._count} learners, actual value: {config.device!r}")
        self._made_of = kind, config, options
        self.local = kind(config, options, Share(0, self._count))
        self._weights = list(self.local.policy.parameters())
        self._connections: list[Connection] = []
        self._gradients: list[list[th.Tensor]] = []

    def do(self, name: str, *arguments: Any) -> list[Any]:
        """Calls the method of this name in all processes and returns what it returns, this process first.

        Raises:
            RuntimeError: a process has ended.
        """
        if not self._connections and self._count > 1:
            self._start()
        threads = th.get_num_threads()
        th.set_num_threads(max(threads // self._count, 1))
        try:
            for connection in self._connections:
                connection.send((name, arguments))
            results = [getattr(self.local, name)(*arguments)]
            for connection in self._connections:
                result, error = connection.recv()
                if error is not None:
                    raise error
                results.append(result)
        except BaseException as error:
            # Answers that nobody waits for must not be taken for those to the next calls.
            for connection in self._connections:
                connection.close()
            if isinstance(error, EOFError | OSError) and self._connections:
                raise RuntimeError("expected all learners to answer, actual: one has ended") from error
            raise
        finally:
            th.set_num_threads(threads)
        return results

    def add_gradients(self) -> None:
        """Adds the gradients of the other processes to those of this one."""
        for gradients in self._gradients:
            for weight, gradient in zip(self._weights, gradients, strict=True):
                if weight.grad is not None:
                    weight.grad += gradient

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        for weight in self._weights:
            weight.share_memory_()
        for number in range(1, self._count):
            gradients = [th.zeros_like(weight).detach().share_memory_() for weight in self._weights]
            ours, theirs = context.Pipe()
            weights = [weight.detach() for weight in self._weights]
            share = Share(number, self._count)
            arguments = (theirs, *self._made_of, share, weights, gradients)
            context.Process(target=_serve, args=arguments, daemon=True).start()
            theirs.close()
            self._connections.append(ours)
            self._gradients.append(gradients)


def _serve(
    connection: Connection,
    kind: type[Rollouts],
    config: TrainConfig,
    options: dict[str, Any],
    share: Share,
    weights: Sequence[th.Tensor],
    gradients: Sequence[th.Tensor],
) -> None:
    """Does the calls that are sent until nobody is left to send any."""
    # Who is interrupted is the process that sends the calls.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    th.set_num_threads(1)
    own = kind(config, options, share)
    for weight, shared in zip(own.policy.parameters(), weights, strict=True):
        weight.data = shared
    # What stays for good need not be looked through for garbage.
    gc.freeze()
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            return
        answer: tuple[Any, Exception | None]
        try:
            answer = getattr(own, name)(*arguments), None
            for weight, shared in zip(own.policy.parameters(), gradients, strict=True):
                if weight.grad is not None:
                    shared.copy_(weight.grad)
        except Exception as error:
            answer = None, error
        connection.send(answer)
