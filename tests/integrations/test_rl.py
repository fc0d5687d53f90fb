"""Libraries of reinforcement learning take a thousand steps, where they are installed."""

import subprocess
import sys
from pathlib import Path
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


def test_skrl() -> None:
    pytest.importorskip("skrl")
    import torch
    from skrl.agents.torch.ppo import PPO
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
    from skrl.trainers.torch import SequentialTrainer

    class Policy(CategoricalMixin, Model):
        """Masks are a part of the observation, sorted by their names as all of it."""

        def __init__(self, space: gym.spaces.Dict, actions: Any, device: Any) -> None:
            Model.__init__(self, observation_space=space, action_space=actions, device=device)
            CategoricalMixin.__init__(self)
            self.layer = torch.nn.Linear(gym.spaces.flatdim(space), actions.n)
            self.chosen: list[float] = []

        def act(self, inputs: Any, *, role: str = "") -> Any:
            chosen = super().act(inputs, role=role)
            self.chosen += self.legal(inputs).gather(-1, chosen[0]).flatten().tolist()
            return chosen

        def legal(self, inputs: Any) -> Any:
            assert min(self.observation_space.spaces) == "action_mask"
            return inputs["observations"][:, : self.action_space.n]

        def compute(self, inputs: Any, role: str = "") -> Any:
            return self.layer(inputs["observations"]).masked_fill(self.legal(inputs) < 0.5, -1e9), {}

    class Value(DeterministicMixin, Model):
        def __init__(self, space: Any, actions: Any, device: Any) -> None:
            Model.__init__(self, observation_space=space, action_space=actions, device=device)
            DeterministicMixin.__init__(self)
            self.layer = torch.nn.Linear(gym.spaces.flatdim(space), 1)

        def compute(self, inputs: Any, role: str = "") -> Any:
            return self.layer(inputs["observations"]), {}

    env = wrap_env(make(), wrapper="gymnasium", verbose=False)
    spaces = (env.observation_space, env.action_space, env.device)
    policy = Policy(*spaces)
    agent = PPO(
        models={"policy": policy, "value": Value(*spaces)},
        memory=RandomMemory(memory_size=100, num_envs=1, device=env.device),
        observation_space=env.observation_space,
        action_space=env.action_space,
        device=env.device,
        cfg={"rollouts": 100, "learning_epochs": 1, "experiment": {"write_interval": 0, "checkpoint_interval": 0}},
    )
    before = policy.layer.weight.clone()
    trainer = SequentialTrainer(
        env=env, agents=agent, cfg={"timesteps": STEPS, "disable_progressbar": True, "close_environment_at_exit": False}
    )
    trainer.train()
    assert len(policy.chosen) >= STEPS and min(policy.chosen) == 1.0
    assert not torch.equal(before, policy.layer.weight)


def test_pufferlib() -> None:
    pytest.importorskip("pufferlib")
    from pufferlib import emulation, vector

    def make_one(buf: Any = None, seed: int = 0) -> Any:
        return emulation.GymnasiumPufferEnv(env_creator=make, buf=buf, seed=seed)

    envs = vector.make(make_one, num_envs=4, backend=vector.Serial)
    space = make().observation_space
    rng = np.random.default_rng(0)
    observations, _ = envs.reset(seed=0)
    rewards, ended = 0.0, 0
    for _ in range(STEPS // 4):
        seen = [emulation.nativize(one, space, envs.driver_env.obs_dtype) for one in observations]
        masks = np.stack([one["action_mask"] for one in seen])
        actions = (rng.random(masks.shape) * masks).argmax(axis=1)
        observations, reward, terminated, _, infos = envs.step(actions)
        rewards += float(reward.sum())
        ended += int(terminated.sum())
        assert not any(info.get("refused") for info in infos)
    assert ended > 20 and np.isfinite(rewards)


@pytest.mark.parametrize("algorithm", ["ppo", "ppo_mask"])
def test_rl_zoo3(algorithm, tmp_path) -> None:
    pytest.importorskip("rl_zoo3")
    example = Path(__file__).resolve().parents[2] / "examples" / "rl_zoo3"
    command = [sys.executable, str(example / "train.py"), "--algo", algorithm, "--env", "FIND-strings-v1"]
    command += ["-n", str(STEPS), "--log-folder", str(tmp_path), "--seed", "0", "--eval-freq", "-1", "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.rglob("FIND-strings-v1.zip"))
