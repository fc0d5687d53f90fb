"""The agent: what the model is told and asked in an episode, message by message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.interfaces import Message, Submit, ToolCall, read_message
from find_gym.interfaces.text import write_query
from find_gym.language import ChatModel, ChatOptions
from find_gym.language.messages import estimate_tokens
from find_gym.scoring import Submission
from find_gym.tasks import message_rules
from find_gym_agents.categories import agent_category
from find_gym_agents.interpreters.lm.dialogue import Dialogue
from find_gym_agents.interpreters.lm.instructions import system_prompt
from find_gym_agents.interpreters.lm.models import shared_model
from find_gym_agents.interpreters.lm.options import LanguageModelOptions
from find_gym_agents.interpreters.lm.reflection import describe_outputs, hold_back, review
from find_gym_agents.interpreters.lm.window import Window

DEFAULT_CONTEXT = 8192

_LAST = "This is your last message: send your submission now, in the form that the task gives."
_MILAN = (
    "These are all the outputs that you get; you can't query. Describe the function by them: your one message has to "
    "be your submission, in the form that the task gives."
)


# So many refusals in a row that say the same end an episode: the model would go on like that.
_MOST_ALIKE = 3
_GAVE_UP = "refused three times alike"


class LanguageModelAgent:
    """A language model that speaks the interface `text`, or `tools` where it calls them.

    The system prompt, the task, the model's replies and the environment's answers make one dialogue. See
    `LanguageModelOptions` for what can be varied.

    Args:
        category: the category of functions.
        language_model: the options.
        chat_model: the model; by default the one that the options name, which all agents of this process share.

    Attributes:
        category: the argument.
        rules: what messages of the category look like.
        gave_up: why the agent has nothing more to say in this episode; empty where it has.
    """

    gave_up: str

    def __init__(
        self, category: str, language_model: LanguageModelOptions, *, chat_model: ChatModel | None = None
    ) -> None:
        self.category = category
        self._settings = agent_category(category).language_model
        self.rules = message_rules(category)
        self._options = language_model
        self._own_model = chat_model
        self.reset(0)

    @property
    def interface(self) -> str:
        """The interface: "tools" or "text".

        Raises:
            ModelError: the model could not be asked whether it calls tools.
        """
        return "tools" if self._calls_tools else "text"

    @property
    def _calls_tools(self) -> bool:
        protocol = self._options.protocol
        return protocol == "tools" or (protocol == "auto" and self._model.takes_tools())

    @property
    def environment_options(self) -> dict[str, Any]:
        """The arguments that the environment needs for the options, such as the number of messages."""
        options: dict[str, Any] = {}
        limit = self._options.round_limit
        if limit is not None:
            options["max_steps"] = limit + self._starts_with_query
        if self._starts and not self._settings.exemplars:
            options["exemplars"] = True
        return options

    def reset(self, seed: int) -> None:
        """Forgets the last episode and seeds the model's sampling for the next."""
        # Looked up each time: the shared models may have been closed, and are then loaded again.
        self._model = shared_model(self._options) if self._own_model is None else self._own_model
        self._rng = np.random.default_rng(seed)
        self._dialogue = Dialogue()
        self._window: Window | None = None
        self._prompt_limit = 0
        self._refusal, self._alike, self.gave_up = "", 0, ""
        self._rounds_left = self._options.round_limit
        self._held: list[tuple[Any, Any]] = []
        self._reflected = not self._options.reflection

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the next message: a query or the submission, or an empty one where the agent has given up.

        Raises:
            ModelError: the model could not be asked.
            SandboxError: the sandbox failed in a reflection.
            ValueError: the task and a reply are longer than the model's window.
        """
        if not self._dialogue.head:
            self._dialogue.begin(self._system_prompt(), self._task(observation))
            exemplars = self._first_inputs(info)
            if exemplars:
                return write_query(exemplars)
            self._announce_rounds(info)
        elif not self._dialogue.turns:
            asked = "These inputs were asked for you.\n" if info["inputs"] else ""
            self._hear(asked + self._answer(observation, info), "exemplars", info)
            self._announce_rounds(info)
        else:
            self._hear(self._answer(observation, info), "outputs", info)
        return "" if self._is_refused_alike(info["message"]) else self._next_message(info)

    def episode_log(self) -> dict[str, Any]:
        """Returns the model's name, the dialogue so far and what it used, as the record of an episode has them."""
        usage = self._dialogue.usage()
        if self._options.price_in is not None:
            tokens = usage["prompt_tokens"], usage["completion_tokens"]
            usage["cost"] = None if None in tokens else self._options.cost(*tokens)
        dialogue = [entry.to_json() for entry in self._dialogue.entries()]
        return {"model": self._model.name, "dialogue": dialogue, "usage": usage}

    # --- What the model is told ---------------------------------------------------------------------------------------

    @property
    def _asks(self) -> bool:
        """Whether the model may query at all: one message is the submission."""
        return self._options.round_limit != 1

    def _system_prompt(self) -> str:
        own = self._options.system_text
        return own if own is not None else system_prompt(self.category, tools=self._calls_tools, asks=self._asks)

    def _task(self, observation: str) -> str:
        """Returns the task, for a model that can't query without the paragraph on that."""
        if self._asks:
            return observation
        return "\n\n".join(part for part in observation.split("\n\n") if self.rules.example not in part)

    def _is_refused_alike(self, refusal: str) -> bool:
        """Notes a refusal, and returns whether it was the last one of a row."""
        self._alike = self._alike + 1 if refusal and refusal == self._refusal else int(bool(refusal))
        self._refusal = refusal
        if self._alike >= _MOST_ALIKE:
            self.gave_up = _GAVE_UP
        return bool(self.gave_up)

    @property
    def _starts(self) -> bool:
        return self._options.milan or self._options.start == "exemplars"

    @property
    def _starts_with_query(self) -> bool:
        """Whether the first message of an episode is a query that the model has not written."""
        return self._starts and (self._options.milan or bool(self._settings.exemplars))

    def _first_inputs(self, info: dict[str, Any]) -> Sequence[Any]:
        if not self._starts_with_query:
            return ()
        return list(info.get("exemplars", self._settings.exemplars))[: info["budget"]]

    def _announce_rounds(self, info: dict[str, Any]) -> None:
        if self._options.milan:
            self._dialogue.hear(_MILAN, "notice")
        elif self._rounds_left is not None and self._rounds_left < info["steps_left"]:
            self._dialogue.hear(f"You have {self._rounds_left} messages, your submission among them.", "notice")

    def _hear(self, content: str, kind: str, info: dict[str, Any]) -> None:
        pairs, held = self._split(info)
        self._held += held
        self._dialogue.hear(content, kind, pairs)

    def _split(self, info: dict[str, Any]) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]:
        """Returns the pairs of this step that the model is shown, and those that it is not."""
        if self._reflected:
            return list(zip(info["inputs"], info["outputs"], strict=True)), []
        return hold_back(info["inputs"], info["outputs"])

    def _answer(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the environment's answer without the outputs that are held back."""
        shown, held = self._split(info)
        if not held:
            return observation
        # A headline, then a line for each output.
        rest = observation.split("\n")[1 + len(info["outputs"]) :]
        return describe_outputs(shown, held, "\n".join(rest))

    # --- What it says -------------------------------------------------------------------------------------------------

    def _next_message(self, info: dict[str, Any]) -> str:
        if self._rounds_left == 0:
            return ""
        if self._rounds_left is not None:
            self._rounds_left -= 1
        if not self._options.milan and (self._rounds_left == 0 or info["steps_left"] == 1):
            self._dialogue.hear(_LAST, "notice")
        message = self._ask()
        return message if self._reflected else self._reflect(message)

    def _reflect(self, message: str) -> str:
        """Shows the model what was held back, if this is its submission; returns the message to send."""
        submission = self._submission(message)
        if submission is None or not self._held:
            return message
        self._reflected = True
        shown = review(self.category, submission, self._held)
        if shown is None:
            return message
        self._dialogue.hear(shown, "reflection")
        revised = self._ask()
        return message if self._submission(revised) is None else revised

    def _submission(self, message: str) -> Submission | None:
        move = read_message(message, self.rules, tools=self._calls_tools).move
        return move.submission if isinstance(move, Submit) else None

    def _ask(self) -> Message:
        """Asks the model for its next reply and returns that as a message to the environment."""
        # The limit may have been learnt from a refusal meanwhile.
        limit = self._longest_prompt()
        if self._window is None or limit != self._prompt_limit:
            self._window, self._prompt_limit = Window(self._model.count_tokens, limit), limit
        messages, left_out = self._window.prompt(self._dialogue)
        options = ChatOptions(
            self._options.reply_tokens,
            self._options.temperature,
            seed=int(self._rng.integers(2**31)),
            tools=tuple(self._tools),
        )
        reply = self._model.reply(messages, options)
        self._dialogue.say(reply, left_out)
        functions = [call["function"] for call in reply.tool_calls]
        calls = [ToolCall(function["name"], function["arguments"]) for function in functions]
        return Message(reply.text, calls, truncated=reply.finish_reason == "length", reasoning=reply.reasoning)

    @property
    def _tools(self) -> list[dict[str, Any]]:
        """The tools that the model is given: without `query` where it can't query."""
        if not self._calls_tools:
            return []
        return [tool for tool in self.rules.tools() if self._asks or tool["function"]["name"] != "query"]

    def _longest_prompt(self) -> int:
        """Returns the greatest length of a prompt."""
        known = [tokens for tokens in (self._options.context_tokens, self._model.context_tokens) if tokens is not None]
        window = min(known, default=DEFAULT_CONTEXT)
        if window <= self._options.reply_tokens:
            raise ValueError(
                f"expected a window of more than {self._options.reply_tokens} tokens (a reply), actual: {window}; "
                "give fewer reply_tokens"
            )
        tools = self._tools
        described = estimate_tokens([{"role": "system", "content": json.dumps(tools)}]) if tools else 0
        return window - self._options.reply_tokens - described
