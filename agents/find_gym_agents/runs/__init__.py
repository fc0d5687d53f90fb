"""Runs on disk: records of episodes, append-only lines, files that are never half written."""
