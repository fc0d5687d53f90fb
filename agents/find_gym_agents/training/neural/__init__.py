"""What the trainings of neural interpreters share, whatever they learn from: segments, checkpoints, validation."""
