"""Judges by name."""

from __future__ import annotations

from find_gym.scoring.judges.protocol import Judge


def load_judge(name: str) -> Judge:
    """Makes a judge.

    Args:
        name: "embedding", "grounding" (of relations), or a causal language model as
            `find_gym.language.load_causal_lm` takes it: a path, a name, or the address of a server.

    Raises:
        MissingModelError: the language model, or what runs it, is not there.
    """
    if name == "embedding":
        from find_gym.scoring.judges.embedding import EmbeddingJudge

        return EmbeddingJudge()
    if name == "grounding":
        from find_gym.scoring.judges.grounding import GroundingJudge

        return GroundingJudge()
    from find_gym.language import load_causal_lm
    from find_gym.scoring.judges.language_model import LanguageModelJudge

    return LanguageModelJudge(load_causal_lm(name))
