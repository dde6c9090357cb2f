"""Means over independent replicas: at one size with a declared bias, or at several sizes extrapolated to infinity."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Context
from verify.checks.simulation import Sample, Simulation, refuted, sample_of, standard_errors, two_stages
from verify.compile import Candidate
from verify.evidence import Evidence, Holds


def no_bias(candidate: Candidate, measured: Measurement) -> float:
    """The mean of the experiment is exactly what the formula says."""
    return 0.0


@dataclass(frozen=True, kw_only=True)
class Replicas(Simulation):
    """The experiment takes `replicas`, and its Measurement has standard errors.

    `bias` declares how far the exact mean may lie from the formula: (candidate, measurement) -> number or array. It is
    part of the claim (a finite width, a finite step), never tuned, and `bias_note` says where it comes from.
    """

    replicas: int
    full_replicas: int | None = None
    bias: Callable[[Candidate, Measurement], Any] = no_bias
    bias_note: str = ""
    stochastic: bool = True

    def prepare(self, context: Context) -> dict[int, Sample]:
        """The first sample, by stage; `judge` adds the second when it needs one."""
        return {1: self._measure(context, 1)}

    def _measure(self, context: Context, stage: int) -> Sample:
        count = self.full_replicas if context.profile == "full" and self.full_replicas else self.replicas
        stream = context.stream(self.name, stage)
        measured = self.experiment(context)(replicas=count, stream=stream, device=context.device)
        return sample_of(measured, self.name)

    def judge(self, candidate: Candidate | None, prepared: dict[int, Sample], context: Context) -> Evidence:
        """Compare the formula with the means, in two stages."""
        assert candidate is not None
        measured = prepared[1].measured
        bias = np.asarray(self.bias(candidate, measured), dtype=float)
        detail = f"{measured.replicas} replicas"
        if np.any(bias > 0):
            detail += f"; bias up to {float(np.max(bias)):.2g} allowed: {self.bias_note}"

        second = functools.partial(self._second, prepared, context)
        return two_stages(self, candidate, prepared[1], second, bias, detail, context)

    def refutes(self, candidate: Candidate, prepared: dict[int, Sample], context: Context) -> bool:
        """Whether `judge` refutes the formula."""
        first, second = prepared[1], functools.partial(self._second, prepared, context)
        bias = np.asarray(self.bias(candidate, first.measured), dtype=float)
        return refuted(self, candidate, first, second, bias, context)

    def _second(self, prepared: dict[int, Sample], context: Context) -> Sample:
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        return prepared[2]


@dataclass(frozen=True, kw_only=True)
class FiniteSize(Simulation):
    """Means at several widths, fitted by value + c / width (+ c' / width^2 ...) and compared at infinite width.

    sizes      pairs (width, replicas); the experiment takes `width` and `replicas`. The fit must describe the ladder
               (chi-square), or the check is undecided. At least `terms` + 2 widths, or `prepare` raises ValueError.
    size_name  what the width is, in words: any number that makes the formula exact as it grows
    """

    sizes: tuple[tuple[int, int], ...]
    full_sizes: tuple[tuple[int, int], ...] | None = None
    terms: int = 1
    size_name: str = "width"
    stochastic: bool = True

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
        values = np.stack([m.values.reshape(-1) for m in rungs], axis=1)
        errors = np.stack([standard_errors(m, self.name).reshape(-1) for m in rungs], axis=1)
        weighted = design / errors[..., None]  # (values, widths, terms + 1): least squares, all values at once
        covariance = np.linalg.inv(np.swapaxes(weighted, 1, 2) @ weighted)
        fit = np.einsum("vab,vwb,vw->va", covariance, weighted, values / errors)
        misfit = np.sum(((values - fit @ design.T) / errors) ** 2, axis=1)
        shape = rungs[-1].values.shape
        limit = Sample(
            values=fit[:, 0].reshape(shape),
            errors=np.sqrt(covariance[:, 0, 0]).reshape(shape),
            freedom=min(r for _, r in sizes) - 1,
            measured=rungs[-1],
        )
        return limit, float(np.max(misfit))

    def judge(
        self, candidate: Candidate | None, prepared: dict[int, tuple[Sample, float]], context: Context
    ) -> Evidence:
        """Compare the formula with the means at infinite width, in two stages."""
        limit = prepared[1][0]
        powers = "the first power" if self.terms == 1 else f"{self.terms} powers"
        widths = ", ".join(str(n) for n, _ in self._sizes(context))
        detail = f"{self.size_name} {widths}, extrapolated to infinity with {powers} of its inverse"

        second = functools.partial(self._second, prepared, context)
        evidence = two_stages(self, candidate, limit, second, np.asarray(0.0), detail, context)
        if not self._fits(prepared, context):
            note = "the ladder does not follow its declared powers"
            return replace(evidence, verdict=Holds.UNDECIDED, detail=f"{evidence.detail}; {note}")
        return evidence

    def refutes(self, candidate: Candidate, prepared: dict[int, tuple[Sample, float]], context: Context) -> bool:
        """Whether `judge` refutes the formula."""
        limit, second = prepared[1][0], functools.partial(self._second, prepared, context)
        return self._fits(prepared, context) and refuted(self, candidate, limit, second, np.asarray(0.0), context)

    def _second(self, prepared: dict[int, tuple[Sample, float]], context: Context) -> Sample:
        if 2 not in prepared:
            prepared[2] = self._measure(context, 2)
        return prepared[2][0]

    def _fits(self, prepared: dict[int, tuple[Sample, float]], context: Context) -> bool:
        """Whether the ladder follows its declared powers."""
        limit, misfit = prepared[1]
        freedom = len(self._sizes(context)) - self.terms - 1
        return misfit <= _misfit_allowed(limit.values.size, freedom, context.false_alarms)


@functools.lru_cache(maxsize=256)
def _misfit_allowed(fits: int, freedom: int, false_alarms: float) -> float:
    """The chi-square that the worst of several fits exceeds with probability `false_alarms`."""
    from scipy import special

    return float(special.chdtri(freedom, false_alarms / fits))
