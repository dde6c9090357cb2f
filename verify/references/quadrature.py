"""Gauss-Legendre quadrature at the working precision of mpmath, for integrands that are analytic around their panels.

The nodes come from flint. Of such integrands it takes a fifth of the places that a doubly exponential rule takes, which
is made for ends where an integrand is singular.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
from flint import arb

from verify import certify

FEWEST, MOST = 12, 1600  # nodes of a panel
SPARE = 30  # bits of the nodes beyond the working precision


def quadrature(function: Callable[[Any], Any], ends: Sequence[Any]) -> Any:
    """The integral over all panels between neighbouring ends, finite numbers.

    Nodes of a panel are doubled until two rules share two thirds of the working precision, measured by the size of the
    whole integrand: the error of the last rule is far below their distance. Raises ArithmeticError if MOST nodes are
    not enough.
    """
    panels = [((low + high) / 2, (high - low) / 2) for low, high in itertools.pairwise(map(mpmath.mpf, ends))]
    first = [_rule(function, *panel, FEWEST) for panel in panels]
    allowed = mpmath.ldexp(
        mpmath.fsum((part for parts in first for part in parts), absolute=True), -2 * mpmath.mp.prec // 3
    )
    coarse = zip(panels, map(mpmath.fsum, first), strict=True)
    return mpmath.fsum(_refined(function, *panel, found, allowed) for panel, found in coarse)


def _refined(function: Callable[[Any], Any], middle: Any, half: Any, found: Any, allowed: Any) -> Any:
    """The integral over a panel, from what its first rule found."""
    count = FEWEST
    while count < MOST:
        before, count = found, 2 * count
        found = mpmath.fsum(_rule(function, middle, half, count))
        if abs(found - before) <= allowed:
            return found
    raise ArithmeticError("an integrand is not analytic around a panel")


def _rule(function: Callable[[Any], Any], middle: Any, half: Any, count: int) -> list:
    """What the nodes of a panel contribute."""
    return [half * weight * function(middle + half * place) for place, weight in gauss_legendre(count, mpmath.mp.prec)]


@functools.lru_cache(maxsize=64)
def gauss_legendre(count: int, bits: int) -> tuple[tuple[Any, Any], ...]:
    """Nodes in (-1, 1), increasing, with their weights, right to so many bits."""
    with certify.precision(bits + SPARE):
        pairs = [arb.legendre_p_root(count, k, weight=True) for k in reversed(range(count))]
    with mpmath.workprec(bits):
        return tuple((mpmath.mpf(place), mpmath.mpf(weight)) for place, weight in pairs)


def over_shells(dps: int, size: int) -> tuple[Any, Any, Any]:
    """Means of u, u^2 and e^(2 u) for the logarithm u of the length of `size` Gaussian numbers of variance 1 / size.

    With r = e^u the density is e^(N u - N r^2 / 2) / Z, and the trapezoid rule converges geometrically.
    """
    low, high, fineness = -(dps + 8) * mpmath.log(10) / size - 3, mpmath.log(dps + 8), 50
    with certify.precision(mpmath.mp.prec + SPARE):
        grid = [arb(low) + arb(k) / fineness for k in range(int(fineness * (high - low)) + 1)]
        squares = [(2 * u).exp() for u in grid]
        weights = [(size * (u - square / 2)).exp() for u, square in zip(grid, squares, strict=True)]
        along = list(map(operator.mul, weights, grid))
        sums = sum(along), sum(map(operator.mul, along, grid)), sum(map(operator.mul, weights, squares))
        whole = sum(weights)
        first, second, square = (mpmath.mpf(total / whole) for total in sums)
        return first, second, square
