"""Styles in which language models write: how the same query, or the same submission, is put."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from find_gym.interfaces import Message, ToolCall

FENCE = "```"


@dataclass(frozen=True)
class Answer:
    """What a model knows: the parts of the right submission; no code where the category has none."""

    description: str
    domain: str
    code: str

    @property
    def parts(self) -> dict[str, str]:
        parts = {"description": self.description, "domain": self.domain, "code": self.code}
        return {name: text for name, text in parts.items() if text}

    def form(self, code: str | None = None, mark: str = "[{}]:", fence: str = f"{FENCE}python") -> str:
        """Returns the tagged form, with the code in a fence or as it is given."""
        lines = [f"{mark.format('DESCRIPTION')} {self.description}", f"{mark.format('DOMAIN')} {self.domain}"]
        if self.code:
            block = f"{fence}\n{self.code}\n{fence.rstrip('abcdefghijklmnopqrstuvwxyz:. {}')}"
            lines.append(f"{mark.format('CODE')}\n{block if code is None else code}")
        return "\n".join(lines)


def indent(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def xml(answer: Answer) -> str:
    return "\n".join(f"<{name}>\n{text}\n</{name}>" for name, text in answer.parts.items())


def call(answer: Answer, key: str = "arguments") -> str:
    return json.dumps({"name": "submit", key: answer.parts})


def python_call(answer: Answer) -> str:
    return "submit(" + ", ".join(f"{name}={text!r}" for name, text in answer.parts.items()) + ")"


def table(answer: Answer, mark: str = "{}") -> str:
    cells = {name: text.replace("\n", "<br>").replace("|", "\\|") for name, text in answer.parts.items()}
    rows = [f"| {mark.format(name.upper())} | {cell} |" for name, cell in cells.items()]
    return "\n".join(["Here is what I found.", "", "| Part | Content |", "|---|---|", *rows])


def docstring(code: str) -> str:
    """Returns code whose first function has a docstring with a fence in it."""
    head, colon, body = code.partition(":\n")
    return f'{head}{colon}    """An example:\n    {FENCE}\n    f(1)\n    {FENCE}\n    """\n{body}' if colon else code


# --- Submissions ------------------------------------------------------------------------------------------------------

DRAFT = "[DESCRIPTION]: nothing\n[DOMAIN]: none\n[CODE]:\n```python\ndef f(x):\n    return 0\n```\n"

SUBMISSIONS: dict[str, Any] = {
    # Code and its fences.
    "as the task has it": lambda a: a.form(),
    "the whole template in one fence": lambda a: f"{FENCE}\n{a.form(code=a.code)}\n{FENCE}",
    "the whole template in a fence, code in another": lambda a: f"{FENCE}markdown\n{a.form()}\n{FENCE}",
    "the whole template in four backticks": lambda a: f"{FENCE}`\n{a.form()}\n{FENCE}`",
    "an example in a block after it": lambda a: f"{a.form()}\nExample usage:\n{FENCE}python\nprint(f(2))\n{FENCE}",
    "an output in a block after it": lambda a: f"{a.form()}\nOutput:\n{FENCE}\n7.0\n{FENCE}",
    "a test in a block after it": lambda a: (
        f"{a.form()}\nTest:\n{FENCE}python\ndef test_f():\n    assert f(1) is not None\n{FENCE}"
    ),
    "code in a bullet": lambda a: (
        f"- [DESCRIPTION]: {a.description}\n- [DOMAIN]: {a.domain}\n"
        + (f"- [CODE]:\n{indent(f'{FENCE}python{chr(10)}{a.code}{chr(10)}{FENCE}', '  ')}" if a.code else "")
    ),
    "code deep in a bullet without a fence": lambda a: (
        f"* [DESCRIPTION]: {a.description}\n* [DOMAIN]: {a.domain}\n"
        + (f"* [CODE]:\n\n{indent(a.code, '      ')}" if a.code else "")
    ),
    "code without a fence, prose after it": lambda a: (
        a.form(code=f"{a.code}\n\nNote that it's an estimate (roughly).") if a.code else a.form()
    ),
    "code without a fence, prose before it": lambda a: a.form(code=f"Here is my function:\n{a.code}"),
    "inline code": lambda a: a.form(code=f"`{a.code}`"),
    "code on the line of its marker": lambda a: a.form().replace("[CODE]:\n", "[CODE]: "),
    "four backticks": lambda a: a.form(fence=f"{FENCE}`python"),
    "tildes": lambda a: a.form(fence="~~~python"),
    "{python}": lambda a: a.form(fence=f"{FENCE}{{python}}"),
    "ipython": lambda a: a.form(fence=f"{FENCE}ipython"),
    "python:a.py": lambda a: a.form(fence=f"{FENCE}python:a.py"),
    "text": lambda a: a.form(fence=f"{FENCE}text"),
    "Python in capitals": lambda a: a.form(code=f"{FENCE}Python\n{a.code}\n{FENCE}"),
    "code on the line of the fence": lambda a: a.form(code=f"{FENCE}python {a.code}\n{FENCE}"),
    "fence closed at the end of a line": lambda a: a.form(code=f"{FENCE}python\n{a.code}{FENCE}"),
    "fence never closed": lambda a: a.form(code=f"{FENCE}python\n{a.code}"),
    "a fence in a docstring": lambda a: a.form(code=f"{FENCE}python\n{docstring(a.code)}\n{FENCE}"),
    "[/CODE]": lambda a: (
        f"[DESCRIPTION]: {a.description} [/DESCRIPTION]\n[DOMAIN]: {a.domain} [/DOMAIN]\n"
        + (f"[CODE]\n{a.code}\n[/CODE]\nThat is all." if a.code else "")
    ),
    "escaped line breaks": lambda a: a.form(code=f"{FENCE}python\n{json.dumps(a.code)[1:-1]}\n{FENCE}"),
    "Greek names": lambda a: a.form(code=f"{FENCE}python\n\u03b1 = 1  # \u2212\u221e < x \u2264 3\n{a.code}\n{FENCE}"),
    "a long preface": lambda a: f"{'Let me think about the outputs. ' * 1200}\n\n{a.form()}",
    "carriage returns": lambda a: a.form().replace("\n", "\r\n"),
    # Markup of the parts.
    "bold": lambda a: a.form(mark="**{}:**"),
    "bold with brackets": lambda a: a.form(mark="**[{}]**:"),
    "headings": lambda a: a.form(mark="### {}\n"),
    "headings with brackets": lambda a: a.form(mark="## [{}]\n"),
    "plain headings": lambda a: a.form().replace("[DESCRIPTION]:", "Description:").replace("[DOMAIN]:", "Domain:")
    .replace("[CODE]:", "Code:"),
    "capitals with colons": lambda a: a.form(mark="{}:"),
    "numbered": lambda a: f"1. [DESCRIPTION]: {a.description}\n2. [DOMAIN]: {a.domain}\n"
    + (f"3. [CODE]:\n{FENCE}python\n{a.code}\n{FENCE}" if a.code else ""),
    "quoted": lambda a: indent(a.form(), "> "),
    "markers in backticks": lambda a: a.form(mark="`[{}]`:"),
    "prose before": lambda a: f"I know enough now, so here is my submission.\n\n{a.form()}",
    # JSON, XML, tools in text.
    "JSON": lambda a: json.dumps(a.parts),
    "JSON in a fence": lambda a: f"Here it is:\n{FENCE}json\n{json.dumps(a.parts, indent=2)}\n{FENCE}",
    "JSON within an action": lambda a: json.dumps({"action": "submit", "submission": a.parts}),
    "JSON with real line breaks": lambda a: json.dumps(a.parts).replace("\\n", "\n"),
    "XML": xml,
    "XML within an answer": lambda a: f"<answer>\n{xml(a)}\n</answer>",
    "XML with fences": lambda a: "\n".join(
        f"<{name}>\n{FENCE}python\n{text}\n{FENCE}\n</{name}>" if name == "code" else f"<{name}>{text}</{name}>"
        for name, text in a.parts.items()
    ),
    "a table": table,
    "a table with tags": lambda a: table(a, "**[{}]**"),
    "a final answer": lambda a: f"final_answer({a.form()!r})",
    "a final answer in a block": lambda a: f"Thought: done.\n{FENCE}py\nfinal_answer({a.form()!r})\n{FENCE}<end_code>",
    "a final answer by parts": lambda a: python_call(a).replace("submit(", "final_answer("),
    "a final answer as a native call": lambda a: Message("", [ToolCall("final_answer", {"answer": a.form()})]),
    "a native call": lambda a: Message("", [ToolCall("submit", a.parts)]),
    "a native call as JSON": lambda a: Message("Done.", [ToolCall("submit", json.dumps(a.parts))]),
    "a native call with fences": lambda a: Message(
        "", [ToolCall("submit", a.parts | ({"code": f"{FENCE}python\n{a.code}\n{FENCE}"} if a.code else {}))]
    ),
    "a native call, escaped twice": lambda a: Message(
        "", [ToolCall("submit", {name: json.dumps(text)[1:-1] for name, text in a.parts.items()})]
    ),
    "Hermes": lambda a: f"<tool_call>\n{call(a)}\n</tool_call>",
    "Hermes, not closed": lambda a: f"I submit.\n<tool_call>\n{call(a)}",
    "Llama": lambda a: f"<|python_tag|>{call(a, 'parameters')}",
    "Llama, function tag": lambda a: f"<function=submit>{json.dumps(a.parts)}</function>",
    "Qwen coder": lambda a: "<tool_call>\n<function=submit>\n"
    + "".join(f"<parameter={name}>\n{text}\n</parameter>\n" for name, text in a.parts.items())
    + "</function>\n</tool_call>",
    "Mistral": lambda a: f"[TOOL_CALLS] [{call(a)}]",
    "Mistral, new": lambda a: f"[TOOL_CALLS]submit[ARGS]{json.dumps(a.parts)}",
    "gpt-oss": lambda a: (
        "<|channel|>analysis<|message|>Enough.<|end|><|start|>assistant<|channel|>commentary to=functions.submit "
        f"<|constrain|>json<|message|>{json.dumps(a.parts)}<|call|>"
    ),
    "GLM": lambda a: "<tool_call>submit\n"
    + "".join(f"<arg_key>{name}</arg_key>\n<arg_value>{text}</arg_value>\n" for name, text in a.parts.items())
    + "</tool_call>",
    "invoke": lambda a: '<invoke name="submit">\n'
    + "".join(f'<parameter name="{name}">{text}</parameter>\n' for name, text in a.parts.items())
    + "</invoke>",
    "Kimi": lambda a: (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.submit:0<|tool_call_argument_begin|>"
        f"{json.dumps(a.parts)}<|tool_call_end|><|tool_calls_section_end|>"
    ),
    "ReAct": lambda a: f"Thought: I know.\nAction: submit\nAction Input: {json.dumps(a.parts)}",
    "a call in Python": python_call,
    "tool_code": lambda a: f"{FENCE}tool_code\nprint({python_call(a)})\n{FENCE}",
    "OpenAI's JSON": lambda a: json.dumps(
        {"tool_calls": [{"type": "function", "function": {"name": "submit", "arguments": json.dumps(a.parts)}}]}
    ),
    # Reasoning around it.
    "<think>": lambda a: f"<think>\nperhaps\n{DRAFT}</think>\n{a.form()}",
    "the end of the turn": lambda a: f"{a.form()}<|im_end|>\n<|im_start|>user\n[DESCRIPTION]: nothing",
    "a draft before it": lambda a: f"{DRAFT if a.code else '[DESCRIPTION]: nothing'}\nNo, better:\n{a.form()}",
    # Quotation marks beside a mark of reasoning belong to something else.
    "a thought, then inline code": lambda a: f"<think>so the `<think>` ends</think>`f` is as follows.\n{a.form()}",
    "a thought, then a quotation": lambda a: f'<think>ok</think>"Here it is":\n\n{a.form()}',
    "a thought that ends with inline code": lambda a: f"<think>so it is `3x + 1`</think>\n{a.form()}",
    "a thought that ends with a quotation": lambda a: f'<think>it gives "b"</think>{a.form()}',
    "a thought that ends with a fence": lambda a: f"<think>so\n{FENCE}\n3x+1\n{FENCE}</think>\n{a.form()}",
    # Signs, labels and typography around the markers.
    "bullets of typography": lambda a: a.form(mark="\u2022 [{}]:"),
    "emoji": lambda a: a.form(mark="### \U0001f4dd [{}]:\n"),
    "steps": lambda a: a.form(mark="**Step 1: [{}]:**"),
    "characters that can't be seen": lambda a: (
        "\ufeff" + a.form(mark="\u200b[\u2060{}\u2060]:").replace("(", "(\u200b")
    ),
    "wide brackets": lambda a: a.form(mark="\u3010{}\u3011\uff1a"),
    "escaped brackets": lambda a: a.form(mark="\\[{}\\]:"),
    "spaces that don't break": lambda a: a.form().replace("    ", "\u00a0" * 4).replace("]: ", "]:\u00a0"),
    "a label before it": lambda a: f"Final answer: {a.form()}",
    "a label in Chinese": lambda a: f"\u6211\u7684\u7b54\u6848\uff1a{a.form()}",
    "underlined headings": lambda a: a.form(mark="{}\n-----------\n").replace("]:", ""),
    "explained headings": lambda a: a.form(mark="**{} (as asked for):**"),
    "tags without their ends": lambda a: a.form(mark="<{}>:"),
    "talk after it": lambda a: f"{a.form()}\n\n---\n\nI hope this helps! Let me know if you have questions.",
    "headings after it": lambda a: f"{a.form()}\n## Confidence\nHigh.",
    # Queries that are told of.
    "a list of what was asked": lambda a: f'Recap:\n- QUERY ["a"] -> "b"\n- QUERY ["c"] -> "d"\n\n{a.form()}',
    "no more queries": lambda a: f"QUERY results so far:\n1 -> 4\n\nQUERY: none needed.\n{a.form()}",
    "a query of nothing": lambda a: f"QUERY []\n\n{a.form()}",
    # Code.
    "code in two blocks": lambda a: (
        a.form(
            code=f"A helper:\n{FENCE}python\nimport math\nONE = 1\n"
            f"def same(v):\n    return v if math.pi > ONE else 0\nprint(same(2))\n{FENCE}\nThe function:\n"
            f"{FENCE}python\n{a.code}\ninner = f\ndef f(v):\n    return same(inner(v))\n{FENCE}"
        )
    ),
    "an interpreter's prompts": lambda a: a.form(
        code=f"{FENCE}python\n>>> " + "\n... ".join(a.code.split("\n")) + f"\n{FENCE}"
    ),
    "entities of HTML": lambda a: a.form().replace("<", "&lt;").replace("'", "&#39;"),
    # JSON as people write it.
    "JSON with a comment and a comma too many": lambda a: (
        json.dumps(a.parts, indent=2).replace("{", "{\n  // Sure.", 1)[:-2] + ",\n}"
    ),
    "JSON with bare keys": lambda a: (
        "{" + ", ".join(f"{name}: {json.dumps(text)}" for name, text in a.parts.items()) + "}"
    ),
    "JSON with typographic quotation marks": lambda a: (
        "{" + ", ".join(f"\u201c{name}\u201d: {json.dumps(text)}" for name, text in a.parts.items()) + "}"
    ),
    "JSON with the markers as keys": lambda a: (
        json.dumps({f"[{name.upper()}]": text for name, text in a.parts.items()})
    ),
    "JSON with lines of code": lambda a: json.dumps(a.parts | ({"code": a.code.split("\n")} if a.code else {})),
    "XML with attributes": lambda a: xml(a).replace("<code>", '<code language="python">'),
    # Calls.
    "a native call with capitals": lambda a: Message(
        "", [ToolCall("Submit", {name.upper(): text for name, text in a.parts.items()})]
    ),
    "a native call with one argument": lambda a: Message("", [ToolCall("default_api:submit", {"submission": a.parts})]),
    "a native call of another tool": lambda a: Message(a.form(), [ToolCall("python", {"code": "print(1)"})]),
    "invoke in a namespace": lambda a: '<x:calls>\n<x:invoke name="submit">\n'
    + "".join(f'<x:parameter name="{name}">{text}</x:parameter>\n' for name, text in a.parts.items())
    + "</x:invoke>\n</x:calls>",
    "DeepSeek, new": lambda a: '<\uff5cDSML\uff5cinvoke name="submit">\n'
    + "".join(
        f'<\uff5cDSML\uff5cparameter name="{name}" string="true">{text}</\uff5cDSML\uff5cparameter>\n'
        for name, text in a.parts.items()
    )
    + "</\uff5cDSML\uff5cinvoke>",
    "Mistral with an id": lambda a: f"[TOOL_CALLS]submit[CALL_ID]a1B2[ARGS]{json.dumps(a.parts)}",
    "a list of calls in Python": lambda a: f"<|python_start|>[{python_call(a)}]<|python_end|>",
    "gpt-oss without tokens": lambda a: (
        f"analysisWe know.assistantcommentary to=functions.submit json{json.dumps(a.parts)}"
    ),
}  # fmt: skip

# --- Queries ----------------------------------------------------------------------------------------------------------

# `q` is the list of inputs as JSON.
QUERIES: dict[str, Any] = {
    "as the task has it": lambda q: f"QUERY {q}",
    "on the next line": lambda q: f"QUERY\n{q}",
    "after a blank line": lambda q: f"**QUERY**\n\n{q}",
    "a heading": lambda q: f"### QUERY\n{q}",
    "in brackets": lambda q: f"[QUERY]: {q}",
    "prose before it": lambda q: f"Let me begin with a few: QUERY {q}",
    "prose around it": lambda q: f"Next I send QUERY {q} and see.",
    "You:": lambda q: f"You: QUERY {q}",
    "bold You:": lambda q: f"**You:** QUERY {q}",
    "a fence": lambda q: f"{FENCE}\nQUERY {q}\n{FENCE}",
    "a fence of JSON": lambda q: f"QUERY\n{FENCE}json\n{q}\n{FENCE}",
    "quoted": lambda q: f"> QUERY {q}",
    "a bullet": lambda q: f"- `QUERY {q}`",
    "a call": lambda q: f"QUERY({q})",
    "lower case": lambda q: f"query: {q}",
    "over several lines": lambda q: f"QUERY {json.dumps(json.loads(q), indent=2)}",
    "a Python list": lambda q: f"QUERY {json.loads(q)!r}",
    "plans to submit, but first asks": lambda q: (
        f"I plan to submit [DESCRIPTION]: nothing [DOMAIN]: none, but first QUERY {q}"
    ),
    "made-up outputs and a submission": lambda q: f"QUERY {q}\nOUTPUTS\n1 -> 2\n{DRAFT}",
    "made-up outputs and another query": lambda q: f"QUERY {q}\nOUTPUTS [1, 2]\nQUERY {q}\nOUTPUTS [3]",
    "a made-up turn": lambda q: f"QUERY {q}<|im_end|>\n<|im_start|>user\nOUTPUTS [1]",
    "a submission before it": lambda q: f"{DRAFT}\nQUERY {q}",
    "the space at the end of a thought": lambda q: f"<think>\nI could QUERY [9]\n{DRAFT}</think>QUERY {q}",
    "opening tag in the prompt": lambda q: f"hm\n{DRAFT}</think>\n\nQUERY {q}",
    "two blocks": lambda q: f"<think>\nhm\n</think>\n<think>\n{DRAFT}</think>\nQUERY {q}",
    "a late block": lambda q: f"Sure.\n<think>\n{DRAFT}</think>\nQUERY {q}",
    "<THINKING>": lambda q: f"<THINKING>\n{DRAFT}</THINKING>\nQUERY {q}",
    "<thought>": lambda q: f"<thought>\n{DRAFT}</thought>\nQUERY {q}",
    "<reasoning>": lambda q: f"<reasoning>\n{DRAFT}</reasoning>\nQUERY {q}",
    "<scratchpad>": lambda q: f"<scratchpad>\n{DRAFT}</scratchpad>\nQUERY {q}",
    "<reflection>": lambda q: f"<reflection>\n{DRAFT}</reflection>\nQUERY {q}",
    "<analysis>": lambda q: f"<analysis>\n{DRAFT}</analysis>\nQUERY {q}",
    "[THINK]": lambda q: f"[THINK]\n{DRAFT}[/THINK]\nQUERY {q}",
    "channels": lambda q: (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>QUERY {q}"
    ),
    "channels, first one in the prompt": lambda q: (
        f"{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>QUERY {q}<|return|>"
    ),
    "channels without tokens": lambda q: f"analysisWe may guess.\n{DRAFT}assistantfinalQUERY {q}",
    "Gemma's channel": lambda q: f"<|channel>thought\n{DRAFT}<channel|>QUERY {q}<turn|>",
    "begin_of_thought": lambda q: f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>\n<|begin_of_solution|>\nQUERY {q}",
    "JSON": lambda q: f'{{"query": {q}}}',
    "JSON, an action": lambda q: f'{{"thought": "hm", "action": "QUERY", "inputs": {q}}}',
    "XML": lambda q: f"<query>{q}</query>",
    "XML, inputs": lambda q: f"<query>\n<inputs>{q}</inputs>\n</query>",
    "an answer": lambda q: f"<answer>QUERY {q}</answer>",
    "a native call": lambda q: Message("", [ToolCall("query", {"inputs": json.loads(q)})]),
    "a native call as JSON": lambda q: Message("", [ToolCall("functions.query", f'{{"inputs": {q}}}')]),
    "native calls that ask and submit": lambda q: Message(
        "", [ToolCall("submit", {"description": "nothing", "code": "def f(x): return 0"}),
             ToolCall("query", f'{{"inputs": {q}}}')]
    ),
    "Hermes": lambda q: f'<tool_call>\n{{"name": "query", "arguments": {{"inputs": {q}}}}}\n</tool_call>',
    "Llama": lambda q: f'<|python_tag|>{{"name": "query", "parameters": {{"inputs": {q}}}}}<|eom_id|>',
    "Llama, a call": lambda q: f"<|python_tag|>query.call(inputs={q})",
    "Llama, function tag": lambda q: f'<function=query>{{"inputs": {q}}}</function>',
    "bare JSON of a call": lambda q: f'{{"type": "function", "name": "query", "parameters": {{"inputs": {q}}}}}',
    "Mistral": lambda q: f'[TOOL_CALLS] [{{"name": "query", "arguments": {{"inputs": {q}}}}}]',
    "gpt-oss": lambda q: (
        f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant to=functions.query<|channel|>commentary json"
        f'<|message|>{{"inputs": {q}}}<|call|>'
    ),
    "DeepSeek": lambda q: (
        "<\uff5ctool\u2581calls\u2581begin\uff5c><\uff5ctool\u2581call\u2581begin\uff5c>function<\uff5ctool\u2581sep\uff5c>query\n"
        f'{FENCE}json\n{{"inputs": {q}}}\n{FENCE}<\uff5ctool\u2581call\u2581end\uff5c>'
    ),
    "ReAct": lambda q: f"Thought: I ask.\nAction: query\nAction Input: {q}\nObservation: [1]",
    "ReAct with JSON": lambda q: f'Action: query\nAction Input: {{"inputs": {q}}}',
    "a call in Python": lambda q: f"query({q})",
    "a call in Python, in a fence": lambda q: f"{FENCE}python\nresult = query(inputs={q})\n{FENCE}",
    "a thought, then inline code": lambda q: f"<think>x</think>`QUERY {q}`",
    "characters that can't be seen": lambda q: f"\ufeff\u200bQUERY\u00a0{q}",
    "a wide colon": lambda q: f"\u8ba9\u6211\u6d4b\u8bd5\uff1aQUERY\uff1a{q}",
    "emoji": lambda q: f"\U0001f50d QUERY {q}",
    "comments": lambda q: (
        "QUERY [\n" + "".join(f"  {json.dumps(v)},  // {i}\n" for i, v in enumerate(json.loads(q))) + "]"
    ),
    "entities of HTML": lambda q: f"QUERY {q}".replace('"', "&quot;"),
    "a list in Markdown": lambda q: "QUERY\n" + "\n".join(f"- {json.dumps(v)}" for v in json.loads(q)),
    "typographic quotation marks": lambda q: (
        "QUERY [" + ", ".join(f"\u201c{v}\u201d" if isinstance(v, str) else str(v) for v in json.loads(q)) + "]"
    ),
    "one a line": lambda q: "\n".join(f"{i}. QUERY {json.dumps([v])}" for i, v in enumerate(json.loads(q), 1)),
    "a made-up turn of a human": lambda q: f"QUERY {q}\n\nHuman: OUTPUTS\n1 -> 2\n\nAssistant: QUERY {q}",
    "JSON with an empty submission": lambda q: f'{{"query": {q}, "description": "", "code": ""}}',
    "JSON with a comment": lambda q: f'{{\n  // ask\n  "query": {q},\n}}',
    "XML, items": lambda q: (
        "<query>\n" + "".join(f"<input>{json.dumps(v)}</input>\n" for v in json.loads(q)) + "</query>"
    ),
    "invoke in a namespace": lambda q: (
        f'<x:invoke name="query"><x:parameter name="inputs">{q}</x:parameter></x:invoke>'
    ),
    "a list of calls in Python": lambda q: "[" + ", ".join(f"query(inputs={[v]!r})" for v in json.loads(q)) + "]",
    "a call with a name": lambda q: f"{FENCE}python\nprobes = {json.loads(q)!r}\nprint(query(probes))\n{FENCE}",
    "gpt-oss without tokens": lambda q: f'analysisHm.assistantcommentary to=functions.query json{{"inputs": {q}}}',
    "native calls, one an input": lambda q: Message("", [ToolCall("query", {"inputs": [v]}) for v in json.loads(q)]),
    "a native call by another name": lambda q: Message("", [ToolCall("query", {"items": json.loads(q)})]),
}  # fmt: skip
