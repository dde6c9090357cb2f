"""Limits of what may never end or grow without bound, within one process: seconds of the processor, and memory."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class TooLong(BaseException):
    """The time is over. No Exception, so that nothing on the way takes it for a fault of its own."""


@contextlib.contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Raise TooLong in what stands within once it has used that many seconds of the processor.

    Seconds of the processor, since what is found must not depend on the load of the machine. For the main thread; what
    happens inside one call of a library is interrupted only when that returns.
    """

    def stop(*_: Any) -> None:
        raise TooLong

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


@contextlib.contextmanager
def more_memory(size: int) -> Iterator[None]:
    """Let what stands within take at most `size` bytes more than the process has; beyond that allocations fail.

    On systems that tell the size of a process in /proc (Linux); elsewhere nothing is limited.
    """
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):
        yield
        return
    most = pages * resource.getpagesize() + size
    limits = [most, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
