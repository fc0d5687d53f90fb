"""The architecture: no import circle, rooms that know only what they may, and a page that says where things are."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
AGENTS = ROOT / "agents" / "find_gym_agents"
PACKAGES = {ROOT / "find_gym": "find_gym", AGENTS: "find_gym_agents"}

# For each room what it may import of find_gym, besides itself. A room with a dot is a module of one.
MAY_IMPORT = {
    "sandbox": set(),
    "core": {"sandbox"},
    "interfaces": {"core"},
    "language": {"interfaces"},
    "judges": {"core", "language", "categories"},
    "categories": {"core", "interfaces", "judges", "language", "sandbox", "envs"},
    "envs": {"core", "interfaces"},
    "functions": {"core", "categories"},
    "scoring": {"core", "categories"},
    "tasks": {"core", "interfaces"},
    "testing": {"core", "interfaces"},
    "adapters": {"tasks", "core", "interfaces", "categories", "judges", "language", "sandbox", "envs"},
}
# The same for find_gym_agents. Of its room categories, the packages of single categories may import more than the rest.
AGENTS_MAY_IMPORT = {
    "base": set(),
    "checks": set(),
    "loading": {"checks"},
    "registry": {"base", "checks", "loading"},
    "testing": {"base", "registry"},
    "runs": set(),
    "categories": {"runs"},
    "report": {"runs", "categories"},
    "play": {"runs", "categories"},
    "redteam": {"loading", "categories", "report"},
    "evaluation": {"base", "checks", "loading", "registry", "runs", "categories", "interpreters.lm.options"},
    "training": {
        "base",
        "checks",
        "registry",
        "runs",
        "categories",
        "report",
        "evaluation",
        "interpreters.neural",
        "interpreters.policies",
    },
    "trajectories": {"base", "checks", "registry", "categories", "evaluation.config", "interpreters.lm"},
    "interpreters": {"base", "checks", "loading", "categories", "training"},
    "benchmarks": {"base", "categories", "checks", "runs", "report", "training", "interpreters"},
    "commands": {"checks", "registry", "evaluation", "training"},
    "cli": {"checks", "commands.console"},
}
A_CATEGORY_MAY_IMPORT = {"checks", "runs", "report", "training", "redteam", "interpreters"}
AGENTS_EXCEPTIONS: dict[tuple[str, str], str] = {}
# Modules that name categories: what each can interpret is a part of an agent's registration, adapters have public names
# and defaults.
NAMES_CATEGORIES = {
    "find_gym_agents.registry",
    "find_gym.adapters.inspect",
    "find_gym.adapters.openenv.environment",
    "find_gym.adapters.openenv.server",
    "find_gym.adapters.reasoning_gym",
}
# The imports of one category by another, and why.
ACROSS_CATEGORIES = {
    ("find_gym.categories.neurons.bank", "find_gym.categories.entities.concepts"): "its words are the bank",
    ("find_gym.categories.neurons.bank", "find_gym.categories.entities.exemplars"): "its probes are among the probes",
    ("find_gym.categories.neurons.bank", "find_gym.categories.entities.function"): "words are checked in one way",
    ("find_gym.categories.neurons.bank", "find_gym.categories.entities.word_vectors"): "near to concepts in one way",
}


def _modules() -> dict[str, Path]:
    found = {}
    for folder, package in PACKAGES.items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yields the imports that run when a module is imported: not those in functions or for type checkers."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _run_at_import(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from _run_at_import(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _run_at_import(handler.body)


def _imported(module: str) -> set[str]:
    """Returns the modules of both packages that a module names in its imports."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in _run_at_import(ast.parse(MODULES[module].read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        above = package.split(".")[: 1 - node.level or None] if node.level else []
        home = ".".join([*above, *([node.module] if node.module else [])])
        found |= {inner if (inner := f"{home}.{alias.name}") in MODULES else home for alias in node.names}
    return (found & set(MODULES)) - {module}


IMPORTS = {module: _imported(module) for module in MODULES}


def _within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _room(module: str) -> str:
    return ".".join(module.split(".")[1:2])


def test_there_is_no_import_circle() -> None:
    def run_first(module: str) -> set[str]:
        """Adds the packages around what is imported, which run before it; those around the module itself have begun."""
        names = {
            ".".join(parts[:n]) for name in IMPORTS[module] for parts in [name.split(".")] for n in range(1, len(parts))
        }
        return IMPORTS[module] | {name for name in names if not _within(module, name)}

    try:
        TopologicalSorter({module: run_first(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(f"expected imports without a circle, actual: {' <- '.join(error.args[1])}")


def test_rooms_import_only_what_they_may() -> None:
    wrong = set()
    for module, imported in IMPORTS.items():
        room = _room(module)
        if not _within(module, "find_gym") or not room:
            continue
        for name in imported - {"find_gym"}:
            allowed = [f"find_gym.{other}" for other in {room, *MAY_IMPORT[room]}]
            if not any(_within(name, other) for other in allowed):
                wrong.add((module, name))
    assert not wrong


def test_rooms_of_agents_import_only_what_they_may() -> None:
    wrong = set()
    for module, imported in IMPORTS.items():
        room = _room(module)
        if not _within(module, "find_gym_agents") or not room:
            continue
        own = _category_package(module)
        allowed = {room, *AGENTS_MAY_IMPORT[room], *(A_CATEGORY_MAY_IMPORT if own else ())}
        for name in imported:
            if _within(name, "find_gym_agents") and (
                not any(_within(name, f"find_gym_agents.{other}") for other in allowed)
                or _category_package(name) not in ("", own)
            ):
                wrong.add((module, name))
    assert wrong == set(AGENTS_EXCEPTIONS)


def _category_package(module: str) -> str:
    """Returns the category to whose package in find_gym_agents a module belongs, or an empty text."""
    _, room, name, *_ = (*module.split("."), "", "", "")
    return name if room == "categories" and (AGENTS / "categories" / name / "__init__.py").exists() else ""


def test_shared_rooms_name_no_category() -> None:
    categories = {path.parent.name for path in ROOT.glob("find_gym/categories/*/category.py")}
    assert len(categories) >= 4
    named = {
        (module, node.value)
        for module, path in MODULES.items()
        if not (_category_package(module) or _within(module, "find_gym.categories") or module in NAMES_CATEGORIES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in categories
    }
    assert named == set()


def test_a_category_knows_no_other() -> None:
    homes = [f"find_gym.categories.{path.parent.name}" for path in ROOT.glob("find_gym/categories/*/category.py")]
    assert len(homes) >= 4
    across = {
        (module, name)
        for module, imported in IMPORTS.items()
        for name in imported
        for one in homes
        if _within(module, one) and any(_within(name, other) for other in homes if other != one)
    }
    assert across == set(ACROSS_CATEGORIES)


def test_categories_have_the_same_files() -> None:
    names = [
        {path.name for path in folder.parent.glob("*.py")} for folder in ROOT.glob("find_gym/categories/*/category.py")
    ]
    shared = "category custom difficulty env function release sampling score tokens vector".split()
    assert {f"{name}.py" for name in shared} <= set.intersection(*names)


def test_private_modules_stay_in_their_package() -> None:
    for module, imported in IMPORTS.items():
        for name in imported:
            home, _, leaf = name.rpartition(".")
            assert not leaf.startswith("_") or _within(module, home), (module, name)


@pytest.mark.parametrize("page", [PAGE, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:find_gym|agents|scripts|tests|docs|\.ci)/[\w./-]*)`", text)
    assert len(named) > 3
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []


def test_the_page_has_all_rooms() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rooms = {path.parent.relative_to(ROOT) for folder in PACKAGES for path in folder.glob("*/__init__.py")}
    assert [str(room) for room in sorted(rooms) if f"| `{room}/`" not in text] == []
