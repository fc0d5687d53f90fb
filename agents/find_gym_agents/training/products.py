"""Products of features and weights, in the precision of the updates of `ppo-fast`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch as th
from torch import nn
from torch.nn import functional

# The precision of matrix products, by PyTorch's names: "medium" lets factors, not sums, be rounded to 16 bits
# (bfloat16) on processors and to 19 (TF32) on GPUs, where that is faster. On processors oneDNN multiplies then, which
# on those of AMD takes less than half as long as MKL does even where it rounds nothing. What it does before it
# multiplies takes as long as a product of few rows: rollouts leave these to MKL.
_PRECISION: str = "medium"


@contextmanager
def reduced_precision() -> Iterator[None]:
    """Multiplies matrices with the precision of the updates of `ppo-fast`."""
    before = th.get_float32_matmul_precision()
    th.set_float32_matmul_precision(_PRECISION)
    try:
        yield
    finally:
        th.set_float32_matmul_precision(before)


def linear(inputs: th.Tensor, weight: th.Tensor, bias: th.Tensor | None) -> th.Tensor:
    """Returns what PyTorch's function of this name does, rounded where that is allowed and makes it faster.

    Where it has instructions for numbers of 16 bits (bfloat16), factors and products have 16, and are added up in
    single precision; weights, gradients and what the optimizer keeps are float32. PyTorch does so by itself only where
    there are instructions for tiles of such numbers. Where nothing is learned from the product it is as it is.
    """
    if th.is_grad_enabled() and inputs.is_cpu and _rounds():
        rounded: th.Tensor = _Rounded.apply(inputs, weight, bias)  # type: ignore[no-untyped-call]
        return rounded
    return functional.linear(inputs, weight, bias)


def through(layers: Iterable[nn.Module], features: th.Tensor) -> th.Tensor:
    """Returns what layers make of features, one after the other, with the products of `linear`."""
    for layer in layers:
        if isinstance(layer, nn.Linear):
            features = linear(features, layer.weight, layer.bias)
        else:
            features = layer(features)
    return features


def _rounds() -> bool:
    # Older versions of PyTorch do not tell.
    is_supported = getattr(th.cpu, "_is_avx512_bf16_supported", bool)
    return th.get_float32_matmul_precision() == "medium" and is_supported()


class _Rounded(th.autograd.Function):
    """A linear layer in 16 bits, and its gradients."""

    @staticmethod
    def forward(context: Any, inputs: th.Tensor, weight: th.Tensor, bias: th.Tensor | None) -> th.Tensor:
        """Returns the features, float32."""
        inputs, weight = inputs.bfloat16(), weight.bfloat16()
        context.save_for_backward(inputs, weight)
        product = functional.linear(inputs, weight).float()
        return product if bias is None else product.add_(bias)

    @staticmethod
    def backward(context: Any, gradient: th.Tensor) -> Any:  # type: ignore[override]
        """Returns the gradients, float32."""
        inputs, weight = context.saved_tensors
        rounded = gradient.bfloat16()
        of_inputs = (rounded @ weight).float() if context.needs_input_grad[0] else None
        return of_inputs, (rounded.t() @ inputs).float(), gradient.sum(0) if context.needs_input_grad[2] else None
