"""The tagged form: QUERY lines, and the parts [DESCRIPTION], [DOMAIN] and [CODE], in any markup."""

from __future__ import annotations

import re
from dataclasses import dataclass

from find_gym.core.message_rules import MessageRules
from find_gym.core.submissions import Submission
from find_gym.interfaces.fences import Block, fenced_blocks, unquoted, without_fences
from find_gym.interfaces.found import Found
from find_gym.interfaces.python_code import choose_code
from find_gym.interfaces.queries import SIGNS, WrittenQuery, written_queries

_KINDS = "DESCRIPTION|DOMAIN|CODE"
_BLANK = r"[ \t\u00a0\u200b-\u200f\u2060\ufeff]{0,8}"
_BRACKETED = re.compile(
    rf"(?P<quote>`?)(?:\\?\[|\u3010){_BLANK}({_KINDS}){_BLANK}(?:\\?\]|\u3011)(?P=quote)"
    r"[*_]{0,4}[ \t]*[:\uff1a]?[*_]{0,4}",
    re.IGNORECASE,
)
# What may stand before a marker on its line: markup of headings, lists and quotations.
_BEFORE = re.compile(
    rf"{SIGNS}{{0,40}}(?:(?:step|part)[ \t]\d{{1,3}}[ \t]?[.):\u2013\u2014-]|\d{{1,3}}[.)])?[ \t*_#]{{0,40}}\Z",
    re.IGNORECASE,
)
# A label before the marker of the description, in any language: "Final answer: [DESCRIPTION]: ...".
_LABEL = re.compile(
    r"(?!.*\b(?:form|format|template|example|such as|like|write|use|e\.g\.)\b)"
    r"[^\n\"'`\[\]]{1,60}[:\uff1a][*_ \t]{0,4}\Z",
    re.IGNORECASE,
)
_LINE_START = 90
# A heading without brackets has a colon, or markup and its line for itself.
_HEADING = re.compile(
    rf"^[ \t>]{{0,20}}(?:[-*+][ \t]{{1,8}}|\d{{1,3}}[.)][ \t]{{1,8}})?(?P<markup>[#*_]{{0,6}})[ \t]{{0,8}}"
    rf"(?:(?:my|the|final|function|python|proposed)[ \t]{{1,4}}){{0,3}}(?P<kind>{_KINDS})"
    r"(?:[ \t]\([^()\n]{1,40}\)|[ \t](?:python|block|of[ \t](?:the[ \t])?exceptions?))?"
    r"(?P<after>[*_ \t]{0,8}[:\uff1a\u2013\u2014]?[*_ \t]{0,8})(?P<alone>$)?(?P<underlined>\n[-=]{3,40}[ \t]{0,8}$)?",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(r"[*_]{0,4}\[[ \t]{0,8}/[ \t]{0,8}(?:DESCRIPTION|DOMAIN|CODE|SUBMISSION|END)[ \t]{0,8}\]", re.I)
# What only the environment says, after a query that it has not answered yet.
_MADE_UP = re.compile(
    r"^[ \t>*_#-]{0,20}(?:OUTPUTS?|OBSERVATIONS?|ANSWERS?|RESULTS?|RESPONSE|USER|HUMAN|ENVIRONMENT|TOOL)\b", re.I | re.M
)
_MOST_OUTER_FENCES = 3
# What ends a part that has begun: a rule, a heading, another tag; and talk to the reader, if nothing else follows.
_PART_END = re.compile(r"\n[ \t]{0,3}(?:(?:-{3,}|\*{3,}|_{3,})[ \t]*(?:\n|\Z)|#{1,6}[ \t]|\[[A-Z][A-Z _]{2,20}\])")
_TALK = re.compile(
    r"\n\n[ \t*_]{0,8}(?:I hope|hope this|let me know|feel free|please (?:let|feel|tell|note that I)|thank|happy to"
    r"|if you (?:have|need|want|would|wish)|would you like|do you want|shall I|is there anything|I(?:'| a)m happy)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Marker:
    start: int
    end: int
    kind: str
    bracketed: bool
    opens_line: bool


def read_tagged(text: str, rules: MessageRules) -> Found | None:
    """Reads QUERY lines and a submission by its markers.

    Markers within the list of a query, after a quotation mark or within a block of code are quotations. So are those
    that do not begin a line, unless another does before them and none of the same kind. The last [DESCRIPTION],
    [DOMAIN] and [CODE] count. Headings without brackets count where there are enough of them for a submission.

    Args:
        text: the message, without its reasoning.
        rules: what messages of the category look like.

    Returns:
        What was found, or None.
    """
    queries = written_queries(text)
    text, blocks, markers = _markers(text, queries)
    submission, whole = _submission(text, markers, rules)
    queries = _commands(text, written_queries(text), blocks, submission, rules)
    if not queries:
        return None if submission is None else Found(submission=submission, whole=whole)
    taken = _until_made_up(text, queries, markers if submission else [])
    left_out = len(taken) < len(queries)
    cut_off = not taken[-1].listed and not text[taken[-1].end :].strip()
    return Found([query.argument for query in taken], submission, whole, cut_off=cut_off, left_out=left_out)


def _commands(
    text: str, queries: list[WrittenQuery], blocks: list[Block], submission: Submission | None, rules: MessageRules
) -> list[WrittenQuery]:
    """Returns the queries that are meant as such, in the light of what else there is."""
    coded = [block for block in blocks if "def " in block.content]
    queries = [query for query in queries if not any(b.inside <= query.start < b.outside for b in coded)]
    listed = [query for query in queries if query.listed]
    if submission is not None and (submission.code or not rules.coded):
        # Beside a submission, a query in passing is prose, and so is one whose outputs follow it or that asks nothing.
        # One without a list counts only where outputs are made up below it.
        listed = [query for query in listed if query.first or query.opens_line and (query.capital or query.ends_line)]
        listed = [query for query in listed if query.argument and not query.reported]
        bare = [query for query in queries if not query.listed and query.capital and _readable(query, rules)]
        return listed or [query for query in bare if _MADE_UP.match(text, query.end + 1)]
    return listed or [query for query in queries if not query.listed]


def _readable(query: WrittenQuery, rules: MessageRules) -> bool:
    try:
        return bool(rules.read_inputs(query.argument))
    except ValueError:
        return False


def _until_made_up(text: str, queries: list[WrittenQuery], markers: list[_Marker]) -> list[WrittenQuery]:
    """Returns the queries up to a part of a submission or made-up outputs; the first counts in any case."""
    following = next((marker.start for marker in markers if marker.start >= queries[0].end), len(text))
    taken = queries[:1]
    for before, query in zip(queries, queries[1:], strict=False):
        if query.start > following or _MADE_UP.search(text, before.end, query.start):
            break
        taken.append(query)
    return taken


# --- Submissions ------------------------------------------------------------------------------------------------------


def _submission(text: str, markers: list[_Marker], rules: MessageRules) -> tuple[Submission | None, bool]:
    if not markers:
        return None, False
    parts = {"DESCRIPTION": "", "DOMAIN": "", "CODE": ""}
    ends = [marker.start for marker in markers[1:]] + [len(text)]
    for marker, end in zip(markers, ends, strict=True):
        parts[marker.kind] = _unclosed(text[marker.end : end])
    described = [marker.end for marker in markers if marker.kind == "DESCRIPTION"]
    region = parts["CODE"]
    if not any(marker.kind == "CODE" for marker in markers):
        region = text[described[-1] :] if described else ""
    # What begins on the line of its marker has no indentation of its own.
    region = region.lstrip("\n") if region.lstrip(" \t").startswith("\n") else region.lstrip()
    code, whole = choose_code(region, text) if rules.coded else ("", "\n\n" in region.strip())
    if "CODE" not in {marker.kind for marker in markers} and not _has_block(text):
        code = ""
    description = _plain(parts["DESCRIPTION"])
    meaning = rules.parts["description"]
    if meaning and description.startswith(meaning):
        # The task's own words, quoted.
        return None, False
    submission = Submission(description, _plain(parts["DOMAIN"]), code.strip("\n"))
    if not any(marker.bracketed for marker in markers):
        # Headings alone: a submission only where they make a whole one.
        enough = submission.description and (not rules.coded or "def " in code or "lambda" in code)
        return (submission, whole) if enough else (None, False)
    return submission, whole


def _has_block(text: str) -> bool:
    return "```" in text or "~~~" in text


def _unclosed(part: str) -> str:
    closing = _CLOSING.search(part)
    return part[: closing.start()] if closing else part


def _plain(part: str) -> str:
    """Returns a part without the fence or the markup around the whole of it; empty if there are no words in it."""
    part = part.strip()
    if not any(character.isalnum() for character in part):
        return ""
    if end := _PART_END.search(part):
        part = part[: end.start()].rstrip()
    part = _without_talk(part)
    blocks = fenced_blocks(part)
    if len(blocks) == 1 and blocks[0].start == 0 and blocks[0].end == len(part):
        part = blocks[0].content.strip()
    elif blocks and not blocks[-1].closed and not blocks[-1].content.strip():
        part = part[: blocks[-1].start].strip()
    for mark in ("**", "__", "`"):
        inner = part[len(mark) : -len(mark)]
        if len(part) > 2 * len(mark) and part == f"{mark}{inner}{mark}" and mark not in inner:
            return inner.strip()
    return part


def _without_talk(part: str) -> str:
    """Leaves out last paragraphs that speak to whoever reads them."""
    while (last := part.rfind("\n\n")) > 0 and _TALK.match(part, last):
        part = part[:last].rstrip()
    return part


def _markers(text: str, queries: list[WrittenQuery]) -> tuple[str, list[Block], list[_Marker]]:
    """Returns the markers that count, in order, with the text that they are in: without fences around all of them."""
    for _ in range(_MOST_OUTER_FENCES):
        blocks = fenced_blocks(text)
        found = _all_markers(text, queries)
        first = next((marker for marker in found if marker.opens_line), None)
        around = [block for block in blocks if first and block.inside <= first.start < block.outside]
        if not around:
            break
        text = without_fences(text, around[0])
        queries = written_queries(text)
    if first is not None and text[first.start : first.end].lstrip().startswith(">"):
        text = unquoted(text)
        blocks, queries = fenced_blocks(text), written_queries(text)
        found = _all_markers(text, queries)
    return text, blocks, _counting(text, found, blocks)


def _counting(text: str, found: list[_Marker], blocks: list[Block]) -> list[_Marker]:
    openings = [marker for marker in found if marker.opens_line and marker.bracketed]
    strong = openings or [marker for marker in found if marker.opens_line]
    if not strong:
        return []
    begin, kinds, places = strong[0].start, {marker.kind for marker in strong}, {marker.end for marker in strong}
    inside = iter(blocks)
    block = next(inside, None)
    counting: list[_Marker] = []
    for marker in found:
        while block is not None and block.outside <= marker.start:
            block = next(inside, None)
        if block is not None and block.inside <= marker.start:
            continue
        other = marker.start > begin and marker.kind not in kinds
        if marker.end in places or (other and (marker.opens_line or _stands_alone(text, marker))):
            counting.append(marker)
    return counting


def _stands_alone(text: str, marker: _Marker) -> bool:
    return text[marker.start - 1 : marker.start].isspace()


def _all_markers(text: str, queries: list[WrittenQuery]) -> list[_Marker]:
    """Returns what looks like a marker outside of the lists of queries, in order."""
    found: list[_Marker] = []
    for match in _BRACKETED.finditer(text):
        line = text.rfind("\n", max(0, match.start() - _LINE_START), match.start()) + 1
        near = line or match.start() <= _LINE_START
        before = text[line : match.start()] if near else ""
        labelled = match.group(2).upper() == "DESCRIPTION" and _LABEL.match(before)
        opens = bool(near and (_BEFORE.match(before) or labelled))
        start = line if opens else match.start()
        found.append(_Marker(start, match.end(), match.group(2).upper(), True, opens))
    for match in _HEADING.finditer(text):
        colon = any(sign in match.group("after") for sign in ":\uff1a\u2013\u2014")
        marked = match.group("markup") or match.group("underlined")
        if colon or (marked and match.group("alone") is not None):
            found.append(_Marker(match.start(), match.end(), match.group("kind").upper(), False, True))
    found.sort(key=lambda marker: marker.start)
    lists = iter([query for query in queries if query.listed])
    inside = next(lists, None)
    outside: list[_Marker] = []
    for marker in found:
        while inside is not None and inside.end <= marker.end:
            inside = next(lists, None)
        if inside is None or marker.end <= inside.start:
            outside.append(marker)
    return outside
