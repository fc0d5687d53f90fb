"""The agent `enumeration`: search over string programs."""
