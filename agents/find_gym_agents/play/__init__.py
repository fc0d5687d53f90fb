"""A person plays the interpreter: what is typed, what is shown, the session, the end."""
