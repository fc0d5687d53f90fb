"""The simple agents, on several functions and every kind of budget."""

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym import LATEST_IDS, category_named
from find_gym.scoring import Submission, prepare_code
from find_gym_agents.base import ScriptedStringAgent
from find_gym_agents.evaluation.asking import GivenActions
from find_gym_agents.interpreters.constant import best_constant
from find_gym_agents.interpreters.knots import choose_knots, defined_span
from find_gym_agents.interpreters.spread import spread_inputs
from find_gym_agents.interpreters.string_baselines import tabulate
from find_gym_agents.registry import agents_by_name, find_agent, make_agent
from tests.agents.episodes import SPECS, play

SCRIPTED = ("constant", "interpolation", "piecewise", "lookup")


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 12, 13, 100])
@pytest.mark.parametrize("name", SCRIPTED)
def test_scripted_agents_submit_judgeable_code_with_any_budget(name, budget):
    agent = make_agent(name)
    for spec in SPECS.values():
        info, refusals = play(agent, spec, budget=budget)
        assert not refusals
        assert info["score"]["outcome"] in ("right", "wrong"), info["score"]
        assert prepare_code(info["submission"]["code"], cap=category_named("numeric").code_cap)
        assert info["budget"] >= 0


@pytest.mark.parametrize("budget", [0, 1, 2, 30])
@pytest.mark.parametrize("difficulty", ["easy", "find", "extreme"])
def test_random_agent_always_ends_with_a_submission(difficulty, budget):
    agent = make_agent("random")
    for seed in range(8):
        info, refusals = play(agent, SPECS["linear"], budget=budget, seed=seed, difficulty=difficulty)
        assert info["score"] is not None
        # Only a token that the difficulty does not have may be refused.
        assert all("token that may come next" in message for message in refusals)


@pytest.mark.parametrize("category", ["numeric", "strings"])
def test_random_agent_submits_where_its_queries_are_replaced(category):
    """Queries taken for tokens that it meant to write leave no trace in its description, nor do their refusals."""
    env = gym.make(LATEST_IDS[category], interface="tokens", max_queries=12, disable_env_checker=True)
    queries = env.unwrapped.codec.queries
    # The first asks to halve a gap beside a place that is empty, which is refused; strings have no gaps.
    for seed in range(6):
        agent = GivenActions(make_agent("random", category), [queries - 1, *range(12)])
        agent.reset(seed)
        observation, info = env.reset(seed=seed)
        over = False
        while not over:
            observation, _, over, _, info = env.step(agent.act(observation, info))
        assert info["score"] is not None


@pytest.mark.parametrize("budget", [0, 1, 20])
@pytest.mark.parametrize("name", ["identity", "constant", "lookup", "random", "enumeration"])
def test_string_agents_submit_judgeable_descriptions_with_any_budget(name, budget):
    agent = make_agent(name, "strings")
    for seed, difficulty in enumerate(("easy", "find", "hard", "extreme")):
        info, refusals = play(agent, budget=budget, seed=seed, env="FIND-strings-v1", difficulty=difficulty)
        assert info["score"]["outcome"] in ("right", "wrong"), info["score"]
        assert all("token that may come next" in message for message in refusals)
        assert name == "random" or not refusals
        assert info["budget"] >= 0
        assert info["truth"]["source"]


def test_trivial_string_agents_have_next_to_no_skill():
    for name in ("identity", "constant", "lookup", "random"):
        agent = make_agent(name, "strings")
        skills = [play(agent, env="FIND-strings-v1", seed=seed)[0]["score"]["skill"] for seed in range(12)]
        assert np.mean(skills) <= 0.02, name


def test_constant_and_lookup_write_what_they_saw():
    info, _ = play(make_agent("constant", "strings"), lambda s: "yes" if s else "no", env="FIND-strings-v1")
    assert info["submission"]["description"] == "It always gives 'yes'."
    info, _ = play(make_agent("lookup", "strings"), lambda s: s[::-1], env="FIND-strings-v1", budget=30)
    table = {}
    exec(info["submission"]["code"], table)
    assert table["f"]("ox") == "xo" and table["f"]("unheard-of") == "unheard-of"
    assert len(table["TABLE"]) >= 10


def test_tables_stay_below_the_cap():
    rows = {f"row {index}": "w" * index for index in range(100)}
    written = prepare_code(tabulate(rows).code, cap=category_named("strings").code_cap)
    assert written.complexity > category_named("strings").code_cap - 1000
    assert tabulate({}).code.startswith("TABLE = {}")


def test_agents_are_deterministic_given_the_seed():
    for name in ("lookup", "random"):
        options = {"env": "FIND-strings-v1", "seed": 5}
        assert play(make_agent(name, "strings"), **options)[0] == play(make_agent(name, "strings"), **options)[0]
    for name in (*SCRIPTED, "random"):
        first, _ = play(make_agent(name), SPECS["noised"], seed=5)
        agent = make_agent(name)
        play(agent, SPECS["linear"], seed=1)
        second, _ = play(agent, SPECS["noised"], seed=5)
        assert first["submission"] == second["submission"], name


def test_constant_is_right_about_constants_and_uses_16_queries():
    info, _ = play(make_agent("constant"), SPECS["constant"])
    assert info["score"]["outcome"] == "right"
    assert info["budget"] == 84


def test_best_constant_counts_what_is_within_the_tolerance():
    assert best_constant(np.array([3.0, 3.0, 3.01, 50.0, 100.0, 120.0, np.nan])) == 3.0
    assert np.isnan(best_constant(np.array([np.nan, np.nan, 1.0])))
    assert best_constant(np.empty(0)) == 0.0


@pytest.mark.parametrize("name", ["linear", "noised", "rectangle"])
def test_piecewise_is_good_at_piecewise_lines(name):
    info, _ = play(make_agent("piecewise"), SPECS[name])
    assert info["score"]["accuracy"] > 0.75


def test_piecewise_knows_where_the_logarithm_is_undefined():
    info, _ = play(make_agent("piecewise"), SPECS["logarithm"])
    assert info["score"]["accuracy"] > 0.9
    assert "math.nan" in info["submission"]["code"]


def test_lookup_fools_the_papers_score_more_than_accuracy():
    info, _ = play(make_agent("lookup"), SPECS["linear"])
    assert info["score"]["paper_success"]
    # Within 5 % of the spread is right, and on a line each row of the table is for many inputs.
    assert info["score"]["outcome"] == "wrong" and info["score"]["skill"] < 1


def test_spread_inputs_differ_and_cover_the_range():
    for count in (*range(200), 588, 1000):
        inputs = spread_inputs(count)
        assert inputs.size == len(set(inputs.tolist())) == count
        assert np.all(np.abs(inputs) <= 128)
        assert np.all(np.diff(inputs) > 0)
    assert spread_inputs(20)[[0, -1]].tolist() == [-128.0, 128.0]


def test_knots_are_where_the_error_is():
    x = np.linspace(0, 10, 101)
    knots = choose_knots(x, np.where(x < 5, 0.0, x - 5), 3, np.interp)
    assert x[knots].tolist() == [0.0, 5.0, 10.0]
    assert choose_knots(x[:4], x[:4], 24, np.interp).tolist() == [0, 1, 2, 3]


def test_defined_span_is_half_way_to_the_undefined():
    x = np.array([-4.0, -2.0, 0.0, 2.0])
    assert defined_span(x, np.array([False, True, True, False])) == (-3.0, 1.0)
    assert defined_span(x, np.ones(4, dtype=bool)) == (None, None)


def test_registry_names_what_there_is():
    with pytest.raises(ValueError, match="expected an agent among .*random, .*actual value: 'nope'"):
        find_agent("nope")
    with pytest.raises(ValueError, match="'operon' is for numeric"):
        find_agent("operon").check("strings")
    with pytest.raises(ValueError, match="'identity' is for strings"):
        make_agent("identity", "numeric")
    with pytest.raises(ValueError, match="expected an agent among"):
        make_agent("nope")
    with pytest.raises(ValueError, match="expected a class or function 'Missing'"):
        make_agent("tests.agents.episodes:Missing")
    assert {"random", "constant", "interpolation", "piecewise", "lookup", "operon", "atom-fit"} <= set(agents_by_name())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(["[CODE]:", "```", "QUERY ", "<|im_end|>", "\x7f", "\n", '"', "\\"]) | st.text(max_size=4))
)
def test_scripted_agents_may_ask_any_string(parts):
    class Curious(ScriptedStringAgent):
        def solve(self, budget, rng):
            self.outputs = yield ["".join(parts), *parts]
            return Submission(code="def f(s): return s")

    agent = Curious()
    asked = []
    play(agent, lambda text: asked.append(text) or text, env="FIND-strings-v1")
    assert agent.outputs == ["".join(parts), *parts]
    assert set(agent.outputs) <= set(asked)
