"""What a job cost the process that did it."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PEAK, OWN = "VmHWM:", "RssAnon:"  # lines of /proc/self/status
FORGET_PEAK = "5"  # written to /proc/self/clear_refs


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds until the claim was imported, seconds of the work, and the peak memory of the process meanwhile in MB."""

    loading: float
    work: float
    memory: float


class Meter:
    """Measures a job from its making: `loaded` after the import, `read` at the end."""

    def __init__(self) -> None:
        self._began = self._loaded = time.perf_counter()
        with contextlib.suppress(OSError):  # the peak is then that of the process since it began
            Path("/proc/self/clear_refs").write_text(FORGET_PEAK, encoding="ascii")

    def loaded(self) -> None:
        """The claim is imported, and the work begins."""
        self._loaded = time.perf_counter()

    def read(self) -> Cost:
        """What was spent until now."""
        return Cost(loading=self._loaded - self._began, work=time.perf_counter() - self._loaded, memory=peak_memory())


def own_memory() -> float:
    """The memory that this process has now, files that it maps left out, in MB; 0 where the system does not tell."""
    return _status(OWN) or 0.0


def peak_memory() -> float:
    """The largest memory that this process had, in MB."""
    found = _status(PEAK)
    if found is not None:
        return found
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes, except on macOS
    return size / 2**20 if sys.platform == "darwin" else size / 1024


def _status(name: str) -> float | None:
    """A line of /proc/self/status in MB, where there is one."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return None
