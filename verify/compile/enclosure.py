"""An activation in ball arithmetic: on rectangles of the complex plane, on intervals, and as a series at zero.

Each derivative is enclosed in two equal forms where the formula has a 1 + exp(g), once as it stands and once as
exp(g) (1 + exp(-g)): one of them is wide where g is large. A ball that is not finite decides nothing.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import flint
from flint import acb, arb

from derivations.activations import Activation
from derivations.symbols import x
from numerics.solvers.closed import absolute_moment
from numerics.solvers.nonlinearity import NearZero
from verify.certify import precision
from verify.compile.exact import Arb
from verify.compile.structure import pieces, turned
from verify.compile.walker import Unsupported

BITS, SERIES_BITS = 64, 256
CANCELS = 1e-25  # relative size of a coefficient at zero that may be zero, as far as its ball says, and then is
ORDER, POINTS = 26, 128  # coefficients of a series, places on the circle that give them
SHORT = 25.0  # radius over the largest deviation for which a series is used: its rest is below 1e-19
HALVINGS, LEFT_OUT = 80, 1e-15  # of the longest length, until the rest is below that part of an average
RADII = [2.0**k for k in range(8, -44, -1)]
GROWTH = 1e7  # of an activation on the disc of its series over its size on an eighth of it


class Enclosure:
    """An activation and its first two derivatives, piece by piece, as functions of balls."""

    def __init__(self, activation: Activation):
        self.activation = activation
        self.breakpoints = tuple(float(place) for place in activation.breakpoints)
        self._pieces = pieces(activation)
        self._backend = Arb()
        self._known: dict[tuple[int, int], list[Any]] = {}

    def piece(self, place: float) -> int:
        """The index of the piece that holds around a place."""
        return sum(place > edge for edge in self.breakpoints)

    def _forms(self, piece: int, order: int) -> list[Any]:
        if (piece, order) not in self._known:
            plain = self._pieces[piece]
            forms = dict.fromkeys((plain, turned(plain)))
            self._known[piece, order] = [self._backend.evaluation(form.diff(x, order)) for form in forms]
        return self._known[piece, order]

    def at(self, piece: int, order: int, place: Any) -> Any:
        """A ball around a derivative on a ball of places (acb or arb): the narrowest that a form gives."""
        self._backend.analytic = isinstance(place, acb)
        best = None
        try:
            for form in self._forms(piece, order):
                try:
                    found = form({x: place})
                except ValueError:  # a form that has no value here
                    continue
                if not isinstance(found, type(place)):
                    found = type(place)(found)
                if found.is_finite() and (best is None or _width(found) < _width(best)):
                    best = found
        finally:
            self._backend.analytic = False
        return best

    def largest(self, piece: int, order: int, place: Any) -> float:
        """An upper bound of the size of a derivative on a ball of places; inf where none is found."""
        found = self.at(piece, order, place)
        return math.inf if found is None else _up(abs(found) if isinstance(found, arb) else found.abs_upper())


def _width(value: Any) -> float:
    return float(value.rad()) if isinstance(value, arb) else float(value.real.rad()) + float(value.imag.rad())


def _up(value: Any) -> float:
    """A float that is no smaller than a ball."""
    return math.nextafter(float(value.upper() if isinstance(value, arb) else value), math.inf)


# ------------------------------------------------------------------------------------------------ series at zero


def near_zero(activation: Activation) -> NearZero | None:
    """The averages at short lengths; None where the activation has no series at zero, as |x|^1.5."""
    try:
        with precision(SERIES_BITS):
            found = series_at_zero(activation)
    except Unsupported:
        return None
    if found is None:
        return None
    radius, size, columns = found
    units = (1, arb(radius) ** -2, arb(radius) ** -4, 1)  # of derivatives of phi, not of phi(radius x)
    square, gradient, curvature, gap = (
        tuple(float((unit * c).mid()) for c in column) for unit, column in zip(units, columns, strict=True)
    )
    longest = (radius / SHORT) ** 2
    for _ in range(HALVINGS):  # what the series leaves out is judged against what they give
        s = math.sqrt(longest) / radius
        rest = 60 * size**2 * s**ORDER * absolute_moment(ORDER)
        value, slope = (sum(c * s**n for n, c in enumerate(column)) for column in (square, gradient))
        if (rest <= LEFT_OUT * value and 1e3 * rest / radius**2 <= LEFT_OUT * slope) or size == 0:
            break
        longest /= 2
    else:
        return None
    return NearZero(unit=radius, largest=longest, square=square, gradient=gradient, curvature=curvature, gap=gap)


def series_at_zero(activation: Activation) -> tuple[float, float, list[list[Any]]] | None:
    """(radius, size on that disc, series of E phi^2, E phi'^2, E phi''^2 and their gap), as balls.

    The series are those of phi(radius x), in s = sqrt(q) / radius: however close a kink is to zero, none overflows.
    """
    enclosure = Enclosure(activation)
    sides = [enclosure.piece(-1e-300), enclosure.piece(1e-300)]
    if 0 in activation.breakpoints:
        sides = [sides[0], sides[0] + 1]
    kinks = [
        2 * abs(place) for place in enclosure.breakpoints if place
    ]  # at half the radius the Gaussian is negligible
    radius = min(*(_radius(enclosure, side) for side in sides), *kinks)
    if not radius:
        return None
    coefficients = [_taylor(enclosure, side, radius) for side in sides]
    size = max(enclosure.largest(side, 0, acb(arb(0, radius), arb(0, radius))) for side in sides)
    columns = []
    for order in range(3):
        derived = [_derived(c, order) for c in coefficients]
        columns.append(cleaned(_averaged([_product(c, c) for c in derived]), size))
    vanishes = columns[0][0] == 0 and columns[0][1] == 0
    return radius, size, [*columns, cleaned(gap(columns[0], columns[1]), size) if vanishes else []]


def _radius(enclosure: Enclosure, piece: int) -> float:
    """A disc around zero on which a piece is analytic and does not grow by much."""
    for radius in RADII:
        size = enclosure.largest(piece, 0, acb(arb(0, radius), arb(0, radius)))
        if size < math.inf:
            real = max(enclosure.largest(piece, 0, arb(k * radius / 8)) for k in (-1, 0, 1))
            if size <= GROWTH * real or size == 0:
                return radius
    return 0.0


def _taylor(enclosure: Enclosure, piece: int, radius: float) -> list[Any]:
    """Coefficients of a piece at zero in units of the radius, from POINTS places on the circle of half of it.

    Sum over the places gives c_k + c_(k+N) 2^-N + ...; by Cauchy |c_n| <= S, so the rest is below S 2^-N.
    """
    half = arb(radius) / 2
    size = arb(enclosure.largest(piece, 0, acb(arb(0, radius), arb(0, radius))))
    turns = [(acb(0, 2) * arb.pi() * k / POINTS).exp() for k in range(POINTS)]
    values = [enclosure.at(piece, 0, half * turn) for turn in turns[: POINTS // 2 + 1]]
    found = []
    for k in range(ORDER):
        total = values[0].real + (values[-1] * turns[(-k * (POINTS // 2)) % POINTS]).real
        for j in range(1, POINTS // 2):  # the value at the conjugate place is the conjugate
            total += 2 * (values[j] * turns[(-k * j) % POINTS]).real
        found.append(total / POINTS * arb(2) ** k + arb(0, size * arb(2) ** (1 - POINTS)))
    return found


def _derived(coefficients: list[Any], order: int) -> list[Any]:
    for _ in range(order):
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    return coefficients


def _product(left: list[Any], right: list[Any]) -> list[Any]:
    count = min(len(left), len(right))
    return [sum((left[i] * right[k - i] for i in range(k + 1)), arb(0)) for k in range(count)]


@functools.cache
def _half_moment(n: int, bits: int) -> Any:
    """Half of E |z|^n: the average of z^n over positive z."""
    return arb(2) ** (arb(n) / 2) * (arb(n + 1) / 2).gamma() / arb.pi().sqrt() / 2


def _averaged(sides: list[list[Any]]) -> list[Any]:
    left, right = sides
    bits = flint.ctx.prec
    return [(b + (-1) ** n * a) * _half_moment(n, bits) for n, (a, b) in enumerate(itertools.zip_longest(left, right))]


def gap(square: list[Any], gradient: list[Any]) -> list[Any]:
    """The series of q E phi'^2 - E phi^2.

    Its quotient by q E phi'^2 has none of use: that would end at the nearest zero of the denominator.
    """
    return [(gradient[n - 2] if n >= 2 else arb(0)) - square[n] for n in range(len(square) - 2)]


def cleaned(column: list[Any], size: float) -> list[Any]:
    """The coefficients with exact zeros where all digits cancel, measured by what Cauchy allows: S^2."""
    return [arb(0) if _tiny(c, size**2) else c for c in column]


def _tiny(value: Any, scale: float) -> bool:
    return bool(value.contains(0)) and _up(abs(value)) < CANCELS * scale
