"""What workers are given and what they give back, and how a job is done. Both can be sent to other processes.

A claim is split into its checks with the audit, and its derivation. A derivation that does not come to an end is taken
apart: one job that outlines it, one for each step.
"""

from __future__ import annotations

import contextlib
import enum
import pickle
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from derivations.proof import Step
from verify import catalogue
from verify.audit import alarms
from verify.checks import Context
from verify.claim import Claim
from verify.run import examine
from verify.run.cost import Cost, Meter
from verify.run.settings import Settings


class Kind(enum.Enum):
    """Kinds of jobs, in the order in which those of one claim start."""

    CHECKS = "checks"
    PROOF = "proof"  # all steps of a derivation
    OUTLINE = "outline"  # what the steps say, none of them settled
    STEP = "step"
    SEEDS = "seeds"  # the stochastic checks alone, with other seeds

    @property
    def order(self) -> int:
        return list(Kind).index(self)

    def label(self, number: int = 0) -> str:
        """How a sentence names the job."""
        names = {Kind.CHECKS: "the checks", Kind.SEEDS: "the stochastic checks"}
        return {**names, Kind.STEP: f"step {number + 1} of the derivation"}.get(self, "the derivation")

    def limit(self, settings: Settings) -> float:
        """Seconds after which a job is killed."""
        return settings.examination_limit if self in (Kind.CHECKS, Kind.SEEDS) else settings.step_limit


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to do for one claim in at most `limit` seconds; `number` is that of a STEP, `seeds` those of SEEDS."""

    package: str
    claim: str
    kind: Kind
    context: Context
    limit: float
    number: int = 0
    seeds: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.kind.label(self.number)


class Fate(enum.Enum):
    """What became of a job."""

    DONE = "done"
    RAISED = "raised"
    UNSENDABLE = "gave no result"  # one that cannot be sent to another process
    LATE = "late"
    DIED = "died"


@dataclass(frozen=True, kw_only=True)
class Result:
    """The end of a job: its value and cost if it is DONE, otherwise the reason, for RAISED with the traceback."""

    job: Job
    fate: Fate
    value: Any = None
    reason: str = ""
    cost: Cost | None = None


def load(package: str, claim: str) -> Claim:
    """The claim that a job is about."""
    return catalogue.load(claim, package)


def perform(job: Job, loaded: Callable[[], None] = lambda: None) -> bytes:
    """Do a job and return its result, pickled. `loaded` is called between the import of the claim and the work.

    Never raises: an exception becomes its traceback, since one that cannot be unpickled would break the receiver.
    """
    meter = Meter()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what an experiment prints is no result of a command
            claim = load(job.package, job.claim)
            meter.loaded()
            loaded()
            value = _work(claim, job)
            result = Result(job=job, fate=Fate.DONE, value=value, cost=meter.read())
    except (Exception, SystemExit):  # which a claim of one's own may raise
        result = Result(job=job, fate=Fate.RAISED, reason=traceback.format_exc())
    try:
        return pickle.dumps(result)
    except Exception as problem:  # pickle raises what the objects raise
        return pickle.dumps(_unsendable(job, problem))


def received(job: Job, data: bytes) -> Result:
    """The result of a job from what `perform` returned."""
    try:
        result = pickle.loads(data)
        assert isinstance(result, Result)
    except Exception as problem:
        return _unsendable(job, problem)
    return result


def _unsendable(job: Job, problem: Exception) -> Result:
    return Result(job=job, fate=Fate.UNSENDABLE, reason=f"{type(problem).__name__}: {problem}")


def _work(claim: Claim, job: Job) -> Any:
    if job.kind is Kind.CHECKS:
        return examine.examine(claim, job.context)
    if job.kind is Kind.SEEDS:
        return alarms.draws(claim, job.context, job.seeds)
    steps: tuple[Step, ...] = claim.steps()
    if job.kind is Kind.OUTLINE:
        return tuple((step.claim, step.because) for step in steps)
    if job.kind is Kind.STEP:
        return examine.prove(steps[job.number], examine.stated_by(claim, job.package))
    stated = examine.stated_by(claim, job.package)
    return tuple(examine.prove(step, stated) for step in steps)
