"""Device, precision and threads of PyTorch, in one place. Importing this module does not import torch (2 s)."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

DEVICES = ("auto", "cpu", "cuda")
DRIVERS = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # Linux, WSL and ROCm


class DeviceError(ValueError):
    """The device asked for is not there."""


@functools.cache
def load_torch() -> Any:
    """The torch module, in deterministic mode with one thread (workers are the parallelism)."""
    import torch

    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms would import the compiler: a second
    return torch


def resolve_device(device: str) -> str:
    """'cpu' or 'cuda' for a device name; 'auto' takes a GPU where there is one.

    Raises DeviceError for an unknown name, or for 'cuda' where torch finds no GPU.
    """
    if device not in DEVICES:
        raise DeviceError(f"device {device!r} is not one of {', '.join(DEVICES)}")
    if device == "cpu" or (device == "auto" and not _driver()):
        return "cpu"
    available = load_torch().cuda.is_available()
    if device == "cuda" and not available:
        raise DeviceError("device 'cuda' was asked for, but PyTorch finds no GPU; use --device cpu or auto")
    return "cuda" if available else "cpu"


def _driver() -> bool:
    """Whether a GPU could be there: a look at the file system spares importing torch where there is none."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(Path(name).exists() for name in DRIVERS)
