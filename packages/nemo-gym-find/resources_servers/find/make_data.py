"""Writes rows for `gym eval run` and for training: a task in each, which names a function by its seed.

python make_data.py --category strings --count 1000 --split train --out data/train.jsonl
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from find_gym.tasks import Task, draw_tasks, tools_of

AGENT = {"type": "responses_api_agents", "name": "find_gymnasium_agent"}


def make_row(task: Task) -> dict[str, Any]:
    """Returns the row of a task; the first message comes from the server when the episode starts."""
    parameters: dict[str, Any] = {"input": []}
    if task.form == "tools":
        parameters["tools"] = [{"type": "function", "strict": False, **tool["function"]} for tool in tools_of(task)]
    return {"responses_create_params": parameters, "task": task.to_row(), "agent_ref": AGENT}


def main() -> None:
    """Writes the rows that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--category", default="strings", help="the category of functions")
    parser.add_argument("--count", type=int, default=5, help="how many functions")
    parser.add_argument("--seed", type=int, default=0, help="the same functions as in find-gym evaluate with this seed")
    parser.add_argument("--split", default="train", help="train, validation or test")
    parser.add_argument("--difficulty", default="find", help="easy, find, hard or extreme")
    parser.add_argument("--max-queries", type=int, default=24, help="the budget, a number of inputs")
    parser.add_argument("--max-messages", type=int, default=12, help="the messages, the submission among them")
    parser.add_argument("--form", default="text", help="text, or tools for models that call them")
    parser.add_argument("--out", type=Path, default=Path("data/example.jsonl"), help="the file")
    rules = vars(parser.parse_args())
    out = rules.pop("out")
    rows = map(make_row, draw_tasks(rules.pop("category"), rules.pop("count"), **rules))
    out.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
