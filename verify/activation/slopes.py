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
PROBE = 3.0  # where the sign of an argument on a side is seen


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

    def piece(self, low: float, high: float) -> Piece:
        return Piece(low=low, high=high, log_square=self.log_square, first=self.first, second=self.second)


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
    return sp.factor(sp.together(sp.expand(found))) if expression.has(sp.tanh) else sp.expand(found)


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
    found = [
        brentq(lambda h: float(function.real(np.array([h]))[0]), places[i], places[i + 1], xtol=1e-15)
        for i in np.flatnonzero(values[1:] * values[:-1] < 0)
    ]
    inner = np.abs(values[1:-1])
    dips = np.flatnonzero((inner <= np.abs(values[:-2])) & (inner <= np.abs(values[2:])) & (inner < 1e-3 * size)) + 1
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
            found.append(float(best.x))
    return sorted(found)
