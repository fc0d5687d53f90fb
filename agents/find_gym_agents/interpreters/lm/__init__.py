"""A language model as the interpreter, which the paper calls an automated interpretability agent (AIA).

The model reads the task and the answers of the `text` interface and writes the messages. `LanguageModelOptions` says
which model and how; the classes of `find_gym_agents.interpreters.lm.agent` are the agents, one for each category of
functions. Nothing here imports torch, transformers or openai before a model is loaded.
"""

from find_gym_agents.interpreters.lm.options import LanguageModelOptions

__all__ = ["LanguageModelOptions"]
