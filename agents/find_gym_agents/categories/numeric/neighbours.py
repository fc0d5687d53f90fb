"""How points of a curve lie beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import torch as th
from torch import nn

BESIDE_FEATURES = 30
"""What `beside` returns of each point."""

_TINY = 1e-9


def filled(features: Mapping[str, th.Tensor]) -> tuple[th.Tensor, th.Tensor, th.Tensor]:
    """Returns inputs "x", outputs "y" with 0 where undefined, and 1 where they are defined, else 0."""
    defined = features["y"].isfinite()
    return features["x"], th.where(defined, features["y"], 0.0), defined.to(features["x"].dtype)


def beside(x: th.Tensor, y: th.Tensor, there: th.Tensor, defined: th.Tensor) -> th.Tensor:
    """Returns how points in ascending order lie beside each other, float32 of shape `(..., points, BESIDE_FEATURES)`.

    Args:
        x: inputs, shape `(..., points)`; of no account where points are absent.
        y: outputs; of no account where they are not defined.
        there: 1 where a point is present, else 0; those that are absent come last.
        defined: 1 where an output is present and defined, else 0.
    """
    far = th.full_like(y, 1e300)
    low, high = (sign * th.where(defined > 0, sign * y, far).amin(-1, keepdim=True) for sign in (1, -1))
    # Where nothing is defined, both are far.
    span = th.where(high >= low, high - low, 0.0).clamp(min=_TINY)
    unit = ((y - low) / span).clamp(0, 1) * defined
    pair = defined[..., 1:] * defined[..., :-1]
    # Beside points that are absent the run is the least, wherever they lie.
    run = ((x[..., 1:] - x[..., :-1]) * there[..., 1:]).clamp(min=1e-3)
    rise = (y[..., 1:] - y[..., :-1]) * pair
    size = y[..., 1:].abs() + y[..., :-1].abs()
    slope = rise / run
    # Constant growth: exponentials by their logarithms, powers by those of both.
    growth = (th.log(y[..., 1:].abs() + _TINY) - th.log(y[..., :-1].abs() + _TINY)) * pair
    ratio = th.log(x[..., 1:].abs() + 0.01) - th.log(x[..., :-1].abs() + 0.01)
    steps = [
        pair,
        th.log10(run),
        th.asinh(10 * slope) / 5,
        th.log10(slope.abs() + _TINY) / 5 * pair,
        slope.sign(),
        rise / span,
        (rise.abs() < 1e-6 * size + _TINY) * pair,
        (growth / run).clamp(-10, 10) / 2,
        (growth / th.where(ratio.abs() > 1e-3, ratio, 1.0)).clamp(-10, 10) / 4,
        ((slope - slope.round()).abs() < 1e-4) * pair,
        ((10 * slope - (10 * slope).round()).abs() < 1e-3) * pair,
    ]
    triple = pair[..., 1:] * pair[..., :-1]
    bend = (slope[..., 1:] - slope[..., :-1]) * triple
    chord = bend * run[..., 1:] * run[..., :-1] / (run[..., 1:] + run[..., :-1])
    straight = bend.abs() / (slope[..., 1:].abs() + slope[..., :-1].abs() + _TINY)
    curvature = bend / (run[..., 1:] + run[..., :-1])
    bends = [
        triple,
        (chord / span).clamp(-2, 2),
        th.asinh(10 * curvature) / 5,
        th.log10(straight + 1e-8) / 8 * triple,
        bend.sign(),
        (straight < 1e-5) * triple,
    ]
    pad = nn.functional.pad
    columns = [pad(each, ends) for each in steps for ends in ((1, 0), (0, 1))]
    columns += [*(pad(each, (1, 1)) for each in bends), unit, th.log10(span).expand(unit.shape) / 5]
    return th.stack([each.float() for each in columns], -1)
