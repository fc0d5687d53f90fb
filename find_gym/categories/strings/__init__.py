"""String functions: strings in, strings out."""
