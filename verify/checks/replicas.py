"""Means over independent replicas: at one size with a declared bias, or at several sizes extrapolated to infinity."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparison, Context, scale_of
from verify.checks.simulation import (
    ROUNDING,
    Sample,
    Staged,
    TwoStages,
    captioned,
    enough,
    sample_of,
    scattered,
    standard_errors,
)
from verify.compile import Candidate
from verify.evidence import Holds


def no_bias(candidate: Candidate, measured: Measurement) -> float:
    """The mean of the experiment is exactly what the formula says."""
    return 0.0


def no_factor(measured: Measurement) -> np.ndarray:
    """Nothing is known of a width but that the formula is exact as it grows."""
    return np.asarray(1.0)


@dataclass(frozen=True, kw_only=True)
class Replicas(TwoStages):
    """The experiment takes `replicas`, and its Measurement has standard errors.

    `bias` declares how far the exact mean may lie from the formula: (candidate, measurement) -> number or array. It is
    part of the claim (a finite width, a finite step), never tuned, and `bias_note` says where it comes from.
    """

    replicas: int
    full_replicas: int | None = None
    bias: Callable[[Candidate, Measurement], Any] = no_bias
    bias_note: str = ""
    stochastic: bool = True

    def __post_init__(self) -> None:
        enough(self.name, self.replicas, self.full_replicas)

    def prepare(self, context: Context) -> dict[int, Sample]:
        """The first sample, by stage; `judge` adds the second when it needs one."""
        return {1: self._measure(context, 1)}

    def _measure(self, context: Context, stage: int) -> Sample:
        count = self.full_replicas if context.profile == "full" and self.full_replicas else self.replicas
        stream = context.stream(self.name, stage)
        measured = self.experiment(context)(replicas=count, stream=stream, device=context.device)
        return sample_of(measured, self.name)

    def samples(self, prepared: dict[int, Sample], context: Context) -> tuple[Sample, Callable[[], Sample]]:
        """The first sample, and a function that draws the second."""
        return prepared[1], functools.partial(self._second, prepared, context)

    def allowance(self, candidate: Candidate, measured: Measurement) -> np.ndarray:
        """The declared bias."""
        return np.asarray(self.bias(candidate, measured), dtype=float)

    def setting(self, staged: Staged | None, first: Sample, context: Context) -> str:
        """How many replicas, and what bias is allowed."""
        text = f"{first.measured.replicas} replicas"
        if staged is not None and np.any(staged.bias > 0):
            text += f"; bias up to {float(np.max(staged.bias)):.2g} allowed: {self.bias_note}"
        return text

    def _second(self, prepared: dict[int, Sample], context: Context) -> Sample:
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        return prepared[2]


@dataclass(frozen=True, kw_only=True)
class FiniteSize(TwoStages):
    """Means at several widths, fitted by value + c / width (+ c' / width^2 ...) and compared at infinite width.

    sizes      pairs (width, replicas); the experiment takes `width` and `replicas`. The fit must describe the ladder
               (chi-square), or the check is undecided. At least `terms` + 2 widths, or `prepare` raises ValueError.
    size_name  what the width is, in words: any number that makes the formula exact as it grows
    factor     what is known of a width multiplies the means, by which they are divided before the fit: another power
               of it than those that are fitted, whatever the formula says
    """

    sizes: tuple[tuple[int, int], ...]
    full_sizes: tuple[tuple[int, int], ...] | None = None
    terms: int = 1
    factor: Callable[[Measurement], np.ndarray] = no_factor
    size_name: str = "width"
    stochastic: bool = True

    def __post_init__(self) -> None:
        enough(self.name, *(count for _, count in (*self.sizes, *(self.full_sizes or ()))))

    def prepare(self, context: Context) -> dict[int, tuple[Sample, float]]:
        """The first extrapolated sample with its chi-square, by stage; `judge` adds the second when it needs one."""
        return {1: self._measure(context, 1)}

    def _sizes(self, context: Context) -> tuple[tuple[int, int], ...]:
        return self.full_sizes if context.profile == "full" and self.full_sizes else self.sizes

    def _measure(self, context: Context, stage: int) -> tuple[Sample, float]:
        """Means at infinite width, and the largest chi-square of their fits."""
        sizes = self._sizes(context)
        if len(sizes) < self.terms + 2:
            raise ValueError(f"{self.name}: {self.terms} correction terms need at least {self.terms + 2} widths")
        run, stream = self.experiment(context), context.stream(self.name, stage)
        rungs = [run(width=n, replicas=r, stream=stream.child(n), device=context.device) for n, r in sizes]
        design = np.array([[float(n) ** -k for k in range(self.terms + 1)] for n, _ in sizes])
        errors = np.stack([(standard_errors(m, self.name) / self.factor(m)).reshape(-1) for m in rungs], axis=1)
        values = np.stack([(m.values / self.factor(m)).reshape(-1) for m in rungs], axis=1)
        unmoved = np.all(errors == 0, axis=1)
        errors = np.maximum(errors, ROUNDING * scale_of(values))
        weighted = design / errors[..., None]  # (values, widths, terms + 1): least squares, all values at once
        covariance = np.linalg.inv(np.swapaxes(weighted, 1, 2) @ weighted)
        fit = np.einsum("vab,vwb,vw->va", covariance, weighted, values / errors)
        misfit = np.sum(((values - fit @ design.T) / errors) ** 2, axis=1)
        shape = rungs[-1].values.shape
        limit = Sample(
            values=fit[:, 0].reshape(shape),
            errors=np.where(unmoved, 0.0, np.sqrt(covariance[:, 0, 0])).reshape(shape),
            freedom=min(r for _, r in sizes) - 1,
            measured=rungs[-1],
        )
        return limit, float(np.max(misfit))

    def scatters(self, prepared: dict[int, tuple[Sample, float]]) -> bool:
        """Whether any value has an error at any width."""
        return scattered(prepared[1][0])

    def samples(
        self, prepared: dict[int, tuple[Sample, float]], context: Context
    ) -> tuple[Sample, Callable[[], Sample]]:
        """The first extrapolated sample, and a function that draws the second."""
        return prepared[1][0], functools.partial(self._second, prepared, context)

    def compare(
        self, candidate: Candidate | None, prepared: dict[int, tuple[Sample, float]], context: Context
    ) -> Iterator[Comparison]:
        """The means at infinite width; undecided where the ladder does not follow its declared powers."""
        for comparison in super().compare(candidate, prepared, context):
            yield comparison if self._fits(prepared, context) else replace(comparison, verdict=Holds.UNDECIDED)

    def setting(self, staged: Staged | None, first: Sample, context: Context) -> str:
        """The widths, and how they are extrapolated."""
        powers = "the first power" if self.terms == 1 else f"{self.terms} powers"
        widths = ", ".join(str(n) for n, _ in self._sizes(context))
        return f"{self.size_name} {widths}, extrapolated to infinity with {powers} of its inverse"

    def caption(self, first: Sample, context: Context) -> str:
        """The widths with their replicas."""
        widths, replicas = (", ".join(map(str, numbers)) for numbers in zip(*self._sizes(context), strict=True))
        text = f"{self.size_name} {widths} with {replicas} replicas, extrapolated to infinity"
        others = {name: value for name, value in first.measured.resolution.items() if name in ("layers", "points")}
        return captioned(text, replace(first.measured, resolution=others))

    def describe(self, found: list[Comparison], prepared: Any, context: Context) -> dict[str, Any]:
        """As for replicas at one size, and whether the extrapolation means anything."""
        fields = super().describe(found, prepared, context)
        if not self._fits(prepared, context):
            fields["detail"] += "; the ladder does not follow its declared powers"
        return fields

    def _second(self, prepared: dict[int, tuple[Sample, float]], context: Context) -> Sample:
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        return prepared[2][0]

    def _fits(self, prepared: dict[int, tuple[Sample, float]], context: Context) -> bool:
        """Whether the ladder follows its declared powers."""
        limit, misfit = prepared[1]
        freedom = len(self._sizes(context)) - self.terms - 1
        return misfit <= _misfit_allowed(limit.values.size, freedom, limit.freedom, context.false_alarms)


@functools.lru_cache(maxsize=256)
def _misfit_allowed(fits: int, freedom: int, of_errors: int, false_alarms: float) -> float:
    """What the sum of squares of the worst of several fits exceeds with probability `false_alarms`.

    The standard errors are estimates with `of_errors` degrees of freedom, so it is Fisher's F, not chi-square.
    """
    from scipy import special

    return freedom / float(special.fdtri(of_errors, freedom, false_alarms / fits))
