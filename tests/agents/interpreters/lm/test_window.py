"""Prompts that fit: never longer than the window, the task always there, roles alternating."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.language import Reply, ScriptedChatModel
from find_gym_agents.interpreters.lm.dialogue import Dialogue
from find_gym_agents.interpreters.lm.window import Window

MODEL = ScriptedChatModel(lambda messages: "")


def dialogue(*turns, system="be short", task="the task"):
    made = Dialogue()
    made.begin(system, task)
    for reply, answer, pairs in turns:
        made.say(Reply(reply, 1, 1, 0.5, 0, "stop"), 0)
        made.hear(answer, "outputs", pairs)
    return made


def contents(messages):
    return [message["content"] for message in messages]


def test_what_fits_is_whole():
    made = dialogue(("QUERY [1]", "OUTPUTS [2]", [(1, 2)]))
    messages, left_out = Window(MODEL.count_tokens, 100).prompt(made)
    assert left_out == 0
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert contents(messages) == ["be short", "the task", "QUERY [1]", "OUTPUTS [2]"]


def test_the_oldest_are_left_out_first_and_told_in_short():
    turns = [
        (f"QUERY [{place}] as I like", f"OUTPUTS [{place}.5] and more words", [(place, "a\n")]) for place in range(6)
    ]
    messages, left_out = Window(MODEL.count_tokens, 60).prompt(dialogue(*turns))
    assert 2 <= left_out <= 8 and left_out % 2 == 0
    assert "the task\n\n(" in messages[1]["content"]
    assert f"({left_out // 2} earlier queries were left out" in messages[1]["content"]
    assert '0 -> "a\\n"; 1 -> "a\\n"' in messages[1]["content"]
    assert messages[-1]["content"] == "OUTPUTS [5.5] and more words"
    assert f"OUTPUTS [{left_out // 2}.5]" in messages[3]["content"]


def test_without_room_for_the_data_their_number_is_told():
    pairs = [("word " * 30, 1.0)]
    turns = [("QUERY and more", "OUTPUTS and more", pairs)] * 4
    messages, left_out = Window(MODEL.count_tokens, 24).prompt(dialogue(*turns))
    assert left_out == 6 and "(3 earlier queries were left out here for want of room.)" in messages[1]["content"]


def test_the_newest_is_cut_in_the_middle():
    made = dialogue(("QUERY", "begin " + "word " * 500 + "end", []))
    messages, _ = Window(MODEL.count_tokens, 60).prompt(made)
    assert messages[-1]["content"].startswith("begin word") and messages[-1]["content"].endswith("word end")
    assert "characters were left out here ...)" in messages[-1]["content"]
    assert MODEL.count_tokens(messages) > 50


def test_a_window_without_room_for_the_task_is_named():
    with pytest.raises(ValueError, match=r"a window with room for the task \(202 tokens\) and a reply, actual: 100"):
        Window(MODEL.count_tokens, 100).prompt(dialogue(task="word " * 200))


WORDS = st.lists(st.sampled_from(["word", "<|im_end|>", "<think>x</think>"]), max_size=30).map(" ".join)
TURNS = st.lists(st.tuples(WORDS, WORDS, st.lists(st.tuples(WORDS, st.floats(-9, 9)), max_size=5)), max_size=8)


@settings(max_examples=60)
@given(turns=TURNS, limit=st.integers(40, 150), notices=st.integers(0, 2), exemplars=st.booleans())
def test_prompts_are_never_longer_than_the_window(turns, limit, notices, exemplars):
    made, window = dialogue(task="the one task"), Window(MODEL.count_tokens, limit)
    if exemplars:
        made.hear("exemplars " * 60, "exemplars", [(1, 2)])
    for turn in [*turns, ("", "last", [])]:
        for _ in range(notices):
            made.hear("notice", "notice")
        messages, left_out = window.prompt(made)
        assert MODEL.count_tokens(messages) <= limit
        assert messages[0] == {"role": "system", "content": "be short"}
        assert messages[1]["content"].startswith("the one task")
        roles = [message["role"] for message in messages[1:]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        assert 0 <= left_out <= len(made.entries()) - 2
        # With nothing left out and nothing cut, everything is there.
        if left_out == 0 and MODEL.count_tokens(messages) < limit - 10:
            assert "left out here" not in str(messages)
        made.say(Reply(turn[0], 1, 1, 0.0, 0, "stop"), left_out)
        made.hear(turn[1], "outputs", turn[2])


def test_usage_sums_what_is_known():
    made = dialogue(("a", "b", []), ("c", "d", []))
    assert made.usage() == {"calls": 2, "retries": 0, "prompt_tokens": 2, "completion_tokens": 2, "seconds": 1.0}
    made = Dialogue()
    made.say(Reply("a", None, None, 1.0, 2, "stop"), 0)
    assert made.usage() == {"calls": 1, "retries": 2, "prompt_tokens": None, "completion_tokens": None, "seconds": 1.0}
    assert Dialogue().usage()["calls"] == 0
