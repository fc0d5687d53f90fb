"""Scripts for chat models that play the interpreter."""

import json
import re

import numpy as np

from find_gym.core.registry import category_named
from find_gym.functions import function_seed
from find_gym.interfaces.text import write_query, write_submission
from find_gym.scoring import Submission

PROBES = {
    "numeric": [-90.5, -31.0, -8.0, -2.5, -0.5, 0.25, 1.0, 3.5, 12.0, 60.0, 99.0],
    "strings": ["Hello, World!", "abcdefg", "The quick brown fox 42", "a", "xyzzy", "level", ""],
    "entities": ["violin", "tiger", "flour", "stadium", "novel", "planet", "bank", "church", "doctor", "engine"],
}


def functions(category, count, *, seed=0, split="test", difficulty="find"):
    """Returns the functions of a run."""
    seeds = [function_seed(split, category, seed, index) for index in range(count)]
    specs = [category_named(category).sample_seeded(each, split=split, difficulty=difficulty) for each in seeds]
    return [category_named(category).make(spec) for spec in specs]


class Knowing:
    """Asks probes, finds out by the answers which of the run's functions it is, and submits the truth."""

    def __init__(self, category, run_functions):
        self.category = category
        self.probes = PROBES.get(category) or [word for function in run_functions for word in function.exemplars]
        rng = np.random.default_rng(0)
        inputs = np.array(self.probes) if category == "numeric" else self.probes
        self.known = [(list(function(inputs, rng)), function) for function in run_functions]

    def __call__(self, messages):
        outputs = outputs_of(messages)
        if not outputs:
            return f"Let me see.\n{write_query(self.probes)}"
        distances = [sum(map(distance, outputs, known)) for known, _ in self.known]
        return submission_of(self.known[int(np.argmin(distances))][1], self.category)


def outputs_of(messages):
    """Returns the outputs that the newest message shows."""
    _, found, answer = messages[-1]["content"].rpartition("OUTPUTS\n")
    return [json.loads(text) for text in re.findall(r"^.+ -> (.+)$", answer, re.MULTILINE)] if found else []


def submission_of(function, category):
    """Returns the message that submits the truth."""
    if category in ("numeric", "strings"):
        return write_submission(Submission(function.describe(), "none", function.source()))
    return f"[DESCRIPTION]: {function.describe()}"


def distance(output, known):
    """Returns how different two outputs are, in [0, 1]; those of numeric functions may have noise."""
    if isinstance(output, (str, type(None))) or not np.isfinite(known):
        return float(output != known and not (output is None and not np.isfinite(known)))
    return min(1.0, abs(output - known) / (1e-9 + max(abs(output), abs(known))))
