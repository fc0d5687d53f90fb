"""Calls of tools that a model has written into its text, in the forms that chat templates teach.

`<tool_call>{"name": ...}</tool_call>` (Hermes, Qwen), `<|python_tag|>{...}` and `<function=query>{...}` (Llama),
`[TOOL_CALLS] [...]` (Mistral), `<|tool_call>call:query{...}` (Gemma), `<invoke name="query">`, tokens of DeepSeek and
Kimi, `Action: query` (ReAct), `query([1, 2])` (Python), and JSON that names a tool.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from find_gym.core.message_rules import MessageRules
from find_gym.core.parsing import read_literal
from find_gym.interfaces.calls import INPUT_NAMES, TOOLS, tool_name
from find_gym.interfaces.literals import Brackets, parse_python, read_value
from find_gym.interfaces.messages import ToolCall

# A namespace before the name of a tag.
_SPACE = r"(?:\w{1,16}:|[|\uff5c]\w{1,16}[|\uff5c])?"
_TOOL = r"(?:functions\.|tools\.|env\.)?(?P<{}>query|submit|final_answer|submit_answer)"
# Where a call with its own mark begins: the name of the tool, as far as the mark has it, then its arguments.
_MARKED = re.compile(
    r"(?:"
    r"<tool_call>\s{0,8}|<\|python_tag\|>\s{0,8}|\[TOOL_CALLS\]\s{0,8}|<\|tool_call>\s{0,8}call:"
    rf"|<function={_TOOL.format('a')}>\s{{0,8}}|<{_SPACE}invoke name=\"{_TOOL.format('b')}\">\s{{0,8}}"
    r"|(?:<\|tool_call_begin\|>|<\uff5ctool\u2581call\u2581begin\uff5c>)(?:function<\uff5ctool\u2581sep\uff5c>)?"
    rf"|^[ \t>*_-]{{0,12}}Action[*_]{{0,2}}:[*_ \t]{{0,8}}{_TOOL.format('c')}[*_ \t.]{{0,8}}\n{{1,2}}"
    r"[ \t>*_-]{0,12}Action[ _]Input[*_]{0,2}:[*_]{0,2}"
    r")(?![\"'])",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = re.compile(
    r"(?:functions\.|tools\.)?(?P<name>[A-Za-z_]\w{0,40})(?:\.call(?=\())?(?::\d{1,4})?(?:\[CALL_ID\]\w{0,40})?(?:\[ARGS\]|<\|tool_call_argument_begin\|>|<\uff5ctool\u2581sep\uff5c>)?"
    r"\s{0,8}(?:```(?:json)?\s{0,8})?"
)
_PARAMETER = re.compile(
    rf"(?:<{_SPACE}parameter(?:=|\s+name=\")(?P<key>\w{{1,40}})\"?(?:\s[^<>\n]{{0,40}})?>|<arg_key>(?P<other>\w{{1,40}})</arg_key>\s{{0,8}}<arg_value>)"
)
_PARAMETER_END = re.compile(
    rf"</{_SPACE}(?:parameter|invoke)>|</arg_value>|</function>|</tool_call>|(?=<{_SPACE}parameter|<arg_key>)"
)
_SPECIAL_QUOTE = '<|"|>'
_PYTHON = re.compile(
    rf"^[ \t>*`_-]{{0,12}}(?:<\|python_(?:start|tag)\|>)?(?:\w{{1,20}} ?= ?)?(?:print\(|\[)?{_TOOL.format('name')}"
    r"(?:\.call)?(?=\()",
    re.M,
)
_ASSIGNMENT = re.compile(r"^[ \t>]{0,12}(?P<name>[A-Za-z_]\w{0,20}) ?= ?(?=\[)", re.M)
_NEXT_PYTHON = re.compile(rf"[ \t]{{0,8}},\s{{0,8}}{_TOOL.format('name')}(?=\()")
_OBJECT = re.compile(
    r"(?<![\"'`\w\\])\{(?=\s{0,40}(?:[\"'\u201c]|//|[A-Za-z_]\w{0,40}\s{0,4}:))"
    r"|^[ \t]{0,12}\[(?=\s{0,40}\{\s{0,40}[\"'])",
    re.M,
)


def calls_in_text(text: str, rules: MessageRules) -> list[ToolCall]:
    """Returns the calls that are written in a text, in order; of the first form that has any."""
    for find in (_marked_calls, _python_calls, _json_calls):
        calls = list(find(text, rules))
        if calls:
            return calls
    return []


def objects_in(text: str) -> Iterator[Any]:
    """Yields the JSON objects of a text, lists of objects too; Python's dicts count as such."""
    brackets = Brackets(text)
    place = 0
    for match in _OBJECT.finditer(text):
        start = match.end() - 1
        if start < place or (end := brackets.end(start)) is None:
            continue
        place = end
        try:
            yield read_value(text[start:end])
        except ValueError:
            continue


def _marked_calls(text: str, rules: MessageRules) -> Iterator[ToolCall]:
    brackets = Brackets(text)
    for mark in _MARKED.finditer(text):
        name = mark.group("a") or mark.group("b") or mark.group("c")
        place = mark.end()
        if name is None and text[place : place + 1] not in ("{", "["):
            named = _NAME.match(text, place)
            if named is None:
                continue
            name, place = named.group("name"), named.end()
            if text.startswith("(", place):
                yield from _python_call(text, name, place, brackets, rules, {})
                continue
        yield from _call(text, name, place, brackets)


def _call(text: str, name: str | None, place: int, brackets: Brackets) -> Iterator[ToolCall]:
    """Yields the calls whose arguments begin at a place: parameters in tags, JSON, or the rest of the line."""
    start = place + len(text[place : place + 40]) - len(text[place : place + 40].lstrip())
    if name is not None and (parameter := _PARAMETER.match(text, start)):
        yield ToolCall(name, dict(_parameters(text, parameter)))
        return
    fence = re.compile(r"```(?:json)?\s{0,8}").match(text, start)
    start = fence.end() if fence else start
    end = brackets.end(start) if text[start : start + 1] in ("{", "[") else None
    if end is not None:
        written = text[start:end]
        if name is None:
            yield from _named(written)
        else:
            yield ToolCall(name, _without_special_quotes(written))
    elif name is not None:
        line_end = text.find("\n", start)
        rest = text[start : len(text) if line_end < 0 else line_end].strip(" `")
        yield ToolCall(name, {"inputs": rest} if tool_name(name) == "query" else rest)


def _parameters(text: str, first: re.Match[str]) -> Iterator[tuple[str, Any]]:
    parameter: re.Match[str] | None = first
    while parameter is not None:
        key = parameter.group("key") or parameter.group("other")
        end = _PARAMETER_END.search(text, parameter.end())
        value: Any = text[parameter.end() : end.start() if end else len(text)]
        yield key, value.strip("\n") if key not in INPUT_NAMES else value.strip()
        place = end.end() if end else len(text)
        place += len(text[place : place + 40]) - len(text[place : place + 40].lstrip())
        parameter = _PARAMETER.match(text, place)


def _without_special_quotes(written: str) -> str:
    """Returns arguments of Gemma's form, whose keys have no quotation marks, as JSON; others as they are."""
    if _SPECIAL_QUOTE not in written and not re.match(r"\{\s{0,8}[A-Za-z_]\w{0,40}:", written):
        return written
    plain = written.replace(_SPECIAL_QUOTE, '"') if '"' not in written.replace(_SPECIAL_QUOTE, "") else written
    return re.sub(r"([{,]\s{0,8})([A-Za-z_]\w{0,40}):", r'\1"\2":', plain)


def _named(written: str) -> Iterator[ToolCall]:
    try:
        value = read_value(written)
    except ValueError:
        return
    for each in value if isinstance(value, list) else [value]:
        call = call_of(each)
        if call is not None:
            yield call


def call_of(value: Any) -> ToolCall | None:
    """Returns the call that an object names, in the forms of OpenAI, Llama, Hermes and ReAct; None if it names none."""
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("function"), Mapping):
        value = value["function"]
    name = next((value[key] for key in ("name", "tool", "tool_name", "function", "action") if key in value), None)
    if not isinstance(name, str):
        return None
    keys = ("arguments", "parameters", "args", "input", "action_input", "tool_input", "kwargs")
    arguments = next((value[key] for key in keys if key in value), None)
    if arguments is None:
        arguments = {key: each for key, each in value.items() if each != name}
        if tool_name(name) not in TOOLS:
            return None
    return ToolCall(name, arguments if isinstance(arguments, (str, Mapping)) else {"inputs": arguments})


def _json_calls(text: str, rules: MessageRules) -> Iterator[ToolCall]:
    for value in objects_in(text):
        if isinstance(value, Mapping) and isinstance(value.get("tool_calls"), list):
            value = value["tool_calls"]
        for each in value if isinstance(value, list) else [value]:
            call = call_of(each)
            if call is not None and tool_name(call.name) in TOOLS:
                yield call


def _python_calls(text: str, rules: MessageRules) -> Iterator[ToolCall]:
    brackets = Brackets(text)
    lists: dict[str, Any] | None = None
    for first in _PYTHON.finditer(text):
        lists = _assigned_lists(text, brackets) if lists is None else lists
        match: re.Match[str] | None = first
        while match is not None:
            yield from _python_call(text, match.group("name"), match.end(), brackets, rules, lists)
            end = brackets.end(match.end())
            match = None if end is None else _NEXT_PYTHON.match(text, end)


def _python_call(
    text: str, name: str, place: int, brackets: Brackets, rules: MessageRules, lists: Mapping[str, Any]
) -> Iterator[ToolCall]:
    end = brackets.end(place)
    if end is None:
        return
    try:
        node: Any = parse_python(f"f{text[place:end]}", "eval")
        call = node.body
        positional = [_argument_value(each, lists) for each in call.args]
        arguments = {each.arg: _argument_value(each.value, lists) for each in call.keywords if each.arg}
    except (ValueError, AttributeError):
        return
    if tool_name(name) == "query":
        if positional:
            single = positional[0] if len(positional) == 1 else positional
            arguments.setdefault("inputs", single)
    else:
        arguments |= dict(zip(rules.parts, positional, strict=False))
    yield ToolCall(name, arguments)


def _assigned_lists(text: str, brackets: Brackets) -> dict[str, Any]:
    """Returns the lists that lines of code give names, such as `inputs = [1, 2]`; the last of each name."""
    lists: dict[str, Any] = {}
    for match in _ASSIGNMENT.finditer(text):
        end = brackets.end(match.end())
        try:
            lists[match.group("name")] = read_value(text[match.end() : end]) if end is not None else None
        except ValueError:
            continue
    return lists


def _argument_value(node: ast.expr, lists: Mapping[str, Any]) -> Any:
    """Returns the value of an argument: a literal, or a list by its name."""
    return lists[node.id] if isinstance(node, ast.Name) and node.id in lists else read_literal(node)
