"""Source code: a relation as a Python module that reproduces it exactly."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from find_gym.categories.relations import tables as relations


def source(description: str, values: Mapping[str, str], names: Mapping[str, str], excepted: Sequence[str]) -> str:
    """Writes a relation as a Python module whose last function is `f(word)`.

    Args:
        description: the relation in English.
        values: what it answers, by word.
        names: the word by each of its normalised names.
        excepted: the words on which it is undefined.
    """
    out = set(excepted)
    rows = [
        f"    {name!r}: {values[word]!r},"
        for name, word in sorted(names.items(), key=lambda item: (item[1], item[0]))
        if word not in out
    ]
    normalise = inspect.getsource(relations.normalise)
    normalise = normalise[normalise.index("def ") :]  # without its cache
    head = f'"""{description}"""\n\nimport re\nimport unicodedata\n\nEDGES = {relations.EDGES!r}\n'
    body = 'def f(word):\n    return ANSWERS.get(normalise(word), "undefined")\n'
    return f"{head}\nANSWERS = {{\n" + "\n".join(rows) + f"\n}}\n\n\n{normalise}\n\n{body}"
