"""The noise of many episodes beside that of each."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.batch_noise import BLOCK, BatchNoise
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.variants import NOISE_KINDS, Noise, Region
from find_gym.functions import NumericFunction, NumericSpec

PROBES = np.linspace(-8.0, 8.0, 5)
QUERIES = 3 * BLOCK // 2

SCALES = st.one_of(st.floats(1e-3, 50.0), st.floats(50.0, 1e6))
NOISES = st.one_of(st.none(), st.builds(Noise, st.sampled_from(NOISE_KINDS), SCALES))
STARTS = st.sets(st.integers(-9, 8), max_size=3)


@st.composite
def functions(draw: Any) -> NumericFunction:
    """Draws functions that add nothing but noise to 0, with up to three exceptions."""
    regions = tuple(Region(start, start + 1.0, -2.0, draw(st.floats(0.0, 9.0))) for start in sorted(draw(STARTS)))
    rule = AtomRule("constant", (0.0,))
    return NumericFunction(NumericSpec(rule, (-100.0, 100.0), draw(NOISES), regions, seed=draw(st.integers(0, 2**40))))


@settings(deadline=None)
@given(st.lists(st.tuples(functions(), st.integers(0, 2**63 - 1)), min_size=1, max_size=6), st.data())
def test_drawn_ahead_as_query_by_query(episodes: list[tuple[NumericFunction, int]], data: Any) -> None:
    """Two environments, in which episodes begin at any time."""
    chosen = np.zeros((2, PROBES.size))
    batch = BatchNoise(PROBES, chosen)
    asked = np.zeros(2, dtype=np.int64)
    alone: list[tuple[NumericFunction, np.random.Generator] | None] = [None, None]
    for function, entropy in episodes:
        env = data.draw(st.integers(0, 1))
        assert batch.begin(env, function, entropy) == function.is_stochastic
        alone[env] = function, function.generator(entropy)
        asked[env] = 0
        for _ in range(data.draw(st.integers(1, QUERIES))):
            batch.draw_ahead(asked)
            for place, known in enumerate(alone):
                if known is not None:
                    probe = int(asked[place]) % PROBES.size
                    drawn = batch.draws[asked[place] % BLOCK, place, int(chosen[place, probe])]
                    x = PROBES[probe : probe + 1]
                    assert known[0].truth(x)[0] + drawn == known[0](x, known[1])[0]
            asked += 1


@pytest.mark.parametrize(("kind", "largest"), [("normal", 1e308), ("uniform", 8e307), ("poisson", 9.22e18)])
def test_scales_that_can_be_drawn(kind: Any, largest: float) -> None:
    assert np.isfinite(Noise(kind, largest).draw(np.random.default_rng(0), 3)).any()
    for scale in (0.0, -1.0, math.inf, math.nan, *([10 * largest] if kind != "normal" else [])):
        with pytest.raises(ValueError, match=f"positive scale of {kind} noise.*actual value: "):
            Noise(kind, scale)
