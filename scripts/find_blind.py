"""Finds the submissions of the agent `blind`: for each category what earns the most without a single query.

    python scripts/find_blind.py --category relations --functions 100 --seed 0

Each candidate is scored on the same functions of the split `train`; then the refinements of the best three are, such as
one relation with each of its exceptions. The highest mean skill wins, of equal ones the first. What is printed belongs
into `agents/find_gym_agents/interpreters/blind.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import gymnasium as gym
import numpy as np

from find_gym import LATEST_IDS
from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import Combination, Formula
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.categories.neurons.predicates import listed_predicates
from find_gym.categories.neurons.programs import Clause, NeuronProgram
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import conditions_of
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.programs import Step
from find_gym.core.registry import category_named
from find_gym.functions import function_seed
from find_gym.scoring import Submission

_REFINED = 3
_LISTED = (2, 5, 10, 20, 50)
_BODIES = (
    "0", "1", "-1", "10", "-10", "x", "-x", "2 * x", "x / 2", "10 * x", "x + 1", "abs(x)", "-abs(x)", "max(x, 0)",
    "min(x, 0)", "x * x", "-x * x", "x ** 3", "1 / x", "math.sin(x)", "math.cos(x)", "math.tanh(x)", "math.floor(x)",
    "math.ceil(x)", "math.copysign(1, x)", "math.log(x)", "math.sqrt(x)", "math.exp(-x * x)", "float(x > 0)",
)  # fmt: skip
# The same rules with other constants, as refinements.
_FACTORS = ("0.5", "-0.5", "2", "-2", "5", "-5")


def numeric() -> dict[str, Submission]:
    """Constants and the commonest rules."""
    return {body: _rule(body) for body in _BODIES}


def refined_numeric(body: str) -> dict[str, Submission]:
    """The rule by other factors."""
    return {text: _rule(text) for text in (f"{factor} * ({body})" for factor in _FACTORS)}


def _rule(body: str) -> Submission:
    return Submission(f"It gives {body}.", code=f"import math\n\n\ndef f(x):\n    return {body}\n")


def strings() -> dict[str, Submission]:
    """The identity, no text, and each operation without constants."""
    programs = {name: (Step(name),) for name in DETERMINISTIC if not OPERATIONS[name].kinds}
    codes = {name: StringFunction(StringSpec(program)).source() for name, program in programs.items()}
    codes |= {"identity": "def f(s):\n    return s\n", "nothing": "def f(s):\n    return ''\n"}
    return {name: Submission(f"It does {name}.", code=code) for name, code in codes.items()}


def refined_strings(name: str) -> dict[str, Submission]:
    """Nothing: one operation after another is right even more rarely than one."""
    return {}


def entities() -> dict[str, Submission]:
    """Each concept, the first few, all of them, nothing."""
    names = list(concepts())
    found = {name: _formula(name) for name in names}
    for count in (*_LISTED, len(names)):
        found[f"{count} concepts"] = Submission(f"It responds to words related to {' or '.join(names[:count])}.")
    return found | {"nothing": Submission("It responds to no words."), "everything": Submission("It responds to all.")}


def refined_entities(name: str) -> dict[str, Submission]:
    """The concept's opposite, and all but it."""
    if name not in concepts():
        return {}
    return {f"not {name}": _formula(Combination("not", (name,)))}


def _formula(formula: Formula) -> Submission:
    return Submission(EntityFunction(EntitySpec(formula)).describe())


def relations() -> dict[str, Submission]:
    """Each relation without exceptions."""
    return {name: _relation(RelationSpec(name)) for name in RELATIONS}


def refined_relations(name: str) -> dict[str, Submission]:
    """The relation with each of its exceptions."""
    return {f"{name} but {c.attribute} {c.value}": _relation(RelationSpec(name, (c,))) for c in conditions_of(name)}


def _relation(spec: RelationSpec) -> Submission:
    function = RelationFunction(spec)
    return Submission(function.describe(), function.domain())


def neurons() -> dict[str, Submission]:
    """Each predicate."""
    programs = [NeuronProgram((Clause("or", predicate),)) for predicate in listed_predicates()]
    return {program.describe(): Submission(program.describe()) for program in programs}


def refined_neurons(description: str) -> dict[str, Submission]:
    """The predicate, or another one."""
    first = NeuronProgram.from_english(description).clauses[0]
    programs = [
        NeuronProgram((first, Clause("or", other))) for other in listed_predicates() if other != first.predicate
    ]
    return {program.describe(): Submission(program.describe()) for program in programs}


CANDIDATES = {
    "neurons": (neurons, refined_neurons),
    "numeric": (numeric, refined_numeric),
    "strings": (strings, refined_strings),
    "entities": (entities, refined_entities),
    "relations": (relations, refined_relations),
}


def ranked(category: str, submissions: dict[str, Submission], functions: list[object]) -> Iterator[tuple[float, str]]:
    """Yields the mean skill and the name of each submission, the best first."""
    env = gym.make(LATEST_IDS[category], interface="text", disable_env_checker=True).unwrapped
    score = env.examiner.score  # type: ignore[attr-defined]
    means = {name: np.mean([score(f, submission).skill for f in functions]) for name, submission in submissions.items()}
    yield from ((float(means[name]), name) for name in sorted(means, key=lambda name: -means[name]))


def main() -> None:
    """Prints the best submissions of a category."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--category", choices=CANDIDATES, required=True)
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    category = arguments.category
    seeds = [function_seed("train", category, arguments.seed, index) for index in range(arguments.functions)]
    specs = [category_named(category).sample_seeded(seed, split="train", difficulty="find") for seed in seeds]
    functions = [category_named(category).make(spec) for spec in specs]
    first, refine = CANDIDATES[category]
    submissions = first()
    begun = list(ranked(category, submissions, functions))
    refined = {name: made for _, kept in begun[:_REFINED] for name, made in refine(kept).items()}
    best = sorted([*begun, *ranked(category, refined, functions)], key=lambda entry: -entry[0])
    for mean, name in best[:5]:
        print(f"{mean:.4f}  {name}")
    print((submissions | refined)[best[0][1]])


if __name__ == "__main__":
    main()
