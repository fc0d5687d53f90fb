# %% [markdown]
# # A neuron of a real network
#
# `FIND-neurons-v0` hides units of a trained network. 1,049 units of the sentence encoder all-MiniLM-L6-v2 are in the package,
# with their activations by 4,634 words and names, so this page needs no network and no download.
# [Units of real networks](../neurons.md) says how they were chosen.

# %%
import json

import gymnasium as gym
from PIL import Image

import find_gym

options = {"unit": "mlp.3.660", "judge": "vocabulary", "max_queries": 40, "render_mode": "rgb_array"}
env = gym.make("FIND-neurons-v0", interface="text", **options)
task, info = env.reset(seed=0)
print(task)

# %% [markdown]
# Without `unit` the seed draws one. The judge "vocabulary" reads descriptions by word vectors that are in the package.
#
# ## Explore
#
# A query is a list of words or short texts. Words of many subjects show where to look:


# %%
def ask(*words):
    *_, info = env.step(f"QUERY {json.dumps(words)}")
    for word, output in sorted(zip(words, info["outputs"], strict=True), key=lambda pair: -pair[1]):
        print(f"{output:5.2f} {'=' * round(30 * output):30} {word}")


ask("violin", "Mount Everest", "tax", "spider", "golf", "carbon", "Shakespeare", "pizza", "algorithm", "winter", "DNA")

# %% [markdown]
# Carbon. Chemistry as a whole, the climate, or something else that carbon is part of? The next queries set these apart.

# %%
ask("oxygen", "molecule", "acid", "climate", "greenhouse gas", "weather", "diamond", "plastic", "coal", "iron")

# %%
ask("reactor", "nuclear energy", "electron", "atom", "physics", "laboratory", "bomb", "cell", "enzyme", "gasoline")

# %% [markdown]
# ## Describe
#
# A description is judged on words that nobody asked: 32 that activate the unit, against 32 that do not, half of which activate the
# units that resemble it most. Skill is 0 for knowing nothing and 1 for telling all of them apart.

# %%
message = "[DESCRIPTION]: It responds to chemistry, to nuclear energy, and a little to physics."
answer, skill, terminated, truncated, info = env.step(message)
print(answer)

# %% [markdown]
# There is no true description of a unit. What stands in its place is the best *program* that a search of the grammar
# finds; `explained` is the skill as a share of the program's, which has `best_skill`:

# %%
print(info["truth"]["description"])
print({name: info["score"][name] for name in ("skill", "best_skill", "explained", "correlation", "strata")})

# %% [markdown]
# ## Let an agent do it
#
# `feature-search` fits programs to the answers, and asks the words about which the best of them disagree. It is an agent like
# [any that you write](agent.md): `find-gym evaluate --env FIND-neurons-v0 --agent feature-search` compares it with others.

# %%
from find_gym_agents.registry import find_agent

agent = find_agent("feature-search").make("neurons")
env = gym.make("FIND-neurons-v0", interface=agent.interface, **options)
observation, info = env.reset(seed=0)
agent.reset(seed=0)
terminated = False
while not terminated:
    action = agent.act(observation, info)
    observation, skill, terminated, truncated, info = env.step(action)
print(info["submission"]["description"])
print(f"skill {skill:.2f}, {info['score']['explained']:.0%} of the best program known")

# %%
Image.fromarray(env.render())

# %% [markdown]
# ## Other units, other networks
#
# `find_gym.functions.sample_seeded` and the difficulties draw units by how well programs explain them. With the extra `lm` the same
# environment takes a unit of any encoder or causal model of transformers, or a direction of its residual stream:
#
# ```py
# gym.make("FIND-neurons-v0", network="path/to/model", unit="mlp.12.100", reading="last")
# ```
