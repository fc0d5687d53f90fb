"""Units of real networks: from a word or a short text to how strongly it activates one, in [0, 1]."""
