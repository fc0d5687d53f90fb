"""The record of a category: everything that the rest of the package needs of one, imported when it is first read.

A record is small and imports nothing, so that registering a category costs nothing; see `find_gym.core.registry`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from gymnasium.utils import seeding

from find_gym.core.arguments import read_integer
from find_gym.core.files import load_json, read_each, write_text

Value = TypeVar("Value")
ReadDataset: TypeAlias = Callable[[Path], tuple[dict[str, Any], dict[str, str]]]
WriteDataset: TypeAlias = Callable[[Path, Iterable[Any]], list[str]]


class Reference(Generic[Value]):
    """A field of a record that is given as an object or as its place, "module:name", and read as the object.

    Objects are attributes of the record itself, which Python finds without this. Places wait in `given` until the field
    is first read.

    Args:
        default: makes the value of a record that has none; without it the field must be given.
    """

    def __init__(self, default: Callable[[Any], Value] | None = None) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, record: object | None, owner: type) -> Value:
        if record is None:
            # A dataclass asks for the default in this way.
            if self._default is None:
                raise AttributeError(self._name)
            return None  # type: ignore[return-value]
        value = vars(record)["given"][self._name]
        if isinstance(value, str):
            value = load_reference(value)
        elif value is None and self._default is not None:
            value = self._default(record)
        vars(record)[self._name] = value
        return value  # type: ignore[no-any-return]

    if TYPE_CHECKING:
        # Without this method when it runs, as Python would not look at the record's own attributes first.
        def __set__(self, record: object, value: Value | str) -> None: ...


def load_reference(place: str) -> Any:
    """Returns the object at a place such as "find_gym.categories.numeric.difficulty:NumericDifficulty.of"."""
    module, _, name = place.partition(":")
    return attrgetter(name)(import_module(module))


@dataclass(frozen=True, eq=False, repr=False)
class Category:
    """A category of functions.

    A field that says "reference" takes the object itself or its place, "module:name", which is imported when the field
    is first read. The defaults serve a category that has nothing special there.

    Attributes:
        name: letters, digits and underscores; the environment's id is "FIND-<name>-v<version>".
        environment: the place of the environment, a subclass of `find_gym.envs.base.FINDEnv`; always "module:name".
        sample: reference to `(rng, *, split, difficulty, version) -> spec`.
        read_difficulty: reference to `(name or mapping, version) -> difficulty`; ValueError for anything else.
        spec: reference to the class of specs, or to several.
        function: reference to the class of functions, or to several, callables apart.
        wrap: reference to the class of functions that a user's callable makes.
        vector: the place of the vectorised environment, a subclass of `find_gym.envs.vector.base.FINDVectorEnv`; None
            where there is none.
        latest: the latest version of its splits and draws; all from 0 on are registered.
        summary: what its functions map from and to, such as "functions from numbers to numbers".
        read_spec: reference to what makes a spec of its JSON data; by default the `from_json` of `spec`.
        make: reference to what makes a function of a spec; by default `function`. ValueError for one that can't be
            served.
        code_cap: the greatest complexity of submitted code, in bits; None where descriptions have no code.
        exemplars: whether the environment takes the argument `exemplars`, inputs to start from.
        folder: its folder within a dataset; by default `name`.
        metadata: the file that is written last; a folder without it is no dataset.
        read_dataset: reference to `(folder) -> (specs by id, reasons by the id of what could not be read)`; by default
            rows with the ids as "dir" and the specs as "find_gym".
        write_dataset: reference to `(folder, specs) -> ids`; by default such rows, and a directory for each function
            with its source.
        plot: reference to `(axes, episode)`, which draws an episode; by default its answers are written.
        agents: the place of the category's record for agents, "module:name" of a
            `find_gym_agents.categories.AgentCategory`; None for the defaults.

    Example:
        >>> from find_gym.core.registry import category_named
        >>> category_named("strings").environment_id(), category_named("strings").latest
        ('FIND-strings-v1', 1)
    """

    name: str
    environment: str
    sample: Reference[Callable[..., Any]] = Reference()
    read_difficulty: Reference[Callable[..., Any]] = Reference()
    spec: Reference[Any] = Reference()
    function: Reference[Any] = Reference()
    wrap: Reference[Callable[[Any], Any]] = Reference()
    vector: str | None = None
    latest: int = 0
    summary: str = ""
    read_spec: Reference[Callable[[Any], Any]] = Reference(lambda record: record.spec.from_json)
    make: Reference[Callable[[Any], Any]] = Reference(lambda record: record.function)
    code_cap: float | None = None
    exemplars: bool = False
    folder: str = ""
    metadata: str = "data.json"
    read_dataset: Reference[ReadDataset] = Reference(lambda record: partial(read_specs, record))
    write_dataset: Reference[WriteDataset] = Reference(lambda record: partial(write_specs, record))
    plot: Reference[Callable[[Any, Any], None] | None] = Reference(lambda record: None)
    agents: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch("[a-z][a-z0-9_]*", self.name):
            raise ValueError(
                f"expected the name of a category to be lower-case letters, digits and underscores, "
                f"actual value: {self.name!r}"
            )
        places = {"environment": self.environment, "vector": self.vector, "agents": self.agents}
        for field, place in places.items():
            if not (place is None and field != "environment" or _is_place(place)):
                raise ValueError(f'expected {field} of {self.name!r} to be "module:name", actual value: {place!r}')
        read_integer(f"latest of {self.name!r}", self.latest, 0)
        given: dict[str, str | None] = {}
        for field in REFERENCES:
            value = vars(self)[field]
            if isinstance(value, str) and not _is_place(value):
                raise ValueError(
                    f'expected {field} of {self.name!r} to be an object or "module:name", actual value: {value!r}'
                )
            if value is None or isinstance(value, str):
                given[field] = vars(self).pop(field)
        vars(self)["given"] = given
        object.__setattr__(self, "folder", self.folder or self.name)

    def __repr__(self) -> str:
        return f"Category({self.name!r})"

    # --- Identifiers ----------------------------------------------------------------------------------------------

    def environment_id(self, version: int | None = None) -> str:
        """Returns the id of the environment in a version, the latest one for None."""
        return f"FIND-{self.name}-v{self.check_version(version)}"

    def check_version(self, version: int | None) -> int:
        """Returns a version of the splits and draws, the latest one for None.

        Raises:
            ValueError: there is no such version.
        """
        if version is None:
            return self.latest
        if isinstance(version, bool) or version not in range(self.latest + 1):
            raise ValueError(f"expected a version of {self.name} from 0 to {self.latest}, actual value: {version!r}")
        return int(version)

    # --- Functions ------------------------------------------------------------------------------------------------

    def read(self, named: Any) -> Any:
        """Returns the function that a spec, its JSON data, a function or a callable stands for, or else None."""
        if isinstance(named, self.function) or isinstance(self.wrap, type) and isinstance(named, self.wrap):
            return named
        spec = self.read_spec(named) if isinstance(named, Mapping) else named
        if isinstance(spec, self.spec):
            return self.make(spec)
        return self.wrap(named) if callable(named) else None

    def sample_seeded(self, seed: int, *, split: str | None, difficulty: Any, version: int | None = None) -> Any:
        """Samples the spec of the function that the environment's `reset(seed=seed)` draws.

        Args:
            seed: the seed of the reset, such as `find_gym.functions.function_seed` gives.
            split: the split, None for all functions.
            difficulty: the name of a difficulty, or a mapping.
            version: that of the environment's id; by default the latest one.
        """
        rng, _ = seeding.np_random(seed)
        return self.sample(rng, split=split, difficulty=difficulty, version=version)


REFERENCES = tuple(name for name, field in vars(Category).items() if isinstance(field, Reference))


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w.]+:[\w.]+", value) is not None


def read_specs(category: Category, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Reads a dataset whose rows have the ids as "dir" and the specs as "find_gym"."""
    rows = load_json(folder / category.metadata, list)
    return read_each(rows, "dir", lambda row, _: category.read_spec(row["find_gym"]), ())


def write_specs(category: Category, folder: Path, specs: Iterable[Any]) -> list[str]:
    """Writes a dataset that `read_specs` reads, and a directory for each function with its source."""
    functions = [category.make(spec) for spec in specs]
    rows = []
    for index, function in enumerate(functions):
        identifier = f"f{index:05d}"
        (folder / identifier).mkdir(parents=True, exist_ok=True)
        write_text(folder / identifier / "function_code.py", function.source())
        rows.append({"dir": identifier, "description": function.describe(), "find_gym": function.spec.to_json()})
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / category.metadata, json.dumps(rows, indent=1) + "\n")
    return [row["dir"] for row in rows]
