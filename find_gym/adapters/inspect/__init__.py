"""The environments as tasks of Inspect (https://inspect.aisi.org.uk): `inspect eval find_gym/numeric --model ...`.

The tasks `numeric`, `strings`, `entities` and `relations`, and `task_of` for any other registered category, have a
sample for each function, the solver `interpreter` with the tools `query` and `submit`, and the scorers `skill`,
`accuracy`, `paper_score`, `reward` and `queries`.
"""

try:
    import inspect_ai  # noqa: F401
except ImportError as error:
    raise ImportError("expected Inspect for its tasks: pip install 'find-gym[inspect]'") from error

from find_gym.adapters.inspect._scorers import accuracy, paper_score, queries, reward, skill
from find_gym.adapters.inspect._solver import interpreter
from find_gym.adapters.inspect._tasks import task_of

numeric, strings, entities, relations = map(task_of, ("numeric", "strings", "entities", "relations"))

__all__ = [
    "accuracy",
    "entities",
    "interpreter",
    "numeric",
    "paper_score",
    "queries",
    "relations",
    "reward",
    "skill",
    "strings",
    "task_of",
]
