"""The package: what it contains, what it imports."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import find_gym

ROOT = Path(__file__).resolve().parents[1]


def test_the_packages_lie_in_plain_folders() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    folders = {str(Path(package).parent) for package in settings["hatch"]["build"]["targets"]["wheel"]["packages"]}
    assert folders == set(settings["hatch"]["build"]["dev-mode-dirs"]) == {".", settings["mypy"]["mypy_path"]}


def test_all_files_have_one_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert find_gym.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version} (" in (ROOT / "CHANGELOG.md").read_text()


def test_the_first_page_lists_every_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "index.md").read_text(), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(extras)


def test_what_git_ignores_stays_out_of_containers() -> None:
    by_git, by_docker = ((ROOT / name).read_text().split() for name in (".gitignore", ".dockerignore"))
    names = {line.strip("/") for line in by_git if not line.endswith("*/")}
    assert names and names <= {line.removeprefix("**/") for line in by_docker}


def test_hyperparameters_are_there_once_for_every_environment() -> None:
    text = (ROOT / "examples" / "rl_zoo3" / "hyperparameters.yml").read_text()
    named = re.findall(r"^(FIND-[\w-]+):", text, re.MULTILINE)
    assert len(named) == len(set(named)) and set(find_gym.LATEST_IDS.values()) <= set(named) <= set(
        find_gym.ENVIRONMENT_IDS
    )


def test_importing_is_light() -> None:
    script = "import sys, find_gym, find_gym.envs, find_gym.scoring; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"torch", "scipy", "matplotlib", "pandas", "joblib", "stable_baselines3", "transformers", "inspect_ai"}
    assert not heavy & set(done.stdout.split())


def test_no_file_names_a_registry_or_a_machine() -> None:
    for pattern in ("*.toml", "*.txt", "*.md", "*.sh", "*.py", "*.cff"):
        for path in ROOT.glob(f"**/{pattern}"):
            if ".venv" in path.parts or path == Path(__file__):
                continue
            text = path.read_text(encoding="utf-8")
            for word in ("index-url", "find-links", "pypi.org", "/work/"):
                assert word not in text, (path, word)


def test_environments_are_there_by_their_names_without_being_imported_before() -> None:
    script = (
        "import sys, pydoc, find_gym; assert 'find_gym.envs' not in sys.modules\n"
        "for name in ('NumericEnv', 'StringEnv', 'EntityEnv', 'RelationEnv'):\n"
        "    print(pydoc.render_doc(getattr(find_gym.envs, name))[:40])\n"
        "assert 'envs' in dir(find_gym) and not hasattr(find_gym, 'environments')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.count("class ") == 4


def test_the_command_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "find_gym", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: find-gym COMMAND")


@pytest.mark.parametrize(
    ("adapter", "library"),
    [
        ("stable_baselines3", "stable_baselines3"),
        ("inspect", "inspect_ai"),
        ("trl", "datasets"),
        ("openenv", "openenv"),
        ("reasoning_gym", "reasoning_gym"),
    ],
)
def test_adapters_say_what_to_install(adapter: str, library: str) -> None:
    script = (
        f"import sys; sys.modules[{library!r}] = None\n"
        f"try: import find_gym.adapters.{adapter}\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("expected ") and "pip install" in done.stdout
