"""The agent `atom-fit`: atoms fitted by least squares, the best by likelihood."""
