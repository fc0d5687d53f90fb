"""Calls of the tools `query` and `submit`: their arguments, whoever has found them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from find_gym.core.message_rules import MessageRules
from find_gym.core.submissions import Submission
from find_gym.interfaces.found import Found
from find_gym.interfaces.literals import read_value
from find_gym.interfaces.messages import ToolCall
from find_gym.interfaces.python_code import choose_code
from find_gym.interfaces.quoting import shorten
from find_gym.interfaces.tagged import read_tagged

TOOLS = ("query", "submit")
# What agents' libraries call the tool that ends an episode.
FINAL = ("final_answer", "submit_answer")
INPUT_NAMES = ("inputs", "input", "queries", "query", "values", "words", "x", "s")


def read_calls(calls: Iterable[ToolCall], rules: MessageRules) -> Found:
    """Reads calls of tools.

    Args:
        calls: the calls, at least one.
        rules: what messages of the category look like.

    Returns:
        The queries and the submission, or what is wrong with the first call that can't be taken.
    """
    found = Found(whole=True)
    for call in calls:
        name = tool_name(call.name)
        if name not in TOOLS:
            return Found(
                problem=f"expected a call of query or submit, actual tool: {shorten(call.name)}", unknown_tool=True
            )
        arguments = _arguments(call, rules)
        problem = (
            arguments if isinstance(arguments, str)
            else _query(arguments, found) if name == "query"
            else _submit(arguments, found, rules)
        )  # fmt: skip
        if problem:
            return Found(problem=problem)
    return found


def tool_name(name: str) -> str:
    """Returns the name of a tool without what servers put before it: "functions.query" is "query".

    So is "submit" for `final_answer`.
    """
    plain = re.split(r"[.:/]", name.strip().lower())[-1]
    return "submit" if plain in FINAL else plain


def plain_key(key: Any) -> str:
    """Returns the name of an argument or a part without markup: "[CODE]" is "code"."""
    return str(key).strip("[]*_:` ").lower()


def _arguments(call: ToolCall, rules: MessageRules) -> Mapping[str, Any] | str:
    """Returns the arguments of a call by their names, or what is wrong with them."""
    value: Any = call.arguments
    if isinstance(value, str):
        try:
            value = read_value(value)
        except ValueError:
            return f"expected the arguments as a JSON object, actual: {shorten(value)}; {rules.tool_help}"
        if isinstance(value, str):
            # JSON within JSON.
            return (
                _arguments(ToolCall(call.name, value), rules) if value.lstrip().startswith("{") else {"inputs": value}
            )
    if isinstance(value, Mapping):
        named = {plain_key(key): each for key, each in value.items()}
        only = next(iter(named.values())) if len(named) == 1 and not named.keys() & set(INPUT_NAMES) else None
        return {plain_key(key): each for key, each in only.items()} if isinstance(only, Mapping) else named
    if isinstance(value, (list, tuple, int, float)) and tool_name(call.name) == "query":
        return {"inputs": value}
    return f"expected the arguments as a JSON object, actual: {shorten(repr(value))}; {rules.tool_help}"


def _query(arguments: Mapping[str, Any], found: Found) -> str:
    names = [name for name in INPUT_NAMES if name in arguments]
    if not names and len(arguments) == 1:
        names = [name for name, value in arguments.items() if isinstance(value, list)]
    if not names:
        return f"expected the argument inputs of query (a list), actual arguments: {_listed(arguments)}"
    inputs = arguments[names[0]]
    if isinstance(inputs, Mapping) and len(inputs) == 1 and isinstance(next(iter(inputs.values())), list):
        inputs = next(iter(inputs.values()))
    if isinstance(inputs, str):
        inputs = _list_in(inputs)
    elif isinstance(inputs, (list, tuple)):
        inputs = list(inputs)
    elif isinstance(inputs, (int, float)):
        inputs = [inputs]
    else:
        return f"expected inputs to be a list, actual value: {shorten(repr(inputs))}"
    found.queries.append(inputs)
    return ""


def _list_in(text: str) -> list[Any]:
    """Returns the list that is written in a string, or the string as the only input."""
    if text.lstrip().startswith("["):
        try:
            value = read_value(text)
        except ValueError:
            return [text]
        if isinstance(value, list):
            return value
    return [text]


def _submit(arguments: Mapping[str, Any], found: Found, rules: MessageRules) -> str:
    texts = [value for value in arguments.values() if isinstance(value, str) and value.strip()]
    if len(texts) == 1:
        # The whole submission as one text: in the tagged form, or where the description is all that is asked for.
        tagged = read_tagged(texts[0], rules)
        if tagged is not None and tagged.submission is not None:
            found.submission = tagged.submission
            return ""
        if rules.required == ("description",) and "description" not in arguments:
            arguments = {"description": texts[0]}
    missing = [part for part in rules.required if part not in arguments]
    if missing:
        expected = ", ".join(rules.required)
        return f"expected the arguments {expected} of submit, actual arguments: {_listed(arguments)}"
    for part in rules.parts:
        value = arguments.get(part)
        if value is not None and not isinstance(value, str) and not _is_lines(value):
            return f"expected {part} to be a string, actual value: {shorten(repr(value))}"
    found.submission = submission_of(arguments, rules)
    return ""


def submission_of(parts: Mapping[str, Any], rules: MessageRules) -> Submission:
    """Returns the submission with these parts, its code without fences and with its line breaks unescaped."""
    given = {part: parts.get(part) or "" for part in rules.parts}
    texts = {part: "\n".join(value) if _is_lines(value) else str(value) for part, value in given.items()}
    code = texts.get("code", "")
    return Submission(
        texts.get("description", "").strip(),
        texts.get("domain", "").strip(),
        choose_code(code)[0] if code.strip() else "",
    )


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _listed(arguments: Mapping[str, Any]) -> str:
    return ", ".join(shorten(str(name), 40) for name in list(arguments)[:8]) or "none"
