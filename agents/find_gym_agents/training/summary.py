"""The closing summary of a training: one table, where the files are, what to type next."""

from __future__ import annotations

import shlex
from typing import Any

from find_gym_agents.evaluation.config import DEFAULT_PROPOSALS
from find_gym_agents.report.tables import closing_table
from find_gym_agents.training.checkpoints import POLICY
from find_gym_agents.training.config import RunConfig


def closing_text(untrained: dict[str, Any], trained: dict[str, Any], config: RunConfig) -> str:
    """Returns the table of the untrained policy, the policy and the agents beside it.

    Args:
        untrained: the results of the evaluation of what the run began with.
        trained: those of the trained policy and of the other agents.
        config: the run.
    """
    first, proposals = config.begins_as
    count = "1 proposal" if proposals == 1 else f"{proposals or DEFAULT_PROPOSALS} proposals"
    agents = {f"{first}, {count}": next(iter(untrained["agents"].values()))}
    for name, figures in trained["agents"].items():
        agents[f"policy, {DEFAULT_PROPOSALS} proposals" if name.startswith("policy:") else name] = figures
    return closing_table(agents, "Functions of the split test").as_text()


def next_steps(config: RunConfig) -> str:
    """Returns where the files are, and the commands that go on from here."""
    folder = config.folder
    files = [("policy", POLICY), ("curve", "learning_curve.png")]
    files += [("report", "test-policy/report.html")] if config.test_functions else []
    files += [("what it asks", "analysis/queries.png")] if getattr(config, "analyse", False) else []
    lines = [f"  {name:14}{folder / file}" for name, file in files]
    if "tensorboard" in config.logger:
        lines.append(f"  {'logs':14}tensorboard --logdir {shlex.quote(str(folder / 'tensorboard'))}")
    where = f"--out {shlex.quote(str(folder))}"
    return "\n".join(
        [
            "Files",
            *lines,
            "",
            "Next",
            f"  find-gym evaluate --agent policy --checkpoint {shlex.quote(str(folder / POLICY))}",
            f"  the same command with {config.longer} {where} goes on training",
        ]
    )
