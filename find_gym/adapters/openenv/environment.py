"""One session: a client chooses a task within the server's limits, and interprets its function."""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import EnvironmentMetadata

import find_gym
from find_gym.adapters.openenv.models import FindAction, FindObservation, FindState
from find_gym.core.registry import category_named
from find_gym.core.splits import SPLITS
from find_gym.tasks import FORMS, Task, TaskEpisode, draw_tasks

_LOG = logging.getLogger(__name__)
# Functions never run out; a client that pages through them has to be told a number.
_LISTED = 1_000_000
_PAGE = 1000


@dataclass(frozen=True)
class ServerSettings:
    """What a server serves, and how much of it a session may use.

    A client chooses among categories, splits, difficulties and forms by their names, and may ask for less budget than
    there is. All else is the server's: a client names no judge, no file and no distribution of its own.

    Attributes:
        categories: the categories that are served; the first one by default.
        max_queries: the greatest budget of an episode, and the default.
        max_messages: the greatest number of messages of an episode, and the default.
        difficulty: the default difficulty.
        options: further arguments of the environments by category, such as `{"entities": {"judge": "vocabulary"}}`.
        max_sessions: sessions at once; further ones are refused, and told so.
        idle_seconds: a session without a message for so long ends.
        max_bytes: the greatest size of what a client sends at once.
    """

    categories: tuple[str, ...] = ("numeric", "strings")
    max_queries: int = 40
    max_messages: int = 20
    difficulty: str = "find"
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_sessions: int = 256
    idle_seconds: float = 600.0
    max_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        if not self.categories:
            raise ValueError("expected at least one category, actual: none")
        for category in self.categories:
            category_named(category).read_difficulty(self.difficulty, None)

    def task(
        self,
        *,
        category: str | None = None,
        split: str = "train",
        seed: int | None = None,
        index: int | None = None,
        difficulty: str | None = None,
        form: str = "text",
        max_queries: int | None = None,
        max_messages: int | None = None,
    ) -> Task:
        """Returns the task that a client asks for.

        Args:
            category: the category; the first one of the server by default.
            split: the split.
            seed: the seed of a run; without seed and index one is drawn.
            index: the place of the function in the run.
            difficulty: the name of the difficulty.
            form: whether the prompt asks for messages or calls of tools.
            max_queries: the budget.
            max_messages: the number of messages.

        Raises:
            ValueError: the server does not serve that.
        """
        _check("a category", category, (*self.categories, None))
        _check("a split", split, SPLITS)
        _check("a form", form, FORMS)
        category = category or self.categories[0]
        difficulty = self.difficulty if difficulty is None else difficulty
        if not isinstance(difficulty, str):
            raise ValueError(f"expected the name of a difficulty, actual type: {type(difficulty).__name__}")
        category_named(category).read_difficulty(difficulty, None)
        if seed is None and index is None:
            seed = secrets.randbits(62)
        for name, value in (("seed", seed), ("index", index)):
            _check_integer(name, 0 if value is None else value, 0, 2**63 - 1)
        for name, value, least in (("max_queries", max_queries, 0), ("max_messages", max_messages, 1)):
            most = getattr(self, name)
            _check_integer(name, most if value is None else value, least, most)
        [task] = draw_tasks(
            category,
            1,
            seed=seed or 0,
            start=index or 0,
            split=split,
            difficulty=difficulty,
            form=form,
            max_queries=self.max_queries if max_queries is None else max_queries,
            max_messages=self.max_messages if max_messages is None else max_messages,
            options=dict(self.options.get(category, {})),
        )
        return task


class FindEnvironment(Environment[FindAction, FindObservation, FindState]):  # type: ignore[misc]
    """One session of OpenEnv's server: one episode after the other.

    Args:
        settings: what the server serves.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, settings: ServerSettings | None = None) -> None:
        super().__init__()
        self._settings = settings or ServerSettings()
        self._episode: TaskEpisode | None = None
        self._state = FindState()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **choice: Any) -> FindObservation:
        """Starts an episode.

        Args:
            seed: the seed of a run of functions.
            episode_id: what the client calls the episode.
            choice: `category`, `split`, `index`, `difficulty`, `form`, `max_queries`, `max_messages`; see
                `ServerSettings.task`.

        Raises:
            ValueError: the server does not serve that.
        """
        known = ("category", "split", "index", "difficulty", "form", "max_queries", "max_messages")
        if unknown := sorted(set(choice) - set(known)):
            raise ValueError(f"expected arguments among {known}, actual: {unknown}")
        task = self._settings.task(seed=seed, **choice)
        self._episode = self._guard(lambda: TaskEpisode(task))
        shown = replace(task, options={}).to_row()
        self._state = FindState(episode_id=episode_id or str(uuid.uuid4()), task=shown)
        return self._observe(self._episode.prompt, 0.0)

    def step(self, action: FindAction, timeout_s: float | None = None, **_: Any) -> FindObservation:
        """Takes a message.

        Raises:
            RuntimeError: there is no episode, or the environment failed: that is an error of the server, never a
                reward of 0; the message may be sent again.
        """
        episode = self._begun()
        before = episode.reward
        answer = self._guard(lambda: episode.message(action.message))
        self._state.step_count += 1
        self._state.over = episode.over
        return self._observe(answer, episode.reward - before)

    @property
    def state(self) -> FindState:
        """How far the episode is."""
        return self._state

    def close(self) -> None:
        """Forgets the episode."""
        self._episode = None

    def get_metadata(self) -> EnvironmentMetadata:
        """Returns what the server says of itself."""
        return EnvironmentMetadata(
            name="find",
            description="FIND: interpret black-box functions by experiments, then describe them",
            version=find_gym.__version__,
        )

    # --- Tasks that clients can page through --------------------------------------------------------------------------

    def list_splits(self) -> list[str]:
        """Returns the names of the splits."""
        return list(SPLITS)

    def num_tasks(self, split: str) -> int:
        """Returns how many tasks of a split can be named."""
        _check("a split", split, SPLITS)
        return _LISTED

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """Returns what names a task: `reset(split=..., index=...)` starts it.

        Raises:
            IndexError: there is no such task.
        """
        if not 0 <= index < self.num_tasks(split):
            raise IndexError(f"expected an index from 0 to {_LISTED - 1}, actual value: {index}")
        return {"id": f"{split}-{index}", "split": split, "index": index}

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
        """Returns some tasks, at most 1,000."""
        places = range(self.num_tasks(split))[slice(start, stop)]
        return [self.get_task(split, index) for index in places[:_PAGE]]

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        """Returns the first tasks."""
        return self.get_task_range(split)

    # --- The rest -----------------------------------------------------------------------------------------------------

    def _begun(self) -> TaskEpisode:
        if self._episode is None:
            raise RuntimeError("expected an episode, actual: reset has not been called, or the session has ended")
        return self._episode

    def _observe(self, text: str, reward: float) -> FindObservation:
        episode = self._begun()
        return FindObservation(
            text=text,
            done=episode.over,
            reward=reward,
            budget=episode.budget,
            messages_left=episode.messages_left,
            metadata=episode.metrics if episode.over else {},
        )

    def _guard(self, do: Any) -> Any:
        """Runs what may fail; clients are told that it did, the server's log is told how."""
        try:
            return do()
        except Exception as error:
            _LOG.exception("the environment failed")
            raise RuntimeError(
                f"the environment failed ({type(error).__name__}); the message may be sent again"
            ) from None


def _check(what: str, value: Any, expected: tuple[Any, ...]) -> None:
    if value not in expected:
        names = ", ".join(str(each) for each in expected if each is not None)
        raise ValueError(f"expected {what} among {names}, actual value: {str(value)[:100]!r}")


def _check_integer(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"expected {name} to be an integer from {least} to {most}, actual value: {str(value)[:100]!r}")
