"""The order in which the checks of a claim see a mutant: those first that reject most for the time they take.

One check that refutes is enough, and most mutants are refuted by all of them. Which one comes first changes how long an
audit takes, and nothing of what it finds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verify.checks import Check


@dataclass
class _Record:
    calls: int = 0
    seconds: float = 0.0  # of the processor
    convictions: int = 0

    @property
    def price(self) -> float:
        """Seconds that a rejection takes, about; nothing for a check that was never asked, so that it is asked."""
        return self.seconds / self.calls * (self.calls + 2) / (self.convictions + 1) if self.calls else 0.0


class Jury:
    """The checks of one audit, and how they did so far."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self.members = tuple(checks)
        self._records = {check.name: _Record() for check in self.members}

    def quickest_first(self) -> list[Check]:
        """All checks; among equals in the order of the claim."""
        return sorted(self.members, key=lambda check: self._records[check.name].price)

    @contextlib.contextmanager
    def timed(self, check: Check) -> Iterator[None]:
        """What a check is asked within, so that its time is known."""
        started = time.thread_time()
        try:
            yield
        finally:
            record = self._records[check.name]
            record.calls += 1
            record.seconds += time.thread_time() - started

    def convicted(self, check: Check) -> None:
        """The check has refuted a mutant."""
        self._records[check.name].convictions += 1
