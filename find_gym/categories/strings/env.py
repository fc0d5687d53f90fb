"""`FIND-strings-v1`: interpret black-box functions from strings to strings."""

from __future__ import annotations

from typing import Any, Unpack

from find_gym.categories.strings.category import CATEGORY
from find_gym.categories.strings.examiner import StringExaminer, string_text
from find_gym.categories.strings.tokens import StringTokens
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import EnvArguments
from find_gym.interfaces.protocol import Interface
from find_gym.judges.loading import read_judge
from find_gym.judges.protocol import Judge


class StringEnv(FINDEnv):
    """String functions of FIND as an environment.

    ## Description

    Each episode hides a function from strings to strings: one operation, such as "append a word" or "shift the letters
    by 3", or one applied to the result of another (Schwettmann et al., "FIND: A Function Description Benchmark for
    Evaluating Interpretability Methods", NeurIPS 2023); at higher difficulty more, and programs that treat some
    strings by another rule. The interpreter queries it, then describes it.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(116)`. Actions 0 to 41 query a probe of a fixed bank, the others write a program
      token by token; `action_masks()` tells which are legal. See `find_gym.categories.strings.tokens.StringTokens`.
    - `text`: `Text`. `QUERY ["Hello", "abc 123"]` or `[DESCRIPTION]: ... [DOMAIN]: ... [CODE]: ...`. See
      `find_gym.categories.strings.examiner`.
    - `tools`: `Text`, a `find_gym.interfaces.Message` with calls of the tools `query` and `submit`, whose schemas are
      `env.unwrapped.tools`, or a text that has them. See `find_gym.interfaces.text.TextInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each probe how often it was asked and the characters of its answer, the
      tokens written so far, the budget left.
    - `text`, `tools`: `Text`; the first observation is the task, the others are answers.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists of strings) and
    `message` (why an action was refused); for `text` and `tools` also `note` (what of a message was not taken) and
    `reasoning` (what was set aside). At the end it also has `score` (all parts of
    `find_gym.scoring.StringScore`), `submission`, and `truth` (description and source); of a
    submission of tokens, the description is in English and `tokens` are those.

    ## Rewards

    A submission earns its skill, in [0, 1]: the share of exactly right outputs on 64 held-out inputs, rescaled so that
    the better of the identity and the best constant has 0 and the truth 1. `reward="accuracy"` and `reward="find"` (the
    paper's share of right outputs among ten inputs) are the alternatives. Each input that is charged subtracts
    `query_cost`. All other steps earn 0.

    ## Starting State

    A function drawn from `split` and `difficulty` (or `dataset`, or `function`), an empty history, the whole budget.
    `reset(options={"function": ...})` names the function of one episode: a spec, its JSON data, a `StringFunction`, a
    callable from a string to a string, or the id of an entry of `dataset`.

    ## Episode End

    A submission terminates the episode. When the budget is spent, only a submission is left; when the steps are spent
    too, the episode terminates without reward (both are observed, so it never truncates).

    ## Arguments

    - `interface`: "tokens", "text" or "tools".
    - `difficulty`: "easy", "find" (the benchmark's own distribution), "hard", "extreme", or a mapping of attributes of
      `find_gym.categories.strings.difficulty.StringDifficulty` that replace FIND's.
    - `max_queries`: the budget, a number of strings of at most 1000 characters each; default 100.
    - `judge`: scores the description in language by unit tests, which the score then has as `unit_tests`; the reward
      stays that of the code. The path or name of a causal language model, the address of a server, or a `Judge`.
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (the table of answers; needs matplotlib).

    `split`, `function`, `dataset`, `max_steps`, `given`, `query_cost` and `reward` are as in
    `find_gym.categories.numeric.env.NumericEnv`.

    - `version`: the version of the splits and draws; set by the id, for a class made without one the latest.

    ## Vectorized environment

    `gym.make_vec("FIND-strings-v1", num_envs=N, autoreset_mode=...)` makes a
    `find_gym.categories.strings.vector.StringVectorEnv`: the interface `tokens`, N environments stepped together by
    array operations. With another interface, or to render, name `vectorization_mode="sync"` or, for N other processes,
    `"async"` (for `text` with `vector_kwargs={"shared_memory": False}`: shared memory carries no texts).

    ## Version History

    - v1: the difficulty "easy" has operations with many constants in place of the 40 without any, of which the split
      `test` had three. All other functions are those of v0.
    - v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-strings-v1", interface="text", function=str.title)
        >>> observation, info = env.reset(seed=0)
        >>> observation, reward, terminated, truncated, info = env.step('QUERY ["two words"]')
        >>> info["outputs"]
        ['Two Words']
        >>> env.step("[CODE]: def f(s): return s.title()")[1]
        1.0
    """

    category = CATEGORY
    interfaces = ("tokens", "text", "tools")

    def __init__(self, *, judge: Judge | str | None = None, **arguments: Unpack[EnvArguments]) -> None:
        self.examiner = StringExaminer(read_judge(judge))
        super().__init__(**arguments)

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        if self.interface in ("text", "tools"):
            return string_text(max_queries, tools=self.interface == "tools")
        return StringTokens(level)
