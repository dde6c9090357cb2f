"""The derivative of an activation as the spectra take it: intervals on which it is analytic, and its logarithm there.

Far out on either side tanh and erf are within rounding of 1, and phi' is a difference of such numbers; there they are
written with exponentials that fall, so that log phi'^2 keeps its digits.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from numerics.solvers.slopes import Piece, Slopes, slopes
from verify.compile.nonlinearity import nonlinearity

PLACES = 6001  # at which zeros of phi' are looked for, within ten standard deviations
SPAN = 10.0
TOUCHES = 1e-9  # relative size of a minimum of |phi'| that counts as a zero
PROBES, SAME = 23, 1e-12  # places, and relative difference that counts as none
PROBE = 3.0  # where the sign of an argument on a side is seen
MOST_POWER = 12  # of an exponential, as which another one is read


class Beyond(sp.Function):
    """erfc, which SymPy would turn into 2 - erfc where its argument has a minus."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return -2 * sp.exp(-(self.args[0] ** 2)) / sp.sqrt(sp.pi)


@functools.lru_cache(maxsize=64)
def slopes_of(activation: Activation, q: float) -> Slopes:
    """The law of phi'(h)^2 for h ~ N(0, q). Raises ArithmeticError where its averages do not exist or settle."""
    reach = nonlinearity(activation).reach
    cuts = [-np.inf, *(float(place) for place in activation.breakpoints), np.inf]
    pieces: list[Piece] = []
    for low, high in itertools.pairwise(cuts):
        expression = _on(activation.derivative(1), low, high)
        if x not in expression.free_symbols:
            pieces.append(_constant(expression, low, high))
            continue
        function = _Logarithm(expression)
        period = _period(function, expression) if np.isinf(low) and np.isinf(high) else None
        if period is not None:
            pieces += _of_a_period(function, period)
            continue
        end = SPAN * float(np.sqrt(q))
        zeros = _zeros(function, max(low, -end), min(high, end))
        edges = [low, *zeros, high]
        pieces += [function.piece(a, b) for a, b in itertools.pairwise(edges)]
    return slopes(pieces, q, reach)


def _on(expression: sp.Expr, low: float, high: float) -> sp.Expr:
    """The expression that holds between two kinks."""
    inside = sp.Rational(float(np.clip(0.0, low + 1e-6, high - 1e-6)))
    if np.isfinite(low) and np.isfinite(high):
        inside = sp.Rational((low + high) / 2)
    for node in expression.atoms(sp.Piecewise):
        value = next(v for v, condition in node.args if condition == sp.true or bool(condition.subs(x, inside)))
        expression = expression.xreplace({node: value})
    for node in expression.atoms(sp.sign):
        expression = expression.xreplace({node: sp.sign(node.args[0].subs(x, inside))})
    for node in expression.atoms(sp.Abs):
        inner = node.args[0]
        expression = expression.xreplace({node: inner if inner.subs(x, inside) > 0 else -inner})
    return sp.simplify(expression) if x not in sp.expand(expression).free_symbols else expression


def _constant(value: sp.Expr, low: float, high: float) -> Piece:
    slope = abs(float(value))

    def log_square(h: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.full(np.shape(h), 2 * np.log(slope), dtype=complex)

    def zero(h: np.ndarray) -> np.ndarray:
        return np.zeros(np.shape(h), dtype=complex)

    return Piece(low=low, high=high, log_square=log_square, first=zero, second=zero, constant=True)


class _Logarithm:
    """log phi'(h)^2 and its derivatives, in a form for each side of zero where these differ."""

    def __init__(self, expression: sp.Expr):
        sided = [_sided(expression, side) for side in (-1, 1)]
        sided = sided if sided[0] != sided[1] else sided[:1]
        self.slopes = [_compiled(side) for side in sided]
        logarithms = [2 * _logarithm(side) for side in sided]
        self.orders = [[_compiled(sp.powsimp(sp.diff(log, x, k))) for log in logarithms] for k in range(3)]

    def real(self, h: np.ndarray) -> np.ndarray:
        """phi' at real places."""
        return np.real(_by_side(self.slopes, h.astype(complex)))

    def log_square(self, h: np.ndarray) -> np.ndarray:
        return _by_side(self.orders[0], h)

    def first(self, h: np.ndarray) -> np.ndarray:
        return _by_side(self.orders[1], h)

    def second(self, h: np.ndarray) -> np.ndarray:
        return _by_side(self.orders[2], h)

    def piece(self, low: float, high: float, period: float | None = None) -> Piece:
        orders = (self.log_square, self.first, self.second)
        return Piece(low=low, high=high, log_square=orders[0], first=orders[1], second=orders[2], period=period)


def _period(function: _Logarithm, expression: sp.Expr) -> float | None:
    """The period of phi'^2, if phi' is made of sines and cosines whose rates have rational ratios; else None."""
    waves = expression.atoms(sp.sin, sp.cos)
    if not waves or x in expression.xreplace({wave: sp.Dummy() for wave in waves}).free_symbols:
        return None
    rates = [sp.diff(wave.args[0], x) for wave in waves]
    if any(x in rate.free_symbols or not rate.is_real or rate == 0 for rate in rates):
        return None
    ratios = [sp.nsimplify(rate / rates[0]) for rate in rates]
    if not all(ratio.is_Rational for ratio in ratios):
        return None
    common = rates[0] * sp.gcd_list(ratios) if len(ratios) > 1 else rates[0]
    period = abs(float(2 * sp.pi / common))
    while _repeats(function, period / 2):  # the square of a cosine
        period /= 2
    return period


def _repeats(function: _Logarithm, period: float) -> bool:
    """Whether |phi'| has this period, by its values at places spread over two of them."""
    places = 2 * period * (np.arange(PROBES) + 0.37) / PROBES
    here, there = (np.abs(function.real(h)) for h in (places, places + period))
    return bool(np.all(np.abs(here - there) <= SAME * np.max(here)))


def _of_a_period(function: _Logarithm, period: float) -> list[Piece]:
    """Pieces of one period between zeros of phi', or the whole period if there are none."""
    beyond = 4 * period / PLACES  # on either side: a zero at an end of the period is seen from both sides
    zeros = _zeros(function, -period / 2 - beyond, period / 2 + beyond)
    if len(zeros) > 1 and zeros[-1] - zeros[0] > period - beyond:
        zeros.pop()
    start = zeros[0] if zeros else -period / 2
    edges = [start, *zeros[1:], start + period]
    return [function.piece(a, b, period) for a, b in itertools.pairwise(edges)]


def _by_side(functions: list[Callable], h: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        if len(functions) == 1:
            value = functions[0](h)
            return value if np.shape(value) == np.shape(h) else np.full(np.shape(h), value, dtype=complex)
        found = np.empty(np.shape(h), dtype=complex)
        left = np.real(h) < 0
        for function, chosen in zip(functions, (left, ~left), strict=True):
            if np.any(chosen):
                found[chosen] = function(h[chosen])
        return found


def _sided(expression: sp.Expr, side: int) -> sp.Expr:
    """The expression with tanh and erf written by what vanishes on a side of zero."""

    def rewritten(function: sp.Expr) -> sp.Expr:
        argument = function.args[0]
        try:
            sign = 1 if argument.subs(x, side * PROBE) > 0 else -1
        except TypeError:
            return function
        if isinstance(function, sp.erf):
            return sign * (1 - Beyond(sign * argument))
        falling = sp.exp(-2 * sign * argument)
        return sign * (1 - falling) / (1 + falling)

    found = expression.replace(lambda node: isinstance(node, (sp.tanh, sp.erf)), rewritten)
    # exp(-(100 x - 237)^2) in factors is exp(-56169) exp(47400 x) exp(-10^4 x^2), which float64 does not hold
    bell = any(x in sp.diff(node.args[0], x).free_symbols for node in found.atoms(sp.exp))
    found = sp.expand(found, power_exp=not bell)
    if not expression.has(sp.tanh) and not any(
        x not in sp.diff(node.args[0], x).free_symbols for node in found.atoms(sp.exp)
    ):
        return found
    plain, meant = _exponentials_as_letters(found, side)
    return sp.factor(sp.together(plain)).xreplace(meant)


def _exponentials_as_letters(expression: sp.Expr, side: int) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """The expression with powers of letters for its exponentials, and what the letters stand for: what falls on a side.

    Left to itself SymPy makes polynomials of degree 10001 of exp(x) and exp(1.0001 x).
    """
    cores: dict[sp.Expr, set[sp.Rational]] = {}
    for node in expression.atoms(sp.exp):
        factor, core = node.args[0].as_coeff_Mul(rational=True)
        cores.setdefault(core, set()).add(factor)
    powers, meant = {}, {}
    for core, factors in cores.items():
        common = sp.gcd_list(list(factors))
        units = [common] if max(abs(f / common) for f in factors) <= MOST_POWER else list(factors)
        if len(units) == 1 and sp.N(core.subs(x, side * PROBE)).is_positive:  # else it overflows far out
            units = [-units[0]]
        for unit in units:
            letter = sp.Dummy(positive=True)
            meant[letter] = sp.exp(unit * core)
            for factor in factors if len(units) == 1 else [unit]:
                powers[sp.exp(factor * core)] = letter ** (factor / unit)
    return expression.xreplace(powers), meant


def _logarithm(expression: sp.Expr) -> sp.Expr:
    """log of a product as a sum, so that factors that underflow do not take it to -infinity."""
    constant, rest = expression.as_independent(x, as_Add=False)
    total = sp.log(sp.Abs(constant))
    for factor in sp.Mul.make_args(rest):
        base, power = factor.as_base_exp()
        total += factor.exp if isinstance(factor, sp.exp) else power * sp.log(base)
    return total


def _compiled(expression: sp.Expr) -> Callable[[np.ndarray], np.ndarray]:
    from scipy import special

    function: Any = sp.lambdify(
        x,
        expression,
        modules=[
            {"erf": special.erf, "erfc": special.erfc, "Beyond": special.erfc, "sech": lambda a: 1 / np.cosh(a)},
            "numpy",
        ],
    )
    return function


def _zeros(function: _Logarithm, low: float, high: float) -> list[float]:
    """Zeros of phi' inside an interval: where it changes sign, and where it touches zero."""
    from scipy.optimize import brentq, minimize_scalar

    places = np.linspace(low, high, PLACES)[1:-1]
    values = function.real(places)
    size = np.nanmax(np.abs(values))
    small = np.isfinite(function.log_square(places.astype(complex)))  # where it is 0, it is below the smallest number
    found = places[(values == 0) & ~small].tolist()
    found += [
        brentq(lambda h: float(function.real(np.array([h]))[0]), places[i], places[i + 1], xtol=1e-15)
        for i in np.flatnonzero(values[1:] * values[:-1] < 0)
    ]
    inner = np.abs(values[1:-1])
    dips = np.flatnonzero((inner <= np.abs(values[:-2])) & (inner <= np.abs(values[2:])) & (inner < 1e-3 * size)) + 1
    dips = dips[(values[dips] != 0) | ~small[dips]]
    for i in dips:
        if any(abs(places[i] - zero) < 3 * (places[1] - places[0]) for zero in found):
            continue
        best = minimize_scalar(
            lambda h: abs(float(function.real(np.array([h]))[0])),
            bounds=(places[i - 1], places[i + 1]),
            method="bounded",
            options={"xatol": 1e-12},
        )
        beside = np.abs(function.real(np.array([best.x - 1e-3, best.x + 1e-3])))
        if best.fun < TOUCHES * size and np.all(beside > best.fun):
            found.append(_touched(function, float(best.x)))
    return sorted(found)


def _touched(function: _Logarithm, place: float) -> float:
    """A multiple zero of phi' near a place: beside it log phi'^2 is k log of the distance, whatever k is."""
    for away in (1e-3, -1e-3, 1e-4):
        h = np.array([place + away], dtype=complex)
        place = float(np.real(h + function.first(h) / function.second(h))[0])
    return place
