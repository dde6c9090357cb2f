"""What every kind of check shares: the context of a run, the protocol, relative differences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from numerics.streams import Stream
from verify.compile import Candidate
from verify.evidence import Evidence

PROFILES = ("quick", "full")
FALSE_ALARMS = 1e-6  # probability that a whole run of true claims reports any refutation by chance


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a check may know of the run.

    data           folder of MNIST in IDX files for the claims that use real data; None for the bundled digits
    false_alarms   the share of the run's budget that this claim's checks may each spend
    pictures       whether evidence should come with the pictures that the check offers
    first_sample_only   whether `refutes` must do without a second sample, and calls what would need one not refuted
    """

    claim: str
    seed: int = 1
    profile: str = "quick"
    device: str = "cpu"
    data: Path | None = None
    false_alarms: float = FALSE_ALARMS
    pictures: bool = False
    first_sample_only: bool = False

    def stream(self, check: str, stage: int = 1) -> Stream:
        """Random numbers of one check and stage, independent of every other."""
        return Stream(self.seed, (self.claim, check, str(stage)))


class Check(Protocol):
    """One way to test a formula.

    `prepare` does what does not depend on the formula (runs the experiment, solves the reference equation) and is
    called once; `judge` compares one formula with it, and is called for the true formula, for printed forms, and for
    every mutant. `candidate` is None for an Observation. `judge` lets CandidateError through. `refutes` says of a
    mutant whether `judge` would refute it, and may stop where that is clear.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def stochastic(self) -> bool: ...

    def prepare(self, context: Context) -> Any: ...

    def judge(self, candidate: Candidate | None, prepared: Any, context: Context) -> Evidence: ...

    def refutes(self, candidate: Candidate, prepared: Any, context: Context) -> bool: ...


def scale_of(reference: np.ndarray) -> float:
    """The size by which deviations are divided: the largest absolute value, or 1 if all vanish."""
    largest = float(np.max(np.abs(reference)))
    return largest if largest > 0 else 1.0
