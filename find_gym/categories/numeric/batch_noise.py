"""The noise of many numeric functions, drawn ahead in blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.kernels import noise
from find_gym.categories.numeric.variants import NoiseKind
from find_gym.core.draws import address_of, seeded_generator

FloatArray = NDArray[np.float64]
Integers = NDArray[np.int64]

# The numbers that are drawn at once; a power of 2, and a divisor of the width of the history.
BLOCK = 32

# Draws that are never used up.
_NEVER = np.iinfo(np.int64).max
_KINDS: dict[NoiseKind, int] = {"normal": noise.NORMAL, "uniform": noise.UNIFORM, "poisson": noise.POISSON}


class BatchNoise:
    """The noise of N episodes, bit-identical to drawing it query by query.

    Each query draws one number from each source: the noise of all outputs (source 0), and each exception. The input
    decides which of them is added.

    Args:
        inputs: the probes, float64 of shape `(p,)`.
        begins: where to write the place in `draws` at which the block of each episode and place (probes, then slots)
            begins, float64 of shape `(N, p + slots)`.

    Attributes:
        draws: the noise that is drawn, in blocks of `BLOCK` numbers: query `q` of an episode is number `q % BLOCK`.
        sources: for how many sources of each episode there is room.
    """

    def __init__(self, inputs: FloatArray, begins: FloatArray) -> None:
        count = len(begins)
        self._inputs = inputs
        self._functions: dict[int, tuple[NumericFunction, np.random.Generator]] = {}
        self._generators = np.zeros(count, dtype=np.int64)
        self._begins = begins
        # How many draws of each source there are in all, those that have been used and overwritten included.
        self._drawn = np.full(count, _NEVER)
        # Queries that all episodes can still ask before one of them may need more; but for those that have just begun.
        self._enough = 0
        self._begun: set[int] = set()
        self._have_sources(2)

    def _have_sources(self, sources: int) -> None:
        """Makes room for sources, without any noise in it."""
        count = len(self._begins)
        self.sources = sources
        # Adding -0.0 leaves every number as it is; 0.0 would not.
        self.draws = np.full(count * sources * BLOCK, -0.0)
        self._begins[:] = np.arange(count)[:, None] * sources * BLOCK
        self._kinds, self._scales = np.zeros((count, sources), dtype=np.int64), np.zeros((count, sources))

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
        if len(regions) >= self.sources:
            self._widen(1 + len(regions))
        # The generator that the function would make.
        generator = seeded_generator(spec.seed, entropy)
        self._functions[env] = (function, generator)
        self._generators[env] = address_of(generator)
        if own is not None:
            self._kinds[env, 0], self._scales[env, 0] = _KINDS[own.kind], own.scale
        for source, region in enumerate(regions, start=1):
            self._kinds[env, source], self._scales[env, source] = noise.EXCEPTION, region.std
        if regions:
            self.place(env, slice(self._inputs.size), self._inputs)
        # It is drawn together with that of the other episodes that begin.
        self._drawn[env] = 0
        self._begun.add(env)
        return True

    def forget(self, env: int) -> None:
        """Leaves an episode without noise."""
        if env not in self._functions:
            return
        function, _ = self._functions.pop(env)
        self._drawn[env] = _NEVER
        self._begun.discard(env)
        first = env * self.sources * BLOCK
        if function.spec.regions:
            self._begins[env] = first
        self.draws[first : first + self.sources * BLOCK] = -0.0
        self._kinds[env] = noise.NONE

    def place(self, env: int, places: slice, inputs: FloatArray) -> None:
        """Says which inputs stand at some places of an episode that has begun."""
        if env not in self._functions:
            return
        begins, first = self._begins[env, places], env * self.sources * BLOCK
        begins[:] = first
        for number, region in reversed(list(enumerate(self._functions[env][0].regions))):
            begins[region.contains(inputs)] = first + (number + 1) * BLOCK

    def draw_ahead(self, asked: Callable[[], Integers]) -> None:
        """Draws the noise of one query more in each episode, unless it is drawn.

        Args:
            asked: returns how many queries each episode has had, shape `(N,)`.
        """
        if self._begun:
            self._draw(np.array([*self._begun]))
            self._begun.clear()
        if self._enough == 0:
            before = asked()
            envs = (before >= self._drawn).nonzero()[0]
            if envs.size:
                self._draw(envs)
            self._enough = BLOCK - int((before & (BLOCK - 1)).max())
        self._enough -= 1

    def _draw(self, envs: Integers) -> None:
        """Draws the next block of some episodes."""
        draws = self.draws.reshape(-1, self.sources, BLOCK)
        noise.draw_blocks(envs, self._generators, self._kinds, self._scales, draws)
        self._drawn[envs] += BLOCK

    def _widen(self, sources: int) -> None:
        """Makes room for functions with more sources."""
        before, kinds, scales = self.sources, self._kinds, self._scales
        begins, draws = self._begins.copy(), self.draws
        rows = np.arange(len(begins))[:, None]
        self._have_sources(sources)
        self._begins[:] = begins + rows * (sources - before) * BLOCK
        self.draws.reshape(-1, sources, BLOCK)[:, :before] = draws.reshape(-1, before, BLOCK)
        self._kinds[:, :before], self._scales[:, :before] = kinds, scales
