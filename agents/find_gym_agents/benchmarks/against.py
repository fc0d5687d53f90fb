"""Whole episodes here and in another checkout, in turns, so that both meet the same machine.

What counts is how long steps take, in which a second thread may do a part.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

# Serves measurements of the checkout whose folder it is given: its categories first, then for each line of
# JSON the episodes in a second.
# Where a checkout has the package of agents: of before 0.2.0 in the folder agents itself.
_HOMES = ("agents/find_gym_agents", "agents")
_PROGRAM = """
import importlib.util, json, pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root))
home = next(home for home in map(root.joinpath, sys.argv[2:]) if (home / "__init__.py").exists())
spec = importlib.util.spec_from_file_location(
    "find_gym_agents", home / "__init__.py", submodule_search_locations=[str(home)]
)
sys.modules["find_gym_agents"] = agents = importlib.util.module_from_spec(spec)
spec.loader.exec_module(agents)
from find_gym import LATEST_IDS
from find_gym_agents.benchmarks.measuring import Clock
from find_gym_agents.benchmarks.stepping import EPISODE, Episodes
works = {}
print(json.dumps(list(LATEST_IDS)), flush=True)
for line in sys.stdin:
    category, count, together, seconds = json.loads(line)
    if (category, count, together) not in works:
        # Each has the newest version that there is of an environment.
        works[category, count, together] = Episodes(LATEST_IDS[category], count, together).work()
    work = works[category, count, together]
    clock = Clock()
    while clock.seconds < seconds:
        work.do(clock)
    print(clock.count / clock.seconds / EPISODE, flush=True)
"""
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def check_checkout(place: str) -> None:
    """Checks that a folder is a checkout of this project that has these benchmarks.

    Raises:
        ValueError: it is not.
    """
    if not any(Path(place, home, "benchmarks", "stepping.py").is_file() for home in _HOMES):
        raise ValueError(f"expected the folder of a checkout with these benchmarks, actual value: {place!r}")


def compare(other: Path, count: int, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Measures whole episodes of all categories, in this checkout and in another one.

    Args:
        other: the folder of the other checkout, one that has these benchmarks.
        count: the number of environments.
        seconds: how long steps are measured in one round of each.
        rounds: the rounds.

    Returns:
        For each category that both have, ends spread and together, JSON-serialisable: "name", the medians over the
        rounds of "here" and "there", milliseconds of an episode, and of "ratio", there over here in the same round.

    Raises:
        RuntimeError: a checkout can't be measured; its own message is on the standard error.
    """
    servers = [_start(root) for root in (Path(__file__).resolve().parents[3], other)]
    try:
        results = []
        categories, others = (json.loads(_answer(server)) for server in servers)
        both = [category for category in categories if category in others]
        for category, together in itertools.product(both, (False, True)):
            asked = json.dumps([category, count, together, seconds])
            # The first round fills caches.
            rates = [[float(_ask(server, asked)) for server in servers] for _ in range(rounds + 1)][1:]
            here, there = (statistics.median(1e3 / rate for rate in own) for own in zip(*rates, strict=True))
            ratio = statistics.median(own / theirs for own, theirs in rates)
            name = f"{category}, {'together' if together else 'spread'}"
            results.append({"name": name, "here": here, "there": there, "ratio": ratio})
        return results
    finally:
        for server in servers:
            server.kill()
            server.communicate()


def _start(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(root), *_HOMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **_ENVIRONMENT},
    )  # fmt: skip


def _ask(server: subprocess.Popen[str], asked: str) -> str:
    assert server.stdin is not None
    # Where the server has ended, there is no answer either.
    with contextlib.suppress(OSError):
        server.stdin.write(asked + "\n")
        server.stdin.flush()
    return _answer(server)


def _answer(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    answer = server.stdout.readline()
    if not answer:
        raise RuntimeError(f"expected a checkout with these benchmarks, actual: {server.args[-1]!r} has ended")  # type: ignore[index]
    return answer
