# %% [markdown]
# # An episode by hand
#
# An episode hides a function. You ask for some of its outputs, then you describe it, and the description is scored.
# `find-gym play` is the same with a person at the keyboard.

# %%
import gymnasium as gym
from PIL import Image

import find_gym

env = gym.make("FIND-numeric-v1", interface="text", difficulty="easy", max_queries=30, render_mode="rgb_array")
task, info = env.reset(seed=1)
print(task)

# %% [markdown]
# The seed decides the function and its noise: with `seed=1` everybody gets this one. Each input costs one of the budget, so the first
# query is a coarse one.

# %%
answer, reward, terminated, truncated, info = env.step("QUERY [-100, -50, -10, -1, 0, 1, 10, 50, 100]")
print(answer)

# %% [markdown]
# What was asked is in `info` as well, as numbers. A message that can't be read is refused, with the reason, and never scored:

# %%
answer, reward, terminated, truncated, info = env.step("It looks like a line to me.")
print(answer)
print(info["budget"], reward, terminated)

# %% [markdown]
# The environment draws what it has answered so far (`render_mode="rgb_array"`):

# %%
Image.fromarray(env.render())

# %% [markdown]
# The description has a sentence, the domain on which the function departs from its rule, and code. The code is what is scored, on
# held-out inputs. Two of the answers are enough for a line:

# %%
low, high = env.step("QUERY [-20, 20]")[4]["outputs"]
slope, offset = (high - low) / 40, (high + low) / 2
message = f"""[DESCRIPTION]: a line of slope {slope:.2f}
[DOMAIN]: none
[CODE]:
```python
def f(x):
    return {slope} * x + {offset}
```"""
answer, reward, terminated, truncated, info = env.step(message)
print(answer)
print("truth:", info["truth"]["description"])

# %% [markdown]
# `reward` is the skill: 0 for the best constant, 1 for the truth. The parts of the score tell where a description went wrong.

# %%
print(reward)
print(info["score"])

# %%
Image.fromarray(env.render())
