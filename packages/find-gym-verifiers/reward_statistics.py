"""Prints how the rewards of the taskset are distributed, and what the model's messages were like, as a line of a table.

    python reward_statistics.py --category strings --functions 50
    python reward_statistics.py --category strings --functions 6 --model SmolLM2-135M-Instruct --max-messages 3

Without a model the scripted one plays: it asks a few inputs, then submits what it has seen as a table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from find_gym.language import ChatOptions, load_chat_model
from find_gym.tasks import Task, TaskEpisode, draw_tasks

ASKED: dict[str, list[Any]] = {"numeric": [-100, -10, -1, 0, 1, 10, 100], "strings": ["", "a", "Hello", "two words"]}


def by_script(episode: TaskEpisode) -> str:
    """Returns the next message of the scripted model."""
    category = episode.task.category
    if not episode.transcript:
        return f"QUERY {json.dumps(ASKED[category])}"
    seen = dict(zip(map(repr, episode.info["inputs"]), episode.info["outputs"], strict=True))
    table = ", ".join(f"{value}: {output!r}" for value, output in seen.items())
    code = f"def f(x):\n    return {{{table}}}.get(x, x)"
    return f"[DESCRIPTION]: what was seen [DOMAIN]: none [CODE]:\n```python\n{code}\n```"


def by_model(name: str, reply_tokens: int) -> Callable[[TaskEpisode], str]:
    """Returns how a chat model chooses the next message."""
    model = load_chat_model(name)

    def choose(episode: TaskEpisode) -> str:
        messages = [{"role": "user", "content": episode.prompt}]
        for said, answer in episode.transcript:
            messages += [{"role": "assistant", "content": said}, {"role": "user", "content": answer}]
        return model.reply(messages, ChatOptions(reply_tokens)).text

    return choose


def play(task: Task, choose: Callable[[TaskEpisode], str]) -> dict[str, float]:
    """Plays an episode to its end and returns its metrics."""
    episode = TaskEpisode(task)
    while not episode.over:
        episode.message(choose(episode))
    return episode.metrics


def main() -> None:
    """Prints the line for what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a chat model, by the names that find-gym knows")
    parser.add_argument("--category", default="strings", choices=sorted(ASKED), help="the category of functions")
    parser.add_argument("--functions", type=int, default=50, help="how many functions of the split test")
    parser.add_argument("--difficulty", default="find", help="easy, find, hard or extreme")
    parser.add_argument("--max-queries", type=int, default=24, help="the budget, a number of inputs")
    parser.add_argument("--max-messages", type=int, default=12, help="the messages, the submission among them")
    parser.add_argument("--reply-tokens", type=int, default=96, help="the greatest length of a reply")
    args = vars(parser.parse_args())
    name, tokens = args.pop("model"), args.pop("reply_tokens")
    choose = by_script if name is None else by_model(name, tokens)
    tasks = draw_tasks(args.pop("category"), args.pop("functions"), split="test", **args)
    played = [play(task, choose) for task in tasks]
    rewards = np.array([one["reward"] for one in played])
    means = {each: np.mean([one[each] for one in played]) for each in ("submitted", "queries", "messages", "refusals")}
    low, middle, high = np.quantile(rewards, (0.25, 0.5, 0.75))
    parts = [name or "scripted", tasks[0].category, str(len(tasks)), f"{rewards.mean():.3f}"]
    parts += [f"{low:.2f}, {middle:.2f}, {high:.2f}", f"{(rewards == 0).mean():.0%}", f"{(rewards > 0.5).mean():.0%}"]
    parts += [f"{means['submitted']:.0%}", *(f"{means[each]:.1f}" for each in ("queries", "messages", "refusals"))]
    print(f"| {' | '.join(parts)} |")


if __name__ == "__main__":
    main()
