"""What a trained policy asks, and whether it matters what it is told: pictures and figures of a checkpoint.

One command makes them again: `python -m find_gym_agents.training.analysis runs/train/.../policy.pt`.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.registry import category_named, version_of
from find_gym.functions import function_seed
from find_gym_agents.evaluation.gain import others_queries, random_queries
from find_gym_agents.interpreters.policies.trained import PolicyAgent
from find_gym_agents.report.colours import COLOURS
from find_gym_agents.runs.records import write_bytes, write_json
from find_gym_agents.training.checkpoints import load
from find_gym_agents.training.evidence import NOT_ANSWERS
from find_gym_agents.training.policy_episodes import Observation, Played, play

_FAMILIES = 8
_CONDITIONS = {
    "as it is": "the policy as it is",
    "shuffled while asking": "answers shuffled while it asks, true when it writes",
    "queries of another": "the queries that it asked of another function, true answers when it writes",
    "random probes": "random probes, true answers when it writes",
    "shuffled": "answers shuffled throughout",
}


def analyse(checkpoint: Path, folder: Path, functions: int = 200) -> str:
    """Plays a policy on functions of the test split, and writes heat maps, a chart and analysis.json.

    Args:
        checkpoint: the policy.
        folder: where the files go.
        functions: how many.

    Returns:
        The figures as text.
    """
    data = load(checkpoint)
    agent = PolicyAgent(str(checkpoint))
    config = data["config"]
    sample = category_named(agent.category).sample
    specs = [
        sample(
            np.random.default_rng(function_seed("test", agent.category, 0, index)),
            split="test",
            difficulty=config["difficulty"],
            version=version_of(config["env"]),
        )
        for index in range(functions)
    ]
    episodes = {name: _play(agent, config, data, specs, name) for name in ("as it is", "shuffled while asking")}
    own = {("", index): episode.asked for index, episode in enumerate(episodes["as it is"])}
    others = {
        "queries of another": own | others_queries(own, {i: spec.canonical for i, spec in enumerate(specs)}, seed=0),
        "random probes": random_queries(range(len(agent.codec.probes)), agent.max_queries, own, seed=0),
    }
    for name, asked in others.items():
        episodes[name] = _play(agent, config, data, specs, name, [asked["", index] for index in range(functions)])
    episodes["shuffled"] = _play(agent, config, data, specs, "shuffled")
    skills = {name: float(np.mean([episode.skill for episode in episodes[name]])) for name in _CONDITIONS}
    plain = episodes["as it is"]
    second = Counter(episode.asked[1] for episode in plain if len(episode.asked) > 1)
    figures = {
        "functions": functions,
        "skill": skills,
        "different_probes_by_step": _different(plain),
        "second_queries": {agent.codec.name_of(query): count for query, count in second.most_common()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "analysis.json", figures)
    families = [spec.family for spec in specs]
    _draw_heat_map(plain, families, agent, folder / "queries.png")
    _draw_skills(skills, folder / "shuffled.png")
    lines = [f"{_CONDITIONS[name]}: skill {value:.3f}" for name, value in skills.items()]
    lines.append(
        f"different second queries: {len(second)}; different queries by step: {figures['different_probes_by_step']}"
    )
    return "\n".join(lines)


def _play(
    agent: PolicyAgent,
    config: dict[str, Any],
    data: dict[str, Any],
    specs: list[Any],
    condition: str,
    queries: list[list[int]] | None = None,
) -> list[Played]:
    rng = np.random.default_rng(1)

    def shuffled(observation: Observation, places: NDArray[np.int64]) -> Observation:
        """Deals the answers of each episode to other probes that were asked."""
        if condition == "as it is" or queries is not None:
            return observation
        changed = {name: values.copy() for name, values in observation.items()}
        for row, asked in enumerate(observation["asked"] > 0):
            if condition == "shuffled while asking" and observation["budget"][row, 0] == 0:
                continue
            probes = np.flatnonzero(asked)
            dealt = rng.permutation(probes)
            for name, values in observation.items():
                # What is no table over the probes can't be dealt.
                if name not in NOT_ANSWERS and values[row].size % asked.size == 0:
                    table = values[row].reshape(asked.size, -1)
                    changed[name][row].reshape(asked.size, -1)[probes] = table[dealt]
        return changed

    return play(
        agent.network,
        config["env"],
        specs,
        options={"difficulty": config["difficulty"], "max_queries": agent.max_queries},
        free_stopping=bool(data["free_stopping"]),
        change=shuffled,
        queries=queries,
    )


def _different(episodes: list[Played]) -> list[int]:
    """Returns how many different probes are asked at each step."""
    steps = max(len(episode.asked) for episode in episodes)
    return [len({episode.asked[step] for episode in episodes if len(episode.asked) > step}) for step in range(steps)]


def _draw_heat_map(episodes: list[Played], families: list[str], agent: PolicyAgent, path: Path) -> None:
    """Draws the share of episodes that make each query, by step and, below, by family of functions."""
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    steps = max(1, *(len(episode.asked) for episode in episodes))
    queries = agent.codec.queries
    by_step = np.zeros((steps, queries))
    names = [name for name, _ in Counter(families).most_common(_FAMILIES)]
    by_family = np.zeros((len(names), queries))
    for episode, family in zip(episodes, families, strict=True):
        by_step[np.arange(len(episode.asked)), episode.asked] += 1 / len(episodes)
        if family in names:
            by_family[names.index(family), episode.asked] += 1 / families.count(family)
    figure = Figure(figsize=(9, 7), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[steps, 1.6 * len(names)])
    # Shares far below 1 are what tells steps apart, so that the colours go with their roots.
    upper = above.imshow(by_step, aspect="auto", cmap="viridis", interpolation="nearest", norm=PowerNorm(0.5, 0, 1))
    above.set(ylabel="step", title=f"What the policy asks ({agent.category}, {len(episodes)} test functions)")
    lower = below.imshow(by_family, aspect="auto", cmap="viridis", interpolation="nearest", vmin=0, vmax=1)
    below.set(xlabel="query", ylabel="family")
    below.set_yticks(range(len(names)), names, fontsize=8)
    for axes, image, of in ((above, upper, "episodes"), (below, lower, "functions of the family")):
        figure.colorbar(image, ax=axes, label=f"share of {of}", ticks=[0, 0.1, 0.25, 0.5, 1])
    ticks = np.linspace(0, queries - 1, 9).astype(int)
    for axes in (above, below):
        names_of_queries = [_short(agent.codec.name_of(tick)) for tick in ticks]
        axes.set_xticks(ticks, names_of_queries, fontsize=8, rotation=20, ha="right", rotation_mode="anchor")
    _save(figure, path)


def _short(text: str) -> str:
    return text if len(text) <= 18 else f"{text[:17]}…"


def _draw_skills(skills: dict[str, float], path: Path) -> None:
    """Draws the skill under each condition."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axes = figure.add_subplot()
    names = list(skills)[::-1]
    bars = axes.barh(names, [skills[name] for name in names], color=COLOURS[0])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set(xlim=(min(0.0, *skills.values()), 1), xlabel="mean skill on test functions")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    write_bytes(path, content.getvalue())


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        print(analyse(file, file.parent / "analysis"))
