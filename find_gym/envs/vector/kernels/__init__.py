"""Loops over environments that are stepped together."""
