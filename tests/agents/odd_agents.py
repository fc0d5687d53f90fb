"""Agents that do what no agent should, to test the runner with."""

import os
import signal

from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, ScriptedStringAgent

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&%%script%%\u2028'\""


class Crashing(ScriptedAgent):
    """Crashes on every second function."""

    count = 0

    def solve(self, budget, rng):
        Crashing.count += 1
        yield [1.0]
        if Crashing.count % 2:
            raise ZeroDivisionError("an agent's own fault")
        return Submission(code="def f(x): return 1.0")


class WrongKind(ScriptedAgent):
    """Returns an action that is none."""

    def act(self, observation, info):
        return 5


class Hostile(ScriptedAgent):
    """Writes markup wherever it can."""

    def solve(self, budget, rng):
        yield [0.5]
        return Submission(HOSTILE, f"3 < x < 5 {HOSTILE}", f"def f(x):\n    # {HOSTILE!r}\n    return 1.0")


class HostileStrings(ScriptedStringAgent):
    """Writes markup wherever it can, into its queries as well."""

    def solve(self, budget, rng):
        yield [HOSTILE, "\ud800\u202e"]
        return Submission(HOSTILE, HOSTILE, f"def f(s):\n    return s + {HOSTILE!r}")


class Mute(ScriptedAgent):
    """Never asks nor submits."""

    def act(self, observation, info):
        return f"hello {HOSTILE}"


class Suicidal(ScriptedAgent):
    """Takes its own process with it."""

    def act(self, observation, info):
        os.kill(os.getpid(), signal.SIGKILL)
