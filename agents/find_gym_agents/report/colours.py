"""Colours of agents in plots and on pages: as many different ones as there are agents."""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np
from numpy.typing import NDArray

# The palette of Okabe and Ito, which people with colour blindness can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555", "#8C6D31")


@cache
def agent_colours(count: int) -> tuple[str, ...]:
    """Returns so many different colours, as "#RRGGBB".

    The first eight are the palette's; each further one is, of a grid of hues, that which differs most from all before
    it.

    Example:
        >>> agent_colours(10)[7:]
        ('#8C6D31', '#7300E6', '#E60073')
    """
    grid = [
        colorsys.hls_to_rgb(hue / 36, lightness, saturation)
        for lightness in (0.3, 0.45, 0.6)
        for saturation in (0.5, 1.0)
        for hue in range(36)
    ]
    # As dark as the lightest of the palette, or darker: lighter ones can't be seen on white.
    readable = [colour for colour in grid if np.power(colour, 2.2) @ (0.2126, 0.7152, 0.0722) < 0.44]
    candidates = (255 * np.array(readable)).round()
    chosen = [np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) for colour in COLOURS]
    while len(chosen) < count:
        nearest = np.min([_distances(candidates, colour) for colour in chosen], axis=0)
        chosen.append(candidates[int(nearest.argmax())])
    return tuple("#" + "".join(f"{int(part):02X}" for part in colour) for colour in chosen[:count])


def _distances(colours: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns how different colours look from another one, shape `(n,)`: weighted squares of their red, green and blue.

    The weights are those of T. Riemersma, "Colour metric" (www.compuphase.com/cmetric.htm).
    """
    red = (colours[:, 0] + other[0]) / 512
    weights = np.stack([2 + red, np.full_like(red, 4), 3 - red], axis=1)
    return (weights * (colours - other) ** 2).sum(axis=1)
