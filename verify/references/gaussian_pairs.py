"""Averages of products over a pair of correlated Gaussians, each by an integral of its own.

`one` and `other` are the variances, `both` is the covariance; all are mpf, and so is what is returned.
"""

from __future__ import annotations

from typing import Any

import mpmath

from verify.references.quadrature import quadrature


def relu_product(one: Any, other: Any, both: Any) -> Any:
    """Average of relu(u) relu(v) in polar coordinates: an integral over the angles where both are positive."""
    root = mpmath.sqrt(one * other)
    angle = mpmath.acos(both / root)
    middle = quadrature(lambda t: mpmath.cos(t) * mpmath.cos(t - angle), [angle - mpmath.pi / 2, mpmath.pi / 2])
    return root * middle / mpmath.pi  # the radius gives E r^2 = 2


def quadrant(one: Any, other: Any, both: Any) -> Any:
    """Probability that both are positive: over u, that v is given u."""
    slope, rest = mpmath.sqrt(one) * both / one, mpmath.sqrt(other - both**2 / one)
    reach = mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10) + 30)
    return quadrature(lambda u: mpmath.npdf(u) * mpmath.ncdf(slope * u / rest), mpmath.linspace(0, reach, 5))


def erf_product(one: Any, other: Any, both: Any) -> Any:
    """Average of erf(u) erf(v): over v given u it is an error function, over u a trapezoid."""
    slope, rest = both / one, other - both**2 / one
    return _trapezoid(
        lambda u: (
            mpmath.erf(mpmath.sqrt(one) * u) * mpmath.erf(slope * mpmath.sqrt(one) * u / mpmath.sqrt(1 + 2 * rest))
        )
    )


def erf_slopes(one: Any, other: Any, both: Any) -> Any:
    """Average of erf'(u) erf'(v): over v given u it is a Gaussian, over u a trapezoid."""
    slope, rest = both / one, other - both**2 / one
    wide = 1 + 2 * rest
    return _trapezoid(
        lambda u: (
            4 / mpmath.pi / mpmath.sqrt(wide) * mpmath.exp(-one * u**2) * mpmath.exp(-one * (slope * u) ** 2 / wide)
        )
    )


def sine_product(shift: Any, one: Any, other: Any, both: Any) -> Any:
    """Average of sin(u + s) sin(v + s), half a difference of characteristic functions at u - v and u + v."""
    apart, together = (mpmath.exp(-(one + other) / 2 + sign * both) for sign in (1, -1))
    return (apart - mpmath.cos(2 * shift) * together) / 2


def sine_slopes(shift: Any, one: Any, other: Any, both: Any) -> Any:
    """Average of cos(u + s) cos(v + s), half their sum."""
    apart, together = (mpmath.exp(-(one + other) / 2 + sign * both) for sign in (1, -1))
    return (apart + mpmath.cos(2 * shift) * together) / 2


def _trapezoid(function: Any) -> Any:
    """Average of an even function over a standard Gaussian."""
    step, reach = mpmath.mpf(5) / (2 * mpmath.mp.dps), mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10) + 30)
    count = int(reach / step)
    beside = mpmath.fsum(mpmath.npdf(k * step) * function(k * step) for k in range(1, count + 1))
    return step * (mpmath.npdf(0) * function(mpmath.mpf(0)) + 2 * beside)
