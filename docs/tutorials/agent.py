# %% [markdown]
# # An agent and its report
#
# An interpreter is a class. This one asks nine inputs, fits a parabola to the outputs, and submits it.

# %%
from pathlib import Path

_ = Path("mine.py").write_text(
    '''
import numpy as np

from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent


class Parabola(ScriptedAgent):
    """Fits a parabola to nine points."""

    def solve(self, budget, rng):
        asked = np.linspace(-100, 100, min(9, budget))
        answered = yield list(asked)
        defined = np.isfinite(answered)
        a, b, c = map(float, np.polyfit(asked[defined], answered[defined], 2)) if defined.sum() > 2 else (0.0, 0.0, 0.0)
        code = f"def f(x):\\n    return {a!r} * x**2 + {b!r} * x + {c!r}"
        return Submission(description="a parabola", domain="none", code=code)
'''
)

# %% [markdown]
# Before it is compared with others: does it keep to the rules? `check_agent` plays a few episodes and lists what is wrong.

# %%
from find_gym_agents.testing import check_agent

check_agent("mine.py:Parabola", ["numeric"])

# %% [markdown]
# The evaluation gives all agents the same functions. On the command line this is
# `find-gym evaluate --agent mine.py:Parabola --agent interpolation --agent constant --functions 10 --difficulty easy`.

# %%
from find_gym_agents.evaluation import EvaluationConfig, evaluate

result = evaluate(
    EvaluationConfig(
        agents=("mine.py:Parabola", "interpolation", "constant"),
        functions=10,
        difficulty="easy",
        workers=1,
        out="runs/parabola",
    ),
    progress=False,
)
print(result.closing)

# %% [markdown]
# Ten functions are few, as the intervals say; 200 is the default. The run's folder has the page with every episode, the plots
# and the records:

# %%
sorted(path.name for path in result.folder.iterdir())

# %% [markdown]
# The records are plain: which functions did the agent describe best?

# %%
mine = [episode for episode in result.episodes if episode.agent.endswith("Parabola")]
for episode in sorted(mine, key=lambda episode: -episode.score["skill"])[:3]:
    print(f"{episode.score['skill']:.2f}  {episode.truth['description']}")
