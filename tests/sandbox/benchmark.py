"""How long a submission takes: ``python tests/sandbox/benchmark.py``. Prints a table, asserts nothing."""

import argparse
import time

import numpy as np

from find_gym.sandbox import Sandbox

FLOATS = list(np.linspace(-10.0, 10.0, 600))
WORDS = [f"a word and {number}" for number in range(600)]
NUMPY = "import numpy as np\ndef f(x):\n    return float(np.sin(x) * x + np.exp(-x * x))"
MATH = "import math\ndef f(x):\n    return math.sin(x) * x + math.exp(-x * x)"
CASES = {
    "identity, 1 input": ("def f(x): return x", [1.0]),
    "identity, 600 floats": ("def f(x): return x", FLOATS),
    "math, 600 floats": (MATH, FLOATS),
    "numpy, 600 floats": (NUMPY, FLOATS),
    "strings, 600 sentences": ("def f(s): return s[::-1].upper()", WORDS),
    "open(), refused": ("def f(x): return open('/etc/passwd')", [1.0]),
}


def milliseconds(sandbox: Sandbox, source: str, inputs: list, submissions: int) -> list[float]:
    """Return the durations of that many submissions."""
    durations = []
    for _ in range(submissions):
        began = time.perf_counter()
        sandbox.run(source, inputs)
        durations.append(1000 * (time.perf_counter() - began))
    return durations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default=None)
    parser.add_argument("--submissions", type=int, default=300)
    arguments = parser.parse_args()
    began = time.perf_counter()
    with Sandbox(arguments.backend) as sandbox:
        print(f"{sandbox.backend}, started in {1000 * (time.perf_counter() - began):.0f} ms")
        print(f"{'submission':24} {'median ms':>10} {'95 % ms':>10} {'per second':>10}")
        for name, (source, inputs) in CASES.items():
            milliseconds(sandbox, source, inputs, 3)
            durations = milliseconds(sandbox, source, inputs, arguments.submissions)
            median, high = np.quantile(durations, [0.5, 0.95])
            print(f"{name:24} {median:10.2f} {high:10.2f} {1000 * len(durations) / sum(durations):10.0f}")


if __name__ == "__main__":
    main()
