"""The rate at which an experiment approaches the formula as it grows, measured between two sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.checks.base import Comparison, Context, evaluated
from verify.checks.rate import rate_of
from verify.checks.simulation import AGAIN, Sample, Simulation, enough, repeated, sample_of, scattered, threshold_for
from verify.compile import Candidate
from verify.evidence import Holds

LEEWAY = 0.25  # of an exponent: what the next power of the inverse size may still change at these sizes
HALF = 0.5  # what parts a rate from its root; from its square it is twice as much


@dataclass(frozen=True, kw_only=True)
class Exponent:
    """Power of the stated rate by which a value approaches the formula, its standard error, and the value's number."""

    power: float
    error: float
    value: int


@dataclass(frozen=True, kw_only=True)
class Approach(Simulation):
    """The distance of the means from the formula must fall between two sizes as the statement's regime says.

    sizes      two pairs (size, replicas), the smaller first, at least twice apart; the experiment takes `width` and
               `replicas`
    size_name  what the size is, in words
    full_only  why the check runs in the full profile only; empty where it always runs

    Of all values the one counts whose distance at the smaller size is clearest. The exponent is the logarithm of the
    ratio of its two distances over that of the two rates; it must come to 1 within LEEWAY and its error, and the check
    is undecided if the error would hide the root or the square of the rate. Two stages, as `TwoStages`.
    """

    sizes: tuple[tuple[int, int], tuple[int, int]]
    full_sizes: tuple[tuple[int, int], tuple[int, int]] | None = None
    size_name: str = "width"
    full_only: str = ""
    stochastic: bool = True
    judges_rate: bool = True

    def __post_init__(self) -> None:
        enough(self.name, *(count for _, count in (*self.sizes, *(self.full_sizes or ()))))
        for (small, _), (large, _) in (self.sizes, self.full_sizes or self.sizes):
            if large < 2 * small:
                raise ValueError(f"{self.name}: sizes {small} and {large} are not twice apart")

    def _sizes(self, context: Context) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.full_sizes if context.profile == "full" and self.full_sizes else self.sizes

    def prepare(self, context: Context) -> dict[int, tuple[Sample, ...]]:
        """The first sample at both sizes, by stage; `compare` adds the second when it needs one."""
        return {1: self._measure(context, 1)}

    def _measure(self, context: Context, stage: int) -> tuple[Sample, ...]:
        run, stream = self.experiment(context), context.stream(self.name, stage)
        return tuple(
            sample_of(run(width=n, replicas=r, stream=stream.child(n), device=context.device), self.name)
            for n, r in self._sizes(context)
        )

    def scatters(self, prepared: dict[int, tuple[Sample, ...]]) -> bool:
        """Whether any value of either size has an error."""
        return scattered(*prepared[1])

    def compare(
        self, candidate: Candidate | None, prepared: dict[int, tuple[Sample, ...]], context: Context
    ) -> Iterator[Comparison]:
        """The exponent of the clearest value, in one sample or in two."""
        found, crash = evaluated(lambda: self._exponent(candidate, prepared[1], context))
        if crash is not None:
            yield crash
            return
        freedom = min(sample.freedom for sample in prepared[1])
        clear, threshold = (threshold_for(1, freedom, context.false_alarms / 2, stages) for stages in (1, 2))
        if found is None:
            yield Comparison(verdict=Holds.UNDECIDED)
            return
        off = abs(found.power - 1) - LEEWAY
        verdict = Holds.HOLDS if LEEWAY + threshold * found.error <= HALF else Holds.UNDECIDED
        if off > clear * found.error:
            verdict = Holds.REFUTED
        elif off > threshold * found.error:
            verdict = Holds.UNDECIDED if context.first_sample_only else self._again(candidate, prepared, context)
        yield Comparison(verdict=verdict, points=len(self.sizes), found=found)

    def _again(self, candidate: Candidate | None, prepared: dict[int, tuple[Sample, ...]], context: Context) -> Holds:
        """The verdict where the first sample is in doubt: refuted if a second one is off as well."""
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        if all(map(repeated, prepared[1], prepared[2])):
            return Holds.UNDECIDED
        found = self._exponent(candidate, prepared[2], context)
        threshold = threshold_for(1, min(s.freedom for s in prepared[2]), context.false_alarms / 2, 2)
        if found is None:
            return Holds.UNDECIDED
        return Holds.REFUTED if abs(found.power - 1) - LEEWAY > threshold * found.error else Holds.HOLDS

    def _exponent(self, candidate: Candidate | None, rungs: tuple[Sample, ...], context: Context) -> Exponent | None:
        """None where the distances are no numbers of one sign, both clear of zero."""
        parameter, rate = rate_of(context.regime, self.name)
        apart = np.array([(s.values - self.expected(candidate, s.measured)).reshape(-1) for s in rungs])
        errors = np.array([np.maximum(s.errors.reshape(-1), 1e-300) for s in rungs])
        if not np.all(np.isfinite(apart)):
            return None
        value = int(np.argmax(np.abs(apart[0]) / errors[0]))
        (near, far), (first, second) = apart[:, value], errors[:, value]
        if not near * far > 0:
            return None
        small, large = (float(rate.subs(parameter, size)) for size, _ in self._sizes(context))
        stated = math.log(small / large)
        return Exponent(
            power=math.log(near / far) / stated,
            error=math.hypot(first / near, second / far) / abs(stated),
            value=value,
        )

    def describe(self, found: list[Comparison], prepared: Any, context: Context) -> dict[str, Any]:
        """The exponent; discrepancy and uncertainty are parts of it."""
        sizes = " and ".join(f"{n} ({r} replicas)" for n, r in self._sizes(context))
        exponent = found[0].found
        detail = (
            f"distance from the formula at {self.size_name} {sizes}, as a power of the rate (1 where it is right): "
        )
        if exponent is None:
            return {"seed": context.seed, "detail": detail + "nothing shows it"}
        detail += f"{exponent.power:.3f} with standard error {exponent.error:.2g}, from value {exponent.value + 1} of "
        detail += f"{prepared[1][0].values.size}; {LEEWAY:g} are left to the next power"
        if 2 in prepared and all(map(repeated, prepared[1], prepared[2])):
            detail += f"; in doubt, and {AGAIN}"
        return {
            "discrepancy": abs(exponent.power - 1),
            "uncertainty": exponent.error,
            "seed": context.seed,
            "detail": detail,
        }
