"""What the vectorised environments of all categories share: rules, descriptions, autoreset, as array operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from find_gym.core.arguments import read_actions, read_integer
from find_gym.core.draws import SingleDraws
from find_gym.core.endings import told_end
from find_gym.core.episode import Score
from find_gym.core.submissions import Submission
from find_gym.envs.base import FINDEnv
from find_gym.envs.signature import named_parameters, unexpected, whole_signature
from find_gym.envs.vector.answers import BatchAnswers, Integers, TableAnswers
from find_gym.envs.vector.descriptions import BatchDescriptions
from find_gym.envs.vector.features import Features, Observation
from find_gym.envs.vector.infos import gather_infos
from find_gym.envs.vector.kernels import stepping
from find_gym.envs.vector.options import read_autoreset_mode, read_reset_options, read_seeds
from find_gym.envs.vector.referee import DrawJob, JudgeJob, Referee
from find_gym.envs.vector.workers import Workers
from find_gym.interfaces.tokens import TokensInterface

Info = dict[str, Any]


class FINDVectorEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """N environments with the interface `tokens`, stepped together by array operations.

    `gym.make_vec("FIND-numeric-v1", num_envs=N, ...)` makes one. Observations, rewards, terminations and masks are
    those of N single environments whose seeds are `seed`, `seed + 1`, ..., bit for bit. For another interface, or to
    render, name `vectorization_mode="sync"` or `"async"` (for texts with `vector_kwargs={"shared_memory": False}`).

    `infos` has `budget` and `steps_left` at each step. Where episodes end it also has `score` (all parts of the score,
    nothing for an episode that ended without a submission); `truth` and `submission`, whose sources cost time to write,
    only with `full_info=True`. The inputs, outputs and messages of each step are left out. With the autoreset mode
    "SameStep", what belongs to the end stands in `final_obs` and `final_info`.

    Args:
        num_envs: the number of environments, N.
        autoreset_mode: "NextStep" (Gymnasium's default), "SameStep" or "Disabled", or the `AutoresetMode`.
        full_info: whether infos hold `truth` and `submission` at the end of episodes. None leaves out `score` as well,
            for those that read `scores`.
        workers: processes beside this one that share what takes long in a step: to fit and score the descriptions that
            it completes, and to draw functions where these may be networks; but not what takes no longer than to send
            it. The results are the same. They start when they are needed and end with `close()`.
        copy: whether `reset` and `step` return fresh arrays. If not, they return the same ones each time, as in
            Gymnasium's vector environments, updated where something has changed. That saves time in large batches.
            Nobody else may write into these arrays, and learners that still need an observation after the next step,
            or keep tensors that share its memory, have to copy it.
        arguments: those of the single environment.

    Attributes:
        autoreset_mode: the `AutoresetMode`.
        copy: the argument.
        given: how many probes are answered before the first step; may be set, for the episodes that begin afterwards.
        scores: the scores of the submissions of the last step, by the number of the environment.

    Raises:
        ValueError: the interface is not `tokens`, there is a render mode, or an argument is out of range.
    """

    single: ClassVar[type[FINDEnv]]
    answers: ClassVar[type[BatchAnswers]] = TableAnswers
    referee: ClassVar[type[Referee]] = Referee
    codec: TokensInterface

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        full_info: bool | None = False,
        workers: int = 0,
        copy: bool = True,
        **arguments: Any,
    ) -> None:
        self.num_envs = read_integer("num_envs", num_envs, 1)
        for name, only in (("interface", "tokens"), ("render_mode", None)):
            if arguments.get(name, only) != only:
                raise ValueError(
                    f"expected {name}={only!r} for the vectorised class, actual value: {arguments[name]!r}; pass "
                    "vectorization_mode='sync', or 'async' (for texts with vector_kwargs={'shared_memory': False}), to "
                    "gymnasium.make_vec"
                )
        try:
            self._env = self.single(**arguments)
        except TypeError as error:
            # What the single environment says lacks the arguments of this class.
            own = [parameter.name for parameter in named_parameters(FINDVectorEnv)]
            expected = [*own, *whole_signature(self.single, FINDEnv).parameters]
            if unknown := arguments.keys() - expected:
                raise unexpected(unknown, expected) from error
            raise
        # The least and the greatest number of probes that are answered before the first step.
        self._bounds = self._env.check_given(self.given)
        codec = self._env.codec
        assert isinstance(codec, TokensInterface)
        self.codec = codec
        if workers and arguments.get("judge") is not None:
            raise ValueError(f"expected no judge with workers={workers!r}, actual value: {arguments['judge']!r}")
        self._referee = self.referee(self._env)
        self._workers = Workers(workers, self._referee.do)
        self.rules = self._env.rules
        self.render_mode = None
        self.autoreset_mode = read_autoreset_mode(autoreset_mode)
        self._full_info = full_info
        self.copy = copy
        self.metadata = {**self._env.metadata, "render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.single_action_space, self.single_observation_space = codec.action_space, codec.observation_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._make_state()

    def _make_state(self) -> None:
        count, codec = self.num_envs, self.codec
        # The generators of the environments, as far as they are seeded.
        self._draws: dict[int, SingleDraws] = {}
        # Functions that have been drawn for episodes which have not begun.
        self._drawn: dict[int, Any] = {}
        self._seeds: list[int | None] = [None] * count
        # What the observations are copied from, and the masks.
        self._features = Features(count, codec.observation_space, codec.queries + len(codec.tokens))
        self._observe = self._features.copy if self.copy else self._features.lend
        self._starts = np.array([self._features.start(name) for name in stepping.SHOWN])
        self._answers = self._make_answers()
        self._progress = np.zeros((5, count), dtype=np.int64)
        # The masks of infos that tell two things of all environments.
        self._all = np.ones((2, count), dtype=np.bool_)
        self._descriptions = BatchDescriptions(codec, self._progress)
        self._plan = np.zeros((5, count), dtype=np.int64)
        self._limits = (self.rules.max_queries, self.rules.max_steps)
        self._ended = np.ones(count, dtype=np.bool_)
        self._begun = False
        self.scores: dict[int, Score] = {}

    def _make_answers(self) -> BatchAnswers:
        return self.answers(self.codec, self._env.examiner, self._features)

    # --- Gymnasium ----------------------------------------------------------------------------------------------------

    @property
    def functions(self) -> list[Any]:
        """The truth of each current episode: privileged, never shown to an interpreter."""
        return self._answers.functions

    @property
    def given(self) -> int | Sequence[int]:
        """How many probes are answered before the first step."""
        return self._env.given

    @given.setter
    def given(self, given: int | Sequence[int]) -> None:
        self._bounds = self._env.check_given(given)
        self._env.given = given

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The generators of the environments."""
        return tuple(self._rng(env) for env in range(self.num_envs))

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """The seeds of the environments."""
        for env in range(self.num_envs):
            self._rng(env)
        return tuple(self._seeds)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, Info]:
        """Starts episodes.

        Args:
            seed: seeds the environments: an integer is the first one's, and the next ones follow; or one for each.
            options: `{"function": ...}` names the function of these episodes, `{"functions": [...]}` one for each
                environment (None draws it), `{"given": ...}` how many probes are answered at their start, and
                `{"reset_mask": ...}`, bool of shape `(N,)`, the environments that are reset.

        Returns:
            The first observations and the infos; those of environments that are not reset stay as they are.
        """
        seeds = read_seeds(seed, self.num_envs)
        chosen, named, given = read_reset_options(options, self.num_envs)
        if not self._begun and len(chosen) < self.num_envs:
            raise ValueError("expected a reset of all environments first, actual: a reset_mask that leaves some out")
        bounds = self._bounds if given is None else self._env.check_given(given)
        functions = [None if one is None else self._env.black_box(one) for one in named]
        for env in chosen.tolist():
            if seeds[env] is not None or env not in self._draws:
                self._seed(env, seeds[env])
        self._begin(chosen, functions, bounds)
        self._begun = True
        self._ended[chosen] = False
        mask = np.zeros(self.num_envs, dtype=np.bool_)
        mask[chosen] = True
        return self._observe(), self._counts(mask)

    def step(self, actions: Any) -> tuple[Observation, NDArray[np.float64], Any, Any, Info]:
        """Takes one action in each environment.

        Args:
            actions: integers of shape `(N,)`.

        Returns:
            Observations, rewards, terminations, truncations (always False) and infos; all arrays are fresh.

        Raises:
            ValueError: an action is not in the action space.
            RuntimeError: there was no reset, or (in the mode "Disabled") an episode that has ended was not reset.
            SandboxError: the sandbox failed, so that a submission could not be judged; the step has not been taken.
        """
        if not self._begun:
            raise RuntimeError("expected reset() before step(), actual: it has not been called")
        actions = read_actions(actions, (self.num_envs,), self.codec.queries + len(self.codec.tokens))
        over = self._ended.nonzero()[0]
        if over.size and self.autoreset_mode is AutoresetMode.DISABLED:
            raise RuntimeError(f"expected no episode that has ended, actual: those of {over.tolist()}; call reset()")
        rewards, terminated, scores = self._play(actions)
        self.scores = {env: score for env, (score, _) in scores.items()}
        infos: Info = {}
        ended = terminated.nonzero()[0]
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            if ended.size:
                infos = self._final(ended, terminated, scores)
                self._begin(ended, [None] * self.num_envs, self._bounds)
        else:
            if ended.size:
                self._add_end(infos, ended, scores)
            self._ended = terminated.copy()
            if over.size:
                self._begin(over, [None] * self.num_envs, self._bounds)
        infos["budget"], infos["steps_left"] = self._progress[:2].copy()
        infos["_budget"], infos["_steps_left"] = self._all.copy()
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        return self._observe(), rewards, terminated, truncated, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of shape `(N, actions)`, a fresh array; for MaskablePPO.

        All are legal where an episode is over: in the mode "NextStep" the next action is ignored, and resets.

        Raises:
            RuntimeError: there was no reset.
        """
        if not self._begun:
            raise RuntimeError("expected an episode, actual: reset() has not been called")
        masks = self._features.legal.copy()
        over = self._ended.nonzero()[0]
        if over.size:
            masks[over] = True
        return masks

    def judge(self, jobs: Sequence[JudgeJob]) -> list[tuple[Score, Submission]]:
        """Fits and scores complete descriptions of functions of a known kind, whatever the current episodes are.

        Returns:
            The score of each description, which `rules.earned` turns into a reward, and what it stands for.

        Raises:
            SandboxError: the sandbox failed, so that a submission could not be judged.
        """
        return self._workers.do(list(jobs))

    def __reduce__(self) -> Any:
        """Refuses to be copied or pickled: what shares memory here would not share it there."""
        raise TypeError("expected another environment from gymnasium.make_vec, actual: a copy of a vectorised one")

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the workers."""
        self._workers.close()

    # --- A step -------------------------------------------------------------------------------------------------------

    def _play(
        self, actions: Integers
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], dict[int, tuple[Score, Submission]]]:
        """Applies the rules of `find_gym.core.episode` to one action in each environment that is not over."""
        descriptions, features, plan = self._descriptions, self._features, self._plan
        automaton, tokens, queries = descriptions.automaton, descriptions.tokens, self.codec.queries
        asking, writing, completing, unknown = stepping.plan_step(
            actions, self._ended, self._progress, tokens, automaton.following, automaton.complete,
            len(self.codec.probes), queries, features.legal, plan,
        )  # fmt: skip
        if unknown:
            descriptions.meet(plan[stepping.WRITERS, :writing])
            return self._play(actions)
        # Judged before anything changes: where that fails, the step has not been taken.
        scores = self._judge(plan[stepping.COMPLETED, :completing]) if completing else {}
        if asking:
            self._answers.ask(plan[stepping.ASKERS, :asking], plan[stepping.QUERIES, :asking])
        rewards, terminated = np.empty(self.num_envs), np.empty(self.num_envs, dtype=np.bool_)
        stepping.take_step(
            self._ended, self._progress, self._limits, self.rules.cost(1), writing, plan, tokens, self.codec.once,
            automaton.allowed, queries, features.legal, features.block, self._starts, rewards, terminated,
        )  # fmt: skip
        for env, (score, _) in scores.items():
            rewards[env] = self.rules.earned(score)
            terminated[env] = True
        return rewards, terminated, scores

    def _judge(self, envs: Integers) -> dict[int, tuple[Score, Submission]]:
        """Fits and scores the complete descriptions of some environments."""
        answers = self._answers
        shared: dict[int, JudgeJob] = {}
        own: dict[int, JudgeJob] = {}
        for env, draft in zip(envs.tolist(), self._descriptions.drafts(envs), strict=True):
            # A function of the user's own, or a language model, stays in this process.
            jobs = shared if answers.knows(env) else own
            jobs[env] = JudgeJob(draft, answers.evidence(env), answers.function(env))
        judged = {}
        states: dict[int, Any] = {}
        try:
            if shared:
                scores = self._workers.do(list(shared.values()), self._draw_meanwhile(list(shared), states))
                judged = dict(zip(shared, scores, strict=True))
            if own:
                judged |= zip(own, self._referee.judge(list(own.values())), strict=True)
        except BaseException:
            # The step has not been taken: whether functions are drawn next, or named, is open again.
            for env, state in states.items():
                self._drawn.pop(env, None)
                self._draws[env].rng.bit_generator.state = state
            raise
        return judged

    def _draw_meanwhile(self, ending: Sequence[int], states: dict[int, Any]) -> Callable[[int], None] | None:
        """Returns what draws the next function of one of some environments; None where it has to wait, or takes long.

        Args:
            ending: the environments, whose next episodes begin in this step.
            states: where to note the states that their generators had before.
        """
        if self.autoreset_mode is not AutoresetMode.SAME_STEP or self._env.draws_slowly:
            return None
        draws, drawn, draw = self._draws, self._drawn, self._env.draw

        def draw_next(place: int) -> None:
            env = ending[place]
            if env not in drawn:
                rng = draws[env].rng
                states[env] = rng.bit_generator.state
                drawn[env] = draw(rng)

        return draw_next

    # --- Start and end ------------------------------------------------------------------------------------------------

    def _rng(self, env: int) -> np.random.Generator:
        if env not in self._draws:
            self._seed(env, None)
        return self._draws[env].rng

    def _seed(self, env: int, seed: int | None) -> None:
        rng, self._seeds[env] = seeding.np_random(seed)
        self._draws[env] = SingleDraws(rng)
        self._drawn.pop(env, None)

    def _begin(self, envs: Integers, functions: Sequence[Any], given: tuple[int, int]) -> None:
        """Starts episodes, with these functions where they are not None (one for each of the N environments)."""
        numbers = envs.tolist()
        drawn = self._draw([env for env in numbers if functions[env] is None])
        for env in numbers:
            function = drawn[env] if functions[env] is None else functions[env]
            # The number that `integers(2**63)` of the generator draws.
            self._answers.begin(env, function, self._draws[env].seed())
        self._answers.clear(envs)
        automaton, codec = self._descriptions.automaton, self.codec
        stepping.begin_episodes(
            envs, self._progress, self._limits, automaton.first, automaton.allowed, len(codec.probes), codec.queries,
            self._features.legal, codec.max_tokens, self._features.block, self._starts,
        )  # fmt: skip
        if given[1]:
            self._give(envs, given)
            if not self.rules.can_ask(self.rules.max_queries):
                # Gaps between given probes.
                self._features.legal[envs, : codec.queries] = False

    def _draw(self, envs: list[int]) -> dict[int, Any]:
        """Draws the functions of some episodes."""
        drawn = {env: self._drawn.pop(env) for env in envs if env in self._drawn}
        rngs = {env: self._draws[env].rng for env in envs if env not in drawn}
        if not self._env.draws_slowly:
            return drawn | {env: self._env.draw(rng) for env, rng in rngs.items()}
        done = self._workers.do([DrawJob(rng) for rng in rngs.values()])
        for (env, rng), (function, after) in zip(rngs.items(), done, strict=True):
            rng.bit_generator.state = after.bit_generator.state
            drawn[env] = function
        return drawn

    def _give(self, envs: Integers, given: tuple[int, int]) -> None:
        """Answers probes free of charge, one after the other in each environment."""
        chosen = [self.codec.draw_probes(self._rng(env), given) for env in envs.tolist()]
        for place in range(max(map(len, chosen))):
            pairs = [(env, probes[place]) for env, probes in zip(envs, chosen, strict=True) if place < len(probes)]
            askers, probes = np.ascontiguousarray(np.array(pairs, dtype=np.int64).T)
            self._answers.ask(askers, probes)

    def _final(self, ended: Integers, mask: NDArray[np.bool_], scores: dict[int, tuple[Score, Submission]]) -> Info:
        """Returns the infos of episodes that end in a step in which others begin."""
        observations = np.empty(self.num_envs, dtype=object)
        for env, observation in zip(ended.tolist(), self._features.rows(ended), strict=True):
            observations[env] = observation
        final = self._counts(mask)
        self._add_end(final, ended, scores)
        return {"final_obs": observations, "_final_obs": mask.copy(), "final_info": final, "_final_info": mask.copy()}

    def _add_end(self, infos: Info, ended: Integers, scores: dict[int, tuple[Score, Submission]]) -> None:
        """Adds what is told at the end of episodes."""
        if self._full_info is None:
            return
        told = [(env, self._told(env, *scores.get(env, (None, None)))) for env in ended.tolist()]
        gather_infos(infos, told, self.num_envs)

    def _told(self, env: int, score: Score | None, submission: Submission | None) -> Info:
        told: Info = told_end(self._answers.function(env), score, submission, full=bool(self._full_info))
        # What there is not, such as an infinite error, is masked: None would decide the type of the whole array.
        told["score"] = {name: part for name, part in told["score"].items() if part is not None}
        return told

    def _counts(self, mask: NDArray[np.bool_]) -> Info:
        """Returns the budgets and steps left of some environments, as infos."""
        budget, steps_left = np.where(mask, self._progress[:2], 0)
        return {"budget": budget, "_budget": mask.copy(), "steps_left": steps_left, "_steps_left": mask.copy()}
