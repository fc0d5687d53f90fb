"""Packs the policy of a supervised training for the package: python scripts/pack_weights.py RUN EVALUATION.

The weights are kept in half precision; the JSON file beside them says how they were made and what they earned in an
evaluation.
"""

import json
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import find_gym_agents.interpreters.neural
from find_gym_agents.interpreters.neural.checkpoints import NETWORK
from find_gym_agents.runs.records import CONFIG, write_json
from find_gym_agents.training.checkpoints import POLICY, load, save
from find_gym_agents.training.supervised.config import SupervisedConfig

FOLDER = Path(find_gym_agents.interpreters.neural.__path__[0]) / "weights"


def pack(run: Path, evaluation: Path, folder: Path = FOLDER) -> Path:
    """Packs the policy of a run.

    Args:
        run: the folder of the training.
        evaluation: the folder of an evaluation of its policy.
        folder: where the files go.

    Returns:
        The file of the weights.
    """
    data = load(run / POLICY)
    config = data["config"] | {"out": None}
    weights = {name: each.half() if each.is_floating_point() else each for name, each in data[NETWORK].items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{config['env']}.pt"
    save(path, data | {"config": config, NETWORK: weights})
    read = {name: json.loads((evaluation / f"{name}.json").read_text()) for name in ("config", "results")}
    curve = json.loads((run / "curve.json").read_text())
    about = {
        "command": _command(json.loads((run / CONFIG).read_text())),
        "date": datetime.fromtimestamp((run / POLICY).stat().st_mtime, UTC).strftime("%Y-%m-%d"),
        "seed": config["seed"],
        "weights": sum(each.numel() for each in weights.values()),
        "minutes": round(curve[-1]["seconds"] / 60, 1),
        "transcripts": curve[-1]["examples"],
        "evaluation": read["config"]["identity"],
        "figures": {name: agent["overall"] for name, agent in read["results"]["agents"].items()},
    }
    write_json(path.with_suffix(".json"), about)
    return path


def _command(config: dict) -> str:
    """Returns the command of a training, without the options that do not change what is learned."""
    words = ["find-gym train --recipe supervised"]
    for field in fields(SupervisedConfig):
        value = config[field.name]
        if field.name in ("env", "minutes", "examples", "size") or field.name not in SupervisedConfig._later:
            if value is not None and (value != field.default or field.name in ("env", "minutes")):
                words.append(f"--{field.name.replace('_', '-')} {value}")
    return " ".join(words)


if __name__ == "__main__":
    print(pack(*map(Path, sys.argv[1:3])))
