"""A kit for authors of categories: `check_category` tries everything out and lists what is missing or wrong.

Example:
    >>> from find_gym.testing import check_category
    >>> check_category("relations")
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np

from find_gym.core.category import REFERENCES, Category, load_reference
from find_gym.core.dataset import FINDDataset, write_dataset
from find_gym.core.registry import category_named, register_category
from find_gym.core.splits import SPLITS, function_seed
from find_gym.core.submissions import Submission
from find_gym.interfaces.text import TextInterface
from find_gym.interfaces.tokens import TokensInterface

_ENVIRONMENTS = 3
_MOST_STEPS = 200
# No message of any category: it has to be answered, and ends nothing.
_CHATTER = "Good morning."


class CategoryCheckError(AssertionError):
    """A category that fails the check; the message lists everything that was found."""


def check_category(
    category: Category | str, *, difficulty: Any = "find", functions: int = 3, exact: bool = True, **options: Any
) -> None:
    """Checks that a category keeps what the rest of the package takes for granted.

    What its record names can be imported; the same seed draws the same spec, of the split and version that were asked
    for; specs survive JSON, functions are described, and the truth scores 1; each interface can be played, the same
    seed and actions are the same episode, rewards are at most 1, and decoding an action changes nothing; the vectorised
    environment does the same as single ones, bit for bit; a dataset that was written is read as it was.

    Args:
        category: the record or the name; a record that is not registered yet is registered.
        difficulty: that of the functions which are drawn.
        functions: how many are drawn.
        exact: whether truths can be described exactly, as those of units of networks can't.
        **options: further arguments of the environments.

    Raises:
        CategoryCheckError: something is wrong.
        TypeError, ValueError: it can't be registered, or there is no such category.
    """
    record = category_named(category) if isinstance(category, str) else register_category(category)
    kit = _Kit(record, {"difficulty": difficulty, **options}, functions, exact)
    problems: dict[str, None] = {}
    for check in (kit.references, kit.specs, kit.truth, kit.interfaces, kit.vectorised, kit.datasets):
        try:
            problems |= dict.fromkeys(check())
        except Exception as error:
            problems[f"{check.__name__}: {type(error).__name__}: {error}"] = None
        if problems and check == kit.references:
            break
    if problems:
        raise CategoryCheckError(f"{record.name} fails the check:\n" + "\n".join(f"- {each}" for each in problems))


class _Kit:
    """The checks of one category; each yields what is wrong."""

    def __init__(self, category: Category, options: dict[str, Any], functions: int, exact: bool) -> None:
        self._category = category
        self._options = options
        self._exact = exact
        self._seeds = [function_seed("train", category.name, 0, index) for index in range(functions)]

    def _sample(self, seed: int, split: str | None = "train", version: int | None = None) -> Any:
        difficulty = self._options["difficulty"]
        return self._category.sample_seeded(seed, split=split, difficulty=difficulty, version=version)

    def _make(self, interface: str, **more: Any) -> Any:
        arguments = {"interface": interface, "max_queries": 6, **self._options, **more}
        return gym.make(self._category.environment_id(), disable_env_checker=True, **arguments).unwrapped

    def references(self) -> Iterator[str]:
        for name in REFERENCES:
            try:
                getattr(self._category, name)
            except Exception as error:
                yield f"{name} can't be imported: {type(error).__name__}: {error}"

    def specs(self) -> Iterator[str]:
        category = self._category
        for version in range(category.latest + 1):
            for split in SPLITS:
                spec, again = (self._sample(self._seeds[0], split, version) for _ in range(2))
                if spec.to_json() != again.to_json():
                    yield f"sample: expected the same spec for the same seed, actual: {spec} and {again}"
                actual = spec.split_in(version) if hasattr(spec, "split_in") else spec.split
                if actual != split:
                    yield f"sample: expected a spec of the split {split!r} in version {version}, actual: {actual!r}"
        for seed in self._seeds:
            spec = self._sample(seed)
            data = spec.to_json()
            read = category.read_spec(json.loads(json.dumps(data)))
            if read.to_json() != data or read.canonical != spec.canonical:
                yield f"read_spec: expected the spec that wrote the JSON data, {spec}, actual: {read}"
            if spec.category != category.name:
                yield f"spec: expected the attribute category to be {category.name!r}, actual: {spec.category!r}"
            if not isinstance(spec, category.spec):
                yield f"spec: expected the class of what sample draws, {type(spec)}, actual: {category.spec}"
            for named in (spec, data, category.make(spec)):
                if not isinstance(category.read(named), category.function):
                    yield f"function: expected the class of what make returns, actual: {category.function}"

    def truth(self) -> Iterator[str]:
        env = self._make(self._interfaces()[0])
        for seed in self._seeds:
            spec = self._sample(seed)
            function = self._category.make(spec)
            texts = {"description": function.describe(), "code": function.source()}
            for name, text in texts.items():
                if not isinstance(text, str) or not text.strip():
                    yield f"function: expected a {name} of {spec}, actual value: {text!r}"
            told = [Submission(program=spec)]
            if env.examiner.messages.coded:
                told.append(Submission(**texts))
            for submission in told:
                # Some truths can't be written, such as the weights of a network, or are no programs.
                if env.examiner.objection_to_submission(function, submission) is None:
                    score = env.examiner.score(function, submission)
                    json.dumps(score.to_json())
                    if self._exact and not score.accuracy == score.skill == 1:
                        form = "program" if submission.program is spec else "code"
                        yield f"score: expected 1 for the {form} of the truth {spec}, actual: {score}"

    def _interfaces(self) -> tuple[str, ...]:
        return tuple(load_reference(self._category.environment).interfaces)

    def interfaces(self) -> Iterator[str]:
        for interface in self._interfaces():
            env, other = self._make(interface, render_mode="ansi"), self._make(interface)
            for seed in self._seeds:
                for problem in self._play(env, other, seed):
                    yield f"interface {interface!r}: {problem}"

    def _play(self, env: Any, other: Any, seed: int) -> Iterator[str]:
        """Plays an episode twice, the second time with each action decoded in vain before it is taken."""
        rng = np.random.default_rng(seed)
        shown, again = env.reset(seed=seed), other.reset(seed=seed)
        for _ in range(_MOST_STEPS):
            if not env.observation_space.contains(shown[0]):
                yield f"expected an observation within its space, actual: {shown[0]!r:.200}"
            if not _same(shown, again):
                yield "expected the same episode for the same seed and actions, and decode to change nothing"
            if len(shown) > 2 and shown[2]:
                break
            action = self._draw_action(env, rng)
            other.codec.decode(action, other.episode)
            shown, again = env.step(action), other.step(action)
            if shown[1] > 1 or shown[1] != shown[1]:
                yield f"expected rewards of at most 1, actual: {shown[1]!r}"
        else:
            yield f"expected an episode to end within {_MOST_STEPS} steps"
        if not isinstance(env.render(), str):
            yield "expected the render mode 'ansi' to return a text"

    def _draw_action(self, env: Any, rng: np.random.Generator) -> Any:
        if isinstance(env.codec, TokensInterface):
            return int(rng.choice(env.action_masks().nonzero()[0]))
        if isinstance(env.codec, TextInterface):
            messages = env.examiner.messages
            ask = f"QUERY {messages.example}"
            parts = "\n".join(f"[{part.upper()}]: {messages.template or 'nothing'}" for part in messages.parts)
            return (ask, _CHATTER, parts)[int(rng.integers(3))]
        env.action_space.seed(int(rng.integers(2**31)))
        return env.action_space.sample()

    def vectorised(self) -> Iterator[str]:
        if self._category.vector is None:
            return
        arguments: dict[str, Any] = {"max_queries": 6, **self._options}
        envs: Any = gym.make_vec(
            self._category.environment_id(), _ENVIRONMENTS, autoreset_mode="Disabled", **arguments
        ).unwrapped
        singles = [self._make("tokens") for _ in range(_ENVIRONMENTS)]
        seed = self._seeds[0] % 2**31
        rng = np.random.default_rng(seed)
        observations, rewards = envs.reset(seed=seed)[0], np.zeros(_ENVIRONMENTS)
        steps: list[Any] = [(env.reset(seed=seed + place)[0], 0.0, False) for place, env in enumerate(singles)]
        over = np.zeros(_ENVIRONMENTS, dtype=np.bool_)
        while True:
            masks = envs.action_masks()
            for place, env in enumerate(singles):
                shown = {name: values[place] for name, values in observations.items()}
                told = (shown, rewards[place], bool(over[place]), masks[place])
                if not _same(told, (*steps[place][:3], env.action_masks())):
                    yield "vector: expected what single environments of the same seeds do, bit for bit"
                    return
            if over.any():
                return
            actions = np.array([rng.choice(mask.nonzero()[0]) for mask in masks])
            observations, rewards, over, _, _ = envs.step(actions)
            steps = [env.step(int(action)) for env, action in zip(singles, actions, strict=True)]

    def datasets(self) -> Iterator[str]:
        specs = [self._sample(seed) for seed in self._seeds]
        with tempfile.TemporaryDirectory() as folder:
            identifiers = write_dataset(folder, specs)
            read = FINDDataset(folder, self._category.name)
            if read.skipped or [entry.id for entry in read] != identifiers:
                yield f"dataset: expected the functions {identifiers}, actual: {read.entries}, skipped: {read.skipped}"
            elif [entry.spec.to_json() for entry in read] != [spec.to_json() for spec in specs]:
                yield "dataset: expected the specs that were written, actual: others"


def _same(one: Any, other: Any) -> bool:
    """Returns whether two results of a step are the same, arrays bit for bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return bool(one == other)
