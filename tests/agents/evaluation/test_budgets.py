"""Several budgets and adaptive gain in one command: what is asked, what is compared, what goes on."""

import json

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym import LATEST_IDS
from find_gym_agents.cli import main
from find_gym_agents.evaluation import EvaluationConfig, evaluate_as_configured, gain
from find_gym_agents.evaluation.asking import GivenActions, check_separable
from find_gym_agents.evaluation.config import read_budgets
from find_gym_agents.evaluation.gain import most_asked, others_queries, random_queries
from find_gym_agents.registry import make_agent
from find_gym_agents.report.comparisons import Comparison, by_budget_table, draw_by_budget, paired_gain
from find_gym_agents.runs.records import read_run

KEYS = ("mean", "low", "high")
SEPARABLE = {
    "numeric": "atom-fit",
    "strings": "enumeration",
    "relations": "table-lookup",
    "entities": "exemplar-embedding",
    "neurons": "feature-search",
}


def _config(folder, **options):
    defaults = {"agents": ("identity", "constant"), "env": "FIND-strings-v1", "functions": 3, "workers": 1}
    return EvaluationConfig(**(defaults | options), out=str(folder))


def _run(config):
    return evaluate_as_configured(config, progress=False)


def test_each_budget_is_a_run_and_all_are_in_one_table(tmp_path):
    result = _run(_config(tmp_path, budgets=(2, 4), report=False))
    assert {path.name for path in tmp_path.iterdir()} >= {"2-queries", "4-queries", "report.md", "results.json"}
    figures = json.loads((tmp_path / "results.json").read_text())["budgets"]
    for budget in (2, 4):
        run = read_run(tmp_path / f"{budget}-queries")
        assert run.config["identity"]["max_queries"] == budget and len(run.episodes) == 6
        own = json.loads((tmp_path / f"{budget}-queries" / "results.json").read_text())["agents"]
        assert {name: own[name]["overall"]["skill"] for name in own} == {
            name: figures[name][str(budget)] for name in figures
        }
    lines = result.table.splitlines()
    assert lines[1].split() == ["agent", "2", "queries", "4", "queries"] and lines[3].startswith("identity")
    # A further budget runs what is missing alone.
    before = (tmp_path / "2-queries" / "episodes.jsonl").read_bytes()
    _run(_config(tmp_path, budgets=(2, 4, 3), report=False))
    assert (tmp_path / "2-queries" / "episodes.jsonl").read_bytes() == before


def test_the_page_has_the_table_and_the_plot(tmp_path):
    figures = {"one": {2: {"mean": 0.5, "low": 0.25, "high": 0.75}, 4: None}, "two": {4: dict.fromkeys(KEYS, 1.0)}}
    table = by_budget_table("Skill <by> budget", figures, [2, 4])
    assert table.rows == [["one", "0.500 [0.25, 0.75]", "-"], ["two", "-", "1.000 [1.00, 1.00]"]]
    plots = {"by_budget": lambda: draw_by_budget("Skill", None, figures, "strings")}
    page = Comparison("Budgets", "strings", [{"identity": {"agents": ["one"]}}], [table], plots)
    assert page.write(tmp_path, pictures=True) == table.as_text()
    html = (tmp_path / "report.html").read_text()
    assert "Skill &lt;by&gt; budget" in html and 'class="by_budget" src="data:image/svg+xml' in html
    assert (tmp_path / "by_budget.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "2,2", "0", "2,x", "-1,3", "2;3"])
def test_budgets_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="expected different budgets above 0, separated by commas"):
        read_budgets(text)
    assert read_budgets("8,2") == (8, 2)


@pytest.mark.parametrize("category", SEPARABLE)
def test_agents_conclude_from_what_others_asked(category):
    """The agent asks what it is told to in one message, and submits a description of that."""
    env = gym.make(LATEST_IDS[category], interface="text", max_queries=12, disable_env_checker=True)
    probes = gym.make(LATEST_IDS[category], disable_env_checker=True).unwrapped.codec.probes
    agent = make_agent(SEPARABLE[category], category)
    check_separable(agent, SEPARABLE[category])
    inputs = probes[:10]
    agent.reset(0)
    agent.ask_instead(inputs)
    observation, info = env.reset(seed=3)
    observation, *_, info = env.step(agent.act(observation, info))
    assert list(info["inputs"]) == list(inputs)
    *_, over, _, info = env.step(agent.act(observation, info))
    assert over and info["submission"]["description"]
    # Forgotten with the next episode.
    agent.reset(0)
    observation, info = env.reset(seed=3)
    *_, info = env.step(agent.act(observation, info))
    assert list(info["inputs"]) != list(inputs)


def test_a_policy_is_answered_what_it_did_not_ask():
    class Policy:
        interface = "tokens"

        def reset(self, seed):
            self.seen = []

        def act(self, observation, info):
            self.seen.append(tuple(info["inputs"]))
            return 0 if observation["budget"][0] > 0 else env.codec.queries + env.codec.tokens.index("constant")

    env = gym.make("FIND-numeric-v1", interface="tokens", max_queries=3, disable_env_checker=True).unwrapped
    agent = GivenActions(Policy(), [5, 6, 7])
    agent.reset(0)
    observation, info = env.reset(seed=0)
    over = False
    while not over:
        observation, _, over, _, info = env.step(agent.act(observation, info))
    assert agent._agent.seen[1:] == [(probe,) for probe in env.codec.probes[5:8]]


def test_gain_compares_the_same_conclusions_from_other_queries(tmp_path, monkeypatch):
    monkeypatch.setattr(gain, "_TRAIN_FUNCTIONS", 3)
    monkeypatch.setattr(gain, "_LISTS", 2)
    config = _config(tmp_path, agents=("table-lookup",), env="FIND-relations-v1", max_queries=6, adaptive_gain=True)
    result = _run(config)
    runs = {name: read_run(tmp_path / name).episodes for name in ("run", "own", "random", "fixed", "another")}
    asked = {name: [[value for value, _ in record.pairs()] for record in runs[name]] for name in runs}
    assert asked["own"] == asked["run"] and all(len(own) == 6 for own in asked["random"])
    assert len({tuple(own) for own in asked["fixed"]}) == 1
    assert all(own in asked["run"] for own in asked["another"]) and asked["another"] != asked["run"]
    figures = result.summary["adaptive_gain"]["table-lookup"]
    assert figures["random"] == paired_gain(runs["own"], runs["random"])
    means = {name: np.mean([record.score["skill"] for record in runs[name]]) for name in ("own", "random")}
    assert figures["random"]["mean"] == pytest.approx(means["own"] - means["random"])
    assert figures["random"]["low"] <= figures["random"]["mean"] <= figures["random"]["high"]
    assert (tmp_path / "report.html").exists() and len(result.episodes) == 12
    before = (tmp_path / "random" / "episodes.jsonl").read_bytes()
    assert _run(config).summary == result.summary
    assert (tmp_path / "random" / "episodes.jsonl").read_bytes() == before


def test_gain_at_several_budgets(tmp_path, monkeypatch):
    monkeypatch.setattr(gain, "_TRAIN_FUNCTIONS", 2)
    monkeypatch.setattr(gain, "_LISTS", 1)
    options = {"agents": ("table-lookup",), "env": "FIND-relations-v1", "functions": 2, "report": False}
    result = _run(_config(tmp_path, **options, budgets=(2, 3), adaptive_gain=True))
    assert set(result.summary["adaptive_gain"][2]["table-lookup"]) == {"skill", "random", "fixed", "another"}
    assert "Adaptive gain over random probes" in result.closing


@given(st.lists(st.text("ab", min_size=1, max_size=1), min_size=2, max_size=12), st.integers(0, 9))
def test_queries_come_from_a_function_that_behaves_otherwise(behaviours, seed):
    functions = dict(enumerate(behaviours))
    own = {("agent", index): [index] for index in functions}
    lent = others_queries(own, functions, seed)
    if len(set(behaviours)) == 1:
        assert not lent
    else:
        assert all(functions[asked[0]] != functions[index] for (_, index), asked in lent.items())
        assert set(lent) == set(own)


@given(st.integers(1, 20), st.integers(1, 30), st.integers(0, 5))
def test_random_probes_are_different_and_the_same_for_all_agents(size, count, seed):
    probes = list(range(100, 100 + size))
    drawn = random_queries(probes, count, [("a", 0), ("b", 0), ("a", 1)], seed)
    assert drawn["a", 0] == drawn["b", 0] and set(drawn["a", 1]) <= set(probes)
    assert all(len(set(own)) == len(own) == min(count, size) for own in drawn.values())


def test_most_asked():
    assert most_asked([[1, 2, 2], [3, 2], [2, 1]], 2) == [2, 1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--agent", "piecewise", "--adaptive-gain"], "expected an agent whose queries can be replaced"),
        (["--agent", "random", "--budgets", "4,4"], "expected different budgets above 0"),
        (["--agent", "lm", "--model", "m", "--paper", "--budgets", "4"], "expected the paper's table by itself"),
        (["--agent", "lm", "--model", "m", "--adaptive-gain"], "expected agents whose queries can be replaced"),
    ],
)
def test_what_can_not_be_measured_is_named(words, message, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", *words])
    assert message in capsys.readouterr().err


def test_a_policy_plays_at_its_own_budget(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "class Policy:\n    env, max_queries, difficulty = 'FIND-numeric-v0', 3, 'find'\n\n"
        "    def __call__(self, observation, info):\n        return int(info['action_mask'].nonzero()[0][-1])\n\n\n"
        "def make():\n    return Policy()\n"
    )
    options = {"agents": ("policy", "constant"), "env": None, "checkpoint": f"{file}:make", "functions": 1}
    result = _run(_config(tmp_path / "run", **options, budgets=(2, 3), report=False))
    skills = result.summary["budgets"]
    (policy,) = [name for name in skills if name.startswith("policy")]
    assert skills[policy][2] is None and skills[policy][3] is not None and skills["constant"][2] is not None
