"""What a run leaves on disk: append-only JSON lines, and files that are never seen half written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the categories)
from find_gym.core.registry import categories_by_name

CONFIG = "config.json"
SPECS = "specs.jsonl"
EPISODES = "episodes.jsonl"
# The functions of a dataset that no episode has, and why.
SKIPPED = "skipped.json"


class RunError(ValueError):
    """A folder that is not the run that was expected."""


class ConfigurationMismatchError(RunError):
    """The folder holds a run of another configuration."""


@dataclass(frozen=True)
class EpisodeRecord:
    """One episode of one agent.

    Attributes:
        agent: the agent's name.
        index: the function's place in the run.
        repeat: how many episodes of the same agent and function the run has before this one.
        ended: why the agent gave up before the environment's end of the episode; empty where it did not.
        function: its id: the seed of the environment's reset, or the dataset's id.
        family: the function's family, as its category has it: the atom, the last operation.
        variant: the function's variant, such as "plain" or "corrupted".
        difficulty: the difficulty that it was sampled from, None for a dataset.
        outcome: one of `find_gym.scoring.OUTCOMES`, or "no_submission" (a score of 0), or "unscored": the
            infrastructure or the agent's own code failed, and there is no score.
        score: the score's parts; None without a submission and where unscored.
        queries: inputs that were charged.
        steps: actions taken.
        agent_seconds: time that the agent computed.
        total_seconds: that and the environment's, scoring included.
        error: the traceback of an unscored episode.
        prompt: the first observation, where it is a text.
        transcript: for each step the action, inputs, outputs, message and, where it is a text, the observation.
        rendered: the transcript as lines of text, where observations are no text.
        submission: the submission's parts.
        truth: the function's description and source.
        spec: what defines the function.
        curve: numeric only: the submission over the query range, inputs and outputs, None where undefined.
        comparison: all other categories: the submission's answers beside the truth, see
            `find_gym_agents.categories.comparing.compare`.
        tests: the unit tests of the submission as the judge saw them, where the score has some; see
            `find_gym.judges.unit_tests.JudgedTests.to_json`.
        model: the name of the language model, where the agent has one; so with the two that follow.
        dialogue: every message in order: "role", "content", "kind" (see
            `find_gym_agents.interpreters.lm.dialogue.KINDS`); replies of the model also have "prompt_tokens",
            "completion_tokens", "seconds", "retries", "finish_reason" and "dropped_before", the number of messages
            before it that were left out of its prompt.
        usage: the sums over the replies: "calls", "retries", "prompt_tokens", "completion_tokens" and "seconds", and
            where there are prices "cost".
    """

    agent: str
    index: int
    function: str
    family: str
    variant: str
    difficulty: Any
    outcome: str
    score: dict[str, Any] | None = None
    queries: int = 0
    steps: int = 0
    agent_seconds: float = 0.0
    total_seconds: float = 0.0
    error: str | None = None
    prompt: str = ""
    transcript: list[dict[str, Any]] = field(default_factory=list)
    rendered: str = ""
    submission: dict[str, Any] | None = None
    truth: dict[str, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    curve: dict[str, list[float | None]] | None = None
    comparison: list[dict[str, Any]] | None = None
    tests: list[dict[str, Any]] | None = None
    model: str | None = None
    dialogue: list[dict[str, Any]] | None = None
    usage: dict[str, Any] | None = None
    repeat: int = 0
    ended: str = ""

    @property
    def scored(self) -> bool:
        """Whether there is a score, be it 0."""
        return self.outcome != "unscored"

    @property
    def category(self) -> str:
        """The function's category; that of records from before there were several is the first one."""
        return str(self.spec.get("category") or next(iter(categories_by_name())))

    def pairs(self) -> list[tuple[Any, Any]]:
        """Returns the inputs asked with their outputs, in the order of the queries."""
        return [pair for step in self.transcript for pair in zip(step["inputs"], step["outputs"], strict=True)]

    def answers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns the numbers asked and their outputs, float64 of shape `(n,)`, NaN where undefined."""
        pairs = np.array(self.pairs(), dtype=np.float64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def to_json(self) -> dict[str, Any]:
        """Returns the record as JSON-serialisable data."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> EpisodeRecord:
        """Reads the data that `to_json` writes; entries of later versions are left out."""
        names = {entry.name for entry in fields(EpisodeRecord)}
        return EpisodeRecord(**{name: value for name, value in data.items() if name in names})


def judged_tests(score: Any) -> list[dict[str, Any]] | None:
    """Returns the entry "tests" of a record, of the score of any category."""
    judged = getattr(score, "judged", None)
    return None if judged is None else judged.to_json()


def write_json(path: Path, data: Any) -> None:
    """Writes JSON beside its place and renames it."""
    write_text(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes text beside its place and renames it."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes bytes beside their place and renames them."""
    beside = path.with_name(f"{path.name}.partial")
    beside.write_bytes(content)
    os.replace(beside, path)


class Lines:
    """A file of JSON lines that is only ever appended to.

    A process may be killed while it writes, so the last line may be torn; it is dropped when the file is opened again.

    Args:
        path: the file; made where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        kept = _complete(path.read_bytes())
        self._file.truncate(kept)

    def append(self, data: Any) -> None:
        """Appends one line, in one write."""
        text = json.dumps(data, allow_nan=False, default=_plain, separators=(",", ":"))
        line = text.encode() + b"\n"
        written = self._file.write(line)
        if written != len(line):
            raise OSError(
                f"expected to write {len(line)} bytes to {self._file.name}, actual: {written}; is the disk full?"
            )

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Lines:
        """Returns the file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Reads JSON lines; a torn last line is dropped, a missing file has none.

    Raises:
        RunError: a line before the last one is not a JSON object.
    """
    content = path.read_bytes() if path.exists() else b""
    for number, line in enumerate(content[: _complete(content)].splitlines(), start=1):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise RunError(f"{path}, line {number}: expected a JSON object, actual: {error}") from error
        if not isinstance(data, dict):
            raise RunError(f"{path}, line {number}: expected a JSON object, actual: {type(data).__name__}")
        yield data


def _complete(content: bytes) -> int:
    """Returns the length of the lines that have been ended."""
    return content.rfind(b"\n") + 1


def _plain(value: Any) -> Any:
    """Turns what agents may use as actions (arrays, numpy's scalars) into what JSON has."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


@dataclass(frozen=True)
class Run:
    """A run as it stands on disk.

    Attributes:
        folder: where it is.
        config: the content of config.json: "identity", "settings" and "versions".
        episodes: the latest record of each agent, function and repeat, sorted by agent (in the configuration's order),
            index and repeat.
        functions: the number of functions.
    """

    folder: Path
    config: dict[str, Any]
    episodes: list[EpisodeRecord]
    functions: int = 0

    @property
    def not_run(self) -> int:
        """The number of episodes that the run lacks: it was interrupted, or its budget is spent."""
        identity = self.config["identity"]
        planned = self.functions * len(identity.get("agents", ())) * identity.get("repeats", 1)
        return max(0, planned - len(self.episodes))


def read_config(folder: Path) -> dict[str, Any]:
    """Reads config.json.

    Raises:
        RunError: the folder holds no run, or its config.json is broken.
    """
    path = folder / CONFIG
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"expected the folder of a run with a {CONFIG}, actual: none in {str(folder)!r}") from error
    except (OSError, ValueError) as error:
        raise RunError(f"expected JSON in {path}, actual: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("identity"), dict):
        raise RunError(f"expected the configuration of a run in {path}, actual: something else")
    return data


def read_run(folder: str | os.PathLike[str]) -> Run:
    """Reads a run.

    Raises:
        RunError: the folder holds no run, or a line of it is broken.
    """
    place = Path(folder)
    config = read_config(place)
    latest: dict[tuple[str, int, int], EpisodeRecord] = {}
    for data in read_lines(place / EPISODES):
        try:
            record = EpisodeRecord.from_json(data)
        except TypeError as error:
            raise RunError(f"{place / EPISODES}: expected the records of episodes, actual: {error}") from error
        key = record.agent, record.index, record.repeat
        # A retried episode replaces the one that failed, and never the other way round.
        if key not in latest or record.scored or not latest[key].scored:
            latest[key] = record
    order = {name: place for place, name in enumerate(config["identity"].get("agents", []))}
    episodes = sorted(
        latest.values(), key=lambda record: (order.get(record.agent, len(order)), record.index, record.repeat)
    )
    return Run(place, config, episodes, sum(1 for _ in read_lines(place / SPECS)))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second process from writing into the same run; the lock ends with the process, however that ends.

    Raises:
        RunError: another process is at it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this platform
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunError(f"expected {str(folder)!r} to be free, actual: another process writes to it") from error
        yield
    finally:
        os.close(handle)
