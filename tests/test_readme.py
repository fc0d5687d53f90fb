"""The examples of the README and of the pages in docs/ run as they stand, with less training; links lead somewhere.

    FIND_GYM_README=whole python -m pytest tests/test_readme.py -s

trains as long as the pages do (about a minute) and prints what they print.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from find_gym import EARLIER_IDS
from find_gym_agents import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Written by hand, and with examples to run; those of post-training.md are run by tests/integrations/test_page.py.
PAGES = [ROOT / "README.md", ROOT / "AGENTS.md"] + [
    path
    for path in sorted((ROOT / "docs").glob("*.md"))
    if path.name != "post-training.md" and not path.name.startswith("gallery-")
]
BLOCKS = [
    pytest.param(code, id=f"{path.name}-{index}")
    for path in PAGES
    for index, (_, code) in enumerate(
        re.findall(r"^(`{3,})python\n(.*?)^\1$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL), 1
    )
]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.py"))
TEXTS = [ROOT / "llms.txt", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES[:2], *(ROOT / "docs").rglob("*.md")]
# Made when the site is built.
GENERATED = re.compile(r"(environments/.*|atlas|(reference/)?command-line)\.md")


@pytest.mark.slow
@pytest.mark.parametrize("code", BLOCKS)
def test_example_runs(code: str) -> None:
    if os.environ.get("FIND_GYM_README") != "whole":
        # That such policies learn is held by the tests of the adapter.
        code = code.replace("30_000", "2_048").replace("n_eval_episodes=200", "n_eval_episodes=16")
    for package in ("sb3_contrib", "torch"):
        if f"import {package}" in code or f"from {package}" in code:
            pytest.importorskip(package)
    names: dict = {}
    exec(compile(code, "example", "exec"), names)
    if "Line" in names:
        import gymnasium as gym

        env = gym.make("FIND-numeric-v1", interface="text", function=lambda x: 3 * x - 2)
        agent = names["Line"]()
        agent.reset(seed=0)
        observation, info = env.reset(seed=0)
        reward, terminated = 0.0, False
        while not terminated:
            observation, reward, terminated, _, info = env.step(agent.act(observation, info))
        assert reward == 1.0


def test_there_is_an_example_for_each_of_the_three_users() -> None:
    assert sum(param.id.startswith("README.md") for param in BLOCKS) == 3


@pytest.mark.slow
@pytest.mark.parametrize("script", TUTORIALS, ids=lambda script: script.stem)
def test_tutorial_runs(script: Path, tmp_path: Path) -> None:
    for package in ("PIL", "joblib", "sb3_contrib", "openai"):
        if re.search(rf"(from|import) {package}", script.read_text(encoding="utf-8")):
            pytest.importorskip(package)
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_examples_name_the_latest_environments() -> None:
    for path in (*PAGES, *TUTORIALS, *(ROOT / "examples").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        code = re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL) if path.suffix == ".md" else [text]
        for name in re.findall(r"FIND-\w+-v\d+", "".join(code)):
            assert name not in EARLIER_IDS, (path, name)


def test_the_results_are_those_of_the_pages() -> None:
    rows = re.findall(r"^\| .*\|$", README.partition("## Results")[2], re.MULTILINE)
    figures = re.findall(r"\.\d{3} \[.*?\]", "".join(rows).replace("0.", "."))
    pages = "".join((ROOT / "docs" / name).read_text() for name in ("results.md", "training.md", "neurons.md"))
    written = pages.replace("*", "").replace("0.", ".")
    assert len(figures) >= 6 and [figure for figure in figures if figure not in written] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_commands_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?![a-z]+:|#)([^)\s#]+)", text):
        assert GENERATED.fullmatch(target.removeprefix("../")) or (path.parent / target).exists(), target
    for command in re.findall(r"find-gym ([a-z]+[a-z-]*)(?= --| RUN|`)", text):
        assert command in cli.COMMANDS, command
