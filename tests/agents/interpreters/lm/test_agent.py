"""The agent, message by message, with scripted models."""

import json
import re
from dataclasses import replace

import gymnasium as gym
import pytest

import find_gym
from find_gym.interfaces.quoting import quote_values
from find_gym.language import ModelError, Reply, ScriptedChatModel
from find_gym.tasks import message_rules
from find_gym_agents.interpreters.lm import LanguageModelOptions
from find_gym_agents.interpreters.lm.agent import LanguageModelAgent
from find_gym_agents.interpreters.lm.instructions import system_prompt
from find_gym_agents.registry import agent_label, make_agent

PARTS = ("description", "domain", "code")

CODE = "[DESCRIPTION]: {}\n[CODE]:\n```python\n{}\n```"
WRONG = "def f(s):\n    return 'other'"
LINE = CODE.format("a line", "def f(x):\n    return 2 * x")


class Scripted:
    """Gives its replies one after another; keeps the prompts."""

    def __init__(self, *replies):
        self.replies = iter(replies)
        self.model = ScriptedChatModel(lambda messages: next(self.replies), name="small/model.gguf")

    def prompts(self):
        return [[message["content"] for message in messages] for messages, _ in self.model.calls]


def play(agent, env="FIND-numeric-v1", *, function=lambda x: 2 * x, seed=0, **options):
    options = {"max_queries": 20} | options | agent.environment_options
    agent.reset(seed)
    made = gym.make(env, interface=agent.interface, function=function, **options)
    observation, info = made.reset(seed=seed)
    terminated = False
    while not terminated:
        observation, _, terminated, _, info = made.step(agent.act(observation, info))
    return info


def agent(script, category="numeric", **options):
    return LanguageModelAgent(category, LanguageModelOptions(**options), chat_model=script.model)


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
    texts = {category: system_prompt(category) for category in find_gym.LATEST_IDS}
    assert len(set(texts.values())) == len(texts)
    for category, text in texts.items():
        assert "QUERY [" in text and "[DESCRIPTION]:" in text and len(text) < 2800 and text.isascii()
        assert "%%" not in text
        for tools in (False, True):
            shown = system_prompt(category, tools=tools, asks=False)
            assert "QUERY" not in shown and "query" not in shown.replace("can't", "") and "\n\n\n" not in shown
            called = system_prompt(category, tools=True, asks=not tools)
            assert "[DESCRIPTION]" not in called and "tool submit" in called and "QUERY" not in called
        assert {part for part in PARTS if f"[{part.upper()}]:" in text} == set(message_rules(category).parts)
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
    env = gym.make("FIND-numeric-v1", interface="text", function=lambda x: x, max_queries=3, max_steps=5)
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
    ("category", "env", "function"),
    [
        ("numeric", "FIND-numeric-v1", lambda x: 2 * x),
        ("strings", "FIND-strings-v1", str.upper),
    ],
)
def test_exemplars_are_asked_for_and_charged(category, env, function):
    script = Scripted("[DESCRIPTION]: x\n[CODE]: def f(x): return x")
    interpreter = agent(script, category, start="exemplars")
    info = play(interpreter, env, function=function)
    assert info["budget"] == 10
    assert kinds(interpreter) == ["system", "task", "exemplars", "reply"]
    assert "These inputs were asked for you.\nOUTPUTS\n" in script.prompts()[0][1]
    assert script.prompts()[0][1].count(" -> ") >= 10 and "10 of 20 inputs left" in script.prompts()[0][1]


def test_exemplars_beyond_the_budget_are_not_asked_for():
    for budget in (0, 3):
        script = Scripted(LINE)
        interpreter = agent(script, start="exemplars")
        assert play(interpreter, max_queries=budget)["budget"] == 0
        assert ("exemplars" in kinds(interpreter)) == (budget > 0)


@pytest.mark.parametrize(
    ("category", "env", "function"),
    [
        ("entities", "FIND-entities-v1", {"formula": "golf"}),
        (
            "relations",
            "FIND-relations-v1",
            {"relation": "capital", "exceptions": [], "exemplars": ["Norway", "zebra"]},
        ),
    ],
)
@pytest.mark.parametrize("milan", [False, True])
def test_words_to_begin_with_are_those_of_the_environment(category, env, function, milan):
    script = Scripted("[DESCRIPTION]: golf, the capital of a country\n[DOMAIN]: none")
    interpreter = agent(script, category, start=None if milan else "exemplars", milan=milan)
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
    assert not any("QUERY" in content for content in script.prompts()[0])
    assert bool(info["score"]) == (reply == LINE)


# --- Reflection -------------------------------------------------------------------------------------------------------


def test_held_outputs_are_shown_with_the_differences_and_once():
    wrong = CODE.format("first", "def f(x):\n    return 2 * x if x < 3 else 1 / (x - 4)")
    script = Scripted("QUERY [1, 2, 3, 4, 5, 6, 7, 8]", wrong, wrong.replace("first", "second"))
    interpreter = agent(script, reflection=True)
    info = play(interpreter)
    told = script.prompts()[1][-1]
    shown, _, held = told.partition("Of the 8 inputs that you asked for, the outputs of 2 are held back")
    assert "OUTPUTS\n1.0 -> 2.0\n2.0 -> 4.0\n3.0 -> 6.0\n5.0 -> 10.0\n6.0 -> 12.0\n7.0 -> 14.0\n" in shown
    assert "[4.0, 8.0]" in held and "16.0" not in told and "12 of 20 inputs left" in held
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
    # What can't be read as code is refused by the environment as well, and may be sent again.
    script = Scripted('QUERY ["a", "b", "c", "d"]', CODE.format("x", code), "no", *[CODE.format("y", WRONG)] * 2)
    info = play(agent(script, "strings", reflection=True), "FIND-strings-v1", function=str.upper)
    shown = script.prompts()[2][-1]
    assert words in shown and "<|im_end|>" not in shown and len(shown) < 1000
    assert info["score"]["skill"] == 0.0


def test_descriptions_in_words_are_checked_by_the_model_itself():
    first, second = "[DESCRIPTION]: the currency\n[DOMAIN]: none", "[DESCRIPTION]: It returns the capital of a country."
    script = Scripted('QUERY ["Norway", "zebra", "Japan", "France"]', first, second)
    interpreter = agent(script, "relations", reflection=True)
    info = play(interpreter, "FIND-relations-v1", function={"relation": "capital", "exceptions": []})
    assert "Paris" not in "".join(script.prompts()[1]) and '"France": "Paris"' in script.prompts()[2][-1]
    assert info["score"]["skill"] == 1.0


def test_what_is_held_back_is_not_in_short_either():
    script = Scripted("QUERY [1, 2, 3, 4]\n" + "word " * 60, "QUERY [5]", LINE, LINE)
    script.model.context_tokens = 770
    interpreter = agent(script, reflection=True, reply_tokens=50)
    play(interpreter)
    prompt = script.prompts()[2]
    assert "1 earlier queries were left out" in prompt[1]
    assert "1.0 -> 2.0; 2.0 -> 4.0; 3.0 -> 6.0)" in prompt[1] and "8.0" not in "".join(prompt[1:])
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
        ({"protocol": "xml"}, "expected a protocol among auto, tools, text"),
        ({"model": "m", "protocol": "tools"}, r"expected a server \(base_url\) for the protocol 'tools'"),
        ({"model": "m", "reasoning_effort": "low"}, r"expected a server \(base_url\) for reasoning_effort"),
        ({"dtype": "int8"}, "expected a dtype among float32, bfloat16, float16"),
        ({"base_url": "http://localhost/v1", "dtype": "bfloat16"}, "expected a model in this process for dtype"),
        ({"extra_body": "[1]"}, "expected a JSON object"),
        ({"extra_body": "{"}, "expected a JSON object"),
        ({"system_prompt": "/nowhere"}, "expected a file with a system prompt"),
        ({"price_in": 1.0}, "expected price_in and price_out together"),
        ({"price_in": -1.0, "price_out": 1.0}, "expected price_in to be a number >= 0"),
        ({"max_cost": 1.0}, "expected price_in and price_out for max_cost"),
        ({"max_tokens": 0}, "expected max_tokens to be an integer >= 1"),
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
        ({"model": "m", "dtype": "bfloat16"}, "lm:m+bfloat16"),
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


# --- Tools ------------------------------------------------------------------------------------------------------------


def called(name, arguments, *, text="", identity="c1"):
    """Returns a reply that calls a tool."""
    function = {"name": name, "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}
    calls = ({"id": identity, "type": "function", "function": function},)
    return Reply(text, 9, 3, 0.5, 0, "tool_calls", reasoning="hm", tool_calls=calls)


SUBMIT = {"description": "a line", "domain": "none", "code": "def f(x):\n    return 2 * x"}


def play_tools(*replies, **options):
    """Plays an episode with a model that calls tools; returns the agent, the last info and the model."""
    script = Scripted(*replies)
    script.model = ScriptedChatModel(lambda messages: next(script.replies), tools=True)
    interpreter = agent(script, **options)
    assert interpreter.interface == "tools"
    return interpreter, play(interpreter), script.model


def test_tools_are_called_and_answered_as_the_protocol_has_it():
    interpreter, info, model = play_tools(called("query", {"inputs": [1, 2]}), called("submit", SUBMIT))
    assert info["score"]["skill"] == 1.0 and info["budget"] == 18
    messages, options = model.calls[1]
    assert [tool["function"]["name"] for tool in options.tools] == ["query", "submit"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool"]
    assert messages[2]["tool_calls"][0]["function"] == {"name": "query", "arguments": '{"inputs": [1, 2]}'}
    assert messages[3]["tool_call_id"] == "c1" and "1.0 -> 2.0" in messages[3]["content"]
    assert "QUERY" not in messages[0]["content"] + messages[1]["content"]
    reply = interpreter.episode_log()["dialogue"][2]
    assert reply["reasoning"] == "hm" and reply["tool_calls"][0]["id"] == "c1"


def test_every_call_of_a_message_is_answered():
    two = called("query", {"inputs": [1]})
    second = {"id": "c2", "type": "function", "function": {"name": "query", "arguments": '{"inputs": [2, 3]}'}}
    two = replace(two, tool_calls=(*two.tool_calls, second))
    _, info, model = play_tools(two, called("submit", SUBMIT))
    assert info["budget"] == 17
    answers = model.calls[1][0][-2:]
    assert [(each["role"], each["tool_call_id"]) for each in answers] == [("tool", "c1"), ("tool", "c2")]
    assert "3.0 -> 6.0" in answers[0]["content"]


def test_a_call_that_can_not_be_sent_back_is_text_there():
    _, info, model = play_tools(called("query", "{broken"), called("submit", SUBMIT))
    assert info["score"]["skill"] == 1.0
    messages = model.calls[1][0]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2] == {"role": "assistant", "content": "query({broken)"} and "ERROR" in messages[3]["content"]


def test_a_model_that_writes_instead_of_calling_is_read_as_well():
    _, info, _ = play_tools(Reply("QUERY [1]", 9, 3, 0.5, 0, "stop"), Reply(LINE, 9, 3, 0.5, 0, "stop"))
    assert info["score"]["skill"] == 1.0


def test_reflection_answers_the_call_that_submits():
    wrong = SUBMIT | {"code": "def f(x):\n    return x"}
    _, info, model = play_tools(
        called("query", {"inputs": [1, 2, 3, 4]}), called("submit", wrong), called("submit", SUBMIT), reflection=True
    )
    assert info["score"]["skill"] == 1.0
    assert model.calls[2][0][-1]["role"] == "tool" and "held back" in model.calls[2][0][-1]["content"]


def test_one_message_has_no_tool_to_query_with():
    _, info, model = play_tools(called("submit", SUBMIT), milan=True)
    assert [tool["function"]["name"] for tool in model.calls[0][1].tools] == ["submit"]
    assert info["score"]["skill"] == 1.0


@pytest.mark.parametrize(("protocol", "takes", "interface"), [
    ("auto", True, "tools"), ("auto", False, "text"), ("text", True, "text"), ("tools", False, "tools"),
])  # fmt: skip
def test_the_protocol_decides_the_interface(protocol, takes, interface):
    model = ScriptedChatModel(lambda messages: "", tools=takes)
    options = LanguageModelOptions("m", "http://localhost:1/v1", protocol=protocol)
    assert LanguageModelAgent("numeric", options, chat_model=model).interface == interface


# --- Form -------------------------------------------------------------------------------------------------------------


def test_a_reply_that_was_cut_off_is_refused_with_the_reason_and_sent_again():
    cut = Reply(LINE[: LINE.index("2 * x") + 4], 9, 1024, 0.5, 0, "length")
    script = Scripted("QUERY [1]", cut, LINE)
    info = play(agent(script))
    assert info["score"]["skill"] == 1.0
    assert "cut off" in script.prompts()[2][-1]


def test_a_dialogue_in_circles_is_ended():
    script = Scripted(*["I don't know."] * 3, LINE)
    interpreter = agent(script)
    info = play(interpreter)
    assert interpreter.gave_up == "refused three times alike" and len(script.model.calls) == 3
    assert info["score"] == {}
    interpreter.reset(0)
    assert interpreter.gave_up == ""


def test_refusals_that_differ_do_not_end_a_dialogue():
    script = Scripted("I don't know.", "Nor do I.", "I don't know.", "QUERY [x]", LINE)
    assert play(agent(script))["score"]["skill"] == 1.0


def test_a_run_without_a_precision_is_that_of_before_there_was_a_choice():
    plain, chosen = (LanguageModelOptions("m", dtype=dtype).identity() for dtype in (None, "bfloat16"))
    assert "dtype" not in plain and chosen == plain | {"dtype": "bfloat16"}


def test_what_a_model_writes_reaches_the_environment_as_it_is():
    greek = CODE.format("a line", "def f(x):\n    \u03b1 = 2\n    return \u03b1 * x")
    script = Scripted("<think>QUERY [7]</think>QUERY [1, 2]", greek)
    info = play(agent(script))
    assert info["score"]["skill"] == 1.0 and info["budget"] == 18


def test_a_system_prompt_of_ones_own(tmp_path):
    (tmp_path / "prompt.md").write_text("Be quick.\n")
    script = Scripted(LINE)
    play(agent(script, system_prompt=str(tmp_path / "prompt.md")))
    assert script.prompts()[0][0] == "Be quick."
    options = LanguageModelOptions("m", system_prompt=str(tmp_path / "prompt.md"))
    assert options.label.startswith("m+prompt-") and options.identity()["system_prompt"] in options.label


def test_prices_make_costs():
    script = Scripted(Reply(LINE, 1000, 200, 0.5, 0, "stop"))
    interpreter = agent(script, price_in=2.0, price_out=10.0)
    play(interpreter)
    assert interpreter.episode_log()["usage"]["cost"] == pytest.approx(0.002 + 0.002)
