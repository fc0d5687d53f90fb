"""The solver: a model that queries and submits, by tools or by messages."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from inspect_ai.model import ChatMessageUser, execute_tools, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from find_gym.adapters.inspect._episode import HiddenFunction
from find_gym.adapters.inspect._functions import Functions
from find_gym.adapters.inspect._tools import tools_for
from find_gym.tasks import FORMS, Form


@solver
def interpreter(protocol: Form = "tools") -> Solver:
    """A model in a loop, until it submits or its messages are spent.

    Args:
        protocol: "tools" for the tools `query` and `submit`; "text" for messages as in the environment's interface
            `text`, for models that can't call tools.
    """
    if protocol not in FORMS:
        raise ValueError(f"expected a protocol in {FORMS}, actual value: {protocol!r}")
    take_turn = _call_tools if protocol == "tools" else _exchange_messages

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        functions = Functions(**state.metadata["functions"])
        # Sampling a network or reading a dataset takes a while, and other samples are waiting.
        function = await to_thread.run_sync(HiddenFunction, functions, state.metadata["index"], protocol)
        if protocol == "tools":
            state.tools = [*state.tools, *tools_for(function)]
        while not function.over and not state.completed:
            state.output = await get_model().generate(state.messages, state.tools)
            state.messages.append(state.output.message)
            if state.output.stop_reason == "model_length":
                function.stop("the model's context was full")
                break
            await take_turn(state, function)
        return state

    return solve


async def _call_tools(state: TaskState, function: HiddenFunction) -> None:
    """Makes the calls of the model's last message; what is in its text counts where the server found none."""
    left = function.messages_left
    message: Any = state.output.message
    if not message.tool_calls:
        await _exchange_messages(state, function)
        return
    results, _ = await execute_tools([message], state.tools)
    state.messages.extend(results)
    if not function.over and function.messages_left == left:
        # Calls that never came to the environment, because their arguments do not fit, are a step as well.
        await function.call("", {})


async def _exchange_messages(state: TaskState, function: HiddenFunction) -> None:
    """Reads the model's last message, and answers it."""
    observation, _ = await function.say(state.output)
    if not function.over:
        state.messages.append(ChatMessageUser(content=observation))
