"""A chat model of a few hundred thousand random weights, whose template calls tools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>")
MARKS = ("<tool_response>", "</tool_response>", "<think>", "</think>")


def write_tiny_chat_model(folder: Path, texts: Iterable[str]) -> None:
    """Writes the model into a folder.

    Args:
        folder: the folder.
        texts: what the tokenizer is trained on, so that conversations are short.
    """
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
    from trl.chat_template_utils import qwen3_instruct_2507_chat_template

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=1024, initial_alphabet=letters))
    core.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in SPECIAL[:3]])
    core.add_tokens([AddedToken(each, special=False, normalized=False) for each in (*SPECIAL[3:], *MARKS)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=qwen3_instruct_2507_chat_template,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
