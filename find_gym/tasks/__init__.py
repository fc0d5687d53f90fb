"""Tasks for language models: a seeded function, its prompt and tools, an episode, a reward.

Every library for training or evaluating language models stands on this package; it knows none of them. A `Task` names
a function by its seed, so that it can be stored in a data set and started anywhere; a `TaskEpisode` is the conversation
about it. Neither shows anything of the truth: no description, no source, no held-out input.

    >>> from find_gym.tasks import TaskEpisode, draw_tasks
    >>> [task] = draw_tasks("strings", 1, seed=7, difficulty="easy", max_queries=8)
    >>> episode = TaskEpisode(task)
    >>> print(episode.message('QUERY ["Hello"]'))
    OUTPUTS
    "Hello" -> "HelloeIPlz"
    7 of 8 inputs left, 27 messages left.
    >>> _ = episode.submit(description="appends a word", code="def f(s): return s + 'eIPlz'")
    >>> episode.reward, episode.over
    (1.0, True)
"""

from find_gym.tasks.episode import TaskEpisode
from find_gym.tasks.task import FORMS, Form, Task, draw_tasks, message_rules, tools_of

__all__ = ["FORMS", "Form", "Task", "TaskEpisode", "draw_tasks", "message_rules", "tools_of"]
