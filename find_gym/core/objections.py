"""Why a submission can't be judged, apart from whether it is right: form never ends an episode."""

from __future__ import annotations

from find_gym.core.submissions import MAX_CODE_BYTES, MalformedError, Submission, prepare_code


def objection_to_code(submission: Submission, cap: float) -> str | None:
    """Says why the code of a submission can't be run, or returns None.

    Args:
        submission: what was handed in.
        cap: the greatest complexity of the category's code, in bits.
    """
    if submission.program is not None:
        return None
    try:
        prepare_code(submission.code, cap=cap)
    except MalformedError as error:
        return str(error)
    return None


def objection_to_text(text: str) -> str | None:
    """Says why a description in language can't be read, or returns None."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if text.strip() and size <= MAX_CODE_BYTES:
        return None
    actual = f"{size} bytes" if text.strip() else "an empty description"
    return f"expected a description of at most {MAX_CODE_BYTES} bytes, actual: {actual}"
