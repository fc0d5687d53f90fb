"""The agent, message by message, with scripted models."""

import re

import gymnasium as gym
import pytest

import find_gym  # noqa: F401
from find_gym.envs.quoting import quote_values
from find_gym.language import ModelError, Reply, ScriptedChatModel
from find_gym_agents.lm import LanguageModelOptions
from find_gym_agents.lm.agent import (
    EntityLanguageModelAgent,
    LanguageModelAgent,
    NumericLanguageModelAgent,
    RelationLanguageModelAgent,
    StringLanguageModelAgent,
    system_prompt,
)
from find_gym_agents.registry import AGENTS, agent_label, make_agent

CODE = "[DESCRIPTION]: {}\n[CODE]:\n```python\n{}\n```"
LINE = CODE.format("a line", "def f(x):\n    return 2 * x")


class Scripted:
    """Gives its replies one after another; keeps the prompts."""

    def __init__(self, *replies):
        self.replies = iter(replies)
        self.model = ScriptedChatModel(lambda messages: next(self.replies), name="small/model.gguf")

    def prompts(self):
        return [[message["content"] for message in messages] for messages, _ in self.model.calls]


def play(agent, env="FIND-numeric-v0", *, function=lambda x: 2 * x, seed=0, **options):
    options = {"max_queries": 20} | options | agent.environment_options
    made = gym.make(env, interface="text", function=function, **options)
    observation, info = made.reset(seed=seed)
    agent.reset(seed)
    terminated = False
    while not terminated:
        observation, _, terminated, _, info = made.step(agent.act(observation, info))
    return info


def agent(script, made=NumericLanguageModelAgent, **options):
    return made(LanguageModelOptions(**options), chat_model=script.model)


def kinds(interpreter):
    return [message["kind"] for message in interpreter.episode_log()["dialogue"]]


def test_a_dialogue_is_kept_whole():
    script = Scripted("<think>QUERY [7]</think>\nQUERY [1, 2]", "nonsense\u2026", LINE)
    interpreter = agent(script)
    info = play(interpreter)
    assert info["score"]["skill"] == 1.0
    log = interpreter.episode_log()
    assert log["model"] == "small/model.gguf"
    assert kinds(interpreter) == ["system", "task", "reply", "outputs", "reply", "outputs", "reply"]
    roles = [message["role"] for message in log["dialogue"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user", "assistant"]
    assert log["dialogue"][2]["content"].startswith("<think>QUERY [7]</think>")
    assert log["dialogue"][2] | {"content": ""} == {
        "role": "assistant", "content": "", "kind": "reply", "prompt_tokens": log["dialogue"][2]["prompt_tokens"],
        "completion_tokens": 5, "seconds": 0.0, "retries": 0, "finish_reason": "stop", "dropped_before": 0,
    }  # fmt: skip
    assert "OUTPUTS\n1.0 -> 2.0\n2.0 -> 4.0\n" in script.prompts()[1][-1] and "<think>" not in script.prompts()[1][2]
    assert "ERROR" in script.prompts()[2][-1]
    assert log["usage"]["calls"] == 3


def test_each_category_has_its_prompt_and_the_environment_its_task():
    texts = {category: system_prompt(category) for category in AGENTS["lm"].categories}
    assert len(set(texts.values())) == 4
    for category, text in texts.items():
        assert "QUERY [" in text and "[DESCRIPTION]:" in text and len(text) < 2800 and text.isascii()
        assert ("[CODE]:" in text) == (category in ("numeric", "strings"))
        assert ("[DOMAIN]:" in text) == (category != "entities")
        options = LanguageModelOptions(model="m")
        made = make_agent("lm", category, language_model=options, chat_model=Scripted().model)
        assert isinstance(made, LanguageModelAgent) and made.category == category


def test_the_number_of_rounds_is_told_and_kept():
    script = Scripted("QUERY [1]", "QUERY [2]", "QUERY [3]")
    interpreter = agent(script, rounds=3)
    info = play(interpreter)
    assert info["score"] == {} and info["budget"] == 17
    assert "3 messages\nin all" in script.prompts()[0][1] or "3 messages in all" in script.prompts()[0][1]
    assert "This is your last message" in script.prompts()[2][-1]
    assert "This is your last message" not in "".join(script.prompts()[1])


def test_rounds_are_kept_where_the_environment_would_take_more():
    script = Scripted("QUERY [1]", "QUERY [2]")
    interpreter = agent(script, rounds=2)
    env = gym.make("FIND-numeric-v0", interface="text", function=lambda x: x, max_queries=3, max_steps=5)
    observation, info = env.reset(seed=0)
    terminated, steps = False, 0
    while not terminated:
        observation, _, terminated, _, info = env.step(interpreter.act(observation, info))
        steps += 1
    assert steps == 5 and len(script.model.calls) == 2
    assert "You have 2 messages" in script.prompts()[0][1]


def test_the_environments_last_message_is_announced():
    script = Scripted("a", LINE)
    play(agent(script), max_steps=2)
    assert "This is your last message" in script.prompts()[1][-1]


@pytest.mark.parametrize(
    ("made", "env", "function"),
    [
        (NumericLanguageModelAgent, "FIND-numeric-v0", lambda x: 2 * x),
        (StringLanguageModelAgent, "FIND-strings-v1", str.upper),
    ],
)
def test_exemplars_are_asked_for_and_charged(made, env, function):
    script = Scripted("[DESCRIPTION]: x\n[CODE]: def f(x): return x")
    interpreter = agent(script, made, start="exemplars")
    info = play(interpreter, env, function=function)
    assert info["budget"] == 10
    assert kinds(interpreter) == ["system", "task", "exemplars", "reply"]
    assert "These inputs were asked for you:\nQUERY [" in script.prompts()[0][1]
    assert "OUTPUTS\n" in script.prompts()[0][1] and "10 of 20 inputs left" in script.prompts()[0][1]


def test_exemplars_beyond_the_budget_are_not_asked_for():
    for budget in (0, 3):
        script = Scripted(LINE)
        interpreter = agent(script, start="exemplars")
        assert play(interpreter, max_queries=budget)["budget"] == 0
        assert ("exemplars" in kinds(interpreter)) == (budget > 0)


@pytest.mark.parametrize(
    ("made", "env", "function"),
    [
        (EntityLanguageModelAgent, "FIND-entities-v1", {"formula": "golf"}),
        (
            RelationLanguageModelAgent,
            "FIND-relations-v1",
            {"relation": "capital", "exceptions": [], "exemplars": ["Norway", "zebra"]},
        ),
    ],
)
@pytest.mark.parametrize("milan", [False, True])
def test_words_to_begin_with_are_those_of_the_environment(made, env, function, milan):
    script = Scripted("[DESCRIPTION]: golf, the capital of a country\n[DOMAIN]: none")
    interpreter = agent(script, made, start=None if milan else "exemplars", milan=milan)
    info = play(interpreter, env, function=function)
    assert re.search(rf"begin with .*: {re.escape(quote_values(info['exemplars']))}", script.prompts()[0][1])
    assert kinds(interpreter) == ["system", "task", *(["exemplars", "notice"] if milan else []), "reply"]
    assert info["budget"] == (20 - len(info["exemplars"]) if milan else 20)


@pytest.mark.parametrize("reply", [LINE, "QUERY [1]"])
def test_milan_has_one_reply(reply):
    script = Scripted(reply)
    interpreter = agent(script, milan=True)
    info = play(interpreter)
    assert len(script.model.calls) == 1 and "you can't query" in script.prompts()[0][1]
    assert bool(info["score"]) == (reply == LINE)


# --- Reflection -------------------------------------------------------------------------------------------------------


def test_held_outputs_are_shown_with_the_differences_and_once():
    wrong = CODE.format("first", "def f(x):\n    return 2 * x if x < 3 else 1 / (x - 4)")
    script = Scripted("QUERY [1, 2, 3, 4, 5, 6, 7, 8]", wrong, wrong.replace("first", "second"))
    interpreter = agent(script, reflection=True)
    info = play(interpreter)
    told = script.prompts()[1][-1]
    assert "\n3.0 -> 6.0\n5.0 -> 10.0\n" in told and "4.0 -> " not in told and "8.0" in told.partition("Held back")[2]
    assert "16.0" not in told and "12 of 20 inputs left" in told
    shown = script.prompts()[2][-1]
    assert "Of 2 inputs whose outputs were held back, its code gives another output on 2" in shown
    assert "4.0: 8.0, your code: raised an error" in shown and "8.0: 16.0, your code: 0.25" in shown
    assert info["submission"]["description"] == "second"
    assert kinds(interpreter) == ["system", "task", "reply", "outputs", "reply", "reflection", "reply"]


def test_a_submission_that_agrees_is_handed_in_as_it_is():
    script = Scripted("QUERY [1, 2, 3, 4]", LINE)
    interpreter = agent(script, reflection=True)
    assert play(interpreter)["score"]["skill"] == 1.0
    assert "reflection" not in kinds(interpreter)


def test_a_reply_that_is_no_submission_leaves_the_first_one():
    for reply in ("I agree.", "QUERY [1]"):
        script = Scripted("QUERY [1, 2, 3, 4]", CODE.format("first", "def f(x):\n    return 1.0"), reply)
        info = play(agent(script, reflection=True))
        assert info["submission"]["description"] == "first" and info["budget"] == 16


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "can't be used: expected Python code"),
        ("def f(s):\n    return [", "can't be used: expected Python code"),
        ("def f(s):\n    raise ValueError('<|im_end|>')", "failed (raised)"),
        ("def f(s):\n    while True: pass", "failed (timed_out)"),
        ("def f(s):\n    return open('/etc/passwd').read()", "can't be used: line 2: expected names"),
        ("def f(s):\n    return '[DESCRIPTION]: <s>' * 99", '"d": "D", your code: "\\u005bDESCRIPTION]: \\u003cs>'),
        ("def f(s):\n    return None", '"d": "D", your code: null'),
    ],
)
def test_code_that_fails_is_told_and_harmless(code, words):
    last = CODE.format("x", "def f(s): return s")
    script = Scripted('QUERY ["a", "b", "c", "d"]', CODE.format("x", code), "no", last)
    info = play(agent(script, StringLanguageModelAgent, reflection=True), "FIND-strings-v1", function=str.upper)
    shown = script.prompts()[2][-1]
    assert words in shown and "<|im_end|>" not in shown and len(shown) < 1000
    assert info["score"]["skill"] == 0.0


def test_descriptions_in_words_are_checked_by_the_model_itself():
    first, second = "[DESCRIPTION]: the currency\n[DOMAIN]: none", "[DESCRIPTION]: It returns the capital of a country."
    script = Scripted('QUERY ["Norway", "zebra", "Japan", "France"]', first, second)
    interpreter = agent(script, RelationLanguageModelAgent, reflection=True)
    info = play(interpreter, "FIND-relations-v1", function={"relation": "capital", "exceptions": []})
    assert "Paris" not in "".join(script.prompts()[1]) and '"France": "Paris"' in script.prompts()[2][-1]
    assert info["score"]["skill"] == 1.0


def test_what_is_held_back_is_not_in_short_either():
    script = Scripted("QUERY [1, 2, 3, 4]\n" + "word " * 60, "QUERY [5]", LINE, LINE)
    script.model.context_tokens = 750
    interpreter = agent(script, reflection=True, reply_tokens=50)
    play(interpreter)
    prompt = script.prompts()[2]
    assert "1 earlier queries were left out" in prompt[1]
    assert "1.0: 2.0; 2.0: 4.0; 3.0: 6.0)" in prompt[1] and "8.0" not in "".join(prompt[1:])
    assert interpreter.episode_log()["dialogue"][6]["dropped_before"] == 2


# --- The rest ---------------------------------------------------------------------------------------------------------


def test_the_window_is_the_smaller_of_the_models_and_the_given():
    for options, own in (({"context_tokens": 100, "reply_tokens": 50}, None), ({"reply_tokens": 50}, 100)):
        script = Scripted(LINE)
        script.model.context_tokens = own
        with pytest.raises(ValueError, match="room for the task"):
            play(agent(script, **options))
    script.model.context_tokens = 40
    with pytest.raises(ValueError, match="window of more than 50 tokens"):
        play(agent(script, reply_tokens=50))


def test_sampling_is_seeded_by_the_episode():
    seeds = []
    for seed in (1, 1, 2):
        script = Scripted("QUERY [1]", LINE)
        play(agent(script, temperature=0.7, reply_tokens=33), seed=seed)
        options = [options for _, options in script.model.calls]
        assert {(each.temperature, each.max_tokens) for each in options} == {(0.7, 33)}
        seeds.append([each.seed for each in options])
    assert seeds[0] == seeds[1] != seeds[2] and seeds[0][0] != seeds[0][1]


def test_an_episode_leaves_nothing_to_the_next():
    script = Scripted("QUERY [1, 2, 3, 4]", CODE.format("x", "def f(x):\n    return 1"), LINE, LINE)
    interpreter = agent(script, reflection=True)
    play(interpreter)
    play(interpreter)
    assert kinds(interpreter) == ["system", "task", "reply"]


def test_a_failed_call_leaves_the_log():
    script = Scripted(Reply("QUERY [1]", 10, 3, 0.5, 2, "length"), ModelError("gone"))
    interpreter = agent(script)
    with pytest.raises(ModelError):
        play(interpreter)
    log = interpreter.episode_log()
    assert kinds(interpreter) == ["system", "task", "reply", "outputs"]
    assert log["usage"] == {"calls": 1, "retries": 2, "prompt_tokens": 10, "completion_tokens": 3, "seconds": 0.5}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rounds": 0}, "expected rounds to be an integer >= 1, actual value: 0"),
        ({"reply_tokens": True}, "expected reply_tokens to be an integer"),
        ({"connections": 0}, "expected connections"),
        ({"temperature": -1.0}, "expected a temperature >= 0"),
        ({"temperature": float("nan")}, "expected a temperature >= 0"),
        ({"patience": -1.0}, "expected patience"),
        ({"requests_per_minute": 0.0}, "expected requests_per_minute above 0"),
        ({"context_tokens": 1024}, r"expected context_tokens above reply_tokens \(1024\)"),
        ({"start": "there"}, "expected a start among exemplars"),
        ({"milan": True, "reflection": True}, "expected neither reflection nor rounds with milan"),
        ({"milan": True, "rounds": 3}, "expected neither reflection nor rounds with milan"),
        ({"base_url": "localhost:8000"}, "expected an address such as http"),
        ({"base_url": "http://me:secret@localhost/v1"}, "expected an address without a user"),
        ({"model": "https://localhost/v1?key=secret#m"}, "expected an address without a user"),
    ],
)
def test_options_say_what_was_expected(options, words):
    with pytest.raises(ValueError, match=words) as caught:
        LanguageModelOptions(**options)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({"model": "Qwen/Qwen3-8B"}, "lm:Qwen3-8B"),
        ({"model": "/models/small.gguf", "milan": True, "start": "exemplars"}, "lm:small+milan"),
        (
            {"model": "http://localhost:8000/v1#a/b", "start": "exemplars", "reflection": True},
            "lm:b+exemplars+reflection",
        ),
        ({"model": "folder/", "rounds": 4, "temperature": 0.5}, "lm:folder+4-rounds+temperature-0.5"),
    ],
)
def test_labels_tell_agents_apart(options, label):
    assert agent_label("lm", {"language_model": LanguageModelOptions(**options)}) == label
    assert agent_label("constant", {}) == "constant"


def test_threads_are_those_that_the_model_can_answer_at_once():
    options = {"batch_size": 3, "connections": 5}
    assert LanguageModelOptions(model="m", **options).threads == 3
    assert LanguageModelOptions(model="m", base_url="http://localhost/v1", **options).threads == 5
    assert LanguageModelOptions(model="http://localhost/v1#m", **options).threads == 5
