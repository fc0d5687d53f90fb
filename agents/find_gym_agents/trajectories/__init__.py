"""Trajectories of experts, as conversations that language models are fine-tuned on."""

from find_gym_agents.trajectories.conversation import Trajectory, converse
from find_gym_agents.trajectories.one_message import answer_once
from find_gym_agents.trajectories.teacher import Teacher, teach, truth
from find_gym_agents.trajectories.writing import TrajectoryConfig, make_trajectories, write_trajectories

__all__ = [
    "Teacher",
    "Trajectory",
    "TrajectoryConfig",
    "answer_once",
    "converse",
    "make_trajectories",
    "teach",
    "truth",
    "write_trajectories",
]
