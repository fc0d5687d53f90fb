"""The check kit for authors of agents: what passes, and what each fault is told as."""

import gc
import itertools

import numpy as np
import pytest

from find_gym.envs.base import FINDEnv
from find_gym.interfaces.text import write_query
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent
from find_gym_agents.testing import AgentCheckError, check_agent


def constant(value):
    return Submission("a constant", code=f"def f(x): return {value!r}")


class Fair(ScriptedAgent):
    def solve(self, budget, rng):
        y = yield rng.uniform(-9, 9, min(budget, 5)).tolist()
        return constant(float(np.nanmean(np.append(y, 0.0))))


class Unseeded(ScriptedAgent):
    def solve(self, budget, rng):
        yield [float(np.random.default_rng().uniform())]
        return constant(0.0)


class Remembering(ScriptedAgent):
    episodes = itertools.count()

    def solve(self, budget, rng):
        yield [float(next(self.episodes))]
        return constant(0.0)


class Peeking(ScriptedAgent):
    """Finds the environment among the objects of the process."""

    def solve(self, budget, rng):
        found = [one for one in gc.get_objects() if issubclass(type(one), FINDEnv)]
        yield [float(len(found))]
        return constant(0.0)


class Greedy(ScriptedAgent):
    def act(self, observation, info):
        return write_query([1.0] * max(info["budget"], 1))


class Silent(ScriptedAgent):
    def act(self, observation, info):
        return "hello"


class Meddling(Fair):
    def act(self, observation, info):
        action = super().act(observation, info)
        info["budget"] = 0
        return action


class Broken(ScriptedAgent):
    def solve(self, budget, rng):
        yield [1.0]
        raise ZeroDivisionError("an agent's own fault")


class Foreign(Fair):
    interface = "morse"


@pytest.mark.parametrize("agent", ["constant", "identity", "tests.agents.test_testing:Fair"])
def test_fair_agents_pass(agent):
    check_agent(agent, ("numeric",) if ":" in agent else ())


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (Unseeded, "the same actions in a second episode of the same seed"),
        (Remembering, "the same actions in a second episode of the same seed"),
        (Peeking, "on recorded observations and infos"),
        (Greedy, "as the budget is spent"),
        (Silent, "expected a submission by the end"),
        (Meddling, "step 0: expected observation and info to stay as they are"),
        (Broken, "step 1: ZeroDivisionError: an agent's own fault"),
        (Foreign, "no episode could begin: ValueError: .*'morse'"),
    ],
)
def test_each_fault_is_named(agent, message):
    with pytest.raises(AgentCheckError, match=f"{agent.__name__} fails the check:\n- numeric: .*{message}"):
        check_agent(agent, ("numeric",))


def test_categories_are_named_or_claimed():
    with pytest.raises(ValueError, match="expected categories to check 'Fair' in"):
        check_agent(Fair)
    with pytest.raises(AgentCheckError, match="expected an agent for strings functions"):
        check_agent("operon", ("strings",))
