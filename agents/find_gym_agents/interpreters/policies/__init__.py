"""Policies as interpreters: those of `find-gym train`, zips of Stable-Baselines3, plain functions.

This package is imported without any of what runs them.
"""

from find_gym_agents.base import PolicyError
from find_gym_agents.interpreters.policies.source import PolicySource
from find_gym_agents.interpreters.policies.terms import PolicyOptions, Terms, make_policy_agent, resolve

__all__ = ["PolicyError", "PolicyOptions", "PolicySource", "Terms", "make_policy_agent", "resolve"]
