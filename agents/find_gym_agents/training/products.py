"""Products of features and weights, in the precision of `ppo-fast`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch as th
from torch import nn
from torch.nn import functional

# The precision of matrix products, by PyTorch's names: "medium" lets factors, not sums, be rounded to 16 bits
# (bfloat16) on processors and to 19 (TF32) on GPUs, where that is faster. On processors oneDNN multiplies then, which
# on those of AMD takes less than half as long as MKL does even where it rounds nothing. What it does before it
# multiplies takes as long as a small product: rollouts leave those of encoders to MKL.
_PRECISION: str = "medium"


@contextmanager
def reduced_precision() -> Iterator[None]:
    """Multiplies matrices with the precision of `ppo-fast`."""
    before = th.get_float32_matmul_precision()
    th.set_float32_matmul_precision(_PRECISION)
    try:
        yield
    finally:
        th.set_float32_matmul_precision(before)


def linear(inputs: th.Tensor, weight: th.Tensor, bias: th.Tensor | None) -> th.Tensor:
    """Returns what PyTorch's function of this name does, rounded where that is allowed and makes it faster.

    Where it has instructions for numbers of 16 bits (bfloat16), all are rounded to these, and products are added up in
    single precision. What is returned has 16 bits then, so that the next layer need not round it; weights, their
    gradients and what the optimizer keeps are float32. PyTorch does so by itself only where there are instructions for
    tiles of such numbers.
    """
    if inputs.is_cpu and _rounds():
        inputs, weight = inputs.bfloat16(), weight.bfloat16()
        bias = None if bias is None else bias.bfloat16()
    return functional.linear(inputs, weight, bias)


def rounded(values: th.Tensor) -> th.Tensor:
    """Returns values as `linear` multiplies them: of 16 bits, or as they are."""
    return values.bfloat16() if values.is_cpu and _rounds() else values


def through(layers: Iterable[nn.Module], features: th.Tensor) -> th.Tensor:
    """Returns what layers make of features, one after the other, with the products of `linear`."""
    for layer in layers:
        if isinstance(layer, nn.Linear):
            features = linear(features, layer.weight, layer.bias)
        else:
            features = layer(features)
    return features


def _rounds() -> bool:
    if th.get_float32_matmul_precision() != "medium":
        return False
    # Older versions of PyTorch do not tell.
    return bool(getattr(th.cpu, "_is_avx512_bf16_supported", bool)())
