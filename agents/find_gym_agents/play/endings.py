"""The end of a game in plain words: the parts of the score, and the truth beside the submission."""

from __future__ import annotations

import textwrap
from typing import Any

from find_gym_agents.categories.record import PlaySettings
from find_gym_agents.play.pictures import literal

_OUTCOMES = {
    "right": "Right in every part.",
    "wrong": "Not right everywhere.",
    "malformed": "The submission could not be judged.",
    "raised": "Your code raised an error.",
    "timed_out": "Your code took too long.",
    "out_of_memory": "Your code took too much memory.",
    "forbidden": "Your code did what it may not do.",
}


def explain_score(words: PlaySettings, score: dict[str, Any], paper_score: float) -> str:
    """Returns the parts of a score in plain words.

    Args:
        words: what the category calls the parts.
        score: the parts, as the info of the last step has them.
        paper_score: the paper's own score.
    """
    outcome = _OUTCOMES[score["outcome"]]
    lines = [
        f"{outcome} {score['message']}".strip(),
        f"  accuracy  {score['accuracy']:.3f}  {100 * score['accuracy']:.0f} % {words.accuracy}",
        f"  skill     {score['skill']:.3f}  the same, where {words.trivial} has 0 and the truth 1",
    ]
    if words.paper is not None:
        lines.append(f"  paper     {paper_score:.3f}  {words.paper}")
    if score["strata"]:
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in score["strata"].items())
        lines.append(f"  The accuracy by kinds of inputs: {shares}.")
    lines += [f"  {line}" for line in words.explain(score)]
    if score.get("grounded"):
        lines.append(f"  Your description was read as: {score['grounded']}")
    return "\n".join(lines)


def set_beside(truth: dict[str, str], submission: dict[str, Any], in_code: bool, longest: int = 40) -> str:
    """Returns the truth and the submission, in words and in code.

    Args:
        truth: its "description" and "source".
        submission: its "description", "domain" and "code"; may be empty.
        in_code: whether functions of this category are described in code.
        longest: lines of source that are shown, of the many of a network's weights.
    """
    parts = [f"The truth: {truth['description']}"]
    if submission:
        domain = "" if submission["domain"] in ("", "none") else f" (domain: {_printable(submission['domain'])})"
        parts[0] += f"\nYou wrote: {_printable(submission['description'])}{domain}"
    if in_code:
        parts.append(f"Its source:\n{_block(truth['source'], longest)}")
        parts += [f"Your code:\n{_block(submission['code'], longest)}"] if submission else []
    return "\n\n".join(parts)


def compare(rows: list[dict[str, Any]]) -> str:
    """Returns what a submission answers to strings beside the true outputs; see `compare_answers`."""
    lines = []
    for row in rows:
        mark = "right" if row["right"] else "WRONG"
        yours = "" if row["right"] else f"  yours: {literal(row['submission'])}"
        lines.append(f"  {mark}  {literal(row['input'])}  ->  {literal(row['output'])}{yours}")
    return "\n".join(lines)


def _printable(text: str) -> str:
    return literal(text)[1:-1]


def _block(code: str, longest: int) -> str:
    lines = [line if len(line) <= 160 else f"{line[:160]}..." for line in code.strip().splitlines()]
    if len(lines) > longest:
        lines = [*lines[:longest], f"... {len(lines) - longest} more lines"]
    printable = "\n".join("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line) for line in lines)
    return textwrap.indent(printable, "    ")
