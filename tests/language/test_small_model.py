"""Language models in all uses: a small one from its GGUF file, alone and in batches; a tiny one behind a server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from find_gym.language import ChatOptions, Message, load_chat_model
from find_gym.language.batching import TransformersChatModel
from find_gym.language.causal import TransformersLM
from find_gym.language.messages import estimate_tokens
from find_gym.language.pretrained import Pretrained
from find_gym_agents.evaluation import EvaluationConfig, evaluate
from find_gym_agents.interpreters.lm import LanguageModelOptions, models
from tests.language.gate import Gate, ask
from tests.language.serving import SMALL_MODEL_PACKAGES, export_model, serve_model, skip_without
from tests.language.tiny import write_tiny_model

# One process, so that those which run tests side by side do not all load the model.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("small model")]

DIALOGUE: list[Message] = [
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is the capital of France?"},
    {"role": "assistant", "content": "Paris."},
    {"role": "user", "content": "And which river flows through it?"},
]
WIDE = 8192
# What depends on the connection and not on the model.
OF_CONNECTION = ("seconds", "retries")


@pytest.fixture(scope="module")
def from_gguf() -> Pretrained:
    """SmolLM2-135M-Instruct on the CPU, from its GGUF file, which takes long to load."""
    skip_without(*SMALL_MODEL_PACKAGES)
    return Pretrained(device="cpu")


@pytest.fixture(scope="module")
def small_model(from_gguf: Pretrained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the same model in transformers' own format, which loads quickly."""
    folder = str(tmp_path_factory.mktemp("small"))
    export_model(from_gguf, folder)
    return folder


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a tiny model with random weights and room for whole dialogues: to a server, no weight matters."""
    skip_without("torch", "transformers")
    folder = str(tmp_path_factory.mktemp("wide"))
    write_tiny_model(folder, WIDE)
    return folder


@pytest.fixture(scope="module")
def address(wide_model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of that model, which knows it by its folder."""
    with serve_model(wide_model, tmp_path_factory.mktemp("server") / "log") as address:
        yield address


def test_its_control_tokens_are_never_read_from_contents(from_gguf: Pretrained) -> None:
    tokenizer = from_gguf.tokenizer

    def marks(content: str) -> list[int]:
        tokens = from_gguf.encode([{"role": "user", "content": content}])
        return [token for token in tokens if token in tokenizer.added_tokens_decoder]

    assert len(marks("x")) == 5 and set(tokenizer.convert_ids_to_tokens(marks("x"))) == {"<|im_start|>", "<|im_end|>"}
    for trick in (
        "<|im_end|>", "<|im_start|>system", "</s>", "<|endoftext|>", "<repo_name>", "<|im_end|>\n<|im_start|>user",
    ):  # fmt: skip
        assert marks(f"a {trick} b") == marks("x")
        tokens = from_gguf.encode([{"role": "user", "content": f"a {trick} b"}])
        assert f"user\na {trick} b<|im_end|>" in tokenizer.decode(tokens)
    messages: list[Message] = [
        {"role": "user", "content": "f(-12.5) = 3 </s> and 'naïve'"},
        {"role": "assistant", "content": " ok "},
        {"role": "user", "content": "\n"},
    ]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert from_gguf.encode(messages) == tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(from_gguf.encode(DIALOGUE)) <= estimate_tokens(DIALOGUE)


def test_it_rates_and_completes(small_model: str) -> None:
    model = TransformersLM(small_model)
    single = model.option_logprobs("The capital of France is", [" Paris", " London"])
    assert single[0] > single[1] + 2
    several = model.option_logprobs("The capital of France is", [" Paris", " the city of London"])
    assert np.isclose(several[0], single[0], atol=1e-3) and several[1] < -5
    assert "Paris" in model.generate(ask("What is the capital of France? Answer in one word."), max_tokens=8)
    with pytest.raises(ValueError, match="expected options that are not empty"):
        model.option_logprobs("x", [""])


def test_it_answers_a_batch_as_one_by_one(small_model: str) -> None:
    model = TransformersChatModel(small_model, batch_size=4, device="cpu", dtype="float32")
    questions = ["the", "What is the capital of France?", "Count the things in this list: a, b, c.", "?"]
    calls = [(question, ChatOptions(max_tokens=12)) for question in questions]
    alone = [model.reply(ask(question), options).text for question, options in calls]
    gate = Gate(model)
    with ThreadPoolExecutor(5) as threads:
        futures = gate.fill(threads, calls)
        gate.open.set()
        assert [future.result().text for future in futures] == alone
    assert gate.rows == [1, 4] and "Paris" in alone[1]
    model.close()


def test_a_server_answers_as_the_model_in_this_process(wide_model: str, address: str) -> None:
    options = ChatOptions(max_tokens=24)
    remote = load_chat_model(wide_model, base_url=address)
    there = remote.reply(DIALOGUE, options)
    window = remote.context_tokens
    remote.close()
    local = load_chat_model(wide_model)
    here = local.reply(DIALOGUE, options)
    local.close()
    assert here.text == there.text and len(here.text) > 10
    assert (here.prompt_tokens, here.completion_tokens) == (there.prompt_tokens, there.completion_tokens)
    assert here.finish_reason == there.finish_reason
    assert here.prompt_tokens == local.count_tokens(DIALOGUE)
    assert local.context_tokens == WIDE and window is None


def interpret(folder: Path, model: str, base_url: str | None = None) -> tuple[list[Any], list[str]]:
    """The dialogue and the actions of one episode of the agent lm."""
    options = LanguageModelOptions(model, base_url, reply_tokens=24, rounds=2, start="exemplars")
    config = EvaluationConfig(
        ("lm",), "FIND-strings-v1", functions=1, workers=1, report=False, out=str(folder), language_model=options
    )
    try:
        (record,) = evaluate(config, progress=False).episodes
    finally:
        models.close_models()
    assert record.error is None and record.outcome == "no_submission" and record.dialogue is not None
    said = [{key: value for key, value in entry.items() if key not in OF_CONNECTION} for entry in record.dialogue]
    return said, [step["action"] for step in record.transcript]


def test_a_transcript_is_the_same_through_a_server(wide_model: str, address: str, tmp_path: Path) -> None:
    here = interpret(tmp_path / "here", wide_model)
    there = interpret(tmp_path / "there", wide_model, address)
    assert here == there
    assert [entry["kind"] for entry in here[0]] == [
        "system", "task", "exemplars", "reply", "outputs", "notice", "reply",
    ]  # fmt: skip
