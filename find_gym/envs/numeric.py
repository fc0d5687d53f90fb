"""`FIND-numeric-v0`: interpret black-box functions from numbers to numbers."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from find_gym.envs import rendering
from find_gym.envs.continuous import ContinuousInterface
from find_gym.envs.episode import Episode, Outcome, Reward, Rules, Submit
from find_gym.envs.interfaces import INTERFACES, Interface
from find_gym.envs.text import TextInterface, printable, write_outputs
from find_gym.envs.tokens import TokensInterface
from find_gym.functions import (
    CallableFunction,
    FINDDataset,
    NumericBlackBox,
    NumericDifficulty,
    NumericFunction,
    NumericSpec,
    sample_numeric,
)
from find_gym.functions.splits import check_split

FunctionLike = NumericSpec | NumericFunction | CallableFunction | Mapping[str, Any] | Callable[[float], Any]


class NumericEnv(gym.Env[Any, Any]):
    """Numeric functions of FIND as an environment.

    ## Description

    Each episode hides a function from numbers to numbers: an atom such as `3.1x - 7` or a sum or product of two, plain,
    with noise, corrupted on a part of its domain, or approximated by a small network (Schwettmann et al., "FIND: A
    Function Description Benchmark for Evaluating Interpretability Methods", NeurIPS 2023). The interpreter queries it,
    then describes it.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(92)`. Actions 0 to 64 query a probe of a fixed bank, the others write a description
      token by token; `action_masks()` tells which are legal. See `find_gym.envs.tokens.TokensInterface`.
    - `text`: `Text`. `QUERY [1, 2.5, -3]` or `[DESCRIPTION]: ... [DOMAIN]: ... [CODE]: ...`. See
      `find_gym.envs.text.TextInterface`.
    - `continuous`: `Box(-1, 1, (77,))`. Any input, constants from the agent itself. See
      `find_gym.envs.continuous.ContinuousInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each probe how often it was asked and what it answered, the tokens written
    so
      far, the budget left.
    - `text`: `Text`; the first observation is the task, the others are answers.
    - `continuous`: `Box(-1, 1, (6 * max_queries,))`, a row of features for each input asked.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists; None where undefined)
    and `message` (why an action was refused). At the end it also has `score` (all parts of
    `find_gym.scoring.NumericScore`), `submission`, and `truth` (description and source).

    ## Rewards

    A submission earns its skill, in [0, 1]: its accuracy on held-out inputs, rescaled so that the best constant has 0
    and the truth 1 (see `find_gym.scoring`). `reward="accuracy"` and `reward="find"` (the paper's success) are the
    alternatives. Each input that is charged subtracts `query_cost`. All other steps earn 0.

    ## Starting State

    A function drawn from `split` and `difficulty` (or `dataset`, or `function`), an empty history, the whole budget.
    `reset(options={"function": ...})` names the function of one episode: a spec, its JSON data, a `NumericFunction`, a
    callable, or the id of an entry of `dataset`.

    ## Episode End

    A submission terminates the episode. When the budget is spent, only a submission is left; when the steps are spent
    too, the episode terminates without reward (both are observed, so it never truncates).

    ## Arguments

    - `interface`: "tokens", "text" or "continuous".
    - `split`: "train", "validation", "test", or None for all functions. Not used with `function` or `dataset`.
    - `difficulty`: "easy", "find" (the benchmark's own distribution), "hard", "extreme", or a mapping of attributes of
      `find_gym.functions.NumericDifficulty` that replace FIND's.
    - `function`: the one function of all episodes: anything that `options["function"]` takes.
    - `dataset`: a `FINDDataset` or the path of one; each episode draws one of its functions.
    - `max_queries`: the budget, a number of inputs; default 100.
    - `max_steps`: the number of actions; by default the budget and 20 more (10 for `continuous`).
    - `query_cost`: subtracted from the reward for each input; default 0.
    - `reward`: "skill", "accuracy" or "find".
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (a plot; needs matplotlib).

    ## Vectorized environment

    `gym.make_vec("FIND-numeric-v0", num_envs=N)` steps N environments in this process or, with
    `vectorization_mode="async"`, in N others.

    ## Version History

    - v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-numeric-v0", interface="text", difficulty="easy", max_queries=20)
        >>> observation, info = env.reset(seed=3)
        >>> observation, reward, terminated, truncated, info = env.step("QUERY [0, 1, 2]")
        >>> len(info["outputs"]), info["budget"], terminated
        (3, 17, False)
    """

    metadata = {"render_modes": ["ansi", "rgb_array", "human"], "render_fps": 2}

    def __init__(
        self,
        *,
        interface: str = "tokens",
        split: str | None = "train",
        difficulty: str | Mapping[str, Any] | NumericDifficulty = "find",
        function: FunctionLike | None = None,
        dataset: FINDDataset | str | os.PathLike[str] | None = None,
        max_queries: int = 100,
        max_steps: int | None = None,
        query_cost: float = 0.0,
        reward: Reward = "skill",
        render_mode: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            expected = [name for name in NumericEnv.__init__.__kwdefaults__ or {}]
            raise TypeError(f"expected keyword arguments among {expected}, actual: {sorted(unknown)}")
        if interface not in INTERFACES:
            raise ValueError(f"expected an interface in {INTERFACES}, actual value: {interface!r}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            modes = tuple(self.metadata["render_modes"])
            raise ValueError(f"expected a render_mode in {modes} or None, actual value: {render_mode!r}")
        if function is not None and dataset is not None:
            raise ValueError("expected a function or a dataset, actual: both")
        check_split(split)
        self.interface = interface
        self.render_mode = render_mode
        self._split = split
        self._level = NumericDifficulty.of(difficulty)
        self._dataset = dataset if isinstance(dataset, FINDDataset) or dataset is None else FINDDataset(dataset)
        if self._dataset is not None and len(self._dataset) == 0:
            raise ValueError(f"expected a dataset with functions, actual: {self._dataset.path} has none to read")
        self._fixed = None if function is None else self._black_box(function)
        # Checks the budget before the spaces are made from it.
        Rules(max_queries, 1 if max_steps is None else max_steps, query_cost, reward)
        self._codec = self._make_codec(max_queries)
        steps = max_queries + self._codec.extra_steps if max_steps is None else max_steps
        self.rules = Rules(max_queries, steps, query_cost, reward)
        self.action_space = self._codec.action_space
        self.observation_space = self._codec.observation_space
        self._episode: Episode | None = None
        self._transcript: list[str] = []
        self._window: Any = None

    def _make_codec(self, max_queries: int) -> Interface:
        if self.interface == "text":
            return TextInterface(max_queries)
        if self.interface == "continuous":
            return ContinuousInterface(max_queries)
        sampled = self._fixed is None and self._dataset is None
        return TokensInterface(self._level if sampled else None)

    @property
    def function(self) -> NumericBlackBox:
        """The truth of the current episode: privileged, never shown to an interpreter.

        Raises:
            RuntimeError: there is no episode yet.
        """
        return self._current().function

    @property
    def episode(self) -> Episode:
        """The current episode, truth included: privileged."""
        return self._current()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: seeds the environment's generator; the same seed gives the same function and the same noise.
            options: `{"function": ...}` names the function of this episode.

        Returns:
            The first observation and the info.
        """
        super().reset(seed=seed)
        unknown = set(options or {}) - {"function"}
        if unknown:
            raise ValueError(f"expected options among ['function'], actual: {sorted(unknown)}")
        named = (options or {}).get("function")
        function = self._draw() if named is None else self._black_box(named)
        noise = function.generator(int(self.np_random.integers(2**63)))
        self._episode = Episode(function, self.rules, noise)
        observation = self._codec.begin(self._episode)
        first = observation if isinstance(observation, str) else f"{self.rules.max_queries} inputs to ask"
        self._transcript = [first]
        if self.render_mode == "human":
            self.render()
        return observation, self._info(Outcome())

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes an action.

        Returns:
            Observation, reward, terminated, truncated (always False) and info.

        Raises:
            ValueError, TypeError: the action is not of the action space's kind.
            SandboxError: the sandbox failed, so that the submission could not be judged; the step has not been taken.
        """
        episode = self._current()
        move = self._codec.decode(action, episode)
        outcome = episode.step(move)
        observation = self._codec.observe(episode)
        self._record(action, move, observation, outcome)
        if self.render_mode == "human":
            self.render()
        return observation, float(outcome.reward), outcome.terminated, False, self._info(outcome)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of shape `(92,)`; for MaskablePPO, `tokens` only."""
        if not isinstance(self._codec, TokensInterface):
            raise ValueError(f"expected the interface 'tokens' for action masks, actual value: {self.interface!r}")
        return self._codec.action_masks(self._current())

    def render(self) -> Any:
        """Renders the episode so far: a string ("ansi"), an image ("rgb_array"), or a window ("human")."""
        if self.render_mode is None:
            gym.logger.warn("render() was called without a render_mode; pass render_mode='ansi' or 'rgb_array'")
            return None
        if self.render_mode == "ansi":
            return "\n".join(self._transcript)
        image = rendering.draw(self._current())
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

    def _current(self) -> Episode:
        if self._episode is None:
            raise RuntimeError("expected an episode, actual: reset() has not been called")
        return self._episode

    def _draw(self) -> NumericBlackBox:
        if self._fixed is not None:
            return self._fixed
        if self._dataset is not None:
            entry = self._dataset[int(self.np_random.integers(len(self._dataset)))]
            return NumericFunction(entry.spec)
        return NumericFunction(sample_numeric(self.np_random, split=self._split, difficulty=self._level))

    def _black_box(self, named: Any) -> NumericBlackBox:
        """Returns the function that a spec, its JSON data, a function, a callable or a dataset's id stands for."""
        if isinstance(named, (NumericFunction, CallableFunction)):
            return named
        if isinstance(named, NumericSpec):
            return NumericFunction(named)
        if isinstance(named, Mapping):
            return NumericFunction(NumericSpec.from_json(named))
        if isinstance(named, str) and self._dataset is not None:
            for entry in self._dataset:
                if entry.id == named:
                    return NumericFunction(entry.spec)
            reason = self._dataset.skipped.get(named, "no such id")
            raise ValueError(f"expected the id of a function of {self._dataset.path}, actual: {named!r} ({reason})")
        if callable(named):
            return CallableFunction(named)
        raise TypeError(
            "expected a NumericSpec, its JSON data, a NumericFunction, a callable, or (with a dataset) an id, "
            f"actual value: {named!r}"
        )

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        episode = self._current()
        info: dict[str, Any] = {
            "budget": episode.budget,
            "steps_left": episode.steps_left,
            "inputs": outcome.inputs.tolist(),
            "outputs": [value if math.isfinite(value) else None for value in outcome.outputs.tolist()],
            "message": outcome.message,
        }
        if outcome.terminated:
            function = episode.function
            info["truth"] = {"description": function.describe(), "source": function.source()}
            info["score"] = None if outcome.score is None else outcome.score.to_json()
            info["submission"] = None if outcome.submission is None else self._submission_json(outcome)
        return info

    @staticmethod
    def _submission_json(outcome: Outcome) -> dict[str, Any]:
        assert outcome.submission is not None
        data = asdict(outcome.submission)
        program = outcome.submission.program
        data["program"] = None if program is None else program.to_json()
        return data

    def _record(self, action: Any, move: Any, observation: Any, outcome: Outcome) -> None:
        """Adds a step to the transcript."""
        if isinstance(observation, str):
            self._transcript += [f"> {printable(action)}", observation]
            return
        if outcome.inputs.size:
            self._transcript.append(f"QUERY {json.dumps(outcome.inputs.tolist())}")
            self._transcript.append(f"OUTPUTS {write_outputs(outcome.outputs)}")
        elif isinstance(move, Submit) and outcome.score is not None:
            program = move.submission.program
            text = "nothing could be fitted" if program is None else NumericFunction(program).describe()
            self._transcript.append(f"SUBMIT {text}")
            self._transcript.append(f"SCORE accuracy {outcome.score.accuracy:.3f}, skill {outcome.score.skill:.3f}")
        elif isinstance(self._codec, TokensInterface) and not outcome.message:
            self._transcript.append(f"WRITE {self._codec.written()}")
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
