"""The interfaces `text` and `tools`: messages in and out, for language models and scripted interpreters."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gymnasium import spaces

from find_gym.core.message_rules import MessageRules
from find_gym.core.moves import Move, Refuse, Submit
from find_gym.core.submissions import Submission
from find_gym.interfaces.quoting import escape_controls, quote_values
from find_gym.interfaces.reader import MAX_MESSAGE, read_message
from find_gym.interfaces.spaces import Texts

if TYPE_CHECKING:
    from find_gym.core.episode import Episode

CHARSET = frozenset(string.printable) - frozenset("\t\r\x0b\x0c")

_ESCAPES = {code: f"\\x{code:02x}" for code in range(128) if chr(code) not in CHARSET}
_SENT_AGAIN = "nothing was judged, you may send the submission again"


@dataclass(frozen=True)
class Task:
    """The task in words, as its paragraphs.

    Attributes:
        opening: what is hidden, and what is to be found out.
        asking: what may be asked and what comes back; `{budget}` is the budget.
        hints: what the function may be; `{exemplars}` is the place of words to start from.
        judging: how a submission is judged; `{messages}` is the number of messages.
    """

    opening: str
    asking: str
    hints: str
    judging: str


def write_task(task: Task, rules: MessageRules, *, tools: bool, asks: bool) -> str:
    """Writes the first observation of an episode.

    Args:
        task: the paragraphs.
        rules: what messages of the category look like.
        tools: whether the interpreter calls tools, or else writes in the text form.
        asks: whether there is a budget of queries at all.
    """
    paragraphs = [task.opening]
    if asks:
        how = (
            f"call the tool query, for example with\ninputs={rules.example}"
            if tools
            else f"send a line such as\nQUERY {rules.example}"
        )
        paragraphs.append(f"To see outputs, {how}\n{task.asking}")
    paragraphs.append(task.hints)
    when = "When you know enough, or when the budget is spent, " if asks else "You can't ask for outputs: "
    if tools:
        parts = "\n".join(f"- {part}: {meaning}." for part, meaning in rules.parts.items())
        paragraphs.append(f"{when}call the tool submit with\n{parts}\n{task.judging}")
    else:
        parts = "\n".join(
            f"[CODE]:\n```python\n{rules.template}\n```" if part == "code" else f"[{part.upper()}]: {meaning}."
            for part, meaning in rules.parts.items()
        )
        paragraphs.append(f"{when}submit in this form:\n{parts}\n{task.judging}")
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def printable(text: str) -> str:
    """Returns text as printable ASCII and newlines, everything else escaped."""
    escaped = text.replace("\t", "    ").encode("ascii", "backslashreplace").decode()
    return escaped.translate(_ESCAPES)


def write_submission(submission: Submission) -> str:
    """Writes a submission as a message; one without code has no such part."""
    code = f"\n[CODE]:\n```python\n{submission.code.strip()}\n```" if submission.code else ""
    return f"[DESCRIPTION]: {submission.description}\n[DOMAIN]: {submission.domain or 'none'}{code}"


def write_query(inputs: Iterable[Any]) -> str:
    """Writes a query as a message; nothing within an input can pass for a marker, whatever it is."""
    return f"QUERY {quote_values(inputs)}"


def write_pairs(pairs: Iterable[tuple[Any, Any]]) -> str:
    """Writes inputs with their outputs, `input -> output` as JSON of ASCII characters, one pair a line."""
    return "\n".join(f"{quote_values([asked])[1:-1]} -> {quote_values([output])[1:-1]}" for asked, output in pairs)


class TextInterface:
    """Messages; function inputs and outputs appear as JSON.

    The first observation is the task. A message is a query (`QUERY [1, 2.5, -3]`) or a submission with the parts that
    the category has, or calls the tools `query` and `submit`; see `find_gym.interfaces.read_message`. Anything else
    gets an observation that says how to write it, and costs one message of the episode but nothing of the budget. So
    does a submission that can't be judged, such as code that is no Python: it may be sent again.

    Observations are printable ASCII and newlines. Any `str` or `find_gym.interfaces.Message` is taken as an action; the
    action space has no more than printable ASCII, which is what it samples.

    Args:
        task: the task.
        rules: what messages of the category look like.
        max_observation: the greatest length of an observation.
        tools: whether the task and refusals speak of the tools.

    Attributes:
        rules: the argument.
    """

    extra_steps = 20

    def __init__(self, task: Task, rules: MessageRules, max_observation: int, *, tools: bool = False) -> None:
        self._task = task
        self.rules = rules
        self._tools = tools
        characters = "".join(sorted(CHARSET))
        self.action_space = spaces.Text(MAX_MESSAGE, min_length=0, charset=characters)
        self.observation_space = Texts(max_observation, min_length=0, charset=characters)

    def begin(self, episode: Episode) -> str:
        """Starts an episode and returns its task."""
        text = write_task(self._task, self.rules, tools=self._tools, asks=episode.rules.max_queries > 0)
        places = {"{budget}": str(episode.budget), "{messages}": str(episode.steps_left)}
        for place, value in places.items():
            text = text.replace(place, value)
        return text

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that a message stands for, its `Reading` as the source.

        A submission that can't be judged is refused.
        """
        if not isinstance(action, str):
            raise TypeError(f"expected a message (str), actual type: {type(action).__name__}")
        reading = read_message(action, self.rules, tools=self._tools)
        move = replace(reading.move, source=reading)
        if isinstance(move, Submit):
            objection = episode.examiner.objection_to_submission(
                episode.function, move.submission, episode.inputs, strict=episode.steps_left > 1
            )
            if objection is not None:
                return Refuse(f"{objection}; {_SENT_AGAIN}", source=reading)
        return move

    def observe(self, episode: Episode) -> str:
        """Returns the answer to the last message."""
        last = episode.last
        lines = []
        if last.outputs:
            outputs = episode.examiner.to_json(list(last.outputs))
            lines += ["OUTPUTS", write_pairs(zip(last.inputs, outputs, strict=True))]
        if last.message and last.score is None:
            lines.append(f"ERROR {_limit(last.message)}")
        elif last.message:
            lines.append(f"NOTE {escape_controls(_limit(last.message))}")
        if last.move and last.move.source.note:
            lines.append(f"NOTE {last.move.source.note}")
        if last.score is not None:
            lines.append(f"SCORE accuracy {last.score.accuracy:.3f}, skill {last.score.skill:.3f}")
        elif not last.terminated:
            left = f"{episode.budget} of {episode.rules.max_queries} inputs left"
            if episode.budget == 0:
                left += ": submit now"
            lines.append(f"{left}, {episode.steps_left} messages left.")
        return printable("\n".join(lines))


def _limit(text: str) -> str:
    return text if len(text) <= 2000 else f"{text[:2000]}..."
