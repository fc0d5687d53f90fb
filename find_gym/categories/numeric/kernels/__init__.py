"""Loops over the points of one problem, compiled when the first of them is needed; see `find_gym.core.kernels`."""
