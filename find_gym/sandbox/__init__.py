"""Where submitted code runs: apart from this process, with nothing in reach, against the clock.

Code and inputs go in, plain data comes back. See ``docs/sandbox.md``.

Example:
    >>> from find_gym.sandbox import run_code
    >>> run_code("def f(x): return 2 * x", [1.0, 2.5]).values
    (2.0, 5.0)
"""

from ._sandbox import Sandbox, backend, default_sandbox, run_code
from ._types import Limits, Result, SandboxError, Status

__all__ = ["Limits", "Result", "Sandbox", "SandboxError", "Status", "backend", "default_sandbox", "run_code"]
