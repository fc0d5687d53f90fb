"""Scores are told what was asked: in every interface, single and vectorised, and in each category."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from find_gym import LATEST_IDS
from find_gym.categories.entities.exemplars import probe_words

_QUERIES = {
    "numeric": "QUERY [1, 2.5]",
    "strings": 'QUERY ["a", "b c"]',
    "entities": 'QUERY ["violin", "tax"]',
    "relations": 'QUERY ["Norway", "Peru"]',
}
_ASKED = {
    "numeric": (1.0, 2.5),
    "strings": ("a", "b c"),
    "entities": ("violin", "tax"),
    "relations": ("Norway", "Peru"),
}


def listen(category: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Keeps what a category's scores are told."""
    heard: list[tuple[Any, ...]] = []
    score = type(category).score

    def listening(self: Any, function: Any, submission: Any, asked: Any = ()) -> Any:
        heard.append(tuple(asked))
        return score(self, function, submission, asked)

    monkeypatch.setattr(type(category), "score", listening)
    return heard


@pytest.mark.parametrize("name", list(_QUERIES))
def test_messages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env = gym.make(LATEST_IDS[name], interface="text", difficulty="easy", disable_env_checker=True)
    heard = listen(env.unwrapped.examiner, monkeypatch)
    env.reset(seed=0)
    env.step(_QUERIES[name])
    env.step("[DESCRIPTION]: nothing\n[DOMAIN]: none\n[CODE]:\n```python\ndef f(x):\n    return x\n```")
    assert heard == [_ASKED[name]]


def test_tokens_single_and_vectorised(monkeypatch: pytest.MonkeyPatch) -> None:
    probes = probe_words()
    actions = [3, 5, len(probes) + 20]
    single = gym.make("FIND-entities-v1", difficulty="easy", disable_env_checker=True)
    heard = listen(single.unwrapped.examiner, monkeypatch)
    many = gym.make_vec("FIND-entities-v1", num_envs=2, difficulty="easy")
    for env, shape in ((single, ()), (many, (2,))):
        env.reset(seed=0)
        for action in actions:
            env.step(np.full(shape, action) if shape else action)
    many.close()
    assert heard == 3 * [(probes[3], probes[5])]
