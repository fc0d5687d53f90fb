"""The configuration of an evaluation: what the command line takes, checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from find_gym_agents.categories.units import UnitOptions
from find_gym_agents.checks import check_environment, check_folder, check_integers, check_split
from find_gym_agents.interpreters.lm.options import LanguageModelOptions

DEFAULT_FUNCTIONS = 200
DEFAULT_PROPOSALS = 32


def read_budgets(text: str) -> tuple[int, ...]:
    """Reads budgets from the command line: "2,4,8".

    Raises:
        ValueError: it is no list of different numbers above 0.
    """
    try:
        budgets = tuple(int(part) for part in text.split(","))
    except ValueError:
        budgets = ()
    if not budgets or min(budgets) < 1 or len(set(budgets)) < len(budgets):
        raise ValueError(f"expected different budgets above 0, separated by commas, actual value: {text!r}")
    return budgets


def usable_cores() -> int:
    """Returns the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_difficulty(text: str) -> str | dict[str, Any]:
    """Reads a difficulty from the command line: a name, or a JSON object.

    Raises:
        ValueError: it begins like a JSON object and is none.
    """
    if not text.lstrip().startswith("{"):
        return text
    try:
        data: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected a name or a JSON object, actual value: {text!r} ({error})") from error
    return data


@dataclass(frozen=True)
class EvaluationConfig:
    """What to evaluate, and how; every field is an option of the command line."""

    agents: tuple[str, ...] = field(metadata={"flag": "--agent", "metavar": "NAME"})
    """The agent to evaluate: a name of the table of agents, or package.module:Class for one of your own. May be
    repeated: all of them get the same functions and stand in one table."""
    env: str = None  # type: ignore[assignment]  # settled when it is made, as the two below
    """The environment's id; by default that of the checkpoint, or FIND-numeric-v1."""
    functions: int | None = None
    """The number of functions; by default 200, or all of the dataset, or those that are named."""
    repeats: int = 1
    """How often each agent works on each function, every time with another seed of its own sampling; for a language
    model together with --temperature."""
    seed: int = 0
    """Seeds the functions, the noise and the agents."""
    split: str = "test"
    """The split that functions are sampled from: train, validation, test, or all."""
    difficulty: str | Mapping[str, Any] = field(  # type: ignore[assignment]
        default=None,
        metadata={"parse": read_difficulty},
    )
    """The difficulty: easy, find (the benchmark's own), hard, extreme, or a JSON object of attributes that replace
    those of find; by default that of the checkpoint, or find."""
    dataset: str | None = field(default=None, metadata={"metavar": "DIR"})
    """A dataset in the published layout (the folder that holds numeric/ or strings/), in place of sampled functions."""
    function: tuple[str, ...] = field(default=(), metadata={"metavar": "PLACE"})
    """A function of your own in place of sampled ones: package.module:name or path/to/file.py:name of a callable with
    one argument, an input of the category. May be repeated."""
    max_queries: int = None  # type: ignore[assignment]
    """The budget: inputs that may be asked of each function; by default that of the checkpoint, or 100."""
    budgets: tuple[int, ...] | None = field(default=None, metadata={"parse": read_budgets, "metavar": "N,N,..."})
    """Several budgets, such as 2,4,8,16,24,100: a run at each of them, and one table and one plot of all. A policy
    that was trained for one budget plays at that alone."""
    adaptive_gain: bool = False
    """Whether to measure what the agents' own queries are worth: their skill less that with random probes, with the
    best fixed queries and with those asked of another function, from which they conclude in the same way."""
    exemplars: bool = False
    """Whether each episode begins with words to start from; entities and relations only."""
    judge: str | None = field(default=None, metadata={"metavar": "NAME"})
    """What judges descriptions in language: embedding, grounding (of relations), the path or name of a causal language
    model, or the address of a server. By default that of the environment; for numeric and string functions none, and
    one that is named adds unit tests of the description beside the score of the code."""
    checkpoint: str | None = field(default=None, metadata={"metavar": "FILE"})
    """The policy of the agents policy and neural: pretrained (weights that come with the package), policy.pt of a
    training run, a zip of Stable-Baselines3 or sb3-contrib, or
    FILE.py:NAME (package.module:NAME), which is called and returns a function (observation, info) -> action. Zips are
    unpickled and functions are run: use only those you trust."""
    proposals: int | None = None
    """How many programs the agent policy proposes; the likeliest one, given what it asked itself, is submitted. With 1,
    it submits what it finds most probable, unchecked. By default 32."""
    constants: str | None = None
    """Where the constants of the numeric programs that the agent neural proposes come from: fit (to its own evidence;
    the default), or network, which wrote them as digits (checkpoints of --recipe supervised --constants)."""
    paper: bool = False
    """The paper's table of the category: the agent lm in all of its settings (20 messages; for entities and relations
    also MILAN, and with exemplars), by its scores, beside the published figures."""
    workers: int | None = None
    """Processes that run episodes side by side; by default one for each processor core."""
    backend: str = "loky"
    """The joblib backend that runs them: loky (processes on this machine), ray or dask (a cluster)."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """The folder of the run; by default one in runs/ with a readable name. A run that was cut short there goes on."""
    report: bool = True
    """Whether report.html and the plots are written; the table and results.json always are."""
    verbose: bool = False
    """Whether all tables are printed at the end: by groups of functions, paired differences, outcomes."""
    language_model: LanguageModelOptions = field(default_factory=LanguageModelOptions)
    """The options of the agent lm."""
    units: UnitOptions = field(default_factory=UnitOptions)
    """The options of units of networks."""
    policy: Any = field(init=False, default=None, repr=False)
    """The policy of the agent policy, settled from the checkpoint."""

    def __post_init__(self) -> None:
        # Imported here, so that the help of a command does not wait for them.
        from find_gym.core.registry import category_named
        from find_gym_agents.registry import find_agent

        if isinstance(self.agents, str) or not self.agents:
            raise ValueError(f"expected at least one agent in a tuple, actual value: {self.agents!r}")
        object.__setattr__(self, "agents", tuple(dict.fromkeys(self.agents)))
        self._settle()
        check_environment(self.env, self.difficulty)
        for agent in self.agents:
            find_agent(agent).check(self.category)
        self._check_language_model()
        if self.paper:
            self._check_paper()
        check_split(self.split)
        if self.exemplars and not category_named(self.category).exemplars:
            raise ValueError(f"expected a category with exemplars, actual: {self.category}")
        check_integers(self, functions=1, repeats=1, seed=0, max_queries=0, workers=1, proposals=1)
        self._check_source()
        if self.dataset is not None and not (Path(self.dataset) / self._metadata).is_file():
            raise ValueError(f"expected a dataset with a file {self._metadata}, actual: none in {self.dataset!r}")
        check_folder(self.out)
        if self.paper and (self.budgets is not None or self.adaptive_gain):
            raise ValueError("expected the paper's table by itself, actual: with budgets or adaptive_gain")
        if self.adaptive_gain:
            self._check_separable()

    def _check_separable(self) -> None:
        """Checks that the agents' queries can be replaced; scripted agents and policies are quickly made."""
        from find_gym_agents.evaluation.asking import check_separable
        from find_gym_agents.registry import find_agent

        if not self.samples:
            raise ValueError("expected sampled functions for adaptive_gain, which needs those of train, actual: given")
        for agent in self.agents:
            options = self.agent_options(agent)
            if "language_model" in options:
                raise ValueError(f"expected agents whose queries can be replaced for adaptive_gain, actual: {agent}")
            check_separable(find_agent(agent).make(self.category, **options), agent)

    def _check_source(self) -> None:
        """Checks that functions come from one source, which the category has."""
        from find_gym_agents.categories import agent_category

        given = {"dataset": self.dataset, "function": self.function, "units": self.units.units}
        sources = [name for name, value in given.items() if value]
        if len(sources) > 1:
            raise ValueError(f"expected one source of functions, actual: {' and '.join(sources)}")
        if self.names and self.functions is not None:
            raise ValueError(f"expected no number of functions beside {sources[0]}, actual: {self.functions}")
        if self.units.units and agent_category(self.category).units is None:
            raise ValueError(f"expected a category with units of networks for units, actual: {self.category}")

    def _check_language_model(self) -> None:
        wanted = any("language_model" in self.agent_options(agent) for agent in self.agents)
        if wanted and self.language_model.model is None:
            raise ValueError("expected a language model for the agent lm (--model NAME), actual: none")
        if not wanted and self.language_model != LanguageModelOptions():
            raise ValueError(f"expected the agent lm for options of language models, actual: {', '.join(self.agents)}")

    def _check_paper(self) -> None:
        if self.agents != ("lm",):
            raise ValueError(f"expected the agent lm alone for the paper's table, actual: {', '.join(self.agents)}")
        from find_gym_agents.categories import agent_category

        if agent_category(self.category).paper is None:
            raise ValueError(f"expected a category of the paper for its table, actual: {self.category}")
        given = [name for name in ("rounds", "start", "milan") if getattr(self.language_model, name)]
        if given or self.exemplars:
            raise ValueError(f"expected none of the settings that paper has: {', '.join([*given, 'exemplars'])}")

    def _settle(self) -> None:
        """Takes environment, budget and difficulty from the policy, or from the defaults, where they are not given."""
        from find_gym_agents.registry import find_agent

        settled = {"env": "FIND-numeric-v1", "max_queries": 100, "difficulty": "find"}
        given = {name: value for name in settled if (value := getattr(self, name)) is not None}
        wanted = any("policy" in find_agent(agent).options for agent in self.agents)
        if wanted and self.checkpoint is None:
            raise ValueError(
                "expected a checkpoint (--checkpoint FILE, or 'pretrained' for the agent neural), actual: none"
            )
        for name, words in (("checkpoint", "a checkpoint"), ("proposals", "proposals"), ("constants", "constants")):
            if not wanted and getattr(self, name) is not None:
                raise ValueError(f"expected the agent policy for {words}, actual: {', '.join(self.agents)}")
        if self.checkpoint is not None:
            from find_gym_agents.interpreters.policies import resolve

            try:
                count = DEFAULT_PROPOSALS if self.proposals is None else self.proposals
                policy = resolve(
                    self.checkpoint,
                    **given,
                    proposals=count,
                    constants=self.constants or "fit",
                    sampled=self.samples,
                )
            except ImportError as error:
                raise ValueError(f"{error}; pip install 'find-gym[train]'") from error
            object.__setattr__(self, "policy", policy)
            settled = {name: getattr(policy, name) for name in settled}
        for name, value in (settled | given).items():
            object.__setattr__(self, name, value)

    def agent_options(self, agent: str) -> dict[str, Any]:
        """Returns the options that an agent is made with, by their names."""
        from find_gym_agents.registry import find_agent

        return {name: getattr(self, name) for name in find_agent(agent).options}

    def label(self, agent: str) -> str:
        """Returns how an agent is called in the results, such as "lm:SmolLM2-135M-Instruct"."""
        from find_gym_agents.registry import agent_label

        return agent_label(agent, self.agent_options(agent))

    @property
    def category(self) -> str:
        """The category of functions of the environment, such as "numeric"."""
        from find_gym.core.registry import category_of

        return category_of(self.env)

    @property
    def _metadata(self) -> str:
        """The file of a dataset that says which functions it has, from the dataset's folder."""
        return metadata_file(self.category)

    @property
    def environment_options(self) -> dict[str, Any]:
        """The arguments of the environment that only some categories have."""
        options: dict[str, Any] = {"exemplars": True} if self.exemplars else {}
        return options if self.judge is None else options | {"judge": self.judge}

    @property
    def names(self) -> bool:
        """Whether functions are named: units of a network, or callables."""
        return bool(self.function or self.units.units)

    @property
    def samples(self) -> bool:
        """Whether functions are sampled: neither named nor of a dataset."""
        return self.dataset is None and not self.names

    @property
    def sampled_split(self) -> str | None:
        """The split that functions are sampled from, None for all of them."""
        return None if self.split == "all" else self.split

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return Path(self.out) if self.out is not None else Path("runs") / self._name()

    def _name(self) -> str:
        agents = "+".join(map(self.label, self.agents)) if len(self.agents) <= 3 else f"{len(self.agents)}-agents"
        source = Path(self.dataset).resolve().name if self.dataset is not None else self.split
        count = str(self.functions or (DEFAULT_FUNCTIONS if self.samples else "all"))
        if self.names:
            source, count = "named", _short_digest(self._named())
        parts = [self.env, agents, source, count, f"seed{self.seed}"]
        if self.samples and self.difficulty != "find":
            text = self.difficulty if isinstance(self.difficulty, str) else _short_digest(self.difficulty)
            parts.insert(3, text)
        parts += [f"{self.repeats}-repeats"] if self.repeats > 1 else []
        if self.budgets is not None:
            parts.append(f"{'-'.join(map(str, self.budgets))}-queries")
        elif self.max_queries != 100:
            parts.append(f"{self.max_queries}-queries")
        parts += ["adaptive-gain"] if self.adaptive_gain else []
        parts += ["exemplars"] if self.exemplars else []
        parts += ["paper"] if self.paper else []
        parts += [] if self.judge is None else [f"judge-{self.judge[-40:]}"]
        if self.checkpoint is not None:
            parts.append(f"policy-{self.policy.source.digest[:8]}")
            parts += [f"{self.policy.proposals}-proposals"] if self.policy.proposals > 1 else []
            parts += [] if self.policy.constants == "fit" else ["own-constants"]
        return re.sub(r"[^\w.+-]+", "-", "_".join(parts))

    def worker_count(self) -> int:
        """Returns the number of workers: the given one, or that of the processor cores this process may use."""
        return usable_cores() if self.workers is None else self.workers

    def settings(self) -> dict[str, Any]:
        """Returns how the results were got, as JSON-serialisable data; it may change when a run goes on."""
        data: dict[str, Any] = {"workers": self.worker_count(), "backend": self.backend}
        if self.dataset is not None:
            data["dataset"] = str(self.dataset)
        return data if self.language_model.model is None else data | self.language_model.settings()

    def identity(self) -> dict[str, Any]:
        """Returns what the results depend on, as JSON-serialisable data; a run goes on only where it is the same."""
        data: dict[str, Any] = {
            "env": self.env,
            "agents": list(map(self.label, self.agents)),
            "functions": self.functions or DEFAULT_FUNCTIONS if self.samples else self.functions,
            "seed": self.seed,
            "max_queries": self.max_queries,
            **({"repeats": self.repeats} if self.repeats > 1 else {}),
            **self.environment_options,
        }
        if self.language_model.model is not None:
            data |= self.language_model.identity()
        if self.checkpoint is not None:
            data["checkpoint_sha256"] = self.policy.source.digest
            data |= {"proposals": self.policy.proposals} if self.policy.proposals > 1 else {}
            data |= {} if self.policy.constants == "fit" else {"constants": self.policy.constants}
        if self.dataset is not None:
            content = (Path(self.dataset) / self._metadata).read_bytes()
            return data | {"dataset": Path(self.dataset).name, "dataset_sha256": hashlib.sha256(content).hexdigest()}
        if self.names:
            return data | self._named()
        difficulty = self.difficulty if isinstance(self.difficulty, str) else dict(self.difficulty)
        return data | {"split": self.split, "difficulty": difficulty}

    def _named(self) -> dict[str, Any]:
        """Returns which functions are named, as JSON-serialisable data."""
        return {"function": list(self.function)} if self.function else {"units": self.units.identity()}


def metadata_file(category: str) -> str:
    """Returns the file without which there is no dataset of a category, from the dataset's folder."""
    from find_gym.core.registry import category_named

    record = category_named(category)
    return f"{record.folder}/{record.metadata}"


def _short_digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, default=list)
    return f"custom-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
