"""The tools of a model, those of the environment: to query the function, and to submit a description of it."""

from __future__ import annotations

from typing import Any

from inspect_ai.tool import Tool, ToolDef, ToolError, ToolParams

from find_gym.adapters.inspect._episode import HiddenFunction

# Outputs are never cut: 0 lifts Inspect's limit.
_UNCUT = 0


def tools_for(function: HiddenFunction) -> list[Tool]:
    """Returns the tools `query` and `submit` of one sample.

    What the environment refuses comes back as the tool's error, and is not final.

    Args:
        function: what they act on.
    """
    return [_tool(function, schema["function"]) for schema in function.tools]


def _tool(function: HiddenFunction, schema: dict[str, Any]) -> Tool:
    async def execute(**arguments: Any) -> str:
        if function.over:
            raise ToolError("expected no more calls, actual: the episode is over")
        observation, refused = await function.call(schema["name"], arguments)
        if refused:
            raise ToolError(observation)
        # The score is no business of the model's.
        return "Submitted." if function.over else observation

    parameters = ToolParams.model_validate(schema["parameters"])
    made = ToolDef(
        execute, name=schema["name"], description=schema["description"], parameters=parameters, max_output=_UNCUT
    )
    return made.as_tool()
