"""The registry of agents: entry points, places of classes, what is refused."""

import textwrap

import pytest

from find_gym.core import entry_points
from find_gym_agents import registry
from find_gym_agents.cli import main
from find_gym_agents.registry import ANY, AgentEntry, agents_by_name, find_agent, make_agent, register_agent

LINE = AgentEntry("line", {"numeric": "find_gym_agents.interpreters.constant:ConstantAgent"}, "a line")


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    registry._register_others.cache_clear()
    yield
    registry._register_others.cache_clear()


class _Point:
    name, value = "mine", "mine:LINE"

    def __init__(self, found):
        self.load = lambda: found


def _points(monkeypatch, *found):
    monkeypatch.setattr(entry_points, "entry_points", lambda group: [_Point(one) for one in found])


def test_another_distribution_registers_an_agent(fresh, monkeypatch):
    assert registry.GROUP == "find_gym.agents"
    _points(monkeypatch, LINE, LINE)
    assert agents_by_name()["line"] == find_agent("line") == LINE
    assert type(make_agent("line")).__name__ == "ConstantAgent"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            AgentEntry("random", LINE.classes),
            "'mine' .*can't be registered: .*a name that no other has, actual: 'random'",
        ),
        (LINE.classes, "'mine' .*can't be registered: TypeError: expected a find_gym_agents.registry.AgentEntry"),
    ],
)
def test_an_entry_point_that_is_no_new_agent_is_named(fresh, monkeypatch, found, message):
    _points(monkeypatch, found)
    with pytest.warns(UserWarning, match=message):
        assert find_agent("constant").name == "constant"
    assert find_agent("random").classes != LINE.classes


def test_a_program_registers_an_agent(fresh):
    assert register_agent(LINE) is register_agent(LINE)
    with pytest.raises(ValueError, match="no other has, actual: 'line'"):
        register_agent(AgentEntry("line", {ANY: "a:B"}))
    with pytest.raises(TypeError, match="actual value: 'line'"):
        register_agent("line")
    for name, classes in (("", LINE.classes), ("x", {}), ("x", {"numeric": "no_place"}), ("x", "module:Class")):
        with pytest.raises(TypeError, match="expected the"):
            AgentEntry(name, classes)


SCRIPT = """
    from beside import DESCRIPTION
    from find_gym.scoring import Submission
    from find_gym_agents.base import ScriptedAgent

    class Line(ScriptedAgent):
        def solve(self, budget, rng):
            y = yield [0.0, 1.0]
            return Submission(DESCRIPTION, code=f"def f(x): return {y[0]} + {y[1] - y[0]} * x")
"""


@pytest.fixture
def script(tmp_path):
    (tmp_path / "beside.py").write_text("DESCRIPTION = 'a line'\n")
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(SCRIPT))
    return path


def test_a_class_in_a_file_is_an_agent(script, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["evaluate", "--agent", f"{script}:Line", "--functions", "2", "--workers", "1", "--no-report"]
    assert main([*words, "--out", str(out)]) == 0
    assert (out / "results.json").is_file() and f"{script}:Line" in capsys.readouterr().out


def test_a_mistake_in_a_place_is_told_before_anything_runs(script, capsys):
    (script.parent / "broken.py").write_text("import nothing_of_this_name\n")
    for place, message in (
        (f"{script}:Lin", "expected a class or function 'Lin' in .*did you mean 'Line'"),
        (f"{script.parent / 'none.py'}:Line", "expected a Python file, actual: there is none"),
        (f"{script.parent / 'broken.py'}:Line", "expected an agent at .*ModuleNotFoundError"),
        (f"{script}:DESCRIPTION", "expected a class, or a function that makes an agent"),
        ("atomfit", "did you mean 'atom-fit'"),
    ):
        with pytest.raises(ValueError, match=message):
            find_agent(place)
        with pytest.raises(SystemExit):
            main(["evaluate", "--agent", place])
        assert "error: expected" in capsys.readouterr().err
