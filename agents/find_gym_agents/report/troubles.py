"""What went wrong beside the answers, and what to do: cut replies, dialogues in circles, episodes without a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from find_gym_agents.runs.records import EpisodeRecord

# So many reasons of unscored episodes are told apart, the most frequent first.
_MOST_REASONS = 3
_LONGEST_REASON = 160
# A longer reply that is proposed, in multiples of the one that was too short.
_LONGER = 4


def count_troubles(episodes: Sequence[EpisodeRecord]) -> list[dict[str, Any]]:
    """Returns what went wrong in an agent's episodes: for each kind "what" (in words), its "count" and a "hint"."""
    replies = [entry for record in episodes for entry in record.dialogue or () if entry["kind"] == "reply"]
    found = [_cut_off(replies), _silent(replies), _adapted(replies), *_ended(episodes), *_unscored(episodes)]
    return [trouble for trouble in found if trouble["count"]]


def _cut_off(replies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    cut = [entry for entry in replies if entry.get("finish_reason") == "length"]
    lengths = [length for entry in cut if (length := entry.get("completion_tokens"))]
    longest = max(lengths, default=None)
    place = "" if longest is None else f" at {longest:,} tokens"
    proposed = "more" if longest is None else str(_LONGER * longest)
    thought = sum(not entry["content"].strip() and not entry.get("tool_calls") for entry in cut)
    less = f"; {thought} of them had nothing but reasoning: or less --reasoning-effort" if thought else ""
    return {"what": f"replies cut off{place}", "count": len(cut), "hint": f"give --reply-tokens {proposed}{less}"}


def _silent(replies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    silent = [
        entry["finish_reason"]
        for entry in replies
        if not entry["content"].strip() and not entry.get("tool_calls") and entry.get("finish_reason") != "length"
    ]
    reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(silent).most_common(_MOST_REASONS))
    return {"what": f"empty replies ({reasons})", "count": len(silent), "hint": "see the replies in the report"}


def _adapted(replies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    ways = Counter(way for entry in replies for way in entry.get("adapted") or ())
    count = sum(bool(entry.get("adapted")) for entry in replies)
    return {"what": f"requests adapted to the server: {'; '.join(ways)}", "count": count, "hint": "none needed"}


def _ended(episodes: Sequence[EpisodeRecord]) -> list[dict[str, Any]]:
    counts = Counter(record.ended for record in episodes if record.ended)
    hint = "see the last messages of these episodes; perhaps another --protocol or --system-prompt"
    return [{"what": f"episodes ended: {reason}", "count": count, "hint": hint} for reason, count in counts.items()]


def _unscored(episodes: Sequence[EpisodeRecord]) -> list[dict[str, Any]]:
    counts = Counter(_reason(record) for record in episodes if not record.scored)
    return [
        {"what": f"unscored: {reason}", "count": count, "hint": "the same command tries them again"}
        for reason, count in counts.most_common(_MOST_REASONS)
    ]


def _reason(record: EpisodeRecord) -> str:
    """Returns why an episode has no score: who failed, and the error's own words."""
    lines = [line for line in (record.error or "").splitlines() if line.strip()] or ["unknown"]
    who, words = lines[0].rstrip(":"), lines[-1].strip()
    text = who if len(lines) == 1 else f"{who} ({words})"
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."
