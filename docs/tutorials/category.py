# %% [markdown]
# # A category
#
# A category is a kind of function with its own queries and scores. One record says where everything is; datasets, reports, tasks
# for language models, `find-gym evaluate` and `find-gym play` then work with it. This one hides lines modulo 7.
#
# ## Functions
#
# A spec is what defines a function, as plain data; a function answers, and tells its truth in words and as code.

# %%
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import gymnasium as gym
import numpy as np

import find_gym
from find_gym.core.splits import split_of


@dataclass(frozen=True)
class ModuloSpec:
    """The function x -> (slope * x + shift) % 7."""

    category: ClassVar[str] = "modulo"
    family: ClassVar[str] = "line"
    variant: ClassVar[str] = "plain"
    slope: int
    shift: int

    @property
    def canonical(self):
        """What makes two specs the same function."""
        return f"{self.slope}x+{self.shift}"

    @property
    def split(self):
        """A hash puts every function into one split, for ever."""
        return split_of(f"modulo:{self.canonical}")

    def to_json(self):
        return {"category": self.category, **asdict(self)}

    @staticmethod
    def from_json(data: Mapping):
        return ModuloSpec(int(data["slope"]), int(data["shift"]))


class ModuloFunction:
    """A function that can be asked."""

    category = "modulo"
    is_stochastic = False

    def __init__(self, spec):
        self.spec = spec

    def __call__(self, inputs, rng=None):
        return [(self.spec.slope * value + self.spec.shift) % 7 for value in inputs]

    def generator(self, *entropy):
        """Returns the generator of the noise; here there is none."""
        return np.random.default_rng(entropy)

    def describe(self):
        return f"({self.spec.slope}x + {self.spec.shift}) modulo 7"

    def source(self):
        return f"def f(x):\n    return ({self.spec.slope} * x + {self.spec.shift}) % 7\n"


# %% [markdown]
# A user's own function, `gym.make(..., function=callable)`, is wrapped:

# %%
from find_gym.core.callables import UserFunction


class CallableModulo(UserFunction):
    """A callable as a function of the category."""

    maps = "integers to integers"
    category = "modulo"

    def __call__(self, inputs, rng=None):
        return self._outputs(inputs)


# %% [markdown]
# All randomness comes from the generator that is passed, so that a seed gives the same function for ever.


# %%
@dataclass(frozen=True)
class ModuloDifficulty:
    """What is drawn."""

    slopes: tuple[int, ...] = (1, 2, 3, 4, 5, 6)


def read_difficulty(name, version=None):
    """Returns what a difficulty's name stands for."""
    levels = {"easy": ModuloDifficulty((1, 2)), "find": ModuloDifficulty()}
    if name not in levels and not isinstance(name, ModuloDifficulty):
        raise ValueError(f"expected a difficulty in {tuple(levels)}, actual value: {name!r}")
    return levels.get(name, name)


def sample(rng, *, split=None, difficulty="find", version=None):
    """Draws specs until one is of the split."""
    slopes = read_difficulty(difficulty).slopes
    while True:
        spec = ModuloSpec(int(rng.choice(slopes)), int(rng.integers(7)))
        if split in (None, spec.split):
            return spec


# %% [markdown]
# ## Queries and scores
#
# The examiner says what may be asked and what a submission earns. Submitted code runs in the sandbox, on inputs that were not asked,
# and its complexity is capped: a table of all answers must not pass as a description.

# %%
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_code
from find_gym.core.skills import skill
from find_gym.core.submissions import prepare_code
from find_gym.interfaces.text import Task, TextInterface

CAP = 400.0  # bits


@dataclass(frozen=True)
class ModuloScore:
    """What a submission earns."""

    accuracy: float
    skill: float
    outcome: str
    message: str = ""

    @property
    def paper_score(self):
        """What `reward="find"` pays."""
        return float(self.accuracy == 1)

    def to_json(self):
        return asdict(self)


def read_inputs(argument):
    """Reads the inputs of one query: a list, or the text of a line."""
    words = argument.strip("[] ").replace(",", " ").split() if isinstance(argument, str) else argument
    return [int(word) for word in words]


MESSAGES = MessageRules(
    read_inputs=read_inputs,
    input_schema={"type": "integer", "minimum": 0, "maximum": 20},
    inputs="The inputs, integers from 0 to 20; each costs 1 of the budget.",
    example="[0, 1, 5]",
    parts={"description": "what the function computes", "code": "Python code that defines f(x)"},
    required=("description", "code"),
    template="def f(x):\n    return ...",
)
TASK = Task(
    opening="There is a hidden function f of an integer. Find out what it computes.",
    asking="Inputs are integers from 0 to 20. Each costs 1 of your budget of {budget}.",
    hints="It is a line modulo 7.",
    judging="The code is judged on other integers. You have one submission and {messages} messages in all.",
)


class ModuloExaminer:
    """Answers queries and judges submissions."""

    messages = MESSAGES

    def objection(self, inputs):
        wrong = [value for value in inputs if not 0 <= value <= 20]
        return f"expected integers from 0 to 20, actual value: {wrong[0]}" if wrong else None

    def answer(self, function, inputs, rng):
        return function(inputs)

    def to_json(self, outputs):
        return outputs

    def objection_to_submission(self, function, submission, asked=(), *, strict=True):
        return objection_to_code(submission, CAP)

    def score(self, function, submission, asked=()):
        held_out = list(range(100, 135))
        truth = function(held_out)
        # A program is a description in the form of a spec; messages have code.
        program = submission.program
        code = submission.code if program is None else ModuloFunction(program).source()
        result = prepare_code(code, cap=CAP).run(held_out)
        predicted = list(result.values) if result.ok else [None] * len(held_out)
        accuracy = sum(one == other for one, other in zip(predicted, truth, strict=True)) / len(truth)
        # The best constant answer has a skill of 0.
        trivial = max(truth.count(value) for value in truth) / len(truth)
        outcome = "scored" if result.ok else str(result.status)
        return ModuloScore(accuracy, skill(accuracy, trivial), outcome, result.discreet_message)


# %% [markdown]
# ## The record
#
# The environment names its interfaces, the record names the rest. Another distribution registers its record by the entry point
# group `find_gym.categories`; then `import find_gym` is enough to have the environment. The name `environment` is a place,
# "module:Class".

# %%
from find_gym.core.category import Category
from find_gym.envs.base import FINDEnv

MODULO = Category(
    name="modulo",
    summary="lines modulo 7",
    environment=f"{__name__}:ModuloEnv",
    sample=sample,
    read_difficulty=read_difficulty,
    spec=ModuloSpec,
    function=ModuloFunction,
    wrap=CallableModulo,
    code_cap=CAP,
)


class ModuloEnv(FINDEnv):
    """Lines modulo 7, for language models and scripted agents."""

    category = MODULO
    interfaces = ("text", "tools")

    def __init__(self, *, interface="text", **arguments):
        self.examiner = ModuloExaminer()
        super().__init__(interface=interface, **arguments)

    def _make_codec(self, max_queries, level):
        return TextInterface(TASK, MESSAGES, 4096 + 64 * max_queries, tools=self.interface == "tools")


find_gym.register_category(MODULO)

# %% [markdown]
# ## An episode

# %%
env = gym.make("FIND-modulo-v0", split="test", max_queries=5)
task, info = env.reset(seed=0)
answer, *_ = env.step("QUERY [0, 1]")
print(answer)

# %%
shift, second = map(int, (line.split(" -> ")[1] for line in answer.splitlines() if " -> " in line))
code = f"def f(x):\n    return ({(second - shift) % 7} * x + {shift}) % 7"
answer, reward, terminated, truncated, info = env.step(
    f"[DESCRIPTION]: a line modulo 7 [CODE]:\n```python\n{code}\n```"
)
print(reward, info["truth"]["description"])

# %% [markdown]
# Everything that stands on the registry knows the category now, such as the tasks for libraries that train language models:

# %%
from find_gym.tasks import TaskEpisode, draw_tasks

for task in draw_tasks("modulo", 3, seed=0, max_queries=5):
    episode = TaskEpisode(task)
    print(episode.query([0, 1]))

# %% [markdown]
# Does it keep what the rest of the package takes for granted? `check_category` draws functions, plays them, writes and reads them,
# and lists what is wrong.

# %%
from find_gym.testing import check_category

check_category(MODULO)

# %% [markdown]
# Policies need the interface `tokens` as well, a subclass of `find_gym.interfaces.tokens.TokensInterface` that says what the tokens
# of a description are; [architecture](../architecture.md#to-add) has the files that the categories here consist of.
