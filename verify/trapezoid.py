"""The trapezoidal rule against the Gaussian density, in ball arithmetic, with a proved bound of its error.

For a function f that is holomorphic on |x| <= L, |y| <= d and real on the real axis, let T be the sum over the nodes
(k + 1/2) h, where L is a multiple of h. By residues, T differs from the integral of g = f exp(-z^2 / 2) / sqrt(2 pi)
from -L to L by integrals of g times w / (1 - w), |w| = exp(-2 pi |y| / h), along the sides of the rectangle: on the
horizontal ones |w / (1 - w)| <= 1 / (exp(2 pi d / h) - 1), on the vertical ones w is negative and it is at most |w|.
That f is holomorphic, and how large it is, is proved by enclosures of f on boxes that cover the upper half; the lower
half follows by reflection, and for an even function the left half, too.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import flint
from flint import acb, arb, fmpq

MOST_NODES = 2000
SMALLEST = 1 / 16  # side of a box: where f has no enclosure on a smaller one, a singularity is near
MOST_BOXES = 400
HEIGHTS = tuple(round(64 * 2 ** (k / 4)) / 64 for k in range(-12, 13))  # of the rectangle that are tried
FIRST, STRIDE = 13, 2  # where the search for the best height begins
BOX_BITS = 53
FURTHEST = 3.0  # times the reach that is asked for, the ends may be away
GUARD = 10  # bits, against the rounding of a sum over hundreds of nodes
START = -1 / 8  # of the boxes of an even function, a little beyond the axis of reflection
CRAMER = "1.0865"  # of normalized Hermite polynomials: |h_n(x)| <= CRAMER exp(x^2 / 4)
HUGE = 2.0**40  # bounds above are looked at on smaller boxes
STEPS = 512  # the step is a multiple of 1 / STEPS, so that nodes and weights are known from other integrals

Function = Callable[[Any], Any]


def expectation(function: Function, on_line: Function, reach: Any, *, even: bool) -> Any | None:
    """Enclosure of the integral of f(z) exp(-z^2 / 2) / sqrt(2 pi) over |z| <= L, for some L >= reach.

    `function` takes a complex ball, and gives no finite one where f is not proved to be holomorphic; `on_line` takes a
    real one and gives a real one. None where no rectangle is found on which f is holomorphic, where f is not real on
    the axis, or where the rule would take more than MOST_NODES nodes.
    """
    bits = flint.ctx.prec
    found = _settled(function, reach, even)
    if found is None:
        return None
    step, height, mass, end, furthest = found
    count = math.ceil(furthest * STEPS / step)
    flint.ctx.prec = bits + GUARD
    try:
        total = arb(0)
        for node, weight in _nodes(step, count, bits + GUARD):
            total += on_line(node) * weight
        if not even:
            for node, weight in _nodes(step, count, bits + GUARD):
                total += on_line(-node) * weight
    finally:
        flint.ctx.prec = bits
    if not (isinstance(total, arb) and total.is_finite()):
        return None  # f is not real on the real axis, or has no value at a node
    width = arb(fmpq(step, STEPS))
    rule = (2 if even else 1) * total * width
    error = _error(height, mass, end, width)
    return (rule + arb(0, error.upper())) / (2 * arb.pi()).sqrt()


def hermite(function: Function, on_line: Function, reach: Any, count: int) -> list[Any] | None:
    """Enclosures of the integrals of f(z) h_n(z) exp(-z^2 / 2) / sqrt(2 pi) over |z| <= L, for n < count, L >= reach.

    h_n is the normalized Hermite polynomial. One rectangle and one step serve all, found for the largest |h_n|.
    """
    bits = flint.ctx.prec

    def largest(box: Any) -> Any:
        """f times a bound of all |h_n| on the box."""
        aside = arb(abs(box.real).upper())
        return function(box) * ((aside * aside / 4).exp() * _hermite_above(float(abs(box.imag).upper()), count))

    found = _settled(largest, reach, False)
    if found is None:
        return None
    step, height, mass, end, furthest = found
    nodes = math.ceil(furthest * STEPS / step)
    totals = [arb(0)] * count
    flint.ctx.prec = bits + GUARD
    try:
        roots = [arb(n).sqrt() for n in range(count + 1)]
        for node, weight in _nodes(step, nodes, bits + GUARD):
            values = on_line(node) * weight, on_line(-node) * weight
            sums = values[0] + values[1], values[0] - values[1]  # h_n(-z) = (-1)^n h_n(z)
            before, last = arb(0), arb(1)
            for n in range(count):
                totals[n] = totals[n] + sums[n % 2] * last
                before, last = last, (node * last - roots[n] * before) / roots[n + 1]
    finally:
        flint.ctx.prec = bits
    if not all(isinstance(total, arb) and total.is_finite() for total in totals):
        return None
    width = arb(fmpq(step, STEPS))
    error = arb(0, _error(height, mass, end, width).upper())
    return [(total * width + error) / (2 * arb.pi()).sqrt() for total in totals]


@functools.lru_cache(maxsize=256)
def _hermite_above(height: float, count: int) -> Any:
    """A bound of exp(-x^2 / 4) |h_n(x + i y)| for all x, |y| <= height and n < count.

    By the addition theorem h_n(x + i y) is the sum of sqrt(binomial(n, k) / k!) (i y)^k h_{n-k}(x), and Cramer's bound
    of the latter is 1.0865 exp(x^2 / 4); all terms grow with n.
    """
    y, term, total = arb(math.nextafter(height, math.inf)), arb(1), arb(1)
    for k in range(1, count):
        term = term * y * arb(count - k).sqrt() / k
        total += term
    return arb((total * arb(CRAMER)).upper())


def _error(height: float, mass: Any, end: Any, width: Any) -> Any:
    """Bound of the error of the sum: both horizontal sides, and four halves of vertical ones."""
    falls = (2 * arb.pi() * arb(height) / width).exp() - 1
    return 2 * mass / falls + 4 * end * width / (2 * arb.pi())


def _settled(function: Function, reach: Any, even: bool) -> tuple[int, float, Any, Any, float] | None:
    """(step, height, bound of the integral of |g| along a side, bound of |g| on the ends, place of the ends), or None.

    The ends are so far away that what g is there is negligible.
    """
    bits, negligible = flint.ctx.prec, arb(2) ** -flint.ctx.prec
    furthest = math.nextafter(float(reach.upper()), math.inf)  # or the ends would be a rounding too near
    found = _best(function, furthest, bits, even)
    while found is not None and not found[-1] <= negligible:  # f grows: the ends must be farther away
        if furthest > FURTHEST * float(reach):
            return None
        furthest = math.sqrt(furthest**2 + 2 * math.log(max(float(found[-1] / negligible), 1.0)) + 1)
        found = _best(function, furthest, bits, even)
    return None if found is None else (*found, furthest)


@functools.lru_cache(maxsize=32)
def _nodes(step: int, count: int, bits: int) -> tuple[tuple[Any, Any], ...]:
    """The positive nodes and their weights, for the step that many parts of 1 / STEPS."""
    places = [arb(fmpq((2 * k + 1) * step, 2 * STEPS)) for k in range(count)]
    return tuple((place, (-place * place / 2).exp()) for place in places)


def _best(function: Function, reach: float, bits: int, even: bool) -> tuple[int, float, Any, Any] | None:
    """(step, height, bound of the integral of |g| along a side, bound of |g| on the ends) with the largest step."""
    best, place, climbing = None, FIRST, False
    while 0 <= place < len(HEIGHTS):
        bounds = _bounds(function, reach, HEIGHTS[place], even)
        step = _step(HEIGHTS[place], bounds[0], bits) if bounds is not None else 0
        better = bounds is not None and step > (best[0] if best else 0)
        if better and bounds is not None:
            best = (step, HEIGHTS[place], *bounds)
        if not better and (best is not None or climbing):
            break
        climbing = climbing or better
        place += STRIDE if climbing else -STRIDE
    if best is None or reach * STEPS > best[0] * MOST_NODES:
        return None
    return best


def _step(height: float, mass: Any, bits: int) -> int:
    """The largest step, in parts of 1 / STEPS, whose error is below the working precision."""
    needed = bits * math.log(2) + max(math.log(max(float(2 * mass), 1e-300)), -bits * math.log(2) / 2)
    return min(int(STEPS * 2 * math.pi * height / needed), STEPS)  # the boxes reach farther than the ends by 1


def _bounds(function: Function, reach: float, height: float, even: bool) -> tuple[Any, Any] | None:
    """(bound of the integral of |f exp(-z^2 / 2)| along a horizontal side, bound of it on the ends), or None."""
    bits, flint.ctx.prec = flint.ctx.prec, BOX_BITS
    try:
        last = math.ceil(reach) + 1.0  # beyond every multiple of a step that is chosen
        left = START if even else -last
        columns = [(left, math.floor(left) + 1.0), *((x, x + 1.0) for x in _whole(math.floor(left) + 1.0, last))]
        grown, mass, end = (arb(height) ** 2 / 2).exp(), arb(0), arb(0)
        for low, high in columns:
            size = _largest(function, low, high, height)
            if size is None:
                return None
            nearest = 0.0 if low < 0 < high else min(abs(low), abs(high))
            part = size * grown
            mass += part * (high - low) * (-(arb(nearest) ** 2) / 2).exp()
            if max(abs(low), abs(high)) >= reach:  # an end lies here, or farther away
                end = end.max(part * (-(arb(max(nearest, reach)) ** 2) / 2).exp())
        return ((2 if even else 1) * mass).upper(), end.upper()
    finally:
        flint.ctx.prec = bits


def _whole(low: float, high: float) -> list[float]:
    return [low + k for k in range(round(high - low))]


def _largest(function: Function, low: float, high: float, height: float) -> Any | None:
    """Bound of |f| on low <= x <= high, 0 <= y <= height, with proof that f is holomorphic there, or None."""
    waiting, largest, looked = [(low, high, 0.0, height)], arb(0), 0
    while waiting:
        left, right, bottom, top = waiting.pop()
        looked += 1
        if looked > MOST_BOXES:
            return None
        box = acb(arb((left + right) / 2, (right - left) / 2), arb((bottom + top) / 2, (top - bottom) / 2))
        value = function(box)
        size = abs(value).upper()
        small = max(right - left, top - bottom) <= SMALLEST
        if size.is_finite() and (small or float(size) < HUGE):
            largest = largest.max(size)
            continue
        if small:
            return None
        if right - left > top - bottom:
            middle = (left + right) / 2
            waiting += [(left, middle, bottom, top), (middle, right, bottom, top)]
        else:  # what is farther from the real axis is looked at first: singularities are there
            middle = (bottom + top) / 2
            waiting += [(left, right, bottom, middle), (left, right, middle, top)]
    return largest
