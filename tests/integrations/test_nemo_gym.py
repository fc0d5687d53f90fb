"""The folder for NeMo Gym passes its own tests, where NeMo Gym is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nemo_gym")

ROOT = Path(__file__).resolve().parents[2]


def test_the_folder_passes_its_own_tests() -> None:
    server = ROOT / "packages" / "nemo-gym-find" / "resources_servers" / "find"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    places = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, cwd=server, env=os.environ | {"PYTHONPATH": places}, capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr
