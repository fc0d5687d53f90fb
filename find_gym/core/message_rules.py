"""What the reader of messages has to know of a category of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Reads the inputs of one query, given as a list or as the text of a line; ValueError says what is wrong.
ReadInputs = Callable[[list[Any] | str], list[Any]]


@dataclass(frozen=True)
class MessageRules:
    """What messages about a category of functions look like.

    Attributes:
        read_inputs: reads the inputs of one query.
        input_schema: the JSON schema of one input.
        inputs: what inputs are, in words.
        example: inputs of an example, as JSON.
        parts: what a submission has, in order, each with what it says: "description", and "domain" and "code" where
            the category has them.
        required: the parts that a submission by a tool has to have.
        template: the code to fill in, as the task shows it; empty where there is none.
    """

    read_inputs: ReadInputs
    input_schema: Mapping[str, Any]
    inputs: str
    example: str
    parts: Mapping[str, str]
    required: tuple[str, ...]
    template: str = ""

    @property
    def coded(self) -> bool:
        """Whether functions are described in code."""
        return "code" in self.parts

    @property
    def form(self) -> str:
        """The markers of a submission, in one line."""
        return " ".join(
            "[CODE]: ```python ...```" if part == "code" else f"[{part.upper()}]: ..." for part in self.parts
        )

    @property
    def help(self) -> str:
        """How to write a message."""
        return f"write QUERY {self.example} to ask, or {self.form} to submit, each at the beginning of a line"

    @property
    def tool_help(self) -> str:
        """How to call the tools."""
        parts = ", ".join(f"{part}=..." for part in self.parts)
        return f"call query(inputs={self.example}) to ask, or submit({parts}) to submit"

    def tools(self) -> list[dict[str, Any]]:
        """Returns the tools `query` and `submit` as JSON schemas, in the style of OpenAI's functions."""
        listed = {"type": "array", "items": dict(self.input_schema), "minItems": 1, "description": self.inputs}
        texts = {part: {"type": "string", "description": meaning} for part, meaning in self.parts.items()}
        return [
            _tool("query", "Asks for the hidden function's outputs.", {"inputs": listed}, ["inputs"]),
            _tool("submit", "Hands in the description, which ends the work.", texts, list(self.required)),
        ]


def _tool(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
