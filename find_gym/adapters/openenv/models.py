"""What goes over the wire. The one required field of an action is the message, so that raw text can be sent."""

from __future__ import annotations

from openenv.core.env_server.types import Action, Observation, State
from pydantic import Field

from find_gym.interfaces import MAX_MESSAGE

# Reasoning is not counted by the environment; as much of it as of the message itself may be sent.
MAX_CHARACTERS = 2 * MAX_MESSAGE


class FindAction(Action):  # type: ignore[misc]
    """A message of the interpreter, in any form that is read (docs/messages.md)."""

    message: str = Field(max_length=MAX_CHARACTERS, description="A query or the submission, as a model writes it")


class FindObservation(Observation):  # type: ignore[misc]
    """The answer to it; at the end `metadata` has the metrics, and never the truth."""

    text: str = Field(default="", description="The task, or the answer to the last message")
    budget: int = Field(default=0, description="The inputs that can still be asked")
    messages_left: int = Field(default=0, description="The messages that can still be sent")


class FindState(State):  # type: ignore[misc]
    """How far the episode is, and which task it is."""

    task: dict[str, str | int | float | None] = Field(default_factory=dict, description="The task, without the truth")
    over: bool = Field(default=False, description="Whether the episode has ended")
