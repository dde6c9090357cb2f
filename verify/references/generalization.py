"""Independent evaluations and predictions for the chapter generalization: what the checks compare formulas with."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.references import deep_linear

ANY = {"a": 0.3, "shat": 1.7, "a_0": 0.011, "t": 0.8}  # for parts of a formula that do not depend on these

# ---------------------------------------------------------------------------------------------- the wave of detection


def still_moving(point: Point) -> bool:
    """Whether the mode moves at that time, so that its strength tells the time."""
    return deep_linear.while_it_moves({**point, "s": point["shat"]})


def own_time(dps: int, point: Point) -> Any:
    """The time after which the layers were stopped."""
    return mpmath.mpf(point["t"])


@functools.lru_cache(maxsize=256)
def _stopped(dps: int, t: str, shat: str, a_0: str, tau: str) -> Any:
    return deep_linear.two_layers(dps, {"t": t, "s": shat, "a_0": a_0, "tau": tau})


def time_of_strength(formula: Candidate, dps: int, point: Point) -> Any:
    """The time stated for the strength that two layers have reached, integrated up to t."""
    reached = _stopped(dps, *(point[name] for name in ("t", "shat", "a_0", "tau")))
    return formula.mpmath(dps, **{**point, "a": reached})[0]


def half_learned(dps: int, point: Point) -> Any:
    """The singular value of the mode that stands at half its strength at the time `time_to_half`."""
    return mpmath.mpf(point["shat"])


@functools.lru_cache(maxsize=256)
def _time_to_half(dps: int, shat_text: str, a_0: str, tau_text: str) -> Any:
    """Time that two equal layers, which descend the loss, take from a faint start to half the singular value."""
    shat, tau = mpmath.mpf(shat_text), mpmath.mpf(tau_text)

    def per_growth(log_strength: Any) -> Any:  # dt / d ln a of two equal layers
        layer = mpmath.exp(log_strength / 2)
        moving = layer * (shat - layer * layer) / tau
        return layer / (moving + moving)

    end = mpmath.log(shat / 2)
    panels = [mpmath.log(mpmath.mpf(a_0)), *(end - 2**k for k in (5, 4, 3, 2, 1, 0)), end]
    return mpmath.quad(per_growth, panels, method="gauss-legendre")


def front_at_half(formula: Candidate, dps: int, point: Point) -> Any:
    """The front stated at the time at which the mode of `shat` has half its strength."""
    time = _time_to_half(dps, *(point[name] for name in ("shat", "a_0", "tau")))
    return formula.mpmath(dps, **{**point, "t": time})[1]


def passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (modes, levels)."""
    s, start = deep_linear.columns(measured, "singular_value", "initial")
    tau = measured.given["tau"]
    return formula.numpy(**{**ANY, "a": s * measured.axis, "shat": s, "a_0": start, "tau": tau})[0]


def front(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The singular value that is half learned, over time."""
    g = measured.given
    return formula.numpy(**{**ANY, "t": measured.axis, "a_0": g["initial"], "tau": g["tau"]})[1]


# ------------------------------------------------------------------------------------------------- the buried teacher


def away_from_threshold(point: Point) -> bool:
    """Whether the teacher is well above the noise, and the noise has a gap at 0, so that the quadrature converges."""
    s, ratio = float(point["sbar"]), float(point["A"])
    return s > 1.15 * ratio**0.25 and abs(ratio - 1) > 0.2


def pole_of_the_data(dps: int, point: Point) -> list:
    """Singular value and overlaps from integrals over the Marchenko-Pastur law: D(z) = 1/s^2, -2 phi / (s^2 D'(z)).

    Eigenvalues of the noise are 1 + A + 2 sqrt(A) cos(angle); the trapezoid rule over the angle converges
    geometrically, at the rate of the nearest pole.
    """
    s, ratio = mpmath.mpf(point["sbar"]), mpmath.mpf(point["A"])
    distance = mpmath.acosh((1 + ratio) / (2 * mpmath.sqrt(ratio)))
    count = int(mpmath.ceil((dps + 5) * mpmath.log(10) / min(distance, mpmath.mpf(1) / 5) / 2))
    angles = [mpmath.pi * k / count for k in range(1, count)]
    levels = [1 + ratio + 2 * mpmath.sqrt(ratio) * mpmath.cos(angle) for angle in angles]
    # density of eigenvalues per input; what is missing to 1 are zeros
    weights = [2 * ratio * mpmath.sin(angle) ** 2 / level / count for angle, level in zip(angles, levels, strict=True)]
    zeros = 1 - mpmath.fsum(weights)

    def transform(w: Any) -> tuple[Any, Any, Any]:
        """gtilde / z at z^2 = w, D(z) = z g z gtilde there, and its derivative by w."""
        inverses = [1 / (w - level) for level in levels]
        each = mpmath.fdot(weights, inverses) + zeros / w  # gtilde / z: the resolvent per input
        slope = -mpmath.fdot(weights, [x * x for x in inverses]) - zeros / w**2
        other = w * each + ratio - 1  # A z g: the resolvent per output
        return each, each * other / ratio, (slope * other + each * (each + w * slope)) / ratio

    # D falls and is convex above the noise, so that Newton's method climbs from its edge to the root
    w = (1 + mpmath.sqrt(ratio)) ** 2 * (1 + mpmath.mpf(10) ** -3)
    for _ in range(100):
        each, value, slope = transform(w)
        step = (1 / s**2 - value) / slope
        w += step
        if abs(step) < w * mpmath.mpf(10) ** (5 - dps):
            break
    each, _, slope = transform(w)
    z = mpmath.sqrt(w)
    traces = (w * each + ratio - 1) / (z * ratio), z * each
    return [z, *(-2 * phi / (s * s * 2 * z * slope) for phi in traces)]


def data_modes(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Singular value and squared overlaps of each teacher, (teachers, 3)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T


def stopped_at_best(dps: int, point: Point) -> list:
    """Strength and relative error of the best multiple of the data's mode, as distances of explicit matrices."""
    s = mpmath.mpf(point["sbar"])
    _, output, incoming = pole_of_the_data(dps, point)
    u, v = ((mpmath.sqrt(overlap), mpmath.sqrt(1 - overlap)) for overlap in (output, incoming))

    def error(a: Any) -> Any:  # the teacher is s times the first unit vectors
        return mpmath.fsum(
            (a * x * y - (s if i == j == 0 else 0)) ** 2 for i, x in enumerate(u) for j, y in enumerate(v)
        )

    with mpmath.workdps(2 * dps):
        best = mpmath.findroot(lambda a: mpmath.diff(error, a), (s / 3, s / 2))
    return [best, error(best) / error(mpmath.mpf(0))]


def best_students(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength and test error of each student where it is best, (students, 2)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T
