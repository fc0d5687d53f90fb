"""Entity functions ("synthetic neurons"): from a word to how strongly it activates, in [0, 1]."""
