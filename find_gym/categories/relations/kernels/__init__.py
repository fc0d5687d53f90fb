"""Loops over relations, compiled when the first of them is needed; see `find_gym.core.kernels`."""
