"""The client of the server."""

from __future__ import annotations

from typing import Any

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient

from find_gym.adapters.openenv.models import FindAction, FindObservation, FindState


class FindClient(EnvClient[FindAction, FindObservation, FindState]):  # type: ignore[misc]
    """A session with the server; `client.sync()` is the same without await.

    What the server refuses, or fails at, raises here.
    """

    def _step_payload(self, action: FindAction) -> dict[str, Any]:
        return {"message": action.message}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[FindObservation]:
        shared = {"done": payload.get("done", False), "reward": payload.get("reward")}
        told = payload.get("observation", {}) | {"metadata": payload.get("metadata") or {}}
        return StepResult(observation=FindObservation(**(told | shared)), **shared)

    def _parse_state(self, payload: dict[str, Any]) -> FindState:
        return FindState(**payload)
