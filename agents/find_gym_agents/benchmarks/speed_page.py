"""The page of the benchmark in the documentation, and its table in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from find_gym_agents.benchmarks.stepping import CART_POLE, ENVPOOL, NUMERIC
from find_gym_agents.report.table import markdown_table

BY_HAND = "<!-- What follows is written by hand, and kept when the page is made again. -->"

_INTRODUCTION = """\
# Performance

Measured on {date} with

```
{command}
```

on a machine with {cores}, Python {python}, numpy {numpy}. Every figure comes from {rounds} rounds of {seconds:g} s:
the best of them or, where episodes and functions differ from one to the next, their mean. What is compared took turns,
round by round. Made by the command: edit nothing above the last part, which is written by hand.

## Steps of vectorised environments

`gym.make_vec(id, num_envs=N)` with the interface `tokens`, in one process; only `step` is timed, not the choice of the
actions. CartPole-v1 is Gymnasium's own vectorised class, EnvPool's is compiled C++ with one thread (measured where the
package envpool is installed); their resets are part of their steps. "Queries" are steps in which all environments ask a
random probe, "tokens" steps in which all write one of a description.
"""
_EPISODES = """\
## Whole episodes

Milliseconds of an episode of 16 steps: random queries, then a random description of the shortest kind, whose constants
are fitted, which is scored on held-out inputs, and a reset with a fresh function. {envs[0]} environments; "together"
are those that all end in the same step, as in a training whose policies spend their budget, "spread" those of which the
same number ends in each step; "worker" is with `workers={workers}`. Numeric functions without networks: to train a
network, as FIND does for one in seven functions, takes {network:.3f} s each time one is sampled.
"""
_TRAINING = """\
## Training

`find-gym train` with `--algo maskable-ppo` and `--algo ppo-fast`, from scratch, with as many environments side by side
as each has by default, and rollouts of 8,192 steps, without the first four, in which most functions of small categories
are met for the first time; they took turns of some seconds. Each had {processes} processes:
those beside the first are `--env-workers` of MaskablePPO, and `--learners` of `ppo-fast` as far as these share the
environments evenly. "Time in them" is all that the learner asks of the environments: steps, scores, resets, masks.
Policies spend their budget, then write descriptions, which are random at first, compounds among them, whose fits take
longest.
"""
_TRAINING_HEADER = [
    "", "algorithm", "environments", "steps a second", "steps in a second of the first processor", "time in them",
    "steps an episode",
]  # fmt: skip
_SHARES = """\
The share of the environment beside MaskablePPO, with the episodes of 16 steps of the table above:
"""
_SETUPS = ["spread", "spread, worker", "together", "together, worker"]
_ADVICE = """\
## What costs, and what to do about it

- **Networks.** One in seven functions of the default difficulty is approximated by a network that is trained when the
  function is drawn, {network:.3f} s of one core each. With `workers=N`, N more processes draw those of a reset side by
  side; or write functions to a dataset once (`find-gym make-dataset`) and draw from it (`dataset=`).
- **Workers.** `workers=N` also divides the descriptions that are completed in a step among these processes, unless all
  of them take less than two milliseconds, as to send them does; the results are the same. `find-gym train` does so by
  default, on the processor cores that are left.
- **Threads.** Where there are two processors, a second thread draws held-out inputs of numeric functions and fits atoms
  while the first one runs Python; `FIND_GYM_THREADS=1` leaves it out; see [compiled loops](compiled.md).
- **Fitting.** `effort="quick"` (`find-gym train --quick-fits`) fits constants less thoroughly, which saves little of
  whole episodes, as their table shows; see
  `find_gym.categories.numeric.fitting.fit_skeletons`.
- **Garbage.** With torch loaded, Python's collector takes a tenth of the time of an episode's end, half of that after
  `gc.freeze()`, which `find-gym train` calls once everything is imported.
- **Infos.** `full_info=True` writes the truth's source at the end of each episode; it is off by default.
  `full_info=None` leaves out the scores as well, for learners that read `env.unwrapped.scores`.
- **Observations** are copies. With `copy=False` they are the same arrays at each step, updated in place, as in
  Gymnasium's own vector environments, for learners that copy what they keep: the table of queries above has both.
- **Compiling.** The first fit, network or score on a machine compiles the loops that it needs; see
  [compiled loops](compiled.md).
"""
_SINGLE = """\
## Submissions, sampling, queries

On one core. The reference implementation answers a query by a process of its own ("process per call").
"""


def written_by_hand(path: Path) -> str:
    """Returns the end of a page that is to be written anew: from `BY_HAND` on, nothing where it has no such line."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    _, line, end = text.partition(BY_HAND)
    return f"\n{line}{end}" if line else ""


def page(results: dict[str, Any]) -> str:
    """Returns the page of some results as Markdown."""
    rates = {figure["name"]: figure["per_second"] for figure in results["figures"]}
    config, machine = results["config"], results["machine"]
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    parts = [
        _INTRODUCTION.format(**results, **config, cores=cores, python=machine["python"], numpy=machine["numpy"]),
        _stepping(config["envs"], rates, results["ratios"]),
        _EPISODES.format(network=1 / rates["numeric functions sampled, networks"], **config),
        markdown_table(
            ["", *_SETUPS], [[name, *(f"{one:.2f}" for one in row)] for name, row in results["episodes"].items()]
        ),
        "As many steps, resets included, take "
        + ", ".join(f"{one['milliseconds']:.3f} ms of {name}" for name, one in results["peers"].items())
        + ".\n",
    ]
    if results["training"]:
        rows = [
            [
                split["environment"], split["algorithm"].replace("_", "-"),
                str(split["environments"]), f"{split['steps_per_second']:,.0f}",
                f"{split['steps_per_processor_second']:,.0f}", f"{split['environment_share']:.1%}",
                f"{split['steps_per_episode']:.1f}",
            ]
            for split in results["training"]
        ]  # fmt: skip
        parts += [
            _TRAINING.format(processes=config["workers"] + 1),
            markdown_table(_TRAINING_HEADER, rows, labels=2),
            _SHARES,
            markdown_table(
                ["", *_SETUPS], [[name, *(f"{one:.1%}" for one in row)] for name, row in results["shares"].items()]
            ),
            f"Beside the learner of {NUMERIC} other environments would take: "
            + ", ".join(f"{name} {one['share']:.1%}" for name, one in results["peers"].items())
            + ".\n",
        ]
    parts += [
        _ADVICE.format(network=1 / rates["numeric functions sampled, networks"]),
        _SINGLE,
        markdown_table(
            ["", "in a second", "one takes"],
            [[figure["name"], f"{figure['per_second']:,.1f} {figure['unit']}", f"{1e3 / figure['per_second']:,.3f} ms"]
             for figure in results["figures"] if figure["unit"] != "steps"],
        ),
        f"A query here is {results['ratios']['query here to one process per call']:,.0f} times as fast as a process "
        "per call.\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _stepping(counts: list[int], rates: dict[str, float], ratios: dict[str, float]) -> str:
    peers = [name for name in (CART_POLE, ENVPOOL) if f"{name}, {counts[0]} environments" in rates]
    rows = []
    for count in counts:
        row = [f"{count:,}", *(f"{rates[f'{name}, {count} environments']:,.0f}" for name in peers)]
        for kind in ("queries", "tokens"):
            row.append(f"{rates[f'{NUMERIC}, {count} environments, {kind}']:,.0f}")
            row += [f"{ratios[f'{kind} to {name} at {count}']:.2f}" for name in peers]
        rows.append(row)
    to = [f"to {name}" for name in peers]
    head = ["environments", *peers, f"{NUMERIC}, queries", *to, "tokens", *to]
    shown = f"{NUMERIC}, "
    others = [[_short(name), f"{rate:,.0f}"] for name, rate in rates.items()
              if name.endswith("environments, queries") and not name.startswith(shown)]  # fmt: skip
    return markdown_table(head, rows) + "\n" + markdown_table(["", "queries a second"], others)


def _short(name: str) -> str:
    return name.split(", queries")[0]


def table(results: dict[str, Any]) -> str:
    """Returns the figures as aligned plain text."""
    width = max(len(figure["name"]) for figure in results["figures"])
    lines = [
        f"{figure['name']:{width}}  {figure['per_second']:>12,.1f} {figure['unit']} a second"
        for figure in results["figures"]
    ]
    ratios = [f"{name:{width}}  {ratio:>12,.3g}" for name, ratio in results["ratios"].items()]
    splits = [
        f"{split['environment'] + ', ' + split['algorithm']:{width}}  {split['steps_per_second']:>12,.1f} steps a "
        f"second, {split['steps_per_processor_second']:,.1f} in one of the processor, environment "
        f"{split['environment_share']:.1%}, {split['steps_per_episode']:.1f} steps an episode"
        for split in results["training"]
    ]
    facts = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    return "\n".join([*lines, "", "ratios", *ratios, "", "training", *splits, "", facts])
