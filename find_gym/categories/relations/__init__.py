"""Relations: words in, words or "undefined" out."""
