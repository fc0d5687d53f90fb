"""Libraries of reinforcement learning take a thousand steps, where they are installed."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401  (registers the environments)
from find_gym.envs import ActionMask, ScalarInfo

STEPS = 1000


def make(**mask: Any) -> gym.Env[Any, Any]:
    env = gym.make("FIND-strings-v1", difficulty="easy", max_queries=8)
    return ScalarInfo(ActionMask(env, **mask))


def test_torchrl() -> None:
    pytest.importorskip("torchrl")
    from torchrl.envs import GymWrapper, TransformedEnv
    from torchrl.envs import transforms as change

    env = TransformedEnv(GymWrapper(make(), categorical_action_encoding=True), change.ActionMask())
    rollout = env.rollout(STEPS, break_when_any_done=False)
    assert rollout.shape == (STEPS,)
    chosen = rollout["action"].long().unsqueeze(-1)
    assert rollout["action_mask"].gather(-1, chosen).all()
    assert rollout["next", "reward"].isfinite().all()


def test_tianshou() -> None:
    pytest.importorskip("tianshou")
    from tianshou.data import Batch, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv

    envs = DummyVectorEnv([lambda: make(key="mask") for _ in range(4)])
    buffer = VectorReplayBuffer(STEPS, 4)
    rng = np.random.default_rng(0)
    observation, _ = envs.reset(seed=0)
    for _ in range(STEPS // 4):
        masks = np.stack([one["mask"] for one in observation])
        actions = (rng.random(masks.shape) * masks).argmax(axis=1)
        following, rewards, terminated, truncated, infos = envs.step(actions)
        buffer.add(
            Batch(
                obs=Batch.stack([Batch(one) for one in observation]),
                act=actions,
                rew=rewards,
                terminated=terminated,
                truncated=truncated,
                obs_next=Batch.stack([Batch(one) for one in following]),
                info=Batch.stack([Batch({k: v for k, v in one.items() if k != "env_id"}) for one in infos]),
            )
        )
        ended = np.flatnonzero(terminated)
        if ended.size:
            following[ended], _ = envs.reset(ended)
        observation = following
    batch, _ = buffer.sample(64)
    assert batch.obs.mask[np.arange(64), batch.act].all() and len(buffer) == STEPS


def test_minari(tmp_path, monkeypatch) -> None:
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = minari.DataCollector(make(), record_infos=True)
    rng, ended = np.random.default_rng(0), True
    for step in range(STEPS):
        if ended:
            observation, _ = env.reset(seed=step)
        legal = np.flatnonzero(observation["action_mask"])
        observation, _, ended, _, _ = env.step(int(rng.choice(legal)))
    made = env.create_dataset("find/strings-v0")
    assert made.total_steps == STEPS


def test_agilerl() -> None:
    pytest.importorskip("agilerl")
    from agilerl.algorithms import DQN

    env = ActionMask(gym.make("FIND-strings-v1", difficulty="easy", max_queries=8), into="info")
    agent = DQN(env.observation_space, env.action_space, device="cpu")
    observation, info = env.reset(seed=0)
    for _ in range(STEPS):
        batch = {name: values[None] for name, values in observation.items()}
        mask = info["action_mask"]
        action = int(np.asarray(agent.get_action(batch, action_mask=mask[None])).item())
        assert mask[action]
        observation, _, terminated, _, info = env.step(action)
        if terminated:
            observation, info = env.reset()
