"""The categories of functions, one package each, with the same file names in each."""
