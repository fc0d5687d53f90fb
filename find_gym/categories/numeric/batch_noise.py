"""The noise of many numeric functions, drawn ahead in blocks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.kernels import noise
from find_gym.categories.numeric.variants import NoiseKind
from find_gym.core.draws import address_of, seeded_generator

FloatArray = NDArray[np.float64]
Integers = NDArray[np.int64]

# The numbers that are drawn at once; a power of 2.
BLOCK = 16

# Draws that are never used up.
_NEVER = np.iinfo(np.int64).max
_KINDS: dict[NoiseKind, int] = {"normal": noise.NORMAL, "uniform": noise.UNIFORM, "poisson": noise.POISSON}


class BatchNoise:
    """The noise of N episodes, bit-identical to drawing it query by query.

    Each query draws one number from each source: the noise of all outputs (source 0), and each exception. The input
    decides which of them is added.

    Args:
        inputs: the probes in ascending order, float64 of shape `(p,)`.
        chosen: where to write which source each place (probes, then slots) of each episode has, float64 of shape
            `(N, p + slots)`.

    Attributes:
        draws: the noise that is drawn, shape `(BLOCK, N, sources)`: for query `q` of an episode it is in row
            `q % BLOCK`, so that queries of many episodes find theirs side by side. It is -0.0 where there is none.
    """

    def __init__(self, inputs: FloatArray, chosen: FloatArray) -> None:
        count = len(chosen)
        self._inputs: list[float] = inputs.tolist()
        self._functions: dict[int, tuple[NumericFunction, np.random.Generator]] = {}
        self._generators = np.zeros(count, dtype=np.int64)
        self._chosen = chosen
        chosen[:] = 0.0
        # How many draws of each source there are in all, those that have been used and overwritten included.
        self._drawn = np.full(count, _NEVER)
        # Queries that all episodes can still ask before one of them may need more; but for those that have just begun.
        self._enough = 0
        self._begun: set[int] = set()
        # Adding -0.0 leaves every number as it is; 0.0 would not.
        self.draws = np.full((BLOCK, count, 2), -0.0)
        self._kinds, self._scales = np.zeros((count, 2), dtype=np.int64), np.zeros((count, 2))

    def begin(self, env: int, function: NumericFunction, entropy: int) -> bool:
        """Starts an episode.

        Args:
            env: its number.
            function: its function.
            entropy: seeds the noise.

        Returns:
            Whether it has noise.
        """
        self.forget(env)
        if not function.is_stochastic:
            return False
        spec = function.spec
        regions, own = spec.regions, spec.noise
        more = 1 + len(regions) - self._kinds.shape[1]
        if more > 0:
            self.draws = np.pad(self.draws, ((0, 0), (0, 0), (0, more)), constant_values=-0.0)
            self._kinds = np.pad(self._kinds, ((0, 0), (0, more)))
            self._scales = np.pad(self._scales, ((0, 0), (0, more)))
        # The generator that the function would make.
        generator = seeded_generator(spec.seed, entropy)
        self._functions[env] = (function, generator)
        self._generators[env] = address_of(generator)
        if own is not None:
            self._kinds[env, 0], self._scales[env, 0] = _KINDS[own.kind], own.scale
        for source, region in enumerate(regions, start=1):
            self._kinds[env, source], self._scales[env, source] = noise.EXCEPTION, region.std
        if regions:
            self.place(env, slice(len(self._inputs)), self._inputs)
        # Its first block is drawn together with those of the other episodes that begin.
        self._drawn[env] = BLOCK
        self._begun.add(env)
        return True

    def forget(self, env: int) -> None:
        """Leaves an episode without noise."""
        if env not in self._functions:
            return
        function, _ = self._functions.pop(env)
        self._drawn[env] = _NEVER
        self._begun.discard(env)
        if function.spec.regions:
            self._chosen[env] = 0.0
        self.draws[:, env] = -0.0
        self._kinds[env] = noise.NONE

    def place(self, env: int, places: slice, inputs: Sequence[float]) -> None:
        """Says which inputs, in ascending order, stand at some places of an episode that has begun."""
        if env not in self._functions:
            return
        chosen = self._chosen[env, places]
        chosen[:] = 0.0
        for source, region in reversed(list(enumerate(self._functions[env][0].regions, start=1))):
            chosen[bisect_right(inputs, region.lower) : bisect_left(inputs, region.upper)] = source

    def draw_ahead(self, counts: Integers) -> None:
        """Draws the noise of one query more in each episode, unless it is drawn.

        Args:
            counts: how many queries each episode has had, shape `(N,)`.
        """
        if self._begun:
            self._draw(np.array([*self._begun]))
            self._begun.clear()
        if self._enough == 0:
            envs = (counts >= self._drawn).nonzero()[0]
            if envs.size:
                self._draw(envs)
                self._drawn[envs] += BLOCK
            self._enough = BLOCK - int((counts & (BLOCK - 1)).max())
        self._enough -= 1

    def _draw(self, envs: Integers) -> None:
        """Draws the next block of some episodes."""
        noise.draw_blocks(envs, self._generators, self._kinds, self._scales, self.draws)
