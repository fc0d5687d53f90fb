"""Interfaces: how actions and observations are encoded, and the one reader of what models write."""

from find_gym.core.message_rules import MessageRules
from find_gym.core.moves import Move, Query, Refuse, Submit, Write
from find_gym.interfaces.messages import Message, ToolCall
from find_gym.interfaces.reader import MAX_MESSAGE, Reading, read_message
from find_gym.interfaces.reasoning import set_reasoning_aside

__all__ = [
    "MAX_MESSAGE",
    "Message",
    "MessageRules",
    "Move",
    "Query",
    "Reading",
    "Refuse",
    "Submit",
    "ToolCall",
    "Write",
    "read_message",
    "set_reasoning_aside",
]
