"""A chat model in this process: what its batches hold, and that replies do not depend on them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from find_gym.language import ChatOptions, ModelError
from find_gym.language.batching import TransformersChatModel
from tests.language.gate import SHORT, Gate, ask
from tests.language.tiny import WINDOW

QUESTIONS = ["the", "What is the capital of France?", "Count the things in this list: a, b, c.", "?"]
OPTIONS = [
    ChatOptions(max_tokens=12),
    ChatOptions(max_tokens=5),
    ChatOptions(max_tokens=9, temperature=0.7, seed=1),
    ChatOptions(max_tokens=9, temperature=1.5, seed=2),
]


@pytest.fixture
def model(tiny_model: str) -> Iterator[TransformersChatModel]:
    model = TransformersChatModel(tiny_model, batch_size=4, device="cpu")
    yield model
    model.close()


def test_a_reply_does_not_depend_on_its_batch(model: TransformersChatModel) -> None:
    calls = list(zip(QUESTIONS, OPTIONS, strict=True))
    alone = [model.reply(ask(question), options) for question, options in calls]
    gate = Gate(model)
    with ThreadPoolExecutor(5) as threads:
        futures = gate.fill(threads, calls)
        gate.open.set()
        together = [future.result() for future in futures]
    assert gate.rows == [1, 4]
    assert [(reply.text, reply.completion_tokens) for reply in together] == [
        (reply.text, reply.completion_tokens) for reply in alone
    ]
    assert [reply.completion_tokens for reply in alone] == [options.max_tokens for options in OPTIONS]
    assert all(reply.finish_reason == "length" and reply.retries == 0 and reply.seconds > 0 for reply in together)
    assert [reply.prompt_tokens for reply in together] == [model.count_tokens(ask(text)) for text in QUESTIONS]


def test_batches_have_a_greatest_size(model: TransformersChatModel) -> None:
    gate = Gate(model)
    with ThreadPoolExecutor(8) as threads:
        futures = gate.fill(threads, [("the", SHORT)] * 6)
        gate.open.set()
        assert len({future.result().text for future in futures}) == 1
    assert gate.rows == [1, 4, 2]


def test_draws_depend_on_the_seed(model: TransformersChatModel) -> None:
    drawn = [model.reply(ask("the"), ChatOptions(max_tokens=20, temperature=1.0, seed=seed)).text for seed in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_draws_follow_the_models_distribution() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from find_gym.language.decoding import RowSampling

    scores = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))
    options = [ChatOptions(temperature=2.0, seed=seed) for seed in range(4000)]
    rows, tokens = scores.repeat(len(options), 1), torch.zeros((len(options), 1), dtype=torch.long)
    counts = torch.bincount(RowSampling(options, "cpu")(tokens, rows).argmax(dim=1), minlength=4) / len(options)
    assert torch.allclose(counts, torch.softmax(scores[0] / 2, dim=0), atol=0.03)
    limited = RowSampling(options, "cpu", top_k=3, top_p=0.6)(tokens, rows).argmax(dim=1)
    # At this temperature the first two tokens have 0.64 of the three likeliest ones' probability.
    assert set(limited.tolist()) == {0, 1}


def test_a_reply_ends_where_the_model_ends_it(model: TransformersChatModel) -> None:
    gate = Gate(model)
    prompt = model.reply(ask("the"), ChatOptions(max_tokens=3)).prompt_tokens
    _, second, third = gate.outputs[0][0, prompt:].tolist()
    settings = model._pretrained.model.generation_config
    settings.eos_token_id = [settings.eos_token_id, third]
    ended = model.reply(ask("the"), ChatOptions(max_tokens=9))
    assert second != third and (ended.completion_tokens, ended.finish_reason) == (3, "stop")
    cut = model.reply(ask("the"), ChatOptions(max_tokens=2))
    assert (cut.completion_tokens, cut.finish_reason) == (2, "length")


def test_the_window_ends_a_reply_and_a_longer_prompt_is_refused(model: TransformersChatModel) -> None:
    assert model.context_tokens == WINDOW
    length = model.count_tokens(ask("a"))
    near = ask("a " * ((WINDOW - length) // 2))
    reply = model.reply(near, ChatOptions(max_tokens=100))
    assert reply.prompt_tokens is not None and reply.completion_tokens == WINDOW - reply.prompt_tokens < 100
    long = ask("a " * WINDOW)
    with pytest.raises(ValueError, match=f"window of {WINDOW} tokens, actual length: {model.count_tokens(long)}"):
        model.reply(long, SHORT)


def test_a_failure_reaches_every_caller_and_passes(model: TransformersChatModel) -> None:
    gate = Gate(model)
    gate.failure = RuntimeError("broken")
    with ThreadPoolExecutor(5) as threads:
        futures = gate.fill(threads, [("the", SHORT)] * 4)
        gate.open.set()
        for future in futures:
            with pytest.raises(ModelError, match=r"expected an answer from .*RuntimeError\('broken'\)"):
                future.result()
    gate.failure = None
    assert model.reply(ask("the"), SHORT).completion_tokens == 2


def test_a_batch_too_large_for_the_memory_is_halved(model: TransformersChatModel) -> None:
    gate = Gate(model)
    gate.largest = 1
    with ThreadPoolExecutor(4) as threads:
        futures = gate.fill(threads, [("the", SHORT)] * 3)
        gate.open.set()
        assert len({future.result().text for future in futures}) == 1
    assert gate.rows == [1, 3, 1, 2, 1, 1]
    gate.largest = 0
    with pytest.raises(ModelError, match="too many rows"):
        model.reply(ask("the"), SHORT)


def test_a_closed_model_answers_nobody(tiny_model: str) -> None:
    model = TransformersChatModel(tiny_model, device="cpu")
    threads_before = set(threading.enumerate())
    # Those of earlier tests may end meanwhile.
    assert model.count_tokens(ask("the")) > 0 and set(threading.enumerate()) <= threads_before
    gate = Gate(model)
    with ThreadPoolExecutor(4) as threads:
        waiting = gate.fill(threads, [("the", SHORT)] * 2)
        closing = threads.submit(model.close)
        with model._changed:
            assert model._changed.wait_for(lambda: model._closed, timeout=60)
        gate.open.set()
        closing.result()
        for future in waiting:
            with pytest.raises(ModelError, match="was closed"):
                future.result()
    with pytest.raises(ModelError, match="was closed"):
        model.reply(ask("the"), SHORT)
    model.close()
    assert not any(thread.name.startswith(f"chat {tiny_model}") for thread in threading.enumerate())


def test_a_batch_has_at_least_one_row(tiny_model: str) -> None:
    with pytest.raises(ValueError, match="batch_size of at least 1, actual value: 0"):
        TransformersChatModel(tiny_model, batch_size=0)
