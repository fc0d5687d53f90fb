"""The lists of libraries and environments are complete."""

import re
from pathlib import Path

import find_gym

ROOT = Path(__file__).resolve().parents[2]


def test_the_weekly_run_has_the_libraries_of_the_script() -> None:
    script = (ROOT / "tests" / "integrations" / "run.sh").read_text("utf-8")
    weekly = (ROOT / ".github" / "workflows" / "integrations.yml").read_text("utf-8")
    needs = re.findall(r"^ +\[(\w+)\]=", script, re.MULTILINE)
    listed = re.findall(r"^ {10}- (\w+)$", weekly, re.MULTILINE) + re.findall(r"library: (\w+)}", weekly)
    assert len(needs) > 10 and sorted(needs) == sorted(listed)


def test_the_zoo_has_hyperparameters_for_all_categories() -> None:
    text = (ROOT / "examples" / "rl_zoo3" / "hyperparameters.yml").read_text("utf-8")
    names = re.findall(r"^(FIND-\S+): \*shared$", text, re.MULTILINE)
    assert set(find_gym.LATEST_IDS.values()) <= set(names) <= set(find_gym.ENVIRONMENT_IDS)
