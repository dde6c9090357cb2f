"""What every kind of check shares: the context of a run, the one rule from comparisons to a verdict, the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from derivations.statement import Regime
from numerics.streams import Stream
from verify.compile import Candidate, CandidateError
from verify.evidence import Evidence, Holds

FLOOR = 0.1  # what is below a tenth of the largest value of its curve is measured against that tenth
BLIND = 1.0  # median resolution from which a check decides nothing: it would not have noticed that nothing is there
UNMOVED = "the experiment does not draw from its stream, or measures what is no random number"
FALSE_ALARMS = 1e-6  # probability that a whole run of true claims reports any refutation by chance


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a check may know of the run.

    data           folder of MNIST in IDX files for the claims that use real data; None for the bundled digits
    false_alarms   the share of the run's budget that this claim's checks may each spend
    pictures       whether evidence should come with the pictures that the check offers
    regime         that of the statement, None for an Observation
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
    regime: Regime | None = None

    def stream(self, check: str, stage: int = 1) -> Stream:
        """Random numbers of one check and stage, independent of every other."""
        return Stream(self.seed, (self.claim, check, str(stage)))


class Check(Protocol):
    """One way to test a formula.

    `prepare` does what does not depend on the formula (runs the experiment, solves the reference equation) and is
    called once; `judge` compares one formula with it, and is called for the true formula and for printed forms.
    `candidate` is None for an Observation. `refutes` says of a mutant whether `judge` would refute it; it raises
    CandidateError where it would not and the formula had no finite real value somewhere.
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


class NoValue(CandidateError):
    """A formula that could not be evaluated at any point of a check."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What one comparison of a formula with a reference or a measurement found.

    verdict   REFUTED where the formula says something else, also where it says nan or infinity of a finite number;
              UNDECIDED where the ruler is at fault (a reference that is no number, a ladder off its order) or the
              formula could not be evaluated. nan agrees with nothing, not even with nan.
    points    how many values were compared
    crashed   why the formula could not be evaluated, if so
    found     what the check needs to describe the comparison
    """

    verdict: Holds
    points: int = 1
    crashed: str = ""
    found: Any = None


class Comparing:
    """`judge` and `refutes` by one rule: a check only says how it compares and how it describes what it found.

    One refuted comparison refutes; without it, one undecided comparison, or none at all, decides nothing. Nor does a
    formula hold by a check that sees nothing: a wrong experiment whose replicas are far apart agrees with everything.
    Nor by replicas none of which differ: an experiment that does not draw from its stream has nothing to average.

    coarse   one sentence that says why the resolution is coarser than the suite's targets, where it is
    alike    one sentence that says why replicas need not differ, where they do not
    """

    name: str
    kind: str
    coarse: str = ""
    alike: str = ""

    def scatters(self, prepared: Any) -> bool:
        """Whether the replicas of a check that has some differ in any of their values."""
        return True

    def compare(self, candidate: Candidate | None, prepared: Any, context: Context) -> Iterator[Comparison]:
        """The comparisons, each worked out when it is asked for."""
        raise NotImplementedError

    def describe(self, found: list[Comparison], prepared: Any, context: Context) -> dict[str, Any]:
        """The fields of the evidence beside check, kind, verdict and points."""
        raise NotImplementedError

    def judge(self, candidate: Candidate | None, prepared: Any, context: Context) -> Evidence:
        """Compare the formula with all that was prepared."""
        found = list(self.compare(candidate, prepared, context))
        fields = self.describe(found, prepared, context)
        crashes = [c.crashed for c in found if c.crashed]
        if crashes:
            note = f"no finite real value of the formula in {len(crashes)} of {len(found)} comparisons: {crashes[0]}"
            fields["detail"] = f"{fields['detail']}; {note}"
        verdict, points = rule(found), sum(c.points for c in found if not c.crashed)
        median = fields.get("resolution_median")
        if verdict is Holds.HOLDS and median is not None and not median < BLIND:
            verdict = Holds.UNDECIDED
            fields["detail"] = f"{fields['detail']}; blind: values twice as large, or none, would not have been noticed"
        if verdict is not Holds.REFUTED and not self.scatters(prepared):
            verdict = verdict if self.alike else Holds.UNDECIDED
            fields["detail"] = f"{fields['detail']}; the replicas do not differ: {self.alike or UNMOVED}"
        return Evidence(check=self.name, kind=self.kind, verdict=verdict, points=points, coarse=self.coarse, **fields)

    def refutes(self, candidate: Candidate, prepared: Any, context: Context) -> bool:
        """Whether `judge` refutes the formula: the first comparison that does ends it.

        Raises CandidateError if none does and the formula could not be evaluated somewhere, NoValue if nowhere.
        """
        crashed, evaluated_somewhere = "", False
        for comparison in self.compare(candidate, prepared, context):
            if comparison.verdict is Holds.REFUTED:
                return True
            crashed = crashed or comparison.crashed
            evaluated_somewhere |= not comparison.crashed
        if crashed:
            raise CandidateError(crashed) if evaluated_somewhere else NoValue(crashed)
        return False


def rule(found: Iterable[Comparison]) -> Holds:
    """The verdict of a check from those of its comparisons."""
    verdicts = {comparison.verdict for comparison in found}
    if Holds.REFUTED in verdicts:
        return Holds.REFUTED
    return Holds.HOLDS if verdicts == {Holds.HOLDS} else Holds.UNDECIDED


def evaluated(formula: Callable[[], Any]) -> tuple[Any, Comparison | None]:
    """What a formula gives, or the comparison that says why it gives nothing."""
    try:
        return formula(), None
    except ArithmeticError as problem:  # CandidateError, or a division by what the formula gives
        return None, Comparison(verdict=Holds.UNDECIDED, crashed=str(problem) or type(problem).__name__)


def scale_of(reference: np.ndarray) -> float:
    """The size by which deviations are divided: the largest absolute value, or 1 if all vanish."""
    largest = float(np.max(np.abs(reference)))
    return largest if largest > 0 else 1.0


def resolved(visible: np.ndarray, predicted: np.ndarray, *, along_axis: bool) -> dict[str, float]:
    """Worst and median over the points of the smallest relative change that would be seen there.

    visible    absolute change of each predicted value that would be seen
    along_axis whether the values along the last axis are one curve

    A change is relative to the point's own value. On a curve that is at least FLOOR of its largest value: far down a
    decay, or where the curve crosses zero, a point has no size of its own. Without an axis each value is a quantity of
    its own. A curve, or such a value, that is nowhere told from zero is measured by the root mean square of all.
    """
    values, seen = np.where(np.isfinite(predicted), np.abs(predicted), 0.0), np.broadcast_to(visible, predicted.shape)
    everything = float(np.sqrt(np.mean(np.square(values)))) or 1.0
    if along_axis:
        largest = np.max(values, axis=-1, keepdims=True)
        told = np.any(values > seen, axis=-1, keepdims=True)
        sizes = np.where(told, np.maximum(values, FLOOR * largest), everything)
    else:
        sizes = np.where(values > seen, values, everything)
    return worst_and_median(seen / sizes)


def worst_and_median(relative: np.ndarray) -> dict[str, float]:
    """The fields of the evidence for relative changes, one for each point, that would be seen."""
    return {"resolution": float(np.max(relative)), "resolution_median": float(np.median(relative))}


def evenly(relative: float) -> dict[str, float]:
    """The same where every point is seen alike."""
    return {"resolution": relative, "resolution_median": relative}
