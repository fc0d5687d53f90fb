"""Training interpreters by reinforcement learning: networks, imitation, curriculum, checkpoints, analysis."""
