"""`find-gym export-trajectories`: conversations of experts, to fine-tune language models on."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread


def main(arguments: Sequence[str] | None = None, program: str = "find-gym export-trajectories") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, 2 for a wrong command line, 130 after an interrupt.
    """
    use_one_thread()
    from find_gym_agents.trajectories import TrajectoryConfig, make_trajectories, write_trajectories

    description = "Writes conversations of experts as JSON lines, for the supervised fine-tuning of language models."
    config = parse(TrajectoryConfig, arguments, program=program, description=description)
    try:
        written, left_out = write_trajectories(config.out, make_trajectories(config))
    except KeyboardInterrupt:
        print(f"interrupted; nothing was written to {config.out}", file=sys.stderr)
        return 130
    except (ValueError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    reason = f"refused, or below a skill of {config.min_skill}"
    show(f"{written} conversations in {config.out}; {left_out} left out ({reason})")
    return 0
