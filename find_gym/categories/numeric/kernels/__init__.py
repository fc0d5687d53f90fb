"""Loops over the points of one problem, compiled by Numba when the first of them is needed.

Functions that are called from Python are decorated with `kernel`, those that only other kernels call with `helper`.
"""
