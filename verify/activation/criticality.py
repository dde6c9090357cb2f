"""Where a network is critical at one sigma_b, and for which sigma_b a critical point keeps its length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.solvers.length import Criticality, critical_points, scale_free, stable_biases, vanishes
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.octaves import octaves

Note = Callable[[str], None]
ROUNDING = 1e-12  # of a slope of the variance map that is 1


@dataclass(frozen=True, kw_only=True)
class CriticalPoint:
    """Weights and biases with chi1 = 1; q_star and stable are None where every length is kept, as by relu.

    stable is None, too, where the variance map has slope 1 to rounding, so that q_star is uncertain.

    decay  at length zero: lengths fall like 1 / layers^decay
    """

    sigma_w: float
    sigma_b: float
    q_star: float | None
    chi1: float
    variance_slope: float
    stable: bool | None
    decay: float | None = None


def found(phi: Nonlinearity, bias: float, note: Note) -> tuple[CriticalPoint, ...]:
    """All critical points at one sigma_b; `note` takes sentences on what is special."""
    if scale_free(phi):
        return _free(phi, bias, note)
    if phi.jumps:
        note(f"{phi.name} jumps, so chi1 is infinite at every length: it has no critical point.")
        return ()
    points = tuple(
        CriticalPoint(
            sigma_w=float(p.sigma_w),
            sigma_b=bias,
            q_star=float(p.q),
            chi1=1.0,
            variance_slope=float(p.slope),
            stable=None if _level(p) else bool(p.stable),
            decay=_decay(phi) if p.q == 0 and p.stable else None,
        )
        for p in critical_points(phi, bias)
    )
    for p in points:
        if p.stable is None:
            note(
                f"At sigma_w = {p.sigma_w:.9g}, sigma_b = {bias:g} the variance map has slope 1 to rounding: the "
                f"length q = {p.q_star:.4g} of this critical point is uncertain, and so is whether lengths approach it."
            )
        elif not p.stable:
            note(
                f"Warning: chi1 = 1 at sigma_w = {p.sigma_w:.9g}, sigma_b = {bias:g}, but the variance map is unstable "
                f"there (slope {p.variance_slope:.4g}): lengths move away from q = {p.q_star:.4g}, so this point is "
                "no initialization to use."
            )
        elif p.q_star == 0:
            power = "" if not p.decay else ": lengths decay like 1 / layers"
            power += f"^{p.decay:g}" if p.decay not in (None, 1) else ""
            note(
                f"The critical point at sigma_b = 0 lies at length zero (sigma_w = {p.sigma_w:.9g}): there lengths and "
                f"gradients shrink, but more slowly than exponentially{power}."
            )
    return points


def _level(point: Criticality) -> bool:
    """Whether V keeps lengths beside this one to rounding, so that float64 does not tell where the point lies."""
    return bool(point.q > 0 and abs(point.slope - 1) < ROUNDING)


def _free(phi: Nonlinearity, bias: float, note: Note) -> tuple[CriticalPoint, ...]:
    weight = float(1 / np.sqrt(moments(phi, 1.0).gradient))
    where = f"sigma_w = {weight:.9g}, sigma_b = 0"
    if bias == 0:
        note(f"{phi.name} treats all lengths alike: at {where} every length is a fixed point, none of them stable.")
        return (CriticalPoint(sigma_w=weight, sigma_b=0.0, q_star=None, chi1=1.0, variance_slope=1.0, stable=None),)
    note(
        f"{phi.name} treats all lengths alike: its one critical point is {where}. "
        f"With sigma_b = {bias:g} lengths grow there by sigma_b^2 a layer, and no length is fixed."
    )
    return ()


def _decay(phi: Nonlinearity) -> float | None:
    """The power with which lengths vanish at the critical point of length zero.

    q' = q - c q^(1 + a) gives q = (a c l)^(-1/a): a = 1 for tanh, 1/2 where a kink at zero leaves a term in q^(3/2).
    """
    near = phi.near_zero
    if near is None or not vanishes(phi):
        return None
    start = near.square[2]
    step = next((k for k, c in enumerate(near.square[3:], 1) if abs(c) > 1e-14 * abs(start)), None)
    return None if step is None else 2 / step


def stable_range(phi: Nonlinearity) -> tuple[float | None, float | None]:
    """The smallest and largest sigma_b with a stable critical point; None where there is none, or no largest known."""
    span = stable_biases(phi)
    if span is None:
        return None, None
    return span[0], span[1] if np.isfinite(span[1]) else None


def longest_length(phi: Nonlinearity) -> float:
    """The length up to which averages were looked at."""
    return float(octaves(phi).edges[-1])
