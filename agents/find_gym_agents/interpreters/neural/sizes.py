"""The sizes of the networks of neural interpreters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The size of a network.

    Attributes:
        width: features of a pair, and of a token.
        set_layers: layers in which the pairs attend to each other.
        program_layers: layers in which the tokens attend to each other and to the pairs.
        heads: attention heads in each layer.
        expansion: units of each feed-forward layer, as a multiple of the width.
    """

    width: int
    set_layers: int
    program_layers: int
    heads: int
    expansion: int


SIZES = {"tiny": Size(16, 1, 1, 2, 2), "small": Size(96, 2, 1, 4, 2), "large": Size(512, 6, 3, 8, 4)}
