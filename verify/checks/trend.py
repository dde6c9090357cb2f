"""The check of an Observation: quantities that must be positive, and a control that must not show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparing, Comparison, Context, resolved
from verify.checks.simulation import (
    AGAIN,
    Experiment,
    Sample,
    alone,
    captioned,
    enough,
    repeated,
    sample_of,
    scattered,
    twice,
)
from verify.compile import Candidate
from verify.evidence import Curve, Holds, Plane


@dataclass(frozen=True, kw_only=True)
class Trend(Comparing):
    """`quick` measures quantities that must all be above zero, by the threshold of the budget; `control` shows none.

    `shared` says of rows of quantities that the control may show as well why it does, by number from 1; never of all.
    All take `replicas`, `stream` and `device`, and the folder `data` (None: the bundled digits) if `on_data` is set.
    `curves` draws what was measured, beside a theory where there is one, `picture` what else there is to see of it;
    `coarse` and `alike` are as of `Comparing`, `full_only` says why the check runs in the full profile only.
    """

    name: str
    quick: Experiment
    control: Experiment
    replicas: int
    full: Experiment | None = None
    full_control: Experiment | None = None
    full_replicas: int | None = None
    shared: Mapping[int, str] = field(default_factory=dict)
    on_data: bool = False
    curves: Callable[[Measurement], tuple[Curve, ...]] | None = None
    picture: Callable[[Measurement], tuple[Plane, ...]] | None = None
    kind: str = "simulation"
    coarse: str = ""
    alike: str = ""
    full_only: str = ""
    stochastic: bool = True

    def __post_init__(self) -> None:
        enough(self.name, self.replicas, self.full_replicas)

    def prepare(self, context: Context) -> dict[int, Sample]:
        """First sample of what must show the trend (1) and the control (0); `judge` adds the second (2) in doubt."""
        return {1: self._measure(context, 1), 0: self._measure(context, 0)}

    def _measure(self, context: Context, stage: int) -> Sample:
        full = context.profile == "full"
        run = (self.full if full else None) or self.quick
        control = (self.full_control if full else None) or self.control
        data = {"data": context.data} if self.on_data else {}
        stream = context.stream(self.name, stage) if stage else context.stream(f"{self.name} control")
        count = self.full_replicas if full and self.full_replicas else self.replicas
        measured = (run if stage else control)(replicas=count, stream=stream, device=context.device, **data)
        return sample_of(measured, self.name)

    def scatters(self, prepared: dict[int, Sample]) -> bool:
        """Whether any quantity of the first sample has an error; the control may be a constant."""
        return scattered(prepared[1])

    def refutes(self, candidate: Candidate, prepared: dict[int, Sample], context: Context) -> bool:
        """Never: no formula enters, so that no wrong formula can be noticed."""
        return False

    def compare(
        self, candidate: Candidate | None, prepared: dict[int, Sample], context: Context
    ) -> Iterator[Comparison]:
        """Holds if the trend is clear of zero and the control's is not; refuted if a quantity is clearly negative.

        Clear is what is far from zero in one sample, or off zero in both of two, as for any two stages.
        """
        first, control = prepared[1], prepared[0]
        above, below, stages = self._clear(prepared, context)
        if np.any(below):
            verdict, note = Holds.REFUTED, "a quantity is negative"
        elif not np.all(above):
            again = 2 in prepared and repeated(first, prepared[2])
            verdict, note = Holds.UNDECIDED, f"not clear of zero, and {AGAIN}" if again else "not clear of zero"
        elif seen := self._seen(control, context):
            verdict, note = Holds.UNDECIDED, seen
        else:
            verdict, note = Holds.HOLDS, "shown, and not by the control"
        yield Comparison(verdict=verdict, points=first.values.size, found=(candidate, note, stages))

    def _seen(self, control: Sample, context: Context) -> str:
        """Which rows of quantities the control shows and should not, in words; empty if there are none."""
        shown = np.atleast_1d(control.values > twice(control, context) * control.errors)
        rows = [str(k) for k, row in enumerate(shown, start=1) if np.any(row) and k not in self.shared]
        if np.all(shown):
            return "the control shows it too"
        return f"the control shows a part of it too (quantity {', '.join(rows)})" if rows else ""

    def _clear(self, prepared: dict[int, Sample], context: Context) -> tuple[np.ndarray, np.ndarray, int]:
        """Which quantities are clearly above and below zero, and how many samples were asked."""
        first = prepared[1]
        far, near = (limit(first, context) * first.errors for limit in (alone, twice))
        above, below = first.values > far, first.values < -far
        if np.all(above) or np.any(below) or not (np.all(first.values > near) or np.any(first.values < -near)):
            return above, below, 1
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        if repeated(first, prepared[2]):
            return above, below, 2
        second, again = prepared[2].values, twice(prepared[2], context) * prepared[2].errors
        above |= (first.values > near) & (second > again)
        below |= (first.values < -near) & (second < -again)
        return above, below, 2

    def describe(self, found: list[Comparison], prepared: dict[int, Sample], context: Context) -> dict[str, Any]:
        """What was shown, by how much, and what the control did."""
        (candidate, note, stages), trend = found[0].found, prepared[1]
        margins = {k: twice(prepared[k], context) * prepared[k].errors for k in (1, 0)}
        told = {why: [k for k, other in self.shared.items() if other == why] for why in self.shared.values()}
        # A trend sees no formula: for a statement it has no resolution.
        resolution = resolved(margins[1], trend.values, along_axis=False) if candidate is None else {}
        return {
            **resolution,
            "seed": context.seed,
            "detail": f"{trend.measured.replicas} replicas: {note}; {_least(trend, margins[1])}; "
            f"in the control {_least(prepared[0], margins[0])}; stages run: {stages}"
            + "".join(
                f"; the control may show quantity {', '.join(map(str, rows))}: {why}" for why, rows in told.items()
            ),
            "setting": captioned(f"{trend.measured.replicas} replicas", trend.measured),
            "curves": tuple(map(_guide, self.curves(trend.measured))) if self.curves is not None else (),
            "planes": self.picture(trend.measured) if self.picture is not None and context.pictures else (),
        }


def _guide(curve: Curve) -> Curve:
    """A line beside a trend orients the eye: no formula enters the verdict."""
    return replace(curve, style="guide") if np.any(np.isfinite(curve.theory)) else curve


def _least(sample: Sample, margin: np.ndarray) -> str:
    """The value nearest to failing, with its error, against what it had to exceed."""
    worst = int(np.argmin(sample.values - margin))
    value, error, needed = (a.flat[worst] for a in (sample.values, sample.errors, margin))
    return f"least value {value:.3g} with standard error {error:.2g}, {needed:.2g} needed"
