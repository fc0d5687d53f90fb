"""What the vectorised environments remember of each episode's answers, and show of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.callables import UserFunction
from find_gym.core.episode import Examiner
from find_gym.envs.vector.features import Features
from find_gym.envs.vector.kernels import stepping
from find_gym.interfaces.tokens import TokensInterface

Integers = NDArray[np.int64]

# The first length of the history; it doubles where that is not enough.
_FIRST_PLACES = 128


class BatchAnswers:
    """The answers of N episodes to the probes of a bank.

    A function of a known kind is evaluated at all probes when its episode begins, so that a query looks its answer up.
    Any other function is asked at every step, as the single environment does.

    Subclasses keep the table, the features, and what their scorers need as evidence.

    Args:
        codec: the interface of the single environment, which has the probes.
        examiner: answers the queries that are not in the table.
        features: the features of all episodes, of which `asked` and those in `names` are updated here.
    """

    # The features that the single environment's interface has beside `asked`, `written` and `budget`.
    names: tuple[str, ...]

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        num_envs = features.count
        self._probes = codec.probes
        self._count = codec.places
        self._examiner = examiner
        self._all_features = features
        self._features = {name: features[name] for name in ("asked", *self.names)}
        # What is updated at single places goes through flat views: row times places plus place.
        self._flat = {name: values.reshape(-1) for name, values in self._features.items()}
        self._functions: list[Any] = [None] * num_envs
        self._generators: list[np.random.Generator | None] = [None] * num_envs
        self._tabled = np.zeros(num_envs, dtype=np.bool_)
        self._all_tabled = False
        # Where the places of each episode begin in flat views of arrays of shape (N, places).
        self._rows = np.arange(num_envs) * self._count
        # The queries of a step lie side by side, so that it writes little memory.
        self._history = np.zeros((_FIRST_PLACES, num_envs), dtype=np.int64)
        self._counts = np.zeros(num_envs, dtype=np.int64)
        # Steps for which the history has places in any case.
        self._spare = _FIRST_PLACES

    # --- What subclasses implement ------------------------------------------------------------------------------------

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        """Evaluates a function at all probes; returns False where it has to be asked each time."""
        raise NotImplementedError

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes.

        Args:
            envs: the numbers of the episodes, all different, shape `(n,)`.
            probes: the probes that they ask, or other queries that are legal, shape `(n,)`.
        """
        raise NotImplementedError

    def evidence(self, env: int) -> tuple[Any, Any]:
        """Returns the inputs that were asked in an episode and their outputs, in order: two sequences or arrays."""
        raise NotImplementedError

    # --- The rest -----------------------------------------------------------------------------------------------------

    @property
    def functions(self) -> list[Any]:
        """The truth of each episode: privileged."""
        return list(self._functions)

    def function(self, env: int) -> Any:
        """Returns the truth of an episode: privileged."""
        return self._functions[env]

    def knows(self, env: int) -> bool:
        """Returns whether an episode's function is of a known kind."""
        return bool(self._tabled[env])

    def begin(self, env: int, function: Any, entropy: int) -> None:
        """Starts an episode.

        Args:
            env: its number.
            function: its function.
            entropy: seeds the function's noise.
        """
        self._functions[env] = function
        self._generators[env] = None
        self._tabled[env] = is_tabled = self._tabulate(env, function, entropy)
        if not is_tabled:
            self._generators[env] = function.generator(entropy)

    def clear(self, envs: Integers) -> None:
        """Forgets all answers of some episodes, which begin."""
        self._all_tabled = np.count_nonzero(self._tabled) == len(self._tabled)
        self._forget(envs)

    def _forget(self, envs: Integers) -> None:
        """Forgets what was answered in some episodes; subclasses forget what they keep beside it."""
        for values in self._features.values():
            values[envs] = 0.0
        self._counts[envs] = 0

    def _answer_untabled(self, envs: Integers, probes: Integers) -> list[tuple[int, Any]]:
        """Asks the functions that are in no table.

        A function that draws nothing is called once for all of its episodes.

        Returns:
            The places of their episodes among those asked about, each with the output.
        """
        if self._all_tabled:
            return []
        calls: dict[int, list[int]] = defaultdict(list)
        for place in (~self._tabled.take(envs)).nonzero()[0].tolist():
            function = self._functions[envs[place]]
            # Draws come from the generator of each episode.
            alone = getattr(function, "is_stochastic", True)
            calls[-1 - place if alone else id(function)].append(place)
        answers: list[tuple[int, Any]] = []
        for places in calls.values():
            env = envs[places[0]]
            inputs = tuple(self._input(envs[place], probes[place]) for place in places)
            outputs = self._examiner.answer(self._functions[env], inputs, self._generators[env])
            answers += zip(places, outputs, strict=True)
        return answers

    def _input(self, env: int, place: int) -> Any:
        """Returns the input that a place stands for in an episode."""
        return self._probes[place]

    def _note(self, envs: Integers, probes: Integers) -> Integers:
        """Adds queries to the history and shows them in `asked`.

        Returns:
            Their places in flat arrays of the shapes of this feature and of the history, shape `(2, n)`.
        """
        self._have_room()
        noted = np.empty((2, envs.size), dtype=np.int64)
        stepping.note_queries(envs, probes, self._counts, self._history, self._features["asked"], noted)
        return noted

    def _have_room(self) -> None:
        """Sees to it that the history has a place for one more query in each episode."""
        self._spare -= 1
        if self._spare < 0:
            self._make_room()

    def _make_room(self) -> None:
        """Doubles the history where the longest one fills it."""
        longest = int(self._counts.max())
        if longest >= len(self._history):
            self._history = np.concatenate([self._history, np.zeros_like(self._history)])
            self._widen()
        self._spare = len(self._history) - longest - 1

    def _widen(self) -> None:
        """Widens what a subclass keeps beside the history."""

    def _queries(self, env: int) -> list[int]:
        """Returns the probes that were asked in an episode, in order."""
        return self._places(env).tolist()

    def _places(self, env: int) -> Integers:
        """Returns the same as an array that is not to be changed."""
        return self._history[: self._counts[env], env]


class ListedAnswers(BatchAnswers):
    """Answers of any kind, kept in lists; see `BatchAnswers`.

    To tabulate a function, subclasses set its place of `_outputs`: a list of its outputs at all probes.
    """

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        # The outputs of functions that are not in the table.
        self._told: list[list[Any]] = [[] for _ in range(features.count)]
        self._outputs: list[list[Any]] = [[] for _ in range(features.count)]

    def _answer_untabled(self, envs: Integers, probes: Integers) -> list[tuple[int, Any]]:
        answers = super()._answer_untabled(envs, probes)
        for place, output in answers:
            self._told[envs[place]].append(output)
        return answers

    def _forget(self, envs: Integers) -> None:
        super()._forget(envs)
        for env in envs.tolist():
            self._told[env] = []

    def evidence(self, env: int) -> tuple[list[Any], list[Any]]:
        """Returns the inputs that were asked in an episode and their outputs, in order."""
        queries = self._queries(env)
        outputs = self._outputs[env]
        told = [outputs[probe] for probe in queries] if self._tabled[env] else list(self._told[env])
        return [self._probes[probe] for probe in queries], told


class TableAnswers(ListedAnswers):
    """Answers of functions that answer alike each time, as the interface encodes them; see `BatchAnswers`.

    Users' callables and stochastic functions are asked query by query.
    """

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        self._encode = codec.encode
        encoded = {name: box.shape or (0,) for name, box in codec.answers.items()}
        self.names = tuple(encoded)
        super().__init__(codec, examiner, features)
        widths = {name: shape[0] // self._count for name, shape in encoded.items()}
        rows = features.count * self._count
        self._tables = {name: np.zeros((rows, width), dtype=np.float32) for name, width in widths.items()}
        self._shown = {name: self._features[name].reshape(-1, width) for name, width in widths.items()}

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        if isinstance(function, UserFunction) or function.is_stochastic:
            return False
        outputs = function.truth(self._probes)
        self._outputs[env] = outputs = outputs.tolist() if isinstance(outputs, np.ndarray) else outputs
        rows = slice(env * self._count, (env + 1) * self._count)
        for name, values in self._encode(outputs, range(self._count)).items():
            self._tables[name][rows] = values
        return True

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        for place, output in self._answer_untabled(envs, probes):
            for name, values in self._encode([output], [int(probes[place])]).items():
                self._tables[name][self._rows[envs[place]] + probes[place]] = values[0]
        flat, _ = self._note(envs, probes)
        for name, table in self._tables.items():
            self._shown[name][flat] = table.take(flat, axis=0)
