"""Processes that work for another one."""

from __future__ import annotations

import os
import threading
import time


def end_with(parent: int) -> None:
    """Ends this process soon after the one of this number, which started it, even if that was killed; and not before.

    Queues of a pool do not tell its processes that nobody writes to them any more.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
