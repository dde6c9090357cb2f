"""A deterministic experiment at decreasing steps, extrapolated to step zero."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparison, Context, evaluated, resolved, scale_of
from verify.checks.simulation import ROUNDING, Simulation, captioned, distance, returned
from verify.compile import Candidate
from verify.evidence import Holds


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """A measured ladder: values at step zero, their uncertainty, the order that the rungs show, and the finest rung."""

    values: np.ndarray
    uncertainty: float
    order: float
    finest: Measurement
    steps: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Ladder(Simulation):
    """The experiment takes `step`; all rungs share one stream, hence one initial state.

    `order` is the known order of its error, which the rungs must show (within `order_slack`), or the check is
    undecided. The formula must lie within `safety` times the uncertainty of the extrapolation. Needs at least three
    steps in constant ratio, or `prepare` raises ValueError.
    """

    steps: tuple[float, ...]
    full_steps: tuple[float, ...] | None = None
    order: int = 1
    order_slack: float = 0.15
    safety: float = 3.0
    stochastic: bool = False

    def prepare(self, context: Context) -> Rungs:
        """Run the experiment at every step and extrapolate."""
        steps = self.full_steps if context.profile == "full" and self.full_steps else self.steps
        ratios = [a / b for a, b in itertools.pairwise(steps)]
        if len(steps) < 3 or not np.allclose(ratios, ratios[0]):
            raise ValueError(f"{self.name}: a ladder needs at least three steps in constant ratio")
        run, stream, ratio = self.experiment(context), context.stream(self.name), ratios[0]
        rungs = [returned(run(step=h, stream=stream, device=context.device), self.name) for h in steps]
        table = [rung.values for rung in rungs]
        changes = [float(np.linalg.norm(a - b)) for a, b in itertools.pairwise(table)]  # the largest would jump about
        seen = _order(changes, ratio) if min(changes) > 0 else float("inf")
        power, previous = self.order, table
        while len(table) > 1:  # Richardson: remove one power of the step at a time
            factor = ratio**power
            previous, table = table, [(factor * b - a) / (factor - 1) for a, b in itertools.pairwise(table)]
            power += 1
        uncertainty = max(float(np.max(np.abs(table[0] - previous[-1]))), ROUNDING * scale_of(table[0]))
        return Rungs(values=table[0], uncertainty=uncertainty, order=seen, finest=rungs[-1], steps=steps)

    def compare(self, candidate: Candidate | None, prepared: Rungs, context: Context) -> Iterator[Comparison]:
        """All extrapolated values at once; undecided off the declared order."""
        predicted, crash = evaluated(lambda: self.expected(candidate, prepared.finest))
        if crash is not None:
            yield crash
            return
        scale = scale_of(prepared.values)
        apart = float(np.max(distance(prepared.values, predicted))) / scale
        if abs(prepared.order - self.order) > self.order_slack:
            verdict = Holds.UNDECIDED
        else:
            verdict = Holds.HOLDS if apart <= self.safety * (prepared.uncertainty / scale) else Holds.REFUTED
        yield Comparison(verdict=verdict, points=prepared.values.size, found=(candidate, predicted, apart))

    def describe(self, found: list[Comparison], prepared: Rungs, context: Context) -> dict[str, Any]:
        """Distance and uncertainty in units of the largest value."""
        uncertain = prepared.uncertainty / scale_of(prepared.values)
        steps = ", ".join(f"{h:g}" for h in prepared.steps)
        detail = f"steps {steps} extrapolated to 0; observed order {prepared.order:.3f}, expected {self.order}"
        finest = prepared.steps[-1]
        setting = captioned(f"steps {steps}, extrapolated to 0", prepared.finest, finest, 1 / finest)
        fields = {"uncertainty": uncertain, "seed": context.seed, "setting": setting}
        (comparison,) = found
        if comparison.crashed:
            return {**fields, "detail": detail}
        candidate, predicted, apart = comparison.found
        visible = np.full(predicted.shape, self.safety * prepared.uncertainty)
        if comparison.verdict is Holds.REFUTED:
            detail += f"; off by {apart / uncertain:.3g} times the uncertainty"
        error = np.full(prepared.values.shape, prepared.uncertainty)
        return {
            **fields,
            "discrepancy": apart,
            **resolved(visible, predicted, along_axis=prepared.finest.axis is not None),
            "detail": detail,
            "curves": self.curves(prepared.finest, prepared.values, predicted, error),
            "planes": self.planes(candidate, prepared.finest, context),
        }


def _order(changes: list[float], ratio: float) -> float:
    """The order that the changes from rung to rung show, extrapolated to step zero where there are two of them.

    The next power of the step bends what a pair of changes shows by an amount proportional to the step.
    """
    orders = [float(np.log(coarse / fine) / np.log(ratio)) for coarse, fine in itertools.pairwise(changes)]
    bend = (orders[-1] - orders[-2]) / (ratio - 1) if len(orders) > 1 else 0.0
    return orders[-1] + bend
