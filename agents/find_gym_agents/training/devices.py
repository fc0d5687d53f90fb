"""Where networks learn."""

from __future__ import annotations

import torch as th
from stable_baselines3.common.utils import get_device


def find_device(name: str) -> th.device:
    """Returns a device by its name: "cpu", "cuda", or "auto" for a GPU where there is one.

    Raises:
        OSError: "cuda" was asked for, and PyTorch finds no GPU.
    """
    if name == "cuda" and not th.cuda.is_available():
        raise OSError("expected a GPU for the device 'cuda', actual: PyTorch finds none; 'cpu' and 'auto' do without")
    return get_device(name)
