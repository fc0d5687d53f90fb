# %% [markdown]
# # A policy in a minute
#
# The interface `tokens` has a discrete action space: some actions ask a fixed input (a probe), the others write a description token by
# token, whose constants are fitted to what was answered. Illegal actions are masked, so MaskablePPO of sb3-contrib learns it. It
# needs `pip install "find-gym[train]"`.

# %%
from collections import Counter

import gymnasium as gym
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy

import find_gym
from find_gym.adapters.stable_baselines3 import make_vec_env

options = {"difficulty": "easy", "max_queries": 8}
env = make_vec_env("FIND-numeric-v1", 64, seed=0, **options)
test = make_vec_env("FIND-numeric-v1", 16, seed=1, split="test", **options)
model = MaskablePPO(
    "MultiInputPolicy",
    env,
    n_steps=32,
    batch_size=256,
    learning_rate=1e-3,
    gamma=1.0,
    ent_coef=0.01,
    seed=0,
    device="cpu",
)

# %% [markdown]
# These few steps take seconds and teach nothing: they show the way. A minute's training is `STEPS = 60_000`; what
# comes out is on the page about [reinforcement learning](../reinforcement-learning.md).

# %%
STEPS, EPISODES = 2_048, 32
before, _ = evaluate_policy(model, test, n_eval_episodes=EPISODES, warn=False)
model.learn(STEPS)
after, _ = evaluate_policy(model, test, n_eval_episodes=EPISODES, warn=False)
print(
    f"skill on {EPISODES} functions of the split test: {before:.2f} before, {after:.2f} after {model.num_timesteps} steps"
)

# %% [markdown]
# What does it ask? `env.unwrapped.action_masks()` says which actions are legal; `info["inputs"]` has what an action asked.

# %%
single = gym.make("FIND-numeric-v1", split="test", **options)
asked = Counter()
for seed in range(8):
    observation, info = single.reset(seed=seed)
    terminated = False
    while not terminated:
        action, _ = model.predict(observation, action_masks=single.unwrapped.action_masks(), deterministic=True)
        observation, reward, terminated, _, info = single.step(int(action))
        asked.update(info["inputs"])
print("asked most often:", asked.most_common(5))
print("its last description:", info["submission"]["description"], "- the truth:", info["truth"]["description"])

# %% [markdown]
# `find-gym train` does all of this in one command, with imitation and a network made for the evidence, and draws heat maps of what
# the policy asks: [training an interpreter](../training.md).
