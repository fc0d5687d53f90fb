"""`FIND-numeric-v1`: interpret black-box functions from numbers to numbers."""

from __future__ import annotations

from typing import Any, Unpack

from find_gym.categories.numeric.category import CATEGORY
from find_gym.categories.numeric.continuous import ContinuousInterface
from find_gym.categories.numeric.examiner import NumericExaminer, numeric_text
from find_gym.categories.numeric.fitting import Effort
from find_gym.categories.numeric.fitting.problem import EFFORTS
from find_gym.categories.numeric.tokens import NumericTokens, ZoomTokens
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import EnvArguments
from find_gym.interfaces.protocol import Interface
from find_gym.judges.loading import read_judge
from find_gym.judges.protocol import Judge


class NumericEnv(FINDEnv):
    """Numeric functions of FIND as an environment.

    ## Description

    Each episode hides a function from numbers to numbers: an atom such as `3.1x - 7` or a sum or product of two, plain,
    with noise, corrupted on a part of its domain, or approximated by a small network (Schwettmann et al., "FIND: A
    Function Description Benchmark for Evaluating Interpretability Methods", NeurIPS 2023). The interpreter queries it,
    then describes it.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(189)`. Actions 0 to 64 query a probe of a fixed bank, 65 to 161 the middle of a gap
      between two inputs that were asked, again and again (a bisection), and the others write a description token by
      token; `action_masks()` tells which are legal. See `find_gym.categories.numeric.tokens.ZoomTokens`.
    - `text`: `Text`. `QUERY [1, 2.5, -3]` or `[DESCRIPTION]: ... [DOMAIN]: ... [CODE]: ...`. See
      `find_gym.interfaces.text.TextInterface`.
    - `tools`: `Text`, a `find_gym.interfaces.Message` with calls of the tools `query` and `submit`, whose schemas are
      `env.unwrapped.tools`, or a text that has them. See `find_gym.interfaces.text.TextInterface`.
    - `continuous`: `Box(-1, 1, (77,))`. Any input, constants from the agent itself. See
      `find_gym.categories.numeric.continuous.ContinuousInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each probe, and each of 32 slots that inputs in the middle of gaps fill one
      after the other, how often it was asked, what it answered, the input itself and how wide the gap to its left is;
      the tokens written so far; the budget left.
    - `text`, `tools`: `Text`; the first observation is the task, the others are answers.
    - `continuous`: `Box(-1, 1, (6 * max_queries,))`, a row of features for each input asked.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists; None where undefined)
    and `message` (why an action was refused); for `text` and `tools` also `note` (what of a message was not taken) and
    `reasoning` (what was set aside). At the end it also has `score` (all parts of
    `find_gym.scoring.NumericScore`), `submission`, and `truth` (description and source); of a
    submission of tokens, the description is in English and `tokens` are those.

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

    - `interface`: "tokens", "text", "tools" or "continuous".
    - `split`: "train", "validation", "test", or None for all functions. Not used with `function` or `dataset`.
    - `difficulty`: "easy", "find" (the benchmark's own distribution), "hard", "extreme", or a mapping of attributes of
      `find_gym.functions.NumericDifficulty` that replace FIND's.
    - `function`: the one function of all episodes: anything that `options["function"]` takes.
    - `dataset`: a `FINDDataset` or the path of one; each episode draws one of its functions.
    - `max_queries`: the budget, a number of inputs; default 100. With 8, queries are scarce: what to ask decides.
    - `max_steps`: the number of actions; by default the budget and 20 more (10 for `continuous`).
    - `given`: for `tokens`, how many probes drawn at random are answered before the first step, free of charge (a
      curriculum's aid, not the benchmark); two numbers draw it between them; default 0.
    - `query_cost`: subtracted from the reward for each input; default 0.
    - `reward`: "skill", "accuracy" or "find".
    - `effort`: "full", or for `tokens` "quick" to fit constants less thoroughly, for training (see
      `find_gym.categories.numeric.fitting.fit_skeletons` for what that loses); evaluation is with "full".
    - `judge`: scores the description in language by unit tests, which the score then has as `unit_tests`; the reward
      stays that of the code. The path or name of a causal language model, the address of a server, or a `Judge`.
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (a plot; needs matplotlib).

    - `version`: the version of the splits and draws; set by the id, for a class made without one the latest.

    ## Vectorized environment

    `gym.make_vec("FIND-numeric-v1", num_envs=N, autoreset_mode=...)` makes a
    `find_gym.categories.numeric.vector.NumericVectorEnv`: the interface `tokens`, N environments stepped together by
    array operations. With another interface, or to render, name `vectorization_mode="sync"` or, for N other processes,
    `"async"` (for `text` with `vector_kwargs={"shared_memory": False}`: shared memory carries no texts).

    ## Version History

    - v1: the interface `tokens` can ask between its probes, by halving gaps between inputs that were asked. Functions,
      scores and the other interfaces are those of v0.
    - v0: first version, whose interface `tokens` has the probes alone: `Discrete(92)`; see
      `find_gym.categories.numeric.tokens.NumericTokens`.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-numeric-v1", interface="text", difficulty="easy", max_queries=20)
        >>> observation, info = env.reset(seed=3)
        >>> observation, reward, terminated, truncated, info = env.step("QUERY [0, 1, 2]")
        >>> len(info["outputs"]), info["budget"], terminated
        (3, 17, False)
    """

    category = CATEGORY
    interfaces = ("tokens", "text", "tools", "continuous")

    def __init__(
        self, *, judge: Judge | str | None = None, effort: Effort = "full", **arguments: Unpack[EnvArguments]
    ) -> None:
        if effort not in EFFORTS:
            raise ValueError(f"expected an effort in {EFFORTS}, actual value: {effort!r}")
        self._effort = effort
        self.examiner = NumericExaminer(read_judge(judge))
        super().__init__(**arguments)

    @property
    def draws_slowly(self) -> bool:
        """Whether functions are sampled that may be networks, which are trained when they are."""
        sampled = self._fixed is None and self._dataset is None
        return bool(sampled and self._level.variants.get("approximated"))

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        if self.interface in ("text", "tools"):
            return numeric_text(max_queries, tools=self.interface == "tools")
        if self.interface == "continuous":
            return ContinuousInterface(max_queries, level)
        return (ZoomTokens if self.version else NumericTokens)(level, self._effort)
