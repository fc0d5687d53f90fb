"""Policies as interpreters: those of `find-gym train`, zips of Stable-Baselines3, functions of one's own.

This package is imported without any of what runs them.
"""

from find_gym_agents.policies.source import PolicyError, PolicySource
from find_gym_agents.policies.terms import PolicyOptions, Terms, make_policy_agent, resolve

__all__ = ["PolicyError", "PolicyOptions", "PolicySource", "Terms", "make_policy_agent", "resolve"]
