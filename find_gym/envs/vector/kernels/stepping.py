"""The rules of `find_gym.core.episode`, applied to many episodes at once.

What the loops share: `progress` has the state of each of N episodes, int64 of shape `(5, N)`; `tokens` what is written,
shape `(N, most)`, of T tokens that there are; `allowed`, `complete` and `following` are those of the `Automaton`;
`legal` says which actions are legal, shape `(N, queries + T)`; `features` are all features, flat, of which those of
`SHOWN` begin at `starts`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.moves import ILLEGAL_CHARGE

BUDGET, STEPS_LEFT, STATE, LENGTH, CHARGED = range(5)
"""What the rows of `progress` are: what is left of the budget and of the steps, the automaton's state, the number of
tokens that are written, and what the step is charged."""
ASKERS, QUERIES, WRITERS, STATES, COMPLETED = range(5)
"""What the rows of a plan are: the episodes that ask and their queries, those that write and their next states, and
those whose descriptions are complete with it."""
SHOWN = ("written", "budget")

_QUARTER, _ONE = np.float32(0.25), np.float32(1.0)


@exact_helper
def _show_progress(env: int, progress: Any, limits: Any, features: Any, starts: Any) -> None:
    for which in range(2):
        share = progress[which, env] / max(limits[which], 1)
        features[starts[1] + 2 * env + which] = np.float32(share)


@exact_kernel(
    "void(int64[::1], int64[:, ::1], UniTuple(int64, 2), int64, boolean[:, ::1], int64, int64, boolean[:, ::1], int64, "
    "float32[::1], int64[::1])"
)
def begin_episodes(
    envs: Any, progress: Any, limits: Any, first: int, allowed: Any, probes: int, queries: int, legal: Any,
    most: int, features: Any, starts: Any,
) -> None:  # fmt: skip
    """Starts some episodes.

    Args:
        envs: their numbers.
        progress: see above.
        limits: the budget and the steps of an episode.
        first: the automaton's first state.
        allowed: see above.
        probes: how many queries, the first ones, are legal as long as there is a budget.
        queries: actions below are queries.
        legal: see above.
        most: the greatest number of tokens of a description.
        features: see above.
        starts: see above.
    """
    size = most * allowed.shape[1]
    for env in envs:
        progress[BUDGET, env], progress[STEPS_LEFT, env] = limits
        progress[STATE, env], progress[LENGTH, env] = first, 0
        legal[env, :probes] = limits[0] > 0
        legal[env, probes:queries] = False
        legal[env, queries:] = allowed[first]
        features[starts[0] + env * size : starts[0] + (env + 1) * size] = 0.0
        _show_progress(env, progress, limits, features, starts)


@exact_kernel(
    "UniTuple(int64, 4)(int64[::1], boolean[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], boolean[::1], int64, "
    "int64, boolean[:, ::1], int64[:, ::1])"
)
def plan_step(
    actions: Any, over: Any, progress: Any, tokens: Any, following: Any, complete: Any, probes: int, queries: int,
    legal: Any, plan: Any,
) -> Any:  # fmt: skip
    """Finds out what actions stand for, and changes nothing that another call would not change in the same way.

    Args:
        actions: the action of each episode, shape `(N,)`.
        over: which episodes are over, so that their actions are ignored, shape `(N,)`.
        progress: see above; what is charged is written there.
        tokens: see above; those that are to be written are, beyond what is written.
        following: see above.
        complete: see above.
        probes: see `begin_episodes`.
        queries: actions below are queries.
        legal: see above.
        plan: where to write it, shape `(5, N)`.

    Returns:
        How many ask, write, and complete a description, and in how many the next state has not been met.
    """
    asking, writing, completing, unknown = 0, 0, 0, 0
    flat, width = legal.reshape(-1), legal.shape[1]
    for env in range(actions.size):
        action = actions[env]
        # What stands in memory of its own is looked at only where the budget does not tell.
        is_legal = progress[BUDGET, env] > 0 if action < probes else flat[env * width + action]
        progress[CHARGED, env] = 0
        if over[env]:
            continue
        if action < queries or not is_legal:
            # What an illegal action costs, which is what a query does.
            progress[CHARGED, env] = min(progress[BUDGET, env], ILLEGAL_CHARGE)
            if is_legal:
                plan[ASKERS, asking], plan[QUERIES, asking] = env, action
                asking += 1
            continue
        state = following[progress[STATE, env], action - queries]
        tokens[env, progress[LENGTH, env]] = action - queries
        plan[WRITERS, writing], plan[STATES, writing] = env, state
        writing += 1
        if state < 0:
            unknown += 1
        elif complete[state]:
            plan[COMPLETED, completing] = env
            completing += 1
    return asking, writing, completing, unknown


@exact_kernel(
    "void(boolean[::1], int64[:, ::1], UniTuple(int64, 2), float64, int64, int64[:, ::1], int64[:, ::1], int64, "
    "boolean[:, ::1], int64, boolean[:, ::1], float32[::1], int64[::1], float64[::1], boolean[::1])"
)
def take_step(
    over: Any, progress: Any, limits: Any, cost: float, writing: int, plan: Any, tokens: Any, once: int,
    allowed: Any, queries: int, legal: Any, features: Any, starts: Any, rewards: Any, terminated: Any,
) -> None:  # fmt: skip
    """Charges and writes what `plan_step` has planned, and counts the step.

    Args:
        over: see `plan_step`.
        progress: see above.
        limits: the budget and the steps of an episode.
        cost: the reward of a step that is charged.
        writing: how many write.
        plan: see `plan_step`.
        tokens: see above.
        once: tokens from this one on may be written only once.
        allowed: see above.
        queries: actions below are queries.
        legal: see above.
        features: see above.
        starts: see above.
        rewards: where to write those of the step, as if no description were complete, shape `(N,)`.
        terminated: where to write in which episodes there are no steps left, shape `(N,)`.
    """
    for env in range(over.size):
        rewards[env], terminated[env] = 0.0, False
        if over[env]:
            continue
        progress[STEPS_LEFT, env] -= 1
        if progress[CHARGED, env]:
            rewards[env] = cost
            progress[BUDGET, env] -= progress[CHARGED, env]
            if progress[BUDGET, env] == 0:
                legal[env, :queries] = False
        if progress[STEPS_LEFT, env] == 0:
            terminated[env] = True
        _show_progress(env, progress, limits, features, starts)
    for number in range(writing):
        env, state = plan[WRITERS, number], plan[STATES, number]
        length = progress[LENGTH, env]
        place = (env * tokens.shape[1] + length) * allowed.shape[1] + tokens[env, length]
        features[starts[0] + place] = _ONE
        progress[STATE, env], progress[LENGTH, env] = state, length + 1
        legal[env, queries:] = allowed[state]
        for token in tokens[env, : length + 1]:
            if token >= once:
                legal[env, queries + token] = False


@exact_kernel("void(int64[::1], int64[::1], int64[::1], int64[:, ::1], float32[:, ::1], int64[:, ::1])")
def note_queries(envs: Any, probes: Any, counts: Any, history: Any, asked: Any, noted: Any) -> None:
    """Adds one query of each of n episodes to the history, and shows how often it was asked.

    Args:
        envs: the numbers of the episodes, all different.
        probes: their queries.
        counts: how many queries there were in each of N episodes, shape `(N,)`.
        history: the probes that were asked, shape `(most, N)`.
        asked: the feature that shows it, shape `(N, places)`; quarters are exact, so counting in them is as good.
        noted: where to write the places of the queries in the flat feature, and in the flat history, shape `(2, n)`.
    """
    for number in range(envs.size):
        env, probe = envs[number], probes[number]
        query = counts[env]
        noted[0, number], noted[1, number] = env * asked.shape[1] + probe, query * counts.size + env
        history[query, env], counts[env] = probe, query + 1
        asked[env, probe] = min(asked[env, probe] + _QUARTER, _ONE)
