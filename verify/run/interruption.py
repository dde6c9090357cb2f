"""Ctrl-C, the request to end and a terminal that hangs up: one of them counts, all that follow are ignored.

While claims run, a signal is only noted, and what waits for workers is woken: an exception raised in the middle of
anything could leave half of it done, and a signal that a library's thread takes (as happens right after a process was
continued) would not be seen before the main thread runs again.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_current: Interruption | None = None


class Interruption:
    """Handles SIGNALS. `came` says that one was caught; `raising`, that it raises KeyboardInterrupt as well."""

    def __init__(self) -> None:
        self.came, self.raising = False, True
        self.awake, self._waker = socket.socketpair()  # `awake` becomes readable with the signal
        for end in (self.awake, self._waker):
            end.setblocking(False)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.came:
            self.came = True
            if self.raising:
                raise KeyboardInterrupt

    def drain(self) -> None:
        """Let `awake` be readable with the next signal only."""
        with contextlib.suppress(BlockingIOError):
            self.awake.recv(4096)

    @contextlib.contextmanager
    def _installed(self, last: bool) -> Iterator[None]:
        handlers: dict[int, Any] = {}
        number: int
        for number in SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # nohup, or not installed from Python
                handlers[number] = signal.signal(number, self._handle)
        before = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number, handler in handlers.items():
                signal.signal(number, signal.SIG_IGN if last and self.came else handler)
            self.awake.close()
            self._waker.close()


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Around a whole program: the first signal raises KeyboardInterrupt; the others are ignored until it has ended."""
    global _current
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before, _current = _current, Interruption()
    try:
        with _current._installed(last=True):
            yield
    finally:
        _current = before


@contextlib.contextmanager
def noted() -> Iterator[Interruption | None]:
    """Around a run: signals are noted in what this yields; None outside the main thread, which gets no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield None
    elif _current is None:
        own = Interruption()
        own.raising = False
        with own._installed(last=False):
            yield own
    else:
        _current.raising = False
        try:
            yield _current
        finally:
            _current.raising = True


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold SIGNALS back from a process that is started meanwhile. It inherits this and never lifts it.

    A terminal sends Ctrl-C to every process of the group, and one that is still importing would print a traceback.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
