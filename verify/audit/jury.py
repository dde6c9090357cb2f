"""The order in which the checks of a claim see a mutant: those first that reject most for the time they take.

One check that refutes is enough, and most mutants are refuted by all of them. Which one comes first changes how long an
audit takes, and nothing of what it finds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from verify.checks import Check


@dataclass
class _Record:
    """What a check did so far; the check is timed while it is asked within `with`."""

    calls: int = 0
    seconds: float = 0.0  # of the processor
    convictions: int = 0
    started: float = 0.0

    def __enter__(self) -> None:
        self.started = time.thread_time()

    def __exit__(self, *problem: object) -> None:
        self.calls += 1
        self.seconds += time.thread_time() - self.started

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

    def timed(self, check: Check) -> _Record:
        """What a check is asked within, so that its time is known."""
        return self._records[check.name]

    def convicted(self, check: Check) -> None:
        """The check has refuted a mutant."""
        self._records[check.name].convictions += 1
