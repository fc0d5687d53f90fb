"""`FIND-relations-v1`: interpret relations, functions from words to words."""

from __future__ import annotations

from typing import Any, Unpack

from find_gym.categories.relations.category import CATEGORY
from find_gym.categories.relations.examiner import RelationExaminer, RelationText
from find_gym.categories.relations.tokens import RelationTokens
from find_gym.core.episode import Outcome
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import EnvArguments
from find_gym.interfaces.protocol import Interface
from find_gym.judges.loading import read_judge
from find_gym.judges.protocol import Judge


class RelationEnv(FINDEnv):
    """Relations of FIND as an environment.

    ## Description

    Each episode hides a relation, a function from words to words: it maps a country to its capital, an opera to its
    composer, and answers "undefined" for all other words, and possibly for some of its inputs as well, such as the
    countries in South America (Schwettmann et al., "FIND: A Function Description Benchmark for Evaluating
    Interpretability Methods", NeurIPS 2023). In the paper a language model plays the function; here tables do, so that
    the truth is known. Words that no table has are "undefined". The interpreter queries it, then describes it.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(397)`. Actions 0 to 313 query a word of a fixed bank, the others write a description
      token by token; `action_masks()` tells which are legal. See `find_gym.categories.relations.tokens.RelationTokens`.
    - `text`: `Text`. `QUERY ["Norway", "zebra"]` or `[DESCRIPTION]: ... [DOMAIN]: ...`. See
      `find_gym.categories.relations.examiner`.
    - `tools`: `Text`, a `find_gym.interfaces.Message` with calls of the tools `query` and `submit`, whose schemas are
      `env.unwrapped.tools`, or a text that has them. See `find_gym.interfaces.text.TextInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each word of the bank how often it was asked and what it answered, the
      tokens written so far, the budget left.
    - `text`, `tools`: `Text`; the first observation is the task, the others are answers.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists) and `message` (why an
    action was refused); for `text` and `tools` also `note` (what of a message was not taken) and `reasoning` (what was
    set aside); with `exemplars=True` also `exemplars`, words to start from. At the end it also has `score`
    (all parts of `find_gym.categories.relations.score.RelationScore`), `submission`, and `truth` (its
    description, and its source unless that has over 4,000 characters, as it has where the table is long); of a
    submission of tokens, the description is in English and `tokens` are those.

    ## Rewards

    A submission earns its skill, in [0, 1]: its accuracy on held-out words, rescaled so that the better of always
    "undefined" and the best constant has 0 and the truth 1. `reward="accuracy"` and `reward="find"` (the share of unit
    tests, the published ones where there are any) are the alternatives. Each input that is charged subtracts
    `query_cost`. All other steps earn 0.

    ## Starting State

    A function drawn from `split` and `difficulty` (or `dataset`, or `function`), an empty history, the whole budget.
    `reset(options={"function": ...})` names the function of one episode: a spec, its JSON data, a `RelationFunction`, a
    callable from a word to a word, or the id of an entry of `dataset`.

    ## Episode End

    A submission terminates the episode. When the budget is spent, only a submission is left; when the steps are spent
    too, the episode terminates without reward (both are observed, so it never truncates).

    ## Arguments

    - `interface`: "tokens", "text" or "tools".
    - `split`: "train", "validation", "test", or None for all functions. Not used with `function` or `dataset`.
    - `difficulty`: "easy", "find" (the benchmark's own distribution), "hard", "extreme", or a mapping of attributes of
      `find_gym.categories.relations.difficulty.RelationDifficulty` that replace FIND's.
    - `function`: the one function of all episodes: anything that `options["function"]` takes.
    - `dataset`: a `FINDDataset` or the path of one; each episode draws one of its functions.
    - `exemplars`: whether the episode begins with a few words, for some of which the function is defined; default
      False.
    - `judge`: reads descriptions for the unit tests: "grounding" (default), the path or name of a causal language
      model, the address of a server (see `find_gym.language.load_causal_lm`), or a `Judge`.
    - `max_queries`: the budget, a number of inputs; default 100.
    - `max_steps`: the number of actions; by default the budget and 16 more (20 for `text`).
    - `given`: for `tokens`, how many probes drawn at random are answered before the first step, free of charge (a
      curriculum's aid, not the benchmark); two numbers draw it between them; default 0.
    - `query_cost`: subtracted from the reward for each input; default 0.
    - `reward`: "skill", "accuracy" or "find".
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (needs matplotlib).

    - `version`: the version of the splits and draws; set by the id, for a class made without one the latest.

    ## Vectorized environment

    `gym.make_vec("FIND-relations-v1", num_envs=N, autoreset_mode=...)` makes a
    `find_gym.categories.relations.vector.RelationVectorEnv`: the interface `tokens`, N environments stepped together by
    array operations. With another interface, or to render, name `vectorization_mode="sync"` or, for N other processes,
    `"async"` (for `text` with `vector_kwargs={"shared_memory": False}`: shared memory carries no texts).

    ## Version History

    - v1: splits divide relations and exceptions evenly, and no function makes up more than 2 % of the draws; "easy" has
      exceptions, too. In v0 a hash divided them, and one relation made up a third of the split `test`.
    - v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-relations-v1", interface="text", function={"relation": "capital", "exceptions": []})
        >>> observation, info = env.reset(seed=3)
        >>> observation, reward, terminated, truncated, info = env.step('QUERY ["Norway", "zebra"]')
        >>> info["outputs"], info["budget"], terminated
        (['Oslo', 'undefined'], 98, False)
        >>> env.step("[DESCRIPTION]: It returns the capital of a country. [DOMAIN]: none")[1]
        1.0
    """

    category = CATEGORY
    interfaces = ("tokens", "text", "tools")

    def __init__(
        self, *, exemplars: bool = False, judge: Judge | str | None = None, **arguments: Unpack[EnvArguments]
    ) -> None:
        if not isinstance(exemplars, bool):
            raise ValueError(f"expected exemplars to be True or False, actual value: {exemplars!r}")
        self._exemplars = exemplars
        self.examiner = RelationExaminer(read_judge(judge))
        super().__init__(**arguments)

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        if self.interface in ("text", "tools"):
            return RelationText(max_queries, self._exemplars, tools=self.interface == "tools")
        return RelationTokens(level)

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        info = super()._info(outcome)
        if self._exemplars:
            info["exemplars"] = list(self.episode.function.exemplars)
        return info
