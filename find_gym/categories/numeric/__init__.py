"""Numeric functions: numbers in, numbers out."""
