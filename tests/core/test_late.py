"""Modules that are imported when they are first needed."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from find_gym.core.late import LateModule

ROOT = Path(__file__).resolve().parents[2] / "find_gym"


def test_a_module_is_imported_when_a_name_of_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "find_gym_late_example.py").write_text("def value():\n    return number\n\nnumber = 1\n")
    late = LateModule("find_gym_late_example")
    assert "find_gym_late_example" not in sys.modules
    assert late.value() == 1
    module = sys.modules.pop("find_gym_late_example")
    # Its names are the module's own, those that come later, too.
    monkeypatch.setattr(module, "number", 2)
    monkeypatch.setattr(module, "later", 3, raising=False)
    assert (late.value(), late.number, late.later) == (2, 2, 3)
    for _ in range(2):
        with pytest.raises(AttributeError, match="find_gym_late_example.*missing"):
            _ = late.missing


def test_all_modules_that_are_imported_late_exist() -> None:
    calls = [re.findall(r'LateModule\("([\w.]+)"\)', path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")]
    names = [name for found in calls for name in found]
    assert len(names) > 3
    assert [name for name in names if find_spec(name) is None] == []
