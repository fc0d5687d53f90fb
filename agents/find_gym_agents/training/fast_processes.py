"""Processes that learn together: each has a share of the environments, all have the same weights."""

from __future__ import annotations

import gc
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

import torch as th
from torch import multiprocessing

from find_gym.core.kernels.jobs import BOARD
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
    """

    def __init__(self, kind: type[Kind], config: TrainConfig, options: dict[str, Any]) -> None:
        self._count = config.learners
        self._made_of = kind, config, options
        self.local = kind(config, options, Share(0, self._count))
        self._weights = self.local.learned
        sizes = [weight.numel() for weight in self._weights]
        parts = zip(self._weights, self.local.gradient.split(sizes), strict=True)
        self._parts = [part.view_as(weight) for weight, part in parts]
        self._connections: list[Connection] = []
        self._gradients: list[th.Tensor] = []

    def do(self, name: str, *arguments: Any) -> list[Any]:
        """Calls the method of this name in all processes and returns what it returns, this process first.

        Once a call has failed, so do all that follow: the other processes end.

        Raises:
            ChildProcessError: a process has ended.
        """
        if not self._connections and self._count > 1:
            self._start()
        threads = th.get_num_threads()
        th.set_num_threads(self._threads())
        BOARD.share(self._count)
        try:
            with _ends_told():
                for connection in self._connections:
                    connection.send((name, arguments))
            results = [getattr(self.local, name)(*arguments)]
            with _ends_told():
                answers = [connection.recv() for connection in self._connections]
            for result, error in answers:
                if error is not None:
                    raise error
                results.append(result)
        except BaseException:
            # Answers that nobody waits for must not be taken for those to the next calls.
            for connection in self._connections:
                connection.close()
            raise
        finally:
            th.set_num_threads(threads)
            BOARD.share(1)
        return results

    def gradient(self) -> th.Tensor:
        """Adds the gradients of all processes; those of this one's weights become parts of the sum.

        Returns:
            The sum, shape `(weights,)`, 0 where a weight has no gradient; what is done to it is done to the gradients.
        """
        total = self.local.gradient
        for gradient in self._gradients:
            total += gradient
        for weight, part, has_one in zip(self._weights, self._parts, self.local.have_gradients, strict=True):
            weight.grad = part if has_one else None
        return total

    def _threads(self) -> int:
        """Returns each process's share of the threads that this one computes with."""
        return max(th.get_num_threads() // self._count, 1)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        for weight in self._weights:
            weight.share_memory_()
        for number in range(1, self._count):
            gradient = th.zeros_like(self.local.gradient).share_memory_()
            ours, theirs = context.Pipe()
            weights = [weight.detach() for weight in self._weights]
            share = Share(number, self._count)
            arguments = (theirs, *self._made_of, share, weights, gradient, self._threads())
            context.Process(target=_serve, args=arguments, name=f"learner {number}", daemon=True).start()
            theirs.close()
            self._connections.append(ours)
            self._gradients.append(gradient)


@contextmanager
def _ends_told() -> Iterator[None]:
    """Names the cause where a process does not take or answer calls."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise ChildProcessError("expected all learners to answer, actual: one has ended") from error


def _serve(
    connection: Connection,
    kind: type[Rollouts],
    config: TrainConfig,
    options: dict[str, Any],
    share: Share,
    weights: Sequence[th.Tensor],
    gradient: th.Tensor,
    threads: int,
) -> None:
    """Does the calls that are sent until nobody is left to send any."""
    # Who is interrupted is the process that sends the calls.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    th.set_num_threads(threads)
    BOARD.share(share.processes)
    own = kind(config, options, share)
    own.gradient = gradient
    for weight, shared in zip(own.learned, weights, strict=True):
        weight.data = shared
    # What stays for good need not be looked through for garbage.
    gc.freeze()
    # The sender may end at any time, also while it waits for an answer.
    with suppress(EOFError, OSError):
        while True:
            name, arguments = connection.recv()
            connection.send(_answer(own, name, arguments))


def _answer(own: Rollouts, name: str, arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    """Returns what a method returns, or the exception that it raises."""
    try:
        return getattr(own, name)(*arguments), None
    except Exception as error:
        error.add_note(f"In another learner:\n{traceback.format_exc()}")
        return None, error
