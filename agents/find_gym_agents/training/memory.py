"""How this process gets memory for the arrays of a training."""

from __future__ import annotations

import ctypes

# Parameters of glibc's `mallopt`, and bytes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST, _KEPT = 1 << 25, 1 << 30


def keep_freed_memory() -> None:
    """Has the C library keep memory that is freed, up to a gigabyte, where it is glibc; else nothing happens.

    It would give arrays of some megabytes back to the system and ask for them anew in each minibatch; then each page
    is filled with zeros when it is first touched, which takes longer than most operations on it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST)
    mallopt(_TRIM_THRESHOLD, _KEPT)
