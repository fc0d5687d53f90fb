"""A vectorised environment beside as many single ones: all that both tell has to be the same, bit for bit."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

import find_gym  # noqa: F401  (registers the environments)

MODES = ("NextStep", "SameStep", "Disabled")


class Twins:
    """N environments, once vectorised and once in a loop, whose observations, rewards, ends and masks are compared.

    The loop follows Gymnasium's definition of the autoreset modes by itself.
    """

    def __init__(self, identifier: str, count: int, mode: str, *, copy: bool = True, **options: Any) -> None:
        self.count, self.mode = count, AutoresetMode(mode)
        self.vector = gym.make_vec(identifier, num_envs=count, autoreset_mode=mode, copy=copy, **options)
        # Checkers of gym.make cost time, and a single class is what the vectorised one stands for.
        self.single = [gym.make(identifier, disable_env_checker=True, **options).unwrapped for _ in range(count)]
        self.over = [False] * count
        self.submissions = 0

    def reset(self, seed: int, **options: Any) -> None:
        observations, infos = self.vector.reset(seed=seed, options=dict(options))
        self.over = [False] * self.count
        for place, env in enumerate(self.single):
            observation, info = env.reset(seed=seed + place, options=dict(options))
            self._compare(observations, observation, infos, info, place)
        self._compare_masks()

    def step(self, actions: np.ndarray) -> None:
        over = np.array(self.over)
        if self.mode is AutoresetMode.DISABLED and over.any():
            observations, infos = self.vector.reset(options={"reset_mask": over})
            for place in over.nonzero()[0].tolist():
                observation, info = self.single[place].reset()
                self._compare(observations, observation, infos, info, place)
            self.over = [False] * self.count
            self._compare_masks()
        observations, rewards, terminated, truncated, infos = self.vector.step(actions)
        assert not truncated.any()
        for place, env in enumerate(self.single):
            if self.mode is AutoresetMode.NEXT_STEP and self.over[place]:
                observation, info = env.reset()
                reward, ended = 0.0, False
            else:
                observation, reward, ended, _, info = env.step(int(actions[place]))
            self.over[place] = ended
            assert rewards[place] == reward and terminated[place] == ended
            self.submissions += bool(info.get("score"))
            if ended and self.mode is AutoresetMode.SAME_STEP:
                assert infos["_final_obs"][place] and infos["_final_info"][place]
                same(infos["final_obs"][place], observation)
                compare_infos(infos["final_info"], info, place)
                observation, info = env.reset()
                self.over[place] = False
            elif self.mode is AutoresetMode.SAME_STEP and "final_obs" in infos:
                assert not infos["_final_obs"][place] and infos["final_obs"][place] is None
            self._compare(observations, observation, infos, info, place)
        self._compare_masks()

    def play(self, seed: int, steps: int, illegal: float = 0.1, writing: float = 0.5) -> None:
        """Steps with random actions, a share of them illegal, about as many tokens as `writing` says."""
        rng = np.random.default_rng(seed)
        for _ in range(steps):
            self.step(self.draw(rng, illegal, writing))

    def draw(self, rng: np.random.Generator, illegal: float, writing: float) -> np.ndarray:
        masks = self.vector.action_masks()
        queries = self.vector.codec.queries
        weights = np.where(masks, rng.random(masks.shape), 0.0)
        tokens = rng.random(self.count) < writing
        weights[:, :queries] *= np.where(tokens, 1e-6, 1.0)[:, None]
        weights[:, queries:] *= np.where(tokens, 1.0, 1e-6)[:, None]
        anything = rng.integers(masks.shape[1], size=self.count)
        return np.where(rng.random(self.count) < illegal, anything, weights.argmax(axis=1))

    def _compare(self, observations: Any, observation: Any, infos: Any, info: Any, place: int) -> None:
        same({name: values[place] for name, values in observations.items()}, observation)
        compare_infos(infos, info, place)

    def _compare_masks(self) -> None:
        masks = self.vector.action_masks()
        for place, env in enumerate(self.single):
            assert (masks[place] == env.action_masks()).all()


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert set(one) == set(other)
    for name, values in one.items():
        assert values.dtype == other[name].dtype == np.float32 and values.shape == other[name].shape
        assert values.tobytes() == other[name].tobytes(), name


def compare_infos(infos: dict[str, Any], info: dict[str, Any], place: int) -> None:
    """Compares what both infos have of an environment."""
    for name in ("budget", "steps_left"):
        assert infos[f"_{name}"][place] and infos[name][place] == info[name]
    assert bool(infos.get("_score", np.zeros(place + 1, dtype=bool))[place]) == ("score" in info)
    if info.get("score"):
        assert infos["score"]["accuracy"][place] == info["score"]["accuracy"]
        assert infos["score"]["skill"][place] == info["score"]["skill"]
        assert infos["score"]["_skill"][place]
