"""Chat models, loaded once in a process and shared by all of its agents."""

from __future__ import annotations

import atexit
import json
import threading
from typing import Any

from find_gym.language import ChatModel, load_chat_model
from find_gym_agents.interpreters.lm.options import LanguageModelOptions

_models: dict[tuple[Any, ...], ChatModel] = {}
_lock = threading.Lock()


def shared_model(options: LanguageModelOptions) -> ChatModel:
    """Returns the model that the options name; the first call loads it, and others wait for that.

    Raises:
        ValueError: the options name none.
        MissingModelError: something is not installed or not there.
    """
    if options.model is None:
        raise ValueError("expected a language model for the agent lm (--model NAME), actual: none")
    settings: dict[str, Any] = {
        "base_url": options.base_url,
        "batch_size": options.batch_size,
        "dtype": options.dtype,
        "patience": options.patience,
    }
    settings |= {"connections": options.connections, "requests_per_minute": options.requests_per_minute}
    settings |= {"extra_body": options.request_fields or None}
    key = (options.model, json.dumps(settings, sort_keys=True))
    with _lock:
        if key not in _models:
            if not _models:
                atexit.register(close_models)
            _models[key] = load_chat_model(options.model, **settings)
        return _models[key]


def close_models() -> None:
    """Closes all models of this process and forgets them."""
    with _lock:
        for model in _models.values():
            model.close()
        _models.clear()
