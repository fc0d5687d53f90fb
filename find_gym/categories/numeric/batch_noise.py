"""The noise of many numeric functions, drawn ahead in blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import NumericFunction
from find_gym.core.draws import seeded_generator

FloatArray = NDArray[np.float64]
Integers = NDArray[np.int64]

# The numbers that are drawn at once; a power of 2, and a divisor of the width of the history.
BLOCK = 32

# Draws that are never used up.
_NEVER = np.iinfo(np.int64).max


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
    """

    def __init__(self, inputs: FloatArray, begins: FloatArray) -> None:
        count = len(begins)
        self._inputs = inputs
        self._functions: dict[int, tuple[NumericFunction, np.random.Generator]] = {}
        self._sources = 2
        # Adding -0.0 leaves every number as it is; 0.0 would not.
        self.draws = np.full(count * self._sources * BLOCK, -0.0)
        self._begins = begins
        begins[:] = np.arange(count)[:, None] * self._sources * BLOCK
        # How many draws of each source there are in all, those that have been used and overwritten included.
        self._drawn = np.full(count, _NEVER)
        # Queries that all episodes can still ask before one of them may need more.
        self._enough = 0

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
        regions = function.regions
        self._make_room(1 + len(regions))
        # The generator that the function would make.
        self._functions[env] = (function, seeded_generator(function.spec.seed, entropy))
        if regions:
            self.place(env, slice(self._inputs.size), self._inputs)
        self._draw(env)
        self._drawn[env] = BLOCK
        return True

    def forget(self, env: int) -> None:
        """Leaves an episode without noise."""
        if self._functions.pop(env, None) is None:
            return
        self._drawn[env] = _NEVER
        self._begins[env] = first = env * self._sources * BLOCK
        self.draws[first : first + BLOCK] = -0.0

    def place(self, env: int, places: slice, inputs: FloatArray) -> None:
        """Says which inputs stand at some places of an episode that has begun."""
        if env not in self._functions:
            return
        begins, first = self._begins[env, places], env * self._sources * BLOCK
        begins[:] = first
        for number, region in reversed(list(enumerate(self._functions[env][0].regions))):
            begins[region.contains(inputs)] = first + (number + 1) * BLOCK

    def draw_ahead(self, asked: Callable[[], Integers]) -> None:
        """Draws the noise of one query more in each episode, unless it is drawn.

        Args:
            asked: returns how many queries each episode has had, shape `(N,)`.
        """
        if self._enough == 0:
            before = asked()
            for env in (before >= self._drawn).nonzero()[0].tolist():
                self._draw(env)
                self._drawn[env] += BLOCK
            self._enough = BLOCK - int((before & (BLOCK - 1)).max())
        self._enough -= 1

    def _draw(self, env: int) -> None:
        """Draws an episode's next block."""
        function, rng = self._functions[env]
        regions = len(function.regions)
        # The sources take turns, query by query; one alone has no turns to take.
        alone = regions + (function.spec.noise is not None) == 1
        draws = self.draws.reshape(-1, self._sources, BLOCK)[env, : 1 + regions]
        if alone:
            draws[:] = function.draw_noise(rng, BLOCK)
        else:
            np.concatenate([function.draw_noise(rng, 1) for _ in range(BLOCK)], axis=1, out=draws)

    def _make_room(self, sources: int) -> None:
        """Makes room for functions with more sources."""
        if sources <= self._sources:
            return
        old = self.draws.reshape(-1, self._sources, BLOCK)
        rows = np.arange(len(old))[:, None]
        self._begins += rows * (sources - self._sources) * BLOCK
        self.draws = np.full((len(old), sources, BLOCK), -0.0)
        self.draws[:, : self._sources] = old
        self.draws = self.draws.reshape(-1)
        self._sources = sources
