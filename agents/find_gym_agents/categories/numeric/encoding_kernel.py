"""What `NumericEncoder` reads of observations, compiled: features of points, of pairs and triples of them, of lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

POINT_FEATURES, LINES, PROBE_FEATURES = 25, 5, 10
"""Features of a point, kinds of lines over the bank, features of a probe; these are followed by 1."""

# Places in the bank over which the distance to the nearest asked probe grows to 1.
_FAR = 16
# Numbers are rounded to single precision at each step, as everywhere in the network: the noise of that is in what
# policies have learned from.
_SMALL, _NEAR, _LEAST_RUN = np.float32(1e-9), np.float32(1e-5), np.float32(1e-3)


@exact_helper
def _sort(asked: Any, x: Any, places: Any) -> int:
    """Writes the places that were asked, by their inputs, then others; returns how many were asked, at most all."""
    count = 0
    for place in range(len(asked)):
        if asked[place] > 0:
            last = min(count, len(places) - 1)
            if count == len(places) and x[places[last]] <= x[place]:
                continue
            while last > 0 and x[places[last - 1]] > x[place]:
                places[last] = places[last - 1]
                last -= 1
            places[last] = place
            count = min(count + 1, len(places))
    end = count
    for place in range(len(asked)):
        if end == len(places):
            break
        if not asked[place] > 0:
            places[end] = place
            end += 1
    return count


@exact_helper
def _compare(y: Any, x: Any, defined: Any, span: Any, tokens: Any) -> int:
    """Writes how points compare with their neighbours; returns how many defined neighbours are equal.

    Args:
        y: the answers, 0 where undefined, shape `(points,)`.
        x: the inputs, in ascending order.
        defined: whether the answers are.
        span: the range of the answers.
        tokens: where to write, shape `(places, POINT_FEATURES)`.
    """
    equal = 0
    for right in range(1, len(y)):
        left = right - 1
        if not (defined[left] and defined[right]):
            continue
        rise = y[right] - y[left]
        pair = rise / span, np.arcsinh(rise / max(x[right] - x[left], _LEAST_RUN)) / 10
        alike = abs(rise) < _NEAR * (abs(y[right]) + abs(y[left])) + _SMALL
        equal += alike
        for point, column in ((right, 9), (left, 13)):
            tokens[point, column], tokens[point, column + 1] = pair
            tokens[point, column + 2] = alike
        tokens[right, 12] = np.arcsinh(rise) / 15
        tokens[right, 16] = np.log10(abs(rise) + 1e-6) / 10
        tokens[right, 21] = 1.0
        if left == 0 or not defined[left - 1]:
            continue
        first, second = max(x[left] - x[left - 1], _LEAST_RUN), max(x[right] - x[left], _LEAST_RUN)
        bend = y[left] - (y[left - 1] * second + y[right] * first) / (first + second)
        share = abs(bend) / (abs(y[left]) + (abs(y[right]) + abs(y[left])) + _SMALL)
        tokens[left, 17] = np.arcsinh(bend) / 15
        tokens[left, 18] = min(max(bend / span, -5.0), 5.0)
        tokens[left, 19] = np.log10(share + 1e-7) / 7 + 1
        tokens[left, 20] = np.sign(bend)
        tokens[left, 22] = 1.0
    return equal


@exact_helper
def _join(values: Any, start: int, stop: int, share: float) -> float:
    """Returns the value between those of two points."""
    joined: float = values[start] + share * (values[stop] - values[start])
    return joined


@exact_helper
def _draw(bank: Any, at: Any, values: Any, asked: Any, undefined: Any, zooms: bool, lines: Any, beside: Any) -> None:
    """Joins the defined answers by lines over the bank, and writes the features of each probe.

    Args:
        bank: the probes.
        at: where the defined points lie on the scale of the bank's places, ascending, shape `(points,)`.
        values: their answers as "relative", "answer", and in units of their range, shape `(3, points)`.
        asked: the feature of that name.
        undefined: the feature of that name.
        zooms: whether inputs may lie between probes.
        lines: where to write the lines, shape `(LINES * probes,)`.
        beside: where to write the features of probes, shape `(probes, PROBE_FEATURES + 1)`.
    """
    count, probes, after = len(at), len(bank), 0
    for probe in range(probes):
        while after < count and at[after] < probe:
            after += 1
        hit = after < count and at[after] == probe
        before = after if hit else after - 1
        left = at[before] if before >= 0 else -1.0
        right = at[after] if after < count else float(probes)
        start, stop = max(before, 0), min(after, count - 1)
        share = 0.0
        if count and at[stop] > at[start]:
            share = (probe - at[start]) / (at[stop] - at[start])
        elif not zooms:
            # Beyond the outermost point, how many places; of none at all, those to the last probe.
            share = probe - (at[start] if count else probes - 1.0)
        gap = min(probe - left, right - probe, _FAR) / _FAR
        beside[probe, 0] = asked[probe] > 0
        beside[probe, 1] = gap
        beside[probe, 2] = min(probe - left, _FAR) / _FAR
        beside[probe, 3] = min(right - probe, _FAR) / _FAR
        if count:
            for line in range(3):
                lines[line * probes + probe] = _join(values[line], start, stop, share)
            beside[probe, 4] = values[2, start]
            beside[probe, 5] = values[2, stop]
            beside[probe, 6] = abs(values[2, stop] - values[2, start])
            beside[probe, 7] = abs(values[1, stop] - values[1, start]) * 10
        beside[probe, 8] = share
        beside[probe, 9] = undefined[probe]
        beside[probe, PROBE_FEATURES] = 1.0
        lines[3 * probes + probe] = gap
        lines[4 * probes + probe] = undefined[probe]


@exact_kernel(
    "void(float32[:,:], float32[:,:], float32[:,:], float32[:,:], float32[:,:], float32[:,:], float32[:,:], "
    "float64[::1], float64, boolean, int64[:,::1], int64[:,::1], boolean[:,::1], float32[:,:,::1], float32[:,::1], "
    "float32[:,::1], float32[:,:,::1])"
)
def prepare(
    asked: Any,
    undefined: Any,
    answer: Any,
    relative: Any,
    magnitude: Any,
    spread: Any,
    x: Any,
    bank: Any,
    scale: float,
    zooms: bool,
    place: Any,
    probe: Any,
    present: Any,
    tokens: Any,
    overview: Any,
    lines: Any,
    beside: Any,
) -> None:
    """Writes what the network reads of observations; all that is written to must be 0.

    Args:
        asked: the feature of that name, shape `(batch, places of the observation)`, as those that follow.
        undefined: likewise.
        answer: likewise.
        relative: likewise.
        magnitude: likewise.
        spread: likewise.
        x: the inputs over 128.
        bank: the probes, ascending, shape `(probes,)`.
        scale: `answer` times it is asinh of the mean answer.
        zooms: whether inputs may lie between probes.
        place: the places in the observation of the points, by their inputs, then others, shape `(batch, points)`.
        probe: the last probe that is not above each point and not the last of the bank; where inputs can't lie between
            probes, the point's own. Shape `(batch, points)`.
        present: which points there are, shape `(batch, points)`.
        tokens: their features, shape `(batch, points, POINT_FEATURES)`.
        overview: features of all of them, shape `(batch, 4)`.
        lines: answers joined by lines over the bank, shape `(batch, LINES * probes)`.
        beside: features of each probe, then 1, shape `(batch, probes, PROBE_FEATURES + 1)`.
    """
    points = place.shape[1]
    y, inputs, at = np.zeros(points, dtype=np.float32), np.zeros(points, dtype=np.float32), np.zeros(points)
    defined, values = np.zeros(points, dtype=np.bool_), np.zeros((3, points))
    widest = np.arcsinh(bank[-1] / 1.5)
    for row in range(len(asked)):
        count = _sort(asked[row], x[row], place[row])
        low, high, known = np.float32(np.inf), np.float32(-np.inf), 0
        for point in range(count):
            own = place[row, point]
            inputs[point] = x[row, own] * 128.0
            defined[point] = undefined[row, own] == 0
            y[point] = np.sinh(answer[row, own] * np.float32(scale)) if defined[point] else 0.0
            if defined[point]:
                low, high, known = min(low, y[point]), max(high, y[point]), known + 1
        span = max(high - low, _SMALL) if known else np.float32(1.0)
        token, known, largest = tokens[row], 0, np.float32(0.0)
        for point in range(count):
            own = place[row, point]
            first = min(np.searchsorted(bank, inputs[point], side="right") - 1, len(bank) - 2) if zooms else own
            present[row, point], probe[row, point] = True, first
            token[point, 0] = np.arcsinh(inputs[point] / 1.5) / widest
            token[point, 1] = inputs[point] / 128
            token[point, 2], token[point, 3] = answer[row, own], relative[row, own]
            token[point, 4], token[point, 5] = magnitude[row, own], undefined[row, own]
            token[point, 6], token[point, 7] = spread[row, own], asked[row, own]
            token[point, 24] = 1.0
            if not defined[point]:
                continue
            unit = min(max((y[point] - low) / span, 0.0), 1.0)
            token[point, 8], token[point, 23] = unit, 1.0
            largest = max(largest, abs(y[point]))
            at[known] = first
            if zooms:
                at[known] += (inputs[point] - bank[first]) / (bank[first + 1] - bank[first])
            values[0, known], values[1, known], values[2, known] = relative[row, own], answer[row, own], unit
            known += 1
        equal = _compare(y[:count], inputs[:count], defined[:count], span, token)
        overview[row, 0] = np.log10(span) / 10
        overview[row, 1] = np.log10(largest + _SMALL) / 10
        overview[row, 2] = max(known, 1) / points
        overview[row, 3] = equal / max(known, 1)
        _draw(bank, at[:known], values[:, :known], asked[row], undefined[row], zooms, lines[row], beside[row])
