"""The code of a submission: which part of a text it is, and how it is meant.

The last block that defines a function counts (one that defines `f`, where there is one), so examples and outputs after
it do not; in code without a fence, the longest part that is Python.
"""

from __future__ import annotations

import ast
import builtins
import html
import re
import textwrap
from collections.abc import Iterable, Iterator

from find_gym.interfaces.fences import Block, fenced_blocks, inline_spans
from find_gym.interfaces.literals import MAX_PYTHON, parse_python

_LANGUAGE = re.compile(r"\{?\.?(?:python|py|ipython)\d?\}?[ \t]+(?=\S)", re.IGNORECASE)
_BEGIN = re.compile(r"[ \t]*(?:def\s|async\s+def\s|import\s|from\s+\S+\s+import\s|@|class\s|\w+\s*=[^=])")
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\"": '"', r"\'": "'", r"\\": "\\"}
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")
_ESCAPE = re.compile(r"\\[nt\"'\\]")
_TYPOGRAPHY = str.maketrans(
    {
        "\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u00f7": "/", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
        "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u200b": None,
        "\ufeff": None,
    }
)  # fmt: skip
_MOST_CUTS = 16
_MOST_JOINED = 4
_KNOWN = frozenset(dir(builtins)) | {"__name__"}


def choose_code(region: str, whole: str = "") -> tuple[str, bool]:
    """Returns the code of a submission.

    Args:
        region: the text after the description, or after the marker of the code.
        whole: the whole message, whose blocks count where nothing in the region defines a function.

    Returns:
        The code, and whether it is certain to be complete: in a block that is closed. Where nothing defines a function,
        the code is the last block, or else the region itself: what is wrong with it can be said.
    """
    blocks = fenced_blocks(region)
    for text, among in ((region, blocks), (whole, fenced_blocks(whole) if whole else [])):
        found = _last_definition(text, among)
        if found is not None:
            return found
        if text is region and (code := _unfenced(region, blocks)):
            return code, False
    filled = [block for block in blocks if block.content.strip()]
    if filled:
        return filled[-1].content.strip("\n"), filled[-1].closed
    return "" if blocks else region.strip().strip("`").strip("\n"), False


def _last_definition(text: str, blocks: list[Block]) -> tuple[str, bool] | None:
    """Returns the last block that defines `f`, or else the last that defines a function."""
    other = None
    for index in range(len(blocks) - 1, -1, -1):
        for candidate in _versions(text, blocks, index):
            names = _functions(candidate)
            if names and "f" in names:
                needed = _needed(candidate, blocks[:index])
                return f"{needed}{candidate}".strip("\n"), blocks[index].closed
            if names:
                other = other or (candidate.strip("\n"), blocks[index].closed)
                break
    return other


def _needed(code: str, earlier: list[Block]) -> str:
    """Returns what code needs of earlier blocks: the statements that define the names which it uses and has not."""
    found: list[str] = []
    missing = _undefined(code)
    for block in reversed(earlier[-_MOST_JOINED:] if missing else []):
        source = next((each for each in _readings(block.content) if _is_python(each)), "")
        lines = source.split("\n")
        for node in reversed(getattr(parse_python(source), "body", [])):
            if missing & _bound([node]):
                begin = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
                statement = "\n".join(lines[begin - 1 : node.end_lineno])
                missing = (missing - _bound([node])) | _undefined(statement)
                found.append(f"{statement}\n")
    return "".join(reversed(found))


def _undefined(code: str) -> set[str]:
    """Returns the names that code uses and never binds."""
    tree = parse_python(code)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return used - _bound(ast.walk(tree)) - _KNOWN


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns the names that nodes bind themselves: what they assign, define, import or take as arguments."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= _bound(each for target in targets for each in ast.walk(target))
    return names


def _is_python(code: str) -> bool:
    try:
        parse_python(code)
    except ValueError:
        return False
    return True


def _versions(text: str, blocks: list[Block], index: int) -> Iterator[str]:
    """Yields what the code of a block may be, the likeliest first."""
    block = blocks[index]
    info = _LANGUAGE.sub("", block.info)
    if info != block.info or "def " in info or "lambda" in info:
        yield from _readings(f"{info}\n{block.content}")
    yield from _readings(block.content)
    if "def " not in block.content and "lambda" not in block.content:
        return
    # Closed at the end of a line of code.
    for fence in ("```", "~~~"):
        if fence in block.content:
            yield from _readings(block.content.partition(fence)[0])
    # A fence within a string of the code has closed the block too early.
    ends = [place for later in blocks[index + 1 :][:_MOST_JOINED] for place in (later.start, later.outside)]
    for end in ends:
        yield from _readings(text[block.inside : end])


def _readings(code: str) -> Iterator[str]:
    yield code
    dedented = textwrap.dedent(code)
    if dedented != code:
        yield dedented
    plain = dedented.translate(_TYPOGRAPHY)
    if plain != dedented:
        yield plain
    if "\\n" in plain or '\\"' in plain:
        yield _ESCAPE.sub(lambda found: _ESCAPES[found.group()], plain)
    if "&" in plain and (unescaped := html.unescape(plain)) != plain:
        yield unescaped
    if ">>> " in plain:
        yield "\n".join(line[4:] for line in plain.split("\n") if _PROMPT.match(line))


def _functions(code: str) -> set[str] | None:
    """Returns the names of the functions that code defines at its top level, or None where it is no Python."""
    try:
        tree = parse_python(code)
    except ValueError:
        return None
    names: set[str] = set()
    for node in getattr(tree, "body", ()):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _unfenced(region: str, blocks: list[Block]) -> str:
    """Returns the code of a text without a block that defines a function: in inline code, or between other text."""
    if "def " not in region and "lambda" not in region:
        return ""
    for span in reversed(inline_spans(region)):
        span = _LANGUAGE.sub("", span)
        for code in _readings(span):
            if _functions(code):
                return code
    plain = region[: blocks[0].start] if blocks and "def " in region[: blocks[0].start] else region
    return _longest_code(plain.replace("```", "").replace("~~~", ""))


def _longest_code(text: str) -> str:
    """Returns the longest run of lines that is Python and defines a function, from the first line that may begin it."""
    for reading in _readings(text[: 4 * MAX_PYTHON]):
        lines = reading.split("\n")
        begin = next((index for index, line in enumerate(lines) if _BEGIN.match(line)), None)
        if begin is None:
            continue
        code = _without_prose("\n".join(lines[begin:])[:MAX_PYTHON])
        if code:
            return code
    return ""


def _without_prose(text: str) -> str:
    """Returns text up to its first line that is no Python; empty where no function is defined before that."""
    lines = textwrap.dedent(text).split("\n")
    for _ in range(_MOST_CUTS):
        code = "\n".join(lines)
        try:
            tree = parse_python(code)
        except ValueError as error:
            cause = error.__cause__
            wrong = cause.lineno if isinstance(cause, SyntaxError) and cause.lineno else len(lines)
            lines = lines[: max(min(wrong, len(lines)) - 1, 0)]
            if not lines:
                return ""
            continue
        return _up_to_statements(lines, tree) if _functions(code) else ""
    return ""


def _up_to_statements(lines: list[str], tree: ast.AST) -> str:
    """Leaves out the words at the end of code that happen to be expressions: a name, a number, a string."""
    body: list[ast.stmt] = list(getattr(tree, "body", ()))
    while body and isinstance(body[-1], ast.Expr) and isinstance(body[-1].value, (ast.Name, ast.Constant, ast.Tuple)):
        body.pop()
    return "\n".join(lines[: body[-1].end_lineno if body else 0])
