"""Interfaces: how actions and observations are encoded, and the one reader of what models write."""

from find_gym.interfaces.messages import Message, ToolCall

__all__ = ["Message", "ToolCall"]
