"""Bayes' rule for densities that are known up to a factor, by the trapezoid rule at any precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath


def moments(dps: int, log_weight: Callable[[Any], Any], center: Any, width: Any) -> tuple[Any, Any]:
    """Mean and variance of the density whose logarithm is given up to a constant.

    The integrand is entire and falls like a Gaussian of about the width around about the center: the trapezoid rule
    then converges faster than any power, and center and width only say where it looks.
    """
    with mpmath.workdps(dps + 10):
        reach = int(2 * mpmath.sqrt(dps * mpmath.log(10)) + 8)
        places = [center + width * mpmath.mpf(k) / 4 for k in range(-4 * reach, 4 * reach + 1)]
        weights = [mpmath.exp(log_weight(place)) for place in places]
        total = mpmath.fsum(weights)
        mean = mpmath.fsum(w * x for w, x in zip(weights, places, strict=True)) / total
        return mean, mpmath.fsum(w * (x - mean) ** 2 for w, x in zip(weights, places, strict=True)) / total
