"""A model of a few thousand random weights, with a tokenizer of bytes: all of a language model but the sense."""

from __future__ import annotations

# Control tokens that the tokenizer calls special, and marks that steer a model without being called so.
SPECIAL = ("<s>", "<|im_start|>", "<|im_end|>")
MARKS = ("<think>", "</think>", "[CALLS]")
WINDOW = 512
# It trims contents and looks for a mark in the model's own replies, as templates of real models do.
TEMPLATE = (
    "{{ '<s>' }}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{{ message['content'].split('</think>')[-1] | trim }}"
    "{% else %}{{ message['content'] | trim }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def write_tiny_model(folder: str, window: int = WINDOW) -> None:
    """Writes the model into a folder, in transformers' own format, with room for so many tokens."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("h", "e"), ("t", "he"), ("<", "|"), ("|", ">"), ("Ġ", "the"), ("i", "n"), ("in", "g")]
    words = letters + ["".join(pair) for pair in merges]
    core = Tokenizer(models.BPE(vocab={word: place for place, word in enumerate(words)}, merges=merges))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(list(SPECIAL))
    core.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="<|im_end|>", pad_token="<|im_end|>", chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=window,
                # Weights of the usual size would make all tokens nearly alike.
                initializer_range=0.5,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
    model.save_pretrained(folder)
