"""Judges by name."""

from __future__ import annotations

from typing import Any

from find_gym.judges.protocol import Execution, Judge


def read_judge(judge: Any) -> Judge | None:
    """Returns the judge that an argument stands for: its name as `load_judge` takes it, a judge itself, or None.

    Raises:
        TypeError: it is none of these.
        MissingModelError: the language model, or what runs it, is not there.
    """
    if isinstance(judge, str):
        loaded = load_judge(judge)
        # A server that does not answer is known now, not after a dialogue was paid for.
        loaded.rate("golf", [[Execution("putter"), Execution("flour")]])
        return loaded
    if judge is not None and not callable(getattr(judge, "rate", None)):
        raise TypeError(f"expected judge to be a name, a Judge (with a method `rate`) or None, actual value: {judge!r}")
    return judge  # type: ignore[no-any-return]


def load_judge(name: str) -> Judge:
    """Makes a judge.

    Args:
        name: "embedding", "vocabulary" (the same without a model, which reads words of the vocabulary only),
            "grounding" (of relations), or a causal language model as
            `find_gym.language.load_causal_lm` takes it: a path, a name, or the address of a server.

    Raises:
        MissingModelError: the language model, or what runs it, is not there.
    """
    if name == "embedding":
        from find_gym.judges.embedding import EmbeddingJudge

        return EmbeddingJudge()
    if name == "vocabulary":
        from find_gym.judges.embedding import VocabularyJudge

        return VocabularyJudge()
    if name == "grounding":
        from find_gym.judges.grounding import GroundingJudge

        return GroundingJudge()
    from find_gym.judges.language_model import LanguageModelJudge
    from find_gym.language import MissingModelError, load_causal_lm

    try:
        return LanguageModelJudge(load_causal_lm(name))
    except MissingModelError as error:
        other = str(error).removeprefix("expected ")
        raise MissingModelError(f"expected the judge embedding, vocabulary or grounding, or {other}") from error
