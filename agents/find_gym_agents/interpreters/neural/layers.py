"""The layers of neural interpreters: torch's weights, and keys and values that are kept between two calls.

What torch's own layers compute, they compute as well, without dropout; but they look up their weights once, and where
few tokens or members of a set are of interest, they compute no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch as th
from torch import nn
from torch.nn import functional

Normalisation = tuple[tuple[int, ...], th.Tensor, th.Tensor, float]
Affine = tuple[th.Tensor, th.Tensor]


class KeysValues(NamedTuple):
    """What is attended to.

    Attributes:
        keys: shape `(sets, heads, n, width / heads)`.
        values: as the keys.
    """

    keys: th.Tensor
    values: th.Tensor

    def at(self, rows: th.Tensor) -> KeysValues:
        """Returns those of some of the sets, by their numbers."""
        return KeysValues(self.keys[rows], self.values[rows])

    def followed_by(self, other: KeysValues) -> KeysValues:
        """Returns these and further ones of the same sets."""
        return KeysValues(th.cat([self.keys, other.keys], 2), th.cat([self.values, other.values], 2))


class _Attention:
    """The attention of a layer that has such weights."""

    def __init__(self, weights: nn.MultiheadAttention) -> None:
        assert weights.in_proj_weight is not None
        self._heads, self._width = weights.num_heads, weights.embed_dim
        self._projections: Affine = weights.in_proj_weight, weights.in_proj_bias
        self._output: Affine = weights.out_proj.weight, weights.out_proj.bias

    def project(self, hidden: th.Tensor, first: int, count: int) -> tuple[th.Tensor, ...]:
        """Returns so many of queries, keys and values, from that one on, each as `KeysValues.keys`."""
        weight, bias = self._projections
        if count < 3:
            rows = slice(first * self._width, (first + count) * self._width)
            weight, bias = weight[rows], bias[rows]
        projected = functional.linear(hidden, weight, bias)
        sets, members, _ = hidden.shape
        return projected.view(sets, members, count, self._heads, -1).permute(2, 0, 3, 1, 4).unbind(0)

    def attend(
        self, asking: th.Tensor, known: KeysValues, shown: th.Tensor | None = None, *, causal: bool = False
    ) -> th.Tensor:
        """Returns what queries take from keys and values, shape `(sets, queries, width)`.

        Args:
            asking: the queries, shape `(sets, heads, queries, width / heads)`.
            known: the keys and values.
            shown: which of them to attend to, bool that broadcasts to `(sets, heads, queries, n)`; None for all.
            causal: whether queries attend to no later keys.
        """
        taken = functional.scaled_dot_product_attention(asking, *known, attn_mask=shown, is_causal=causal)
        return functional.linear(taken.transpose(1, 2).flatten(2), *self._output)


class _Parts:
    """The weights of a layer, looked up once."""

    def __init__(self, layer: Any, norms: int) -> None:
        self.norms = [normalisation(getattr(layer, f"norm{number + 1}")) for number in range(norms)]
        self.own = _Attention(layer.self_attn)
        self.first: Affine = layer.linear1.weight, layer.linear1.bias
        self.second: Affine = layer.linear2.weight, layer.linear2.bias

    def feed(self, hidden: th.Tensor) -> th.Tensor:
        """Returns the members after the feed-forward layer, of whatever shape they have."""
        normed = th.layer_norm(hidden, *self.norms[-1])
        inner = functional.gelu(functional.linear(normed, *self.first))
        return hidden + functional.linear(inner, *self.second)


def normalisation(layer: nn.LayerNorm) -> Normalisation:
    """Returns what `torch.layer_norm` takes besides its input."""
    return tuple(layer.normalized_shape), layer.weight, layer.bias, layer.eps


class Steps(nn.Sequential):
    """Linear layers, GELUs and normalisations, one after the other."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self._steps = [_step(layer) for layer in layers]

    def forward(self, values: th.Tensor) -> th.Tensor:
        """Returns what the last layer makes of values, shape `(..., its width)`."""
        for function, weights in self._steps:
            values = function(values, *weights)
        return values


def _step(layer: nn.Module) -> tuple[Callable[..., th.Tensor], tuple[Any, ...]]:
    """Returns the function that a layer is, and its further arguments."""
    if isinstance(layer, nn.Linear):
        return functional.linear, (layer.weight, layer.bias)
    if isinstance(layer, nn.LayerNorm):
        return th.layer_norm, normalisation(layer)
    assert isinstance(layer, nn.GELU)
    return functional.gelu, ()


class SetEncoder(nn.TransformerEncoder):
    """Layers in which the members of sets attend to each other; its arguments are torch's."""

    def __init__(self, layer: SetLayer, layers: int, norm: nn.LayerNorm) -> None:
        super().__init__(layer, layers, norm, enable_nested_tensor=False)
        self._norm = normalisation(norm)

    def forward(  # type: ignore[override]
        self, members: th.Tensor, absent: th.Tensor | None = None, first: int | None = None
    ) -> th.Tensor:
        """Returns the members as the layers make them.

        Args:
            members: shape `(sets, n, width)`.
            absent: which of them to overlook, bool of shape `(sets, n)`; None for none.
            first: how many are of interest, from the first on; None for all.

        Returns:
            Those of interest, shape `(sets, n or first, width)`.
        """
        shown = None if absent is None else ~absent[:, None, None]
        *layers, last = self.layers
        for layer in layers:
            members = layer(members, shown)
        return th.layer_norm(last(members, shown, first), *self._norm)


class SetLayer(nn.TransformerEncoderLayer):
    """One of these layers; its arguments are torch's."""

    def __init__(self, *arguments: Any, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self._parts = _Parts(self, 2)

    def forward(  # type: ignore[override]
        self, members: th.Tensor, shown: th.Tensor | None, first: int | None = None
    ) -> th.Tensor:
        """Returns the members of interest; see `SetEncoder.forward`."""
        parts = self._parts
        normed = th.layer_norm(members, *parts.norms[0])
        if first is None:
            asking, keys, values = parts.own.project(normed, 0, 3)
        else:
            (asking,) = parts.own.project(normed[:, :first], 0, 1)
            keys, values = parts.own.project(normed, 1, 2)
            members = members[:, :first]
        return parts.feed(members + parts.own.attend(asking, KeysValues(keys, values), shown))


class ProgramDecoder(nn.TransformerDecoder):
    """Layers in which the tokens of programs attend to those before them and to sets; its arguments are torch's."""

    def __init__(self, layer: ProgramLayer, layers: int, norm: nn.LayerNorm) -> None:
        super().__init__(layer, layers, norm)
        self._norm = normalisation(norm)

    def known(self, members: th.Tensor) -> list[KeysValues]:
        """Returns what each layer's tokens attend to of sets.

        Args:
            members: shape `(sets, n, width)`.
        """
        return [layer.known(members) for layer in self.layers]  # type: ignore[operator]

    def forward(  # type: ignore[override]
        self,
        tokens: th.Tensor,
        known: Sequence[KeysValues],
        absent: th.Tensor | None,
        earlier: Sequence[KeysValues] | None = None,
    ) -> tuple[th.Tensor, list[KeysValues]]:
        """Returns the tokens as the layers make them.

        Args:
            tokens: shape `(programs, length, width)`; with earlier ones, only the last of each program.
            known: what is known of the sets, each of which has equally many programs, one after the other.
            absent: which members of the sets to overlook, bool of shape `(sets, n)`; None for none.
            earlier: what was returned for the earlier tokens.

        Returns:
            The tokens, shape as given, and what each layer's later tokens attend to of them and the earlier ones.
        """
        shown = None if absent is None else ~absent[:, None, None]
        written = []
        for place, layer in enumerate(self.layers):
            tokens, own = layer(tokens, known[place], shown, None if earlier is None else earlier[place])
            written.append(own)
        return th.layer_norm(tokens, *self._norm), written


class ProgramLayer(nn.TransformerDecoderLayer):
    """One of these layers; its arguments are torch's."""

    def __init__(self, *arguments: Any, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self._parts = _Parts(self, 3)
        self._others = _Attention(self.multihead_attn)

    def known(self, members: th.Tensor) -> KeysValues:
        """Returns what tokens attend to of sets; see `ProgramDecoder.known`."""
        return KeysValues(*self._others.project(members, 1, 2))

    def forward(  # type: ignore[override]
        self, tokens: th.Tensor, known: KeysValues, shown: th.Tensor | None, earlier: KeysValues | None
    ) -> tuple[th.Tensor, KeysValues]:
        """Returns the tokens, and what later ones attend to of them; see `ProgramDecoder.forward`."""
        parts = self._parts
        asking, keys, values = parts.own.project(th.layer_norm(tokens, *parts.norms[0]), 0, 3)
        written = KeysValues(keys, values)
        if earlier is not None:
            written = earlier.followed_by(written)
        tokens = tokens + parts.own.attend(asking, written, causal=earlier is None)
        # To a set, all tokens of its programs are alike.
        normed = th.layer_norm(tokens, *parts.norms[1])
        (asking,) = self._others.project(normed.view(len(known.keys), -1, tokens.shape[2]), 0, 1)
        return parts.feed(tokens + self._others.attend(asking, known, shown).view_as(tokens)), written
