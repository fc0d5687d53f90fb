"""What the environments of all categories share: arguments, the step loop, info, transcript, rendering."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from find_gym.core.arguments import is_integer, read_options, read_seed
from find_gym.core.category import Category
from find_gym.core.dataset import DatasetEntry, FINDDataset
from find_gym.core.endings import description_of, told_end
from find_gym.core.episode import Episode, Examiner, Outcome, Reward, Rules
from find_gym.core.splits import check_split
from find_gym.envs import rendering
from find_gym.envs.signature import unexpected, whole_signature
from find_gym.interfaces import Message
from find_gym.interfaces.protocol import Interface
from find_gym.interfaces.text import TextInterface, printable, write_pairs
from find_gym.interfaces.tokens import TokensInterface


class FINDEnv(gym.Env[Any, Any]):
    """The base of the environments; see `find_gym.categories.numeric.env.NumericEnv` for what the arguments mean.

    Subclasses name their category and interfaces, set `examiner` before they call `__init__` here, and implement the
    method that raises NotImplementedError here.

    Attributes:
        category: the record of the category.
        examiner: answers queries and judges submissions.
        interfaces: the names of the interfaces.
        rules: the rules of each episode.
        codec: the interface.
        given: how many probes are answered before the first step; two numbers draw it between them, both included.
        version: the version of the splits and draws, that of the id.
    """

    metadata = {"render_modes": ["ansi", "rgb_array", "human"], "render_fps": 2}
    category: ClassVar[Category]
    examiner: Examiner
    interfaces: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.__signature__ = whole_signature(cls, FINDEnv)  # type: ignore[attr-defined]

    def __init__(
        self,
        *,
        interface: str = "tokens",
        split: str | None = "train",
        difficulty: Any = "find",
        function: Any = None,
        dataset: FINDDataset | str | os.PathLike[str] | None = None,
        max_queries: int = 100,
        max_steps: int | None = None,
        given: int | Sequence[int] = 0,
        query_cost: float = 0.0,
        reward: Reward = "skill",
        render_mode: str | None = None,
        version: int | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unexpected(unknown, whole_signature(type(self), FINDEnv).parameters)
        if interface not in self.interfaces:
            raise ValueError(f"expected an interface in {self.interfaces}, actual value: {interface!r}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            modes = tuple(self.metadata["render_modes"])
            raise ValueError(f"expected a render_mode in {modes} or None, actual value: {render_mode!r}")
        if function is not None and dataset is not None:
            raise ValueError("expected a function or a dataset, actual: both")
        check_split(split)
        self.interface = interface
        self.given = given
        self.render_mode = render_mode
        self._split = split
        self.version = self.category.check_version(version)
        self._level = self.category.read_difficulty(difficulty, self.version)
        self._dataset = dataset
        if isinstance(dataset, (str, os.PathLike)):
            self._dataset = FINDDataset(dataset, self.category.name)
        elif dataset is not None and not isinstance(dataset, FINDDataset):
            raise TypeError(f"expected dataset to be a FINDDataset or the path of one, actual value: {dataset!r}")
        self._entries: list[DatasetEntry] = []
        self._unserved: dict[str, str] = {}
        if isinstance(self._dataset, FINDDataset):
            self._entries, self._unserved = self._dataset.servable()
            if not self._entries:
                raise ValueError(f"expected a dataset with functions to serve, actual: {self._dataset.path} has none")
        self._fixed = None if function is None else self.black_box(function)
        # Checks the budget before the spaces are made from it.
        Rules(max_queries, 1 if max_steps is None else max_steps, query_cost, reward)
        sampled = self._fixed is None and self._dataset is None
        self.codec = self._make_codec(max_queries, self._level if sampled else None)
        self.check_given(given)
        steps = max_queries + self.codec.extra_steps if max_steps is None else max_steps
        self.rules = Rules(max_queries, steps, query_cost, reward)
        self.action_space = self.codec.action_space
        self.observation_space = self.codec.observation_space
        self._episode: Episode | None = None
        self._transcript: list[str] = []
        self._window: Any = None

    # --- What subclasses implement ------------------------------------------------------------------------------------

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        """Returns the interface; `level` is None where functions are not sampled."""
        raise NotImplementedError

    # --- Gymnasium ----------------------------------------------------------------------------------------------------

    @property
    def function(self) -> Any:
        """The truth of the current episode: privileged, never shown to an interpreter.

        Raises:
            RuntimeError: there is no episode yet.
        """
        return self.episode.function

    @property
    def episode(self) -> Episode:
        """The current episode, truth included: privileged.

        Raises:
            RuntimeError: there is no episode yet.
        """
        if self._episode is None:
            raise RuntimeError("expected an episode, actual: reset() has not been called")
        return self._episode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: seeds the environment's generator; the same seed gives the same function and the same noise.
            options: `{"function": ...}` names the function of this episode, `{"given": ...}` how many probes are
                answered at its start.

        Returns:
            The first observation and the info.
        """
        options = read_options(options, ("function", "given"))
        super().reset(seed=read_seed(seed))
        given = self.check_given(options.get("given", self.given))
        named = options.get("function")
        function = self.draw(self.np_random) if named is None else self.black_box(named)
        noise = function.generator(int(self.np_random.integers(2**63)))
        self._episode = Episode(self.examiner, function, self.rules, noise)
        observation = self.codec.begin(self._episode)
        first = observation if isinstance(observation, str) else f"{self.rules.max_queries} inputs to ask"
        self._transcript = [first]
        start = Outcome()
        if isinstance(self.codec, TokensInterface) and given[1]:
            self.codec.give(self.codec.draw_probes(self.np_random, given), self._episode)
            observation = self.codec.observe(self._episode)
            start = Outcome(inputs=tuple(self._episode.inputs), outputs=tuple(self._episode.outputs))
            self._record(None, observation, start)
        if self.render_mode == "human":
            self.render()
        return observation, self._info(start)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes an action.

        Returns:
            Observation, reward, terminated, truncated (always False) and info.

        Raises:
            ValueError, TypeError: the action is not of the action space's kind.
            SandboxError: the sandbox failed, so that the submission could not be judged; the step has not been taken.
        """
        episode = self.episode
        outcome = episode.step(self.codec.decode(action, episode))
        observation = self.codec.observe(episode)
        self._record(action, observation, outcome)
        if self.render_mode == "human":
            self.render()
        return observation, float(outcome.reward), outcome.terminated, False, self._info(outcome)

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools `query` and `submit` as JSON schemas of the category, in the style of OpenAI's functions."""
        return self.examiner.messages.tools()

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of the action space's size; for MaskablePPO, `tokens` only.

        All are legal once the episode is over: what a vectorised environment is sent then is ignored, and resets.
        """
        if not isinstance(self.codec, TokensInterface):
            raise ValueError(f"expected the interface 'tokens' for action masks, actual value: {self.interface!r}")
        masks = self.codec.action_masks(self.episode)
        return np.ones_like(masks) if self.episode.last.terminated else masks

    def render(self) -> Any:
        """Renders the episode so far: a string ("ansi"), an image ("rgb_array"), or a window ("human")."""
        if self.render_mode is None:
            gym.logger.warn("render() was called without a render_mode; pass render_mode='ansi' or 'rgb_array'")
            return None
        if self.render_mode == "ansi":
            return "\n".join(self._transcript)
        image = rendering.draw(self.episode, self.category.plot)
        if self.render_mode == "rgb_array":
            return image
        self._show(image)
        return None

    def close(self) -> None:
        """Closes the window of the render mode "human"."""
        if self._window is not None:
            import matplotlib.pyplot as plt

            plt.close(self._window)
            self._window = None

    # --- The rest -----------------------------------------------------------------------------------------------------

    @property
    def draws_slowly(self) -> bool:
        """Whether to draw a function may take long."""
        return False

    def draw(self, rng: np.random.Generator) -> Any:
        """Draws the function of an episode."""
        if self._fixed is not None:
            return self._fixed
        if self._dataset is not None:
            return self.category.read(self._entries[int(rng.integers(len(self._entries)))].spec)
        # Not bound beforehand: what a category names may be a lambda, with which no environment could be pickled.
        spec = self.category.sample(rng, split=self._split, difficulty=self._level, version=self.version)
        return self.category.make(spec)

    def black_box(self, named: Any) -> Any:
        """Returns the function that a spec, its JSON data, a function, a callable or a dataset's id stands for."""
        if isinstance(named, str) and isinstance(self._dataset, FINDDataset):
            for entry in self._entries:
                if entry.id == named:
                    return self.category.read(entry.spec)
            reason = (self._dataset.skipped | self._unserved).get(named, "no such id")
            raise ValueError(f"expected the id of a function of {self._dataset.path}, actual: {named!r} ({reason})")
        function = self.category.read(named)
        if function is None:
            raise TypeError(
                f"expected a spec of a {self.category.name} function, its JSON data, a function, a callable, or "
                f"(with a dataset) an id, actual value: {named!r}"
            )
        return function

    def check_given(self, given: int | Sequence[int]) -> tuple[int, int]:
        """Returns the least and the greatest number of probes that are answered before the first step.

        Raises:
            ValueError: it is neither a number of probes nor two of them, or the interface has no probes.
        """
        most = len(self.codec.probes) if isinstance(self.codec, TokensInterface) else 0
        bounds = tuple(given) if isinstance(given, Sequence) else (given, given)
        if len(bounds) != 2 or not all(map(is_integer, bounds)) or not 0 <= bounds[0] <= bounds[1] <= most:
            raise ValueError(
                f"expected given to be an integer from 0 to {most} (the probes of the interface {self.interface!r}) or "
                f"two of them, the least first, actual value: {given!r}"
            )
        return int(bounds[0]), int(bounds[1])

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        episode = self.episode
        info: dict[str, Any] = {
            "budget": episode.budget,
            "steps_left": episode.steps_left,
            "inputs": list(outcome.inputs),
            "outputs": self.examiner.to_json(list(outcome.outputs)),
            "message": outcome.message,
        }
        if isinstance(self.codec, TextInterface):
            reading = None if outcome.move is None else outcome.move.source
            info |= {"note": reading.note if reading else "", "reasoning": reading.reasoning if reading else ""}
        if outcome.terminated:
            info |= told_end(episode.function, outcome.score, outcome.submission)
        return info

    def _record(self, action: Any, observation: Any, outcome: Outcome) -> None:
        """Adds a step to the transcript."""
        if isinstance(observation, str):
            calls = action.tool_calls if isinstance(action, Message) else ()
            said = "\n".join(str(each) for each in (action, *calls) if str(each))
            self._transcript += [f"> {printable(said)}", observation]
            return
        if outcome.inputs:
            outputs = self.examiner.to_json(list(outcome.outputs))
            self._transcript.append(f"QUERY {json.dumps(list(outcome.inputs))}")
            self._transcript.append(f"OUTPUTS\n{write_pairs(zip(outcome.inputs, outputs, strict=True))}")
        elif outcome.submission is not None and outcome.score is not None:
            fitted = outcome.submission.program is not None
            text = description_of(outcome.submission) if fitted else "nothing could be fitted"
            self._transcript.append(f"SUBMIT {printable(text)}")
            self._transcript.append(f"SCORE accuracy {outcome.score.accuracy:.3f}, skill {outcome.score.skill:.3f}")
        elif isinstance(self.codec, TokensInterface) and not outcome.message:
            self._transcript.append(f"WRITE {self.codec.written()}")
        if outcome.message and outcome.score is None:
            self._transcript.append(f"ERROR {printable(outcome.message)}")

    def _show(self, image: NDArray[np.uint8]) -> None:
        import matplotlib.pyplot as plt

        if self._window is None:
            plt.ion()
            self._window = plt.figure(figsize=(7.2, 4.8), frameon=False)
        self._window.clear()
        self._window.figimage(image)
        self._window.canvas.draw_idle()
        self._window.canvas.flush_events()
