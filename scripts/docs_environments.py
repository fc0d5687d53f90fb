"""Pages about environments: their docstrings, spaces, sampled functions, and an episode that they rendered."""

from __future__ import annotations

import inspect
import re
from typing import Any

import gymnasium as gym
from docs_pictures import animate
from gymnasium import spaces

from find_gym.core.category import Category, load_reference
from find_gym.core.registry import categories_by_name
from find_gym.functions import function_seed
from find_gym_agents.categories import agent_category

SEED = 1
SAMPLES = 8


def environment_index() -> str:
    """Returns the page that lists all environments."""
    rows = [
        f"| [`{category.environment_id()}`]({category.name}.md) | {category.summary} | "
        f"{', '.join(f'`{name}`' for name in _class_of(category).interfaces)} |"
        for category in categories_by_name().values()
    ]
    return "\n".join(
        [
            "# Environments",
            "",
            "Each episode hides a function. An action asks for some of its outputs or describes it, the reward is the "
            "skill of the description: 0 for knowing nothing, 1 for the truth.",
            "",
            "| environment | functions | interfaces |",
            "| --- | --- | --- |",
            *rows,
            "",
            "`tokens` has a discrete action space with masks and is what policies are trained with, `continuous` names "
            "constants as numbers; `text` and `tools` speak with language models.",
            "",
        ]
    )


def environment_page(category: Category, *, pictured: bool) -> str:
    """Returns the page about the environment of a category.

    Args:
        category: the record.
        pictured: whether the picture of an episode stands beside the page.
    """
    cls = _class_of(category)
    documentation, _, example = (inspect.getdoc(cls) or "").partition("\nExample:\n")
    summary, _, rest = documentation.partition("\n")
    identifiers = [category.environment_id(version) for version in range(category.latest, -1, -1)]
    parts = [f"# {category.environment_id()}", summary]
    if pictured:
        agent = agent_category(category.name).training.strongest
        parts.append(
            f"![An episode of {category.environment_id()}]({category.name}.gif)\n\nAn episode as the environment "
            f'renders it (`render_mode="rgb_array"`), with the agent `{agent}`: its queries, at the end its '
            "description beside the truth."
        )
    parts += [
        "\n".join(
            [
                "| | |",
                "| --- | --- |",
                f"| ids | {', '.join(f'`{name}`' for name in identifiers)} |",
                f"| class | `{cls.__module__}.{cls.__qualname__}` |",
                f"| vectorised class | {f'`{category.vector}`'.replace(':', '.') if category.vector else 'none'} |",
                *([f"| cap on submitted code | {category.code_cap:g} bits |"] if category.code_cap else []),
            ]
        ),
        "\n".join(["| interface | actions | observations |", "| --- | --- | --- |", *_spaces(category)]),
        rest.strip(),
        "## Sample functions",
        f"Of the split `train` and the difficulty `find`, as `sample_seeded` draws them; the first "
        f"{SAMPLES} of `find-gym evaluate --split train --seed 0`.",
        "\n".join(f"- {_in_line(text)}" for text in _samples(category)),
    ]
    if example:
        parts += ["## Example", f"```pycon\n{inspect.cleandoc(example)}\n```"]
    return "\n\n".join(parts) + "\n"


def _class_of(category: Category) -> Any:
    return load_reference(category.environment)


def _options(category: Category) -> dict[str, Any]:
    """Returns arguments for a judge that needs no model, where there is one: nothing that is shown here is judged."""
    return {"judge": "vocabulary"} if "judge" in inspect.signature(_class_of(category)).parameters else {}


def _samples(category: Category) -> list[str]:
    seeds = [function_seed("train", category.name, 0, index) for index in range(SAMPLES)]
    specs = [category.sample_seeded(seed, split="train", difficulty="find") for seed in seeds]
    return [category.make(spec).describe() for spec in specs]


def _in_line(text: str) -> str:
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", " ".join(text.split()))


def _spaces(category: Category) -> list[str]:
    rows = []
    for interface in _class_of(category).interfaces:
        env = gym.make(category.environment_id(), interface=interface, **_options(category))
        rows.append(f"| `{interface}` | {_space(env.action_space)} | {_space(env.observation_space)} |")
        env.close()
    return rows


def _space(space: spaces.Space[Any]) -> str:
    if isinstance(space, spaces.Dict):
        return "<br>".join(f"`{name}`: {_space(part)}" for name, part in space.spaces.items())
    if isinstance(space, spaces.Box):
        low, high = space.low.min(), space.high.max()
        return f"`Box({low:g}, {high:g}, {space.shape}, {space.dtype})`"
    if isinstance(space, spaces.Text):
        return f"`Text(up to {space.max_length:,} characters)`"
    return f"`{space}`"


def picture(category: Category) -> bytes | None:
    """Returns an animated GIF of an episode, played by the strongest scripted agent; None where there is none."""
    settings = agent_category(category.name).training
    if settings.strongest is None:
        return None
    options = {"split": "test", "max_queries": settings.max_queries, **_options(category)}
    return animate(category.environment_id(), settings.strongest, SEED, **options)
