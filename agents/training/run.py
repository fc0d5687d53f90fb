"""A training run as the command does it: training, learning curve, evaluation beside other agents, analysis."""

from __future__ import annotations

from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.evaluation._records import locked, write_json
from find_gym_agents.evaluation._runner import progress_bar
from find_gym_agents.registry import AGENTS
from find_gym_agents.training.categories import CATEGORIES
from find_gym_agents.training.checkpoints import POLICY, UNTRAINED, CheckpointError
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.loop import Training

__all__ = ["CheckpointError", "train"]


def train(config: TrainConfig, *, progress: bool = True) -> str:
    """Trains a policy, evaluates it and analyses what it asks.

    Where the folder holds a run of the same configuration, it goes on from its last checkpoint.

    Args:
        config: what to train.
        progress: whether to show progress bars on standard error.

    Returns:
        The tables of the evaluation, or where the policy is.

    Raises:
        CheckpointError: the folder holds a run of another configuration, or a broken checkpoint.
        ImportError: something is not installed.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        write_json(folder / "config.json", config.to_json())
        with progress_bar("training", 1000, progress) as bar:

            def show(share: float, skill: float | None) -> None:
                bar.update(round(1000 * share) - bar.n)
                if skill is not None:
                    bar.set_postfix_str(f"validation skill {skill:.3f}", refresh=False)

            training = Training(config, show)
            training.run()
    texts = [f"The policy is in {folder / POLICY}."]
    if config.test_functions:
        texts += [_evaluate(config, name, progress) for name in (POLICY, UNTRAINED)]
    if config.analyse:
        from find_gym_agents.training.analysis import analyse

        texts.append(analyse(folder / POLICY, folder / "analysis"))
    return "\n\n".join(texts)


def _evaluate(config: TrainConfig, checkpoint: str, progress: bool) -> str:
    """Evaluates a checkpoint on the test split; the trained one beside `random` and the strongest scripted agent."""
    category = CATEGORIES[config.category]
    beside = ("random", category.strongest) if checkpoint == POLICY else ()
    agents = ("policy", *(name for name in beside if config.category in AGENTS[name].categories))
    result = evaluate(
        EvaluationConfig(
            agents=agents,
            env=config.env,
            functions=config.test_functions,
            split="test",
            difficulty=config.difficulty,
            max_queries=config.max_queries or category.max_queries,
            workers=config.workers,
            checkpoint=str(config.folder / checkpoint),
            out=str(config.folder / f"test-{checkpoint.removesuffix('.pt')}"),
        ),
        progress=progress,
    )
    return f"{checkpoint}\n{result.table}"
