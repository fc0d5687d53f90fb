"""The noise of many episodes, drawn ahead from their generators."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_kernel
from find_gym.core.kernels.generators import draw_between, draw_normal, draw_poisson, draw_standard_normal

NONE, NORMAL, UNIFORM, POISSON, EXCEPTION = range(5)
"""What a source of noise is: nothing, a kind of `find_gym.categories.numeric.variants.Noise`, or an exception."""


@exact_kernel("void(int64[::1], int64[::1], int64[:, ::1], float64[:, ::1], float64[:, :, ::1])")
def draw_blocks(envs: Any, generators: Any, kinds: Any, scales: Any, draws: Any) -> None:
    """Draws a block of each source in some episodes, as `NumericFunction.draw_noise` does query by query.

    Args:
        envs: the numbers of the episodes, shape `(n,)`.
        generators: what each of all N episodes draws from; see `find_gym.core.draws.address_of`.
        kinds: the sources of each, first the noise of all outputs, then the exceptions, shape `(N, sources)`.
        scales: their scales, of the same shape.
        draws: where to write the blocks, shape `(block, N, sources)`; a source that is nothing leaves its own.
    """
    block, _, sources = draws.shape
    for env in envs:
        generator = generators[env]
        for query in range(block):
            for turn in range(sources):
                # Exceptions have their turns from the last one to the first.
                source = 0 if turn == 0 else sources - turn
                kind, scale = kinds[env, source], scales[env, source]
                if kind == EXCEPTION:
                    draws[query, env, source] = scale * draw_standard_normal(generator)
                elif kind == NORMAL:
                    draws[query, env, source] = draw_normal(generator, 0.0, scale)
                elif kind == UNIFORM:
                    draws[query, env, source] = draw_between(generator, -scale, scale - -scale)
                elif kind == POISSON:
                    draws[query, env, source] = float(draw_poisson(generator, scale))
