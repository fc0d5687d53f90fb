"""The agents, one module or package each."""
