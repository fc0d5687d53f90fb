"""A fifth category as another distribution would write it: lines modulo 7. `CATEGORY` is all that is registered."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from find_gym.core.callables import UserFunction
from find_gym.core.category import Category
from find_gym.core.difficulties import NamedDifficulty
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_code
from find_gym.core.skills import skill
from find_gym.core.splits import check_split, split_of
from find_gym.core.submissions import Submission, prepare_code
from find_gym.envs.base import FINDEnv
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.text import Task, TextInterface
from find_gym.interfaces.tokens import TokensInterface, unit_box

MODULUS, HIGHEST = 7, 20
CAP = 400.0
SLOPES = tuple(f"{slope}x" for slope in range(1, MODULUS))
SHIFTS = tuple(f"+{shift}" for shift in range(MODULUS))


# --- Functions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToySpec:
    category: ClassVar[str] = "toy"
    family: ClassVar[str] = "line"
    variant: ClassVar[str] = "plain"
    slope: int
    shift: int

    @property
    def canonical(self) -> str:
        return f"{self.slope}x+{self.shift}"

    @property
    def split(self) -> str:
        return split_of(f"toy:{self.canonical}")

    def to_json(self) -> dict[str, Any]:
        return {"category": self.category, **asdict(self)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "ToySpec":
        return ToySpec(int(data["slope"]), int(data["shift"]))


class ToyFunction:
    is_stochastic = False

    def __init__(self, spec: ToySpec) -> None:
        self.spec = spec

    def __call__(self, inputs: Sequence[int], rng: np.random.Generator | None = None) -> list[int]:
        return self.truth(inputs)

    def truth(self, inputs: Sequence[int]) -> list[int]:
        return [(self.spec.slope * value + self.spec.shift) % MODULUS for value in inputs]

    def generator(self, *entropy: int) -> np.random.Generator:
        return np.random.default_rng(entropy)

    def describe(self) -> str:
        return f"f(x) = ({self.spec.slope}x + {self.spec.shift}) mod {MODULUS}."

    def source(self) -> str:
        return f"def f(x):\n    return ({self.spec.slope} * x + {self.spec.shift}) % {MODULUS}\n"


class CallableToy(UserFunction):
    maps = "integers to integers"

    def __call__(self, inputs: Sequence[int], rng: np.random.Generator | None = None) -> list[int]:
        return self.truth(inputs)

    def truth(self, inputs: Sequence[int]) -> list[int]:
        return self._outputs(inputs)


@dataclass(frozen=True)
class ToyDifficulty(NamedDifficulty):
    slopes: tuple[int, ...] = tuple(range(1, MODULUS))

    @classmethod
    def named(cls, version: int | None = None) -> dict[str, "ToyDifficulty"]:
        return {"easy": cls((1, 2, 3, 4)), "find": cls(), "hard": cls((3, 4, 5, 6))}


def sample_toy(
    rng: np.random.Generator, *, split: str | None = None, difficulty: Any = "find", version: int | None = None
) -> ToySpec:
    check_split(split)
    slopes = ToyDifficulty.of(difficulty).slopes
    while True:
        spec = ToySpec(slopes[int(rng.integers(len(slopes)))], int(rng.integers(MODULUS)))
        if split in (None, spec.split):
            return spec


# --- Queries and submissions ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToyScore:
    accuracy: float
    skill: float
    outcome: str
    message: str = ""

    @property
    def paper_score(self) -> float:
        return float(self.accuracy == 1)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "find": self.paper_score}


def read_integers(argument: list[Any] | str) -> list[int]:
    words = argument.strip("[] ").replace(",", " ").split() if isinstance(argument, str) else argument
    if not words:
        raise ValueError("expected at least one integer after QUERY, actual: none")
    return [int(word) for word in words]


MESSAGES = MessageRules(
    read_inputs=read_integers,
    input_schema={"type": "integer", "minimum": 0, "maximum": HIGHEST},
    inputs=f"The inputs, integers from 0 to {HIGHEST}; each costs 1 of the budget.",
    example="[0, 1, 5]",
    parts={"description": "what the function computes", "code": "Python code that defines f(x)"},
    required=("description", "code"),
    template="def f(x):\n    return ...",
)
TASK = Task(
    opening="There is a hidden function f of an integer. Find out what it computes.",
    asking=f"Inputs are integers from 0 to {HIGHEST}. Each costs 1 of your budget of {{budget}}.",
    hints=f"It is a line modulo {MODULUS}.",
    judging="The code is judged on other integers. You have one submission and {messages} messages in all.",
)


class ToyExaminer:
    messages = MESSAGES

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        wrong = [value for value in inputs if not 0 <= value <= HIGHEST]
        return f"expected integers from 0 to {HIGHEST}, actual value: {wrong[0]!r}" if wrong else None

    def answer(self, function: Any, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        return function(inputs, rng)

    def to_json(self, outputs: list[Any]) -> list[Any]:
        return outputs

    def objection_to_submission(
        self, function: Any, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        return objection_to_code(submission, CAP)

    def score(self, function: Any, submission: Submission, asked: Sequence[Any] = ()) -> ToyScore:
        inputs = list(range(100, 135))
        truth = function.truth(inputs)
        trivial = max(truth.count(value) for value in truth) / len(truth)
        if isinstance(submission.program, ToySpec):
            predicted, outcome, message = ToyFunction(submission.program).truth(inputs), "scored", ""
        else:
            result = prepare_code(submission.code, cap=CAP).run(inputs)
            predicted, message = list(result.values) or [None] * len(inputs), result.discreet_message
            outcome = "scored" if result.ok else str(result.status)
        accuracy = sum(one == other for one, other in zip(predicted, truth, strict=True)) / len(truth)
        return ToyScore(accuracy, skill(accuracy, trivial), outcome, message)


# --- Environments -----------------------------------------------------------------------------------------------------


class ToyDraft(Draft):
    @property
    def complete(self) -> bool:
        return len(self.tokens) == 2

    @property
    def state(self) -> int:
        return len(self.tokens)

    def legal(self) -> np.ndarray:
        mask = np.zeros(len(SLOPES) + len(SHIFTS), dtype=np.bool_)
        if not self.complete:
            mask[slice(len(SLOPES)) if not self.tokens else slice(len(SLOPES), None)] = True
        return mask


class ToyTokens(TokensInterface):
    extra_steps = 4

    def __init__(self) -> None:
        probes = range(HIGHEST + 1)
        super().__init__(probes, (*SLOPES, *SHIFTS), 2, {"answer": unit_box(len(probes))})

    def new_draft(self) -> ToyDraft:
        return ToyDraft()

    def program(self, draft: Draft, inputs: Sequence[Any], outputs: Sequence[Any]) -> ToySpec:
        slope, shift = draft.tokens
        return ToySpec(slope + 1, shift - len(SLOPES))

    def encode(self, outputs: Sequence[Any], probes: Sequence[int]) -> dict[str, np.ndarray]:
        return {"answer": np.array(outputs, dtype=np.float64)[:, None] / MODULUS}


CATEGORY = Category(
    name="toy",
    summary=f"lines modulo {MODULUS}",
    environment="tests.toy_category:ToyEnv",
    vector="tests.toy_category:ToyVectorEnv",
    sample=sample_toy,
    read_difficulty=ToyDifficulty.of,
    spec=ToySpec,
    function=ToyFunction,
    wrap=CallableToy,
    code_cap=CAP,
)


class ToyEnv(FINDEnv):
    category = CATEGORY
    interfaces = ("tokens", "text", "tools")

    def __init__(self, **arguments: Any) -> None:
        self.examiner = ToyExaminer()
        super().__init__(**arguments)

    def _make_codec(self, max_queries: int, level: Any) -> Any:
        if self.interface == "tokens":
            return ToyTokens()
        return TextInterface(TASK, MESSAGES, 4096 + 64 * max_queries, tools=self.interface == "tools")


class ToyVectorEnv(FINDVectorEnv):
    single = ToyEnv
