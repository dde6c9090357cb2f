"""Numbers with proven digits that no formula of the suite gives: integrals, roots, arrivals and derivatives as balls.

Derivatives are coefficients of power series, times are integrals of one over a rate, strengths and averages of a flow
are roots that a Krawczyk test proves. All work at the precision of flint's context, which a certified check sets.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import flint
from flint import acb, arb, arb_series, fmpq

from verify import certify
from verify.checks.draws import Point

Function = Callable[[Any], Any]


def numbers(point: Point, *names: str) -> list[Any]:
    """The values of these letters as balls."""
    return [certify.ball(point[name]) for name in names]


def fraction(text: str) -> fmpq:
    """Decimal text as an exact fraction."""
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


def slope(function: Function, place: Any, order: int = 1) -> Any:
    """A derivative of a function that takes power series."""
    found = function(arb_series([place, 1], prec=order + 1))
    return found[order] * math.factorial(order)


def root(function: Function, guess: str) -> Any:
    """The one root near the guess of a function that takes balls and power series."""
    return certify.root(function, lambda place: slope(function, place), guess, flint.ctx.prec)


def stationary(function: Function, guess: str) -> Any:
    """The one place near the guess at which a function that takes power series is stationary."""
    return certify.root(
        lambda place: slope(function, place), lambda place: slope(function, place, 2), guess, flint.ctx.prec
    )


def integral(function: Callable[..., Any], low: Any, high: Any, *, cuts: bool = False) -> Any:
    """An integral between finite ends of a meromorphic function; one with `cuts` takes flint's `analytic` flag, too."""
    return certify.integral(function if cuts else lambda place, _: function(place), arb(low), arb(high))


def travel(rate: Function, start: Any, end: Any) -> Any:
    """The time that a quantity takes from start to end, where it changes at a meromorphic rate."""
    return integral(lambda place: 1 / rate(place), start, end)


def arrival(rate: Function, start: Any, time: Any, guess: str) -> Any:
    """Where a quantity is after that time: the one root near the guess."""
    return certify.root(
        lambda place: travel(rate, start, place) - time, lambda place: 1 / rate(place), guess, flint.ctx.prec
    )


def mode(strength: Any, tau: Any) -> Function:
    """The rate of the product of two balanced layers that learn a mode of that strength."""
    return lambda a: 2 * a * (strength - a) / tau


def chain(strength: Any, target: Any, count: int) -> tuple[Any, Any, Any]:
    """Loss gradient and curvature of one weight of a chain of equal weights, and the rate of their product.

    The loss is half of the squared difference of product and target, differentiated as a power series.
    """
    weight = strength.root(count)

    def loss(moved: Any) -> Any:
        return (target - moved * weight ** (count - 1)) ** 2 / 2

    gradient = slope(loss, weight)
    rate = slope(lambda time: (weight - gradient * time) ** count, arb(0))
    return gradient, slope(loss, weight, 2), rate


def average(
    function: Function, bound: tuple[Any, int, Any] = (1, 0, 0), *, beyond: Any = None, even: bool = False
) -> Any:
    """The mean of a function of a Gaussian number, over all of them or over those `beyond` a place.

    `bound` is (C, m, r) with |f(z)| <= C (1 + |z|)^m exp(r |z|). The function is entire.
    """
    size, power, rate = bound
    limits = (arb(size), power, arb(rate))
    if beyond is None:
        return certify.gaussian_expectation(
            lambda _: lambda z, analytic: function(z), [], limits, on_line=function, even=even
        )

    def on_panel(middle: Any) -> Callable[[Any, bool], Any]:
        return (lambda z, analytic: function(z)) if middle > beyond else (lambda z, analytic: acb(0))

    return certify.gaussian_expectation(on_panel, [arb(beyond)], limits)


def fading(function: Function, size: Any, power: int = 0) -> Any:
    """The integral of exp(-x) f(x) over x > 0, where |f(x)| <= size (1 + x)^power."""
    end = arb(math.ceil(flint.ctx.prec * math.log(2)) + 20 + 8 * power)
    rest = arb(size) * (1 + end) ** power * (-end).exp() / (1 - arb(power) / (1 + end))
    near = [arb(0), arb(1), arb(4), arb(16), end]
    parts = [integral(lambda x: (-x).exp() * function(x), a, b) for a, b in itertools.pairwise(near)]
    return sum(parts, arb(0, abs(rest).upper()))


def spread(function: Function, bound: Function, ends: Sequence[Any]) -> Any:
    """The integral over the whole line: between the ends, and at most `bound` of the outer ones beyond them."""
    parts = [integral(function, a, b) for a, b in itertools.pairwise(ends)]
    return sum(parts, arb(0, (bound(ends[0]) + bound(ends[-1])).upper()))
