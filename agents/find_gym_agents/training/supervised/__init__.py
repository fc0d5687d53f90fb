"""Supervised training of neural interpreters from endless transcripts whose truth is known."""
