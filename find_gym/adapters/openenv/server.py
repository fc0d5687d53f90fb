"""The server: an application of FastAPI, and the command that runs it."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.types import ConcurrencyConfig

from find_gym.adapters.openenv.environment import FindEnvironment, ServerSettings
from find_gym.adapters.openenv.models import FindAction, FindObservation, FindState

# The settings of `read_settings` in variables of the environment.
_PREFIX = "FIND_"


def read_settings() -> ServerSettings:
    """Reads the settings from variables of the environment.

    They are FIND_CATEGORIES (names between commas), FIND_DIFFICULTY, FIND_MAX_QUERIES, FIND_MAX_MESSAGES,
    FIND_MAX_SESSIONS, FIND_IDLE_SECONDS, FIND_MAX_BYTES and FIND_ENTITIES_JUDGE.
    """
    kinds: dict[str, Any] = {
        "categories": lambda text: tuple(text.replace(" ", "").split(",")),
        "difficulty": str,
        "max_queries": int,
        "max_messages": int,
        "max_sessions": int,
        "idle_seconds": float,
        "max_bytes": int,
    }
    found = {name: os.environ.get(f"{_PREFIX}{name.upper()}") for name in kinds}
    given = {name: kinds[name](text) for name, text in found.items() if text}
    judge = os.environ.get(f"{_PREFIX}ENTITIES_JUDGE")
    return ServerSettings(**given, options={"entities": {"judge": judge}} if judge else {})


def make_app(settings: ServerSettings | None = None) -> Any:
    """Makes the application.

    Args:
        settings: what is served; by default what `read_settings` reads.
    """
    settings = settings or read_settings()
    limits = ConcurrencyConfig(max_concurrent_envs=settings.max_sessions, session_timeout=settings.idle_seconds)
    return create_app(
        partial(FindEnvironment, settings),
        FindAction,
        FindObservation,
        env_name="find",
        concurrency_config=limits,
        state_cls=FindState,
    )


def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serves until it is stopped.

    Args:
        host: the address to listen at.
        port: the port.
        workers: processes; a session stays with one of them, and ends with it.
    """
    import uvicorn

    uvicorn.run(
        "find_gym.adapters.openenv.server:make_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        ws_max_size=read_settings().max_bytes,
        log_level="warning",
    )
