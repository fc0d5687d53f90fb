"""What writes the constants of descriptions, in categories whose grammar leaves them out."""

from __future__ import annotations

from collections.abc import Sequence

import torch as th
from torch import nn

from find_gym_agents.interpreters.neural.network import Tensors

Program = tuple[int, ...]


class ConstantsWriter(nn.Module):
    """Writes the constants of programs, given the evidence; subclasses belong to categories."""

    def losses(self, features: Tensors, programs: Sequence[Program], truth: th.Tensor, rewrites: int) -> th.Tensor:
        """Returns what is to be learned from evidence whose program is known.

        Args:
            features: what `NeuralCategory.encode` returns, each of shape `(batch, pairs, ...)`.
            programs: the true programs, as indices of the grammar's tokens.
            truth: their constants, float64 of shape `(batch, constants)`, NaN after the last one of each.
            rewrites: how often the constants that are to be corrected were corrected by the network itself before.

        Returns:
            The negative log-probability of what leads from some constants, none at all or wrong ones, to the true ones,
            in nats, shape `(batch,)`.
        """
        raise NotImplementedError

    def write(
        self,
        features: Tensors,
        programs: Sequence[Program],
        sampled: th.Tensor,
        generator: th.Generator | None = None,
        corrections: int | None = None,
    ) -> list[list[float]]:
        """Writes the constants of programs.

        Args:
            features: the pairs, as for `losses`.
            programs: complete programs.
            sampled: for which of them the constants are drawn by their probabilities at first, bool of shape
                `(batch,)`; the others get the likeliest ones.
            generator: draws them; by default the global one.
            corrections: how often they are corrected; by default as often as the writer can.

        Returns:
            The constants of each program.
        """
        raise NotImplementedError

    def describe(self, program: Program, constants: Sequence[float]) -> object:
        """Returns a program with its constants: a spec of the category."""
        raise NotImplementedError
