"""The small model answers alike in this process and behind a server."""

from pathlib import Path

import pytest

from find_gym.language import ChatOptions, Message, load_chat_model
from tests.language.serving import serve_small_model

DIALOGUE: list[Message] = [
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is the capital of France?"},
    {"role": "assistant", "content": "Paris."},
    {"role": "user", "content": "And which river flows through it?"},
]


@pytest.mark.slow
def test_a_server_of_the_small_model_answers_as_the_model_in_this_process(small_model: str, tmp_path: Path) -> None:
    options = ChatOptions(max_tokens=24)
    with serve_small_model(tmp_path, small_model) as (address, name):
        remote = load_chat_model(name, base_url=address, patience=5.0)
        there = remote.reply(DIALOGUE, options)
        estimate, window = remote.count_tokens(DIALOGUE), remote.context_tokens
        remote.close()
    local = load_chat_model(small_model)
    here = local.reply(DIALOGUE, options)
    local.close()
    assert here.text == there.text and len(here.text) > 10
    assert (here.prompt_tokens, here.completion_tokens) == (there.prompt_tokens, there.completion_tokens)
    assert here.finish_reason == there.finish_reason
    assert here.prompt_tokens == local.count_tokens(DIALOGUE) <= estimate
    assert local.context_tokens == 8192 and window is None
