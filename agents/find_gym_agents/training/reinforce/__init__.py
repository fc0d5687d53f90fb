"""Policy gradients for neural interpreters: both heads learn from the environment's own reward."""
