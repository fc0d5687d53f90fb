"""Interpreters, and what runs and compares them."""
