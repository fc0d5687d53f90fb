"""find-gym."""
