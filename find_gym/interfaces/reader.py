"""The one reader of what models write: from a message to a move."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from find_gym.core.message_rules import MessageRules
from find_gym.core.moves import Move, Query, Refuse, Submit
from find_gym.interfaces.calls import read_calls
from find_gym.interfaces.found import Found
from find_gym.interfaces.messages import Message
from find_gym.interfaces.objects import read_objects, read_table
from find_gym.interfaces.quoting import shorten
from find_gym.interfaces.reasoning import set_reasoning_aside
from find_gym.interfaces.tagged import read_tagged
from find_gym.interfaces.tool_calls import calls_in_text

# The longest message that is read, in characters, reasoning not counted.
MAX_MESSAGE = 131_072

ASKED_FIRST = "The message asked and submitted: only its query was taken. Send the submission again if it still holds."
LEFT_OUT = "Only the query before the first made-up output was taken: outputs come from here alone."

_NOTHING = "expected a query or a submission"
# What ends a model's turn, unless it is quoted; whatever it writes after it is not its own part.
_TURN_END = re.compile(
    r"\\.|\"(?:[^\"\\\n]|\\.)*\"|(?P<end><\|(?:im_end|eot_id|eom_id|end_of_turn|endoftext|end|return|call)\|>"
    r"|<end_of_turn>|<turn\|>|</s>)(?=[ \t]{0,8}(?:\n|<\||<start_of_turn>|\Z))"
)
_WRAPPER = re.compile(
    r"^[ \t]*</?(?:answer|response|output|final|final_answer|solution|submission|message|action)>[ \t]*"
    r"|</(?:answer|response|output|final|final_answer|solution|submission|message|action)>[ \t]*$"
    r"|<\|(?:begin|end)_of_solution\|>|<\|(?:START|END)_(?:RESPONSE|ACTION)\|>",
    re.IGNORECASE | re.MULTILINE,
)
# A query as the task shows it, of numbers and words in which nothing else can hide: what most messages are.
_VALUE = r"(?:-?\d{1,20}(?:\.\d{1,20})?|\"[A-Za-z ]{0,200}\")"
_PLAIN_QUERY = re.compile(rf"QUERY (\[{_VALUE}(?:, ?{_VALUE}){{0,200}}\])\n?", re.ASCII)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Reading:
    """What a message is read as.

    Attributes:
        move: a query, a submission, or a refusal that says what was wrong.
        reasoning: what was set aside as the model's reasoning.
        note: what else the interpreter has to know, such as that a part of the message was not taken.
    """

    move: Move
    reasoning: str = ""
    note: str = ""


def read_message(message: str, rules: MessageRules, *, tools: bool = False) -> Reading:
    """Reads a message in whatever form a model has written it; never raises for a `str`, and takes linear time.

    Reasoning is set aside first. Then count, in this order: the tool calls that the message has; a tool call written in
    its text; QUERY lines and the markers [DESCRIPTION], [DOMAIN] and [CODE], in any markup; JSON or XML with these
    names. A message that both asks and submits only asks. A submission that was cut off, or has none of its parts, is
    refused; so is a message of more than `MAX_MESSAGE` characters beside its reasoning.

    Args:
        message: what the model wrote, a `Message` or a plain string.
        rules: what messages of the category look like.
        tools: whether a refusal explains the tools, not the text form.

    Returns:
        The move, the reasoning and a note.

    Example:
        >>> from find_gym.categories.numeric.examiner import NUMERIC_MESSAGES
        >>> read_message("<think>Small ones first.</think>Let me ask: QUERY [1, 2.5]", NUMERIC_MESSAGES)
        Reading(move=Query(inputs=(1.0, 2.5)), reasoning='Small ones first.', note='')
    """
    own = message if isinstance(message, Message) else Message(message)
    if plain := _plain_query(own, rules):
        return plain
    help_text = rules.tool_help if tools else rules.help
    text = _LONE_SURROGATE.sub("\ufffd", str(own)).replace("\r\n", "\n")
    parts = set_reasoning_aside(text)
    reasoning = "\n".join(each for each in (own.reasoning, parts.reasoning) if each)
    text = _WRAPPER.sub("", _own_turn(parts.text))
    calls = own.tool_calls or parts.calls
    called = read_calls(calls, rules) if calls else None
    if called is not None and not (called.unknown_tool and text.strip()):
        reading = _reading(called, rules, help_text, truncated=False)
    elif len(text) > MAX_MESSAGE:
        reason = f"expected a message of at most {MAX_MESSAGE} characters, actual length: {len(text)}"
        reading = Reading(Refuse(f"{reason}; send it again, shorter"))
    elif not text.strip():
        reading = Reading(Refuse(f"{_NOTHING}: {help_text}; actual: {_silence(own, parts.cut_off, reasoning)}"))
    else:
        reading = _read_text(text, rules, help_text, own.truncated)
        if called is not None and isinstance(reading.move, Refuse):
            reading = _reading(called, rules, help_text, truncated=False)
    return replace(reading, reasoning=reasoning)


def _plain_query(message: Message, rules: MessageRules) -> Reading | None:
    """Reads a query in the form of the task and nothing else, as what follows would; None for any other message."""
    found = _PLAIN_QUERY.fullmatch(message)
    if found is None or message.tool_calls or message.reasoning or message.truncated:
        return None
    try:
        return Reading(Query(tuple(rules.read_inputs(json.loads(found.group(1))))))
    except ValueError:
        return None


def _read_text(text: str, rules: MessageRules, help_text: str, truncated: bool) -> Reading:
    refused: Reading | None = None
    for read in (_calls_within, read_table, read_tagged, read_objects):
        found = read(text, rules)
        if found is not None:
            reading = _reading(found, rules, help_text, truncated)
            if not isinstance(reading.move, Refuse):
                return reading
            refused = refused or reading
    return refused or Reading(Refuse(f"{_NOTHING}: {help_text}; actual message: {shorten(text.strip())}"))


def _calls_within(text: str, rules: MessageRules) -> Found | None:
    calls = calls_in_text(text, rules)
    return read_calls(calls, rules) if calls else None


def _reading(found: Found, rules: MessageRules, help_text: str, truncated: bool) -> Reading:
    """Returns the move that was found: what is asked goes before what is submitted."""
    if found.problem:
        return Reading(Refuse(f"{found.problem}; {help_text}" if help_text not in found.problem else found.problem))
    if truncated and (found.cut_off if found.queries else not found.whole):
        what = "query" if found.queries else "submission"
        return Reading(Refuse(f"expected a whole {what}, actual: the message was cut off; send it again, shorter"))
    if found.queries:
        inputs: list[object] = []
        try:
            for argument in found.queries:
                inputs += rules.read_inputs(argument)
        except ValueError as error:
            return Reading(Refuse(f"{error}; {help_text}; nothing was charged"))
        note = ASKED_FIRST if found.submission is not None else LEFT_OUT if found.left_out else ""
        return Reading(Query(tuple(inputs)), note=note)
    assert found.submission is not None
    return Reading(Submit(found.submission))


def _own_turn(text: str) -> str:
    kept = 0
    for found in _TURN_END.finditer(text):
        if found.group("end"):
            if text[kept : found.start()].strip():
                return text[kept : found.start()]
            kept = found.end()
    return text[kept:]


def _silence(message: Message, cut_off: bool, reasoning: str) -> str:
    if message.truncated or cut_off:
        return "a message that was cut off within its reasoning" if reasoning else "a message that was cut off"
    return "nothing but reasoning" if reasoning else "an empty message"
