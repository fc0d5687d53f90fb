"""Adaptive gain: what an agent's own queries are worth beside others, of which it concludes in the same way.

An agent that asks by what it heard asks better than any list of queries that was made beforehand; where it does not,
its skill is that of its conclusions. The same functions are therefore described from the agent's own queries, from
random probes, from one fixed list of queries (the best that was found on `train`), and from the queries that the agent
asked of another function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.runner import Asked, EvaluationResult, evaluate
from find_gym_agents.registry import find_agent
from find_gym_agents.runs.records import EpisodeRecord, locked, read_config, write_json

# The queries that an agent's own are set against, in words.
AGAINST: Mapping[str, str] = {
    "random": "random probes",
    "fixed": "the best fixed queries",
    "another": "another function's queries",
}
# Functions of `train` on which fixed queries are compared, and lists of queries that are compared.
_TRAIN_FUNCTIONS = 40
_LISTS = 5


@dataclass(frozen=True)
class _Runs:
    """Runs of one evaluation, in folders of their own."""

    config: EvaluationConfig
    folder: Path
    progress: bool

    def play(self, name: str, asked: Mapping[tuple[str, int], list[Any]] | None = None, **changes: Any) -> Any:
        """Plays all functions; `asked` are queries by agents and functions, None for the agents' own."""
        changes = {"budgets": None, "adaptive_gain": False, "report": False, **changes}
        config = replace(self.config, out=str(self.folder / name), **changes)
        return evaluate(config, progress=self.progress, asked=None if asked is None else Asked(name, asked))


def evaluate_adaptive_gain(config: EvaluationConfig, *, progress: bool = True) -> EvaluationResult:
    """Measures the adaptive gain of agents, and writes its table.

    Random probes are of the bank of the interface `tokens`, as many as may be asked. The fixed queries are the best of
    five lists on 40 functions of `train`: the inputs that the agent asks most often there, and what it asks of four of
    those functions. Each list is a run in a folder of its own; what is missing of any of them is run.

    Args:
        config: what to evaluate; agents with the interface `tokens`, or scripted ones with a method `conclude`.
        progress: whether to show progress bars on standard error.

    Returns:
        The results of all runs on the functions that were asked for; the summary has "adaptive_gain", for each agent
        its skill with its own queries as "skill", and the paired differences to it by the names of `AGAINST`.

    Raises:
        RunError: see `evaluate`.
    """
    from find_gym_agents.report.comparisons import Comparison, gain_table, paired_gain

    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        runs = _Runs(config, folder, progress)
        own = _queries(runs.play("run").episodes)
        fixed = _best_lists(runs)
        indices = sorted({index for _, index in own})
        lists = {
            "own": own,
            "random": _random(config, own),
            "fixed": {(agent, index): fixed[agent] for agent, index in own if agent in fixed},
            "another": others_queries(own, _keys(folder / "run", indices), config.seed),
        }
        results = {name: runs.play(name, asked) for name, asked in lists.items()}
        figures: dict[str, dict[str, Any]] = {}
        for agent in map(config.label, config.agents):
            records = {name: [r for r in result.episodes if r.agent == agent] for name, result in results.items()}
            figures[agent] = {
                "skill": results["own"].summary["agents"].get(agent, {}).get("overall", {}).get("skill"),
                **{name: paired_gain(records["own"], records[name]) for name in AGAINST},
            }
        configs = [read_config(result.folder) for result in results.values()]
        summary = {"runs": configs, "category": config.category, "adaptive_gain": figures}
        write_json(folder / "results.json", summary)
        page = Comparison(f"{config.env}: adaptive gain", config.category, configs, [gain_table(figures, AGAINST)])
        text = page.write(folder, pictures=config.report)
    episodes = [record for result in results.values() for record in result.episodes]
    places = f"Report: {folder / ('report.html' if config.report else 'report.md')}"
    whole = "\n\n".join([text, *(f"=== {name}\n\n{result.table}" for name, result in results.items())])
    return EvaluationResult(folder, episodes, summary, whole, f"{text}\n\n{places}")


def random_queries(
    probes: Sequence[Any], count: int, keys: Iterable[tuple[str, int]], seed: int
) -> dict[tuple[str, int], list[Any]]:
    """Returns random probes for each agent and function, the same for all agents.

    Args:
        probes: the bank.
        count: how many are drawn, or all where there are fewer.
        keys: agents and functions.
        seed: seeds the draws.
    """
    drawn: dict[tuple[str, int], list[Any]] = {}
    for agent, index in keys:
        places = np.random.default_rng([seed, index]).choice(len(probes), min(count, len(probes)), replace=False)
        drawn[agent, index] = [probes[place] for place in places]
    return drawn


def others_queries(
    own: Mapping[tuple[str, int], list[Any]], functions: Mapping[int, str], seed: int
) -> dict[tuple[str, int], list[Any]]:
    """Returns for each agent and function the queries that the agent asked of another function.

    Args:
        own: the queries that it asked.
        functions: for each function a text that is the same only for functions that behave the same.
        seed: seeds the order in which functions lend their queries.
    """
    order = np.random.default_rng([seed, 1]).permutation(sorted(functions)).tolist()
    lent = {}
    for agent, index in own:
        place = order.index(index)
        others = [one for one in order[place + 1 :] + order[:place] if functions[one] != functions[index]]
        known = [one for one in others if (agent, one) in own]
        if known:
            lent[agent, index] = own[agent, known[0]]
    return lent


def most_asked(lists: Sequence[list[Any]], count: int) -> list[Any]:
    """Returns the queries that were asked most often in some episodes, those asked first of equally frequent ones."""
    counts = Counter(value for own in lists for value in dict.fromkeys(own))
    return [value for value, _ in counts.most_common(count)]


def _best_lists(runs: _Runs) -> dict[str, list[Any]]:
    """Returns for each agent the list of queries that is worth most on functions of `train`."""
    train: dict[str, Any] = {"split": "train", "functions": _TRAIN_FUNCTIONS}
    own = _queries(runs.play("train", **train).episodes)
    by_agent: dict[str, list[list[Any]]] = {}
    for (agent, _), inputs in sorted(own.items(), key=lambda entry: entry[0][1]):
        by_agent.setdefault(agent, []).append(inputs)
    lists = {}
    for agent in runs.config.agents:
        count, found = _token_probes(runs.config, agent), by_agent.get(runs.config.label(agent), [])
        # Other actions go by what was asked before.
        probes = found if count is None else [[action for action in one if action < count] for one in found]
        if found:
            lists[runs.config.label(agent)] = [most_asked(probes, runs.config.max_queries), *found[: _LISTS - 1]]
    skills: dict[str, list[float]] = {agent: [] for agent in lists}
    for place in range(_LISTS):
        asked = {(agent, index): lists[agent][min(place, len(lists[agent]) - 1)] for agent, index in own}
        agents = runs.play(f"train-{place}", asked, **train).summary["agents"]
        for agent, means in skills.items():
            means.append(agents[agent]["overall"]["skill"]["mean"])
    return {agent: lists[agent][int(np.argmax(means[: len(lists[agent])]))] for agent, means in skills.items()}


def _queries(episodes: Sequence[EpisodeRecord]) -> dict[tuple[str, int], list[Any]]:
    """Returns what agents asked of functions, in their order: inputs, or actions of the interface `tokens`."""
    return {
        (record.agent, record.index): [
            query
            for step in record.transcript
            for query in ([step["action"]] if isinstance(step["action"], int) and step["inputs"] else step["inputs"])
        ]
        for record in episodes
        if record.scored
    }


def _random(config: EvaluationConfig, own: Mapping[tuple[str, int], list[Any]]) -> dict[tuple[str, int], list[Any]]:
    """Returns random probes for each agent and function, as inputs or as actions of the interface `tokens`."""
    drawn: dict[tuple[str, int], list[Any]] = {}
    for agent in config.agents:
        count = _token_probes(config, agent)
        keys = [key for key in own if key[0] == config.label(agent)]
        bank = _probes(config) if count is None else range(count)
        drawn |= random_queries(bank, config.max_queries, keys, config.seed)
    return drawn


def _token_probes(config: EvaluationConfig, agent: str) -> int | None:
    """Returns the number of actions that ask a probe, of an agent with the interface `tokens`; None for others."""
    made = find_agent(agent).make(config.category, **config.agent_options(agent))
    return len(_probes(config)) if made.interface == "tokens" else None


def _keys(folder: Path, indices: Sequence[int]) -> dict[int, str]:
    """Returns texts that tell functions of a run apart."""
    from find_gym_agents.report.distinct import function_keys
    from find_gym_agents.runs.records import read_run

    episodes = {record.index: record for record in read_run(folder).episodes}
    return dict(zip(indices, function_keys([episodes[index] for index in indices]), strict=True))


def _probes(config: EvaluationConfig) -> list[Any]:
    """Returns the bank of the interface `tokens`."""
    env = gym.make(config.env, interface="tokens", difficulty=config.difficulty, disable_env_checker=True)
    return list(env.unwrapped.codec.probes)  # type: ignore[attr-defined]
