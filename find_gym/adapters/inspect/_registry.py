"""What Inspect finds by its entry point: everything that it can name, such as `find_gym/numeric`."""

from find_gym.adapters.inspect import (  # noqa: F401
    accuracy,
    entities,
    interpreter,
    numeric,
    paper_score,
    queries,
    relations,
    reward,
    skill,
    strings,
)
