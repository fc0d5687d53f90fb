"""How fast everything is: what `find-gym benchmark` measures."""
