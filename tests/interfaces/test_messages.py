"""Messages: texts with what a server tells beside them."""

import copy
import pickle

from find_gym.interfaces import Message, ToolCall


def test_a_message_is_its_text_and_keeps_the_rest_in_copies() -> None:
    message = Message("Let me see.", [ToolCall("query", '{"inputs": [1]}')], truncated=True, reasoning="hm")
    assert message == "Let me see." and isinstance(message, str)
    for other in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert other == message and isinstance(other, Message)
        assert other.tool_calls == (ToolCall("query", '{"inputs": [1]}'),)
        assert other.truncated and other.reasoning == "hm"
    plain = Message("QUERY [1]")
    assert (plain.tool_calls, plain.truncated, plain.reasoning) == ((), False, "")
