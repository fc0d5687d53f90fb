"""The description that a person hands in: asked for line by line, or written in an editor."""

from __future__ import annotations

import textwrap

from find_gym.interfaces.submissions import read_submission
from find_gym.interfaces.text import write_submission
from find_gym.scoring import Submission
from find_gym_agents.categories import AgentCategory
from find_gym_agents.play.terminal import END_OF_CODE, Terminal, edit

_DRAFT = Submission("", "none", "def f(x):\n    return x")


def ask_submission(category: AgentCategory, terminal: Terminal) -> Submission:
    """Asks for the parts of a submission, one after the other.

    Raises:
        EOFError: the input ends before the code.
        KeyboardInterrupt: the person pressed Ctrl-C.
    """
    terminal.write("Ctrl-C goes back to the game.")
    description = terminal.read("What does it do, in a sentence or two? ")
    domain = code = ""
    if category.play.domain is not None:
        domain = terminal.read(f"Where does it depart from that ({category.play.domain}, or none)? ")
    if category.in_code:
        terminal.write(f"Python code of the function, then a line with `{END_OF_CODE}`:")
        code = terminal.read_block()
    return Submission(description, domain, code)


def edit_submission(category: AgentCategory) -> Submission:
    """Lets the person write the submission in an editor.

    Raises:
        OSError: there is no editor, or it failed.
        ValueError: what it left is no submission, or the draft as it was.
    """
    draft = write_submission(_DRAFT) if category.in_code else "[DESCRIPTION]: \n[DOMAIN]: none\n"
    text = edit(draft)
    submission = read_submission(text)
    if text == draft or submission is None:
        raise ValueError(
            "expected the draft with a description in it, actual: the draft as it was, or no [DESCRIPTION]"
        )
    return submission


def checked_message(submission: Submission) -> str:
    """Returns the message that hands a submission in.

    Raises:
        ValueError: it is empty, or would be read otherwise than it was written.
    """
    code = textwrap.dedent(submission.code).strip()
    submission = Submission(submission.description.strip(), submission.domain.strip() or "none", code)
    if not (submission.description or code):
        raise ValueError("expected a description or code, actual: neither")
    message = write_submission(submission)
    if read_submission(message) != submission:
        raise ValueError("expected no marker such as [CODE] at the beginning of a line, and no markup around the parts")
    return message
