"""Proof that the fixed lengths and critical points found are all there are.

Between two lengths E phi^2 and E phi'^2 are Chebyshev series in ln q with proven errors (`enclosed` at the nodes, an
ellipse between them); cells are cut until each has no zero or, its slope being of one sign, exactly one. Below, the
leading term of the series at length zero decides, or V >= sigma_b^2; above, the growth of phi does (`tails`).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from derivations.activations import Activation
from numerics.solvers.length import FixedPoint, scale_free
from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.octaves import NODES, SHIFT, TO_SERIES, Zero, averages, isolated, merged, nodes
from verify.activation.elementary import convex, convex_end, critical_end, exact, length_end, roots_of_power, size
from verify.activation.enclosed import ROUNDING, NotEnclosed, enclosed, upper
from verify.activation.folds import folded
from verify.activation.tails import LONGEST, contracts, last_critical, last_length
from verify.activation.zero import Short, leading, short
from verify.compile.walker import Unsupported

ANGLES = (1.25, 0.6)  # of the ellipses in ln q
COARSE, HALVINGS = 1e-10, 8  # error between the nodes above which a cell is cut, and how often
LEBESGUE = 3.0  # of twenty Chebyshev nodes
SHORTEST = 2.0**-100
SLACK = 1e-12  # of a bound on a root: float64 has rounded what it is compared with
UNDER = 0.97  # of sigma_b^2, where the search starts: a root may lie at sigma_b^2 to rounding
ORDERS = np.arange(20, 400)

Value = tuple[np.ndarray, np.ndarray, float]  # at the nodes, its error, and a bound on the ellipse


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Whether it is proved that there is nothing but what was found, and how, or what is missing.

    nowhere  it is proved that there is no critical point at any sigma_b
    """

    proved: bool
    how: str
    nowhere: bool = False


@dataclass(frozen=True)
class _Averages:
    """Enclosures on one cell: values and errors at the nodes (20, 2), bounds on the ellipse, q E phi'^2 - E phi^2."""

    q: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    whole: np.ndarray
    longest: float  # |q| on the ellipse
    difference: Value | None = None


Function = Callable[[_Averages], Value]


def proved_lengths(
    activation: Activation, phi: Nonlinearity, weight: float, bias: float, found: Sequence[FixedPoint]
) -> Proof:
    """Whether V(q) = q at the given lengths and at no other."""
    half = next((p for p in found if p.half_stable), None)
    if half is not None:
        return Proof(proved=False, how=f"at q = {half.q:.9g} V(q) = q to rounding: there are two lengths, one or none")
    if scale_free(phi):
        return Proof(proved=True, how="E phi^2 is proportional to q")
    places = [p.q for p in found if p.q > 0]
    if phi.monomial is not None:
        expected, shape = roots_of_power(phi.monomial, weight, bias)
        if len(places) == expected:
            return Proof(proved=True, how=shape)
        return Proof(
            proved=False, how=shape if expected is None else f"{shape} and has {expected} roots, not {len(places)}"
        )
    w2, b2 = weight**2, bias**2

    def excess(at: _Averages) -> Value:
        value = (b2 + w2 * at.values[:, 0]) / at.q - 1
        error = w2 * at.errors[:, 0] / at.q + 4 * ROUNDING * (2 + value)
        return value, error, (b2 + w2 * at.whole[0]) * at.longest / float(np.exp(np.mean(np.log(at.q)))) ** 2 + 1

    try:
        series = short(activation)
        if b2 == 0 and contracts(activation, weight):
            return Proof(
                proved=True,
                how="phi is steepest at zero, where V has slope 1 at most (to rounding): V(q) < q for q > 0",
            )
        below = _bottom_length(series, w2) if b2 == 0 else (UNDER * b2, "V(q) >= sigma_b^2")
        high = _last_length(activation, phi, weight, bias)
        how = f"no other root: below q = {below[0]:.3g} because {below[1]}, above q = {high:.3g} by the growth of phi"
        return _judged(activation, phi, series, excess, below[0], high, places, how)
    except (NotEnclosed, Unsupported) as problem:
        return Proof(proved=False, how=str(problem))


def _last_length(activation: Activation, phi: Nonlinearity, weight: float, bias: float) -> float:
    try:
        if convex(phi):
            return convex_end(phi, weight**2, bias**2)
    except NotEnclosed:  # V never grows faster than q, as that of x + 1
        pass
    try:
        return last_length(activation, weight, bias)
    except NotEnclosed:
        if not phi.terms:
            raise
        return length_end(phi, weight**2, bias**2)


def proved_critical(activation: Activation, phi: Nonlinearity, bias: float, places: Sequence[float]) -> Proof:
    """Whether chi1 = 1 at the given lengths of fixed points at this sigma_b and at no other."""
    if phi.monomial is not None:
        return Proof(proved=True, how="phi is a power: E phi^2 / E phi'^2 is proportional to q")
    if len(phi.terms) == 1 and phi.terms[0][1] == 0:
        return Proof(proved=True, how="phi is an exponential: E phi^2 / E phi'^2 does not depend on q")

    folds = folded(activation, bias)
    if folds is not None:
        expected, shape = folds
        return Proof(proved=len(places) == expected, how=shape)

    def searched(bias: float) -> Proof:
        b2 = bias**2

        def excess(at: _Averages) -> Value:
            middle = float(np.exp(np.mean(np.log(at.q))))
            scale = middle * float(at.values[10, 1])
            if at.difference is None:
                value = at.q * at.values[:, 1] - at.values[:, 0]
                error = at.q * at.errors[:, 1] + at.errors[:, 0]
                error = error + 4 * ROUNDING * (at.q * at.values[:, 1] + at.values[:, 0])
                whole = at.longest * at.whole[1] + at.whole[0]
            else:
                value, error, whole = at.difference
            part = b2 * at.values[:, 1]
            error = error + b2 * at.errors[:, 1] + 4 * ROUNDING * part
            return (value - part) / scale, error / scale, (whole + b2 * at.whole[1]) / scale

        series = short(activation)
        below = _bottom_critical(series) if b2 == 0 else (UNDER * b2, "sigma_b^2 > q there")
        high = critical_end(phi, b2) if phi.terms else last_critical(activation, bias)
        how = f"no other root: below q = {below[0]:.3g} because {below[1]}, above q = {high:.3g} by the growth of phi"
        return _judged(activation, phi, series, excess, below[0], high, places, how)

    try:
        if not places:
            everywhere = searched(0.0)
            if everywhere.proved and float(averages(phi, np.ones(1)).deficit[0]) < 0:  # q < E phi^2 / E phi'^2 always
                return Proof(proved=True, how=everywhere.how, nowhere=True)
        return searched(bias)
    except (NotEnclosed, Unsupported) as problem:
        return Proof(proved=False, how=str(problem))


def _judged(
    activation: Activation,
    phi: Nonlinearity,
    series: Short | None,
    function: Function,
    low: float,
    high: float,
    places: Sequence[float],
    how: str,
) -> Proof:
    outside = [q for q in places if not low * (1 - 1e-12) <= q <= high]
    if outside:
        return Proof(proved=False, how=f"q = {outside[0]:.6g} lies where no length should be: float64 is not enough")
    zeros = _zeros(activation, phi, series, function, low, min(high, LONGEST)) if low < high else ()
    unclear = next((z for z in zeros if z.double), None)
    if unclear is not None:
        return Proof(proved=False, how=f"around q = {unclear.q:.6g} two roots, one or none are not told apart")
    matched = [any(z.low * (1 - SLACK) <= q <= z.high * (1 + SLACK) for q in places) for z in zeros]
    if len(zeros) != len(places) or not all(matched):
        return Proof(proved=False, how=f"the enclosures have {len(zeros)} roots, float64 has {len(places)}")
    if high > LONGEST:
        return Proof(proved=False, how=f"lengths from q = {LONGEST:.3g} to {high:.3g} were not enclosed")
    off = max(
        (abs(q / end - 1) for z in zeros for q in places for end in (z.low, z.high) if z.low <= q <= z.high),
        default=0.0,
    )
    digits = f"; {len(zeros)} root{'s' * (len(zeros) > 1)}, right to {off:.1g}" if off else ""
    return Proof(proved=True, how=how + digits)


# ------------------------------------------------------------------------------------------------ cells


def _zeros(
    activation: Activation, phi: Nonlinearity, series: Short | None, function: Function, low: float, high: float
) -> tuple[Zero, ...]:
    first = math.ceil(math.log2(low) - SHIFT + 1e-9) + SHIFT
    inner = np.arange(first, math.log2(high), 1.0)
    edges = [low, *(2.0**inner), high]
    found: list[Zero] = []
    for start, end in itertools.pairwise(edges):
        if start < end:
            found += _cell(activation, phi, series, function, (float(start), float(end)), 0, (low, high))
    return merged(found)


def _cell(
    activation: Activation,
    phi: Nonlinearity,
    series: Short | None,
    function: Function,
    ends: tuple[float, float],
    depth: int,
    span: tuple[float, float],
) -> list[Zero]:
    half = math.log(ends[1] / ends[0]) / 2
    q = nodes(*ends)
    noise = tilt = off = rounding = math.inf
    for angle in ANGLES:
        rho = angle / half + math.hypot(angle / half, 1)
        along = half * (rho + 1 / rho) / 2
        if along > 60:  # a sliver of a cell: a smaller ellipse will do
            rho = 50.0
            along = half * (rho + 1 / rho) / 2
        value, error, whole = function(_averages(activation, phi, series, q, along, math.cos(angle), span))
        if not (np.all(np.isfinite(error)) and math.isfinite(whole)):
            continue
        with np.errstate(under="ignore"):
            tail = float(np.sum(ORDERS**2 * rho ** -ORDERS.astype(float)))
        between = 4 * whole * rho ** -(len(NODES) - 1) / (rho - 1)
        rounding = LEBESGUE * float(np.max(error)) + 1e-15 * float(np.max(np.abs(value)))
        if rounding + between < noise:
            off, noise = between, rounding + between
            tilt = len(NODES) ** 2 * rounding + 4 * whole * tail
    if off > max(COARSE, rounding) and depth < HALVINGS:
        middle = math.sqrt(ends[0] * ends[1])
        parts = ((ends[0], middle), (middle, ends[1]))
        return [z for part in parts for z in _cell(activation, phi, series, function, part, depth + 1, span)]
    if not math.isfinite(noise):
        raise NotEnclosed(f"the averages of {activation.name} are not enclosed near q = {ends[0]:.4g}")
    return isolated(TO_SERIES @ value, noise, tilt, ends)


def _averages(
    activation: Activation,
    phi: Nonlinearity,
    series: Short | None,
    q: np.ndarray,
    along: float,
    cosine: float,
    span: tuple[float, float],
) -> _Averages:
    """A Gaussian of complex variance q is at most 1 / sqrt(cos) times one of variance |q| / cos."""
    middle = float(np.exp(np.mean(np.log(q))))
    longest = middle * math.exp(along)
    if series is not None and q.max() <= series.largest:
        return _Averages(q, *series.averages(q, longest, cosine), longest, series.difference(q, longest, cosine))
    if phi.terms:
        values, errors = exact(phi, q)
        return _Averages(q, values, errors, size(phi, longest), longest)
    factor = math.sqrt(math.exp(2 * along) / cosine) / math.sqrt(cosine)
    whole = np.array([factor * _upper(activation, order, longest / cosine) for order in (0, 1)])
    low = math.floor(math.log(max(span[0], series.largest / 4 if series else span[0]), 4))
    high = math.ceil(math.log(min(span[1], LONGEST), 4)) if span[1] > span[0] else low + 1
    values, errors = enclosed(activation, q, low, max(high, low + 1))
    return _Averages(q, values, errors, whole, longest)


@functools.lru_cache(maxsize=4096)
def _upper(activation: Activation, order: int, q: float) -> float:
    return upper(activation, order, q)


# ------------------------------------------------------------------------------------------------ short and special


def _bottom_length(series: Short | None, w2: float) -> tuple[float, str]:
    """(q, why) with no fixed length in (0, q) at sigma_b = 0."""
    if series is None:
        raise NotEnclosed(f"phi has no series at zero: lengths below q = {SHORTEST:.3g} are open")
    coefficients = [w2 * c for c in series.square]
    coefficients[2] -= series.radius**2
    touching = abs(coefficients[2]) < 1e-12 * series.radius**2 and coefficients[0] == coefficients[1] == 0
    if touching:
        coefficients[2] = 0.0
    end = leading(coefficients, lambda s: w2 * series.rest(s, 0), series)
    why = "the slope of V at zero is 1 (to rounding) and the next term decides" if touching else "V(q) - q has one sign"
    return end, why


def _bottom_critical(series: Short | None) -> tuple[float, str]:
    if series is None:
        raise NotEnclosed(f"phi has no series at zero: lengths below q = {SHORTEST:.3g} are open")
    end = leading(series.gap, lambda s: s * s * series.rest(s, 1) + series.rest(s, 0), series)
    return end, "q E phi'^2 - E phi^2 has one sign"
