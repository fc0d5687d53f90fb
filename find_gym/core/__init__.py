"""What every category is made of, naming none: the rules of an episode, submissions, draws, splits."""
