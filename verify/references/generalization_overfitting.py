"""References and predictions for the turn and the rise of the test error in the chapter generalization."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.references import deep_linear, generalization

IDLE = {"t": 1.3, "tau": 1.0}  # for the parts of the formula that do not depend on time


def turn_and_noise(dps: int, point: Point) -> list:
    """Time and rise of the best multiple of the data's mode, and the mean squared strength of the noise modes.

    The place and residue of the pole give singular value and overlaps; the time is an integral over the strength; the
    noise modes are those of the density of Marchenko and Pastur, with layers integrated to time t.
    """
    s, ratio, a_0, t, tau = (mpmath.mpf(point[k]) for k in ("sbar", "A", "a_0", "t", "tau"))
    largest, output, incoming = generalization.pole_of_the_data(dps, point)
    product = mpmath.sqrt(output * incoming)

    def error(a: Any) -> Any:
        return ((a - s * product) ** 2 + s * s * (1 - product * product)) / (s * s)

    best = mpmath.findroot(lambda a: mpmath.diff(error, a), (s / 3, s / 2))
    log_start, log_best = mpmath.log(a_0), mpmath.log(best)
    panels = [log_start + (log_best - log_start) * k / 8 for k in range(9)]
    time = mpmath.quad(lambda y: tau / (2 * (largest - mpmath.exp(y))), panels, method="gauss-legendre")
    low, high = (1 - mpmath.sqrt(ratio)) ** 2, (1 + mpmath.sqrt(ratio)) ** 2

    def learned(x: Any) -> Any:  # squared strength of a mode of squared singular value x, times its density
        value = mpmath.sqrt(x)
        growth = mpmath.expm1(2 * value * t / tau)
        strength = a_0 * (1 + growth) / (1 + a_0 * growth / value)
        return strength**2 * mpmath.sqrt((high - x) * (x - low)) / (2 * mpmath.pi * ratio * x)

    noise = mpmath.quad(learned, [low, (low + high) / 2, high])
    return [time, error(largest) - error(best), noise / (s * s)]


def turns(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Time and rise of each student of one neuron, (students, 2)."""
    g: Any = measured.given
    return formula.numpy(sbar=g["teacher"], A=g["ratio"], a_0=g["initial"], **IDLE)[:2].T


def noise_over_time(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test error per output of each student over time, (students, T)."""
    teacher, ratio, start = deep_linear.columns(measured, "teacher", "ratio", "initial")
    return formula.numpy(sbar=teacher, A=ratio, a_0=start, t=measured.axis, tau=1.0)[2]


def in_floats(formula: Candidate, dps: int, point: Point) -> list:
    """The three parts stated, in double precision: the integral would cost each wrong formula a second otherwise."""
    return [mpmath.mpf(float(value)) for value in formula.numpy(**{k: float(v) for k, v in point.items()})]
