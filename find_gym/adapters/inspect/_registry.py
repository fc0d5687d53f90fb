"""What Inspect finds by its entry point: everything that it can name, such as `find_gym/numeric`."""

from find_gym.adapters.inspect import (  # noqa: F401
    accuracy,
    interpreter,
    paper_score,
    queries,
    reward,
    skill,
    task_of,
)
from find_gym.core.registry import categories_by_name

TASKS = {name: task_of(name) for name in categories_by_name()}
