"""Fast number systems: NumPy arrays and torch tensors, in float64 unless a tensor says otherwise."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation, Sinc
from verify.compile import quadrature
from verify.compile.exact import LOST_BITS, of_node
from verify.compile.lambert import lambertw
from verify.compile.memory import Memory
from verify.compile.walker import Backend, Unsupported, compare, has_average, kinks, letters, operands, whole

FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
SMALL = 64  # parameters' values, together, for which an average is kept
KEPT_SIZE = 20_000  # values of a letter for which results are kept
KEY_BYTES = 300  # that a result is kept under
GAUSS_RANGE = 14.0  # the standard Gaussian density is 1e-43 there
GAUSS_BEND = 1.5  # places are BEND sinh(t / BEND): evenly spaced ones meet a short wave at one phase
GAUSS_STEP = 1 / 64  # of t; error exp(-2 pi d / step), d the pole distance; halved where that is too large
GAUSS_HALVINGS = 5  # of it
NESTED_SETTLED = 1e-3  # of an integral in an integral, in place of SETTLED
SINC_TERMS = 16  # of a power series, enough where u^2 < 2 k + 3
# Ranges and steps for averages in one another.
NESTED = (6.5, 1 / 4), (8.5, 1 / 8), (11.0, 1 / 16), (14.0, 1 / 32), (14.0, 1 / 64), (14.0, 1 / 128)
PANEL, SEGMENT = 160, 80  # nodes between the kinks of an average, and between the ends of an integral
LINE, LINE_STEP = 6.0, 0.015  # of u where x = sinh(u) is integrated over
HALF_LINE = -12.0, 4.0, 1 / 16  # of u where x = exp(u) is: the ends of what is summed at first, and its step


@functools.cache
def _lattice(reach: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and their weights for a Gaussian measure, wider apart where the measure is small."""
    end = round(_bent(reach) / step)
    z, slope = _unbent(step * np.arange(-end, end + 1))
    return z, step * slope * _density(z)


def _bent(z: float) -> float:
    return GAUSS_BEND * math.asinh(z / GAUSS_BEND)


def _unbent(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and their slope."""
    return GAUSS_BEND * np.sinh(t / GAUSS_BEND), np.cosh(t / GAUSS_BEND)


@functools.lru_cache(maxsize=8)
def _panels(shape: tuple[int, ...], contents: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and their weights for a Gaussian measure, between edges along the last axis: an array by its contents.

    Most kinks stay at zero, whatever else a formula says.
    """
    edges = _ends(np.frombuffer(contents).reshape(shape))
    node, weight = quadrature.legendre(PANEL)
    half = (edges[..., 1:] - edges[..., :-1])[..., None] / 2
    z = (edges[..., :-1][..., None] + half * (1 + node)).reshape(*edges.shape[:-1], -1)
    w = (half * weight).reshape(z.shape)
    return z, w * _density(z)


def _ends(edges: np.ndarray) -> np.ndarray:
    """Edges with those of the range in which a Gaussian measure is integrated."""
    end = np.full((*edges.shape[:-1], 1), GAUSS_RANGE)
    return np.concatenate([-end, np.clip(edges, -GAUSS_RANGE, GAUSS_RANGE), end], axis=-1)


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _stepping(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The floor or the ceiling; a number that is whole but for rounding is whole."""

    def stepped(a: Any) -> Any:
        nearest = np.rint(a)
        rounding = 2**LOST_BITS * np.spacing(1 + np.abs(nearest))
        return np.where(np.abs(a - nearest) <= rounding, nearest, step(a))

    return stepped


def _contents(value: Any) -> Hashable | None:
    """What an array is known by, if it is small enough that results for it are kept."""
    if type(value) is np.float64:
        return value.tobytes()  # 0 and -0 are equal
    array = np.asarray(value)
    return (array.shape, array.dtype.char, array.tobytes()) if array.size <= KEPT_SIZE else None


def _floating(value: Any) -> Any:
    """The value as float64, or as it is where it has single precision: experiments may choose that."""
    dtype = getattr(value, "dtype", None)
    return value if dtype is FLOAT64 or dtype is FLOAT32 else np.asarray(value, dtype=float)


def _polylog(order: Any, value: Any) -> np.ndarray:
    """Polylogarithm, by Spence's function where the order is 2; nan where it is not real."""
    from scipy import special

    if np.ndim(order) == 0 and float(order) == 2:
        return np.asarray(special.spence(1 - np.asarray(value, dtype=float)))
    by_digits = np.frompyfunc(lambda s, x: float(mpmath.re(mpmath.polylog(s, x))) if x <= 1 else math.nan, 2, 1)
    return np.asarray(by_digits(order, value), dtype=float)


def _by_digits(function: Any, count: int) -> Any:
    """A function of mpmath, number by number; nan where it has no real value."""

    def one(*values: float) -> float:
        try:
            found = function(*(mpmath.mpf(v) for v in values))
        except (ArithmeticError, ValueError, mpmath.NoConvergence):
            return math.nan
        return float(mpmath.re(found)) if mpmath.im(found) == 0 else math.nan

    made = np.frompyfunc(one, count, 1)
    return lambda *values: np.asarray(made(*values), dtype=float)


class Numpy(Backend):
    """float64 arrays; parameters broadcast, and averages add a last axis of quadrature nodes."""

    def __init__(self) -> None:
        self.rule: tuple[float, float] | None = None  # range and step inside an average that contains others
        self.within = False  # inside an integral
        self.memory = Memory(_contents, lambda value: np.asarray(value).nbytes + KEY_BYTES)

    @functools.cached_property
    def table(self):
        from scipy import special

        return {
            sp.exp: np.exp,
            sp.log: np.log,
            sp.sin: np.sin,
            sp.cos: np.cos,
            sp.tan: np.tan,
            sp.sinh: np.sinh,
            sp.cosh: np.cosh,
            sp.tanh: np.tanh,
            sp.asin: np.arcsin,
            sp.acos: np.arccos,
            sp.atan: np.arctan,
            sp.asinh: np.arcsinh,
            sp.acosh: np.arccosh,
            sp.atanh: np.arctanh,
            sp.Abs: np.abs,
            sp.sign: np.sign,
            sp.sech: lambda a: 2 * np.exp(-np.abs(a)) / (1 + np.exp(-2 * np.abs(a))),
            sp.coth: lambda a: 1 / np.tanh(a),
            sp.Max: lambda *a: functools.reduce(np.maximum, a),
            sp.Min: lambda *a: functools.reduce(np.minimum, a),
            sp.erf: special.erf,
            sp.erfc: special.erfc,
            sp.gamma: special.gamma,
            sp.loggamma: special.gammaln,
            sp.digamma: special.digamma,
            sp.factorial: lambda a: special.gamma(a + 1),
            sp.polygamma: lambda order, a: special.polygamma(whole(order), a),
            sp.LambertW: lambertw,
            sp.polylog: _polylog,
            sp.Heaviside: lambda a, half=0.5: np.heaviside(a, half),
            sp.floor: _stepping(np.floor),
            sp.ceiling: _stepping(np.ceil),
            sp.binomial: special.binom,
            Sinc: sinc,
        }

    def otherwise(self, node):
        function = of_node(node)
        return None if function is None else _by_digits(function, len(operands(node)))

    def number(self, value):
        return float(value)

    def constant(self, value):
        number = float(value)
        return lambda env: number

    def raised(self, base, exponent, node):
        if not node.exp.is_Integer:
            return lambda env: np.power(base(env), exponent(env))
        whole_exponent = int(node.exp)
        size = abs(whole_exponent)
        if whole_exponent == -1:
            return lambda env: 1 / _floating(base(env))
        if not 1 < size <= 6:
            return lambda env: np.power(_floating(base(env)), whole_exponent)

        def multiplied(env):  # np.power takes 90 times as long as a product
            factor = _floating(base(env))
            product = factor
            for _ in range(size - 1):
                product = product * factor
            return product if whole_exponent > 0 else 1 / product

        return multiplied

    def piecewise(self, node, env):
        result: Any = np.nan
        for value, condition in reversed(node.args):
            branch = self.evaluate(value, env)
            result = branch if condition == sp.true else np.where(compare(condition, self, env), branch, result)
        return result

    def remembered(self, values, env):
        values = [np.asarray(value) for value in values]
        if self.rule is not None or sum(value.size for value in values) > SMALL:
            return None
        # A rule that is cut at kinks takes the shape of all letters, also of those that it does not contain.
        shapes = tuple(np.shape(value) for value in env.values())
        return shapes, *((value.shape, value.dtype.char, value.tobytes()) for value in values)

    def gauss(self, node, env):
        if self.rule is not None or not has_average(node.integrand):
            return self._mean(node, env)[0]
        numbers = {k: v for k, v in env.items() if k in letters(node) and not isinstance(v, Activation)}
        return self._together(node, numbers, NESTED)

    def _together(self, node, env, rules):
        """An average of averages by the first rule that agrees with the one before.

        Far out, where its weight is nothing, an inner average need not settle by itself: only all together must.
        """
        (before, _), (value, slack) = (self._by_rule(rule, node, env) for rule in rules[:2])
        left = np.abs(value - before) > slack
        if not np.any(left):
            return value
        if len(rules) == 2:
            raise quadrature.Unsettled
        if np.ndim(value) == 0:
            return self._together(node, env, rules[1:])
        held = {k: np.broadcast_to(v, left.shape)[left] for k, v in env.items()}
        value[left] = [
            self._together(node, {k: v[place] for k, v in held.items()}, rules[1:]) for place in range(np.sum(left))
        ]
        return value

    def _by_rule(self, rule, node, env):
        self.rule = rule
        try:
            return self._mean(node, env)
        finally:
            self.rule = None

    def _mean(self, node, env):
        """A Gaussian mean, and how far that by a rule with half the nodes may be off."""
        arrays = {k: _floating(v) for k, v in env.items() if not isinstance(v, Activation)}
        inner = {k: v[..., None] for k, v in arrays.items()}
        switches = kinks(node.integrand, node.variable)

        def function(z):
            return self.evaluate(node.integrand, {**inner, node.variable: z})

        if switches:
            return _split(function, [np.broadcast_to(self.evaluate(k, arrays), _shape(arrays)) for k in switches])
        z, weight = _lattice(*(self.rule or (GAUSS_RANGE, GAUSS_STEP)))
        if self.rule in NESTED[2:] and z.size * math.prod(_shape(arrays)) > quadrature.MOST_PLACES:
            raise quadrature.Unsettled
        terms = function(z) * weight
        if self.rule is not None:
            slack = np.where(quadrature.turning(terms), 0.0, quadrature.SETTLED * np.sum(np.abs(terms), axis=-1))
            return np.sum(terms, axis=-1), slack
        value, settled = quadrature.halved(terms)
        return value if settled else _refined(function), 0.0

    def integral(self, node, env):
        *inner, (variable, low, high) = node.limits
        function = node.func(node.function, *inner) if inner else node.function
        arrays = {k: np.asarray(v, dtype=float)[..., None] for k, v in env.items()}
        lower, upper = (np.asarray(self.evaluate(e, arrays), dtype=float) for e in (low, high))
        if kinks(function, variable):
            raise Unsupported("an integral with kinks in float arithmetic")

        enough = NESTED_SETTLED if self.within else quadrature.SETTLED

        def of_variable(places):
            around, self.within = self.within, True
            try:
                return self.evaluate(function, {**arrays, variable: places})
            finally:
                self.within = around

        endless = np.isinf(lower), np.isinf(upper)
        if all(map(np.all, endless)):  # x = sinh(t): doubly decaying integrands
            return _along_line(lambda u: of_variable(np.sinh(u)) * np.cosh(u), enough)
        if np.all(endless[1]) and not np.any(endless[0]):
            return _along_half(lambda u: of_variable(lower + np.exp(u)) * np.exp(u), enough)
        if np.all(endless[0]) and not np.any(endless[1]):
            return _along_half(lambda u: of_variable(upper - np.exp(u)) * np.exp(u), enough)
        at, weight = quadrature.legendre(SEGMENT)
        values = of_variable(lower + (upper - lower) * (1 + at) / 2)
        value, settled = quadrature.by_legendre(values * ((upper - lower) * weight / 2), SEGMENT, enough)
        if np.all(settled):
            return value
        if np.ndim(value) == 0:
            return quadrature.between(of_variable, np.array([lower, upper], dtype=float).reshape(2), enough)
        left = ~settled  # only these are worked out by a rule that takes longer
        held = {k: v for k, v in arrays.items() if k in letters(function)}
        arrays = {k: np.broadcast_to(v, (*left.shape, 1))[left] for k, v in held.items()}
        edges = [np.broadcast_to(end, (*left.shape, 1))[left] for end in (lower, upper)]
        value[left] = quadrature.between(of_variable, np.concatenate(edges, axis=-1), enough)
        return value


def _shape(arrays: dict[sp.Symbol, np.ndarray]) -> tuple[int, ...]:
    return np.broadcast_shapes(*(array.shape for array in arrays.values()))


def _split(function: quadrature.Function, places: list) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian mean, cut at places along a new last axis, and how far that of other inner averages may be off."""
    edges = np.sort(np.stack(places, axis=-1).astype(float), axis=-1)
    z, weight = _panels(edges.shape, edges.tobytes())
    terms = function(z) * weight
    value, settled = quadrature.by_legendre(terms, PANEL)
    if not np.all(settled):
        value = quadrature.between(lambda z: function(z) * _density(z), _ends(edges))
    return value, quadrature.SETTLED * np.sum(np.abs(terms), axis=-1)


def _refined(function: quadrature.Function) -> np.ndarray:
    """A Gaussian mean from nodes as close as it takes."""

    def term(t: np.ndarray) -> np.ndarray:
        z, slope = _unbent(t)
        return function(z) * (slope * _density(z))

    end = _bent(GAUSS_RANGE)
    return quadrature.along(term, -end, end, GAUSS_STEP, stretch=True, halvings=GAUSS_HALVINGS)


def _along_half(term: Callable[[np.ndarray], Any], enough: float) -> np.ndarray:
    return quadrature.along(term, *HALF_LINE, stretch=True, enough=enough)


def _along_line(term: Callable[[np.ndarray], Any], enough: float) -> np.ndarray:
    u = np.linspace(-LINE, LINE, round(2 * LINE / LINE_STEP) + 1)
    terms = term(u) * (u[1] - u[0])
    value, settled = quadrature.halved(terms, enough)
    return value if settled else quadrature.along(term, -LINE, LINE, 4 * LINE_STEP, stretch=True, enough=enough)


def sinc(order: Any, argument: np.ndarray) -> np.ndarray:
    """(2k+1)!! j_k(u) / u^k; its power series where u is small against k, and j_k loses its digits."""
    from scipy import special

    k, u = whole(order), np.abs(np.asarray(argument, dtype=float))
    small = u < math.sqrt(2 * k + 3)
    square, term, series = np.where(small, u * u / 2, 0.0), np.ones_like(u), np.ones_like(u)
    for n in range(1, SINC_TERMS):
        term = term * -square / (n * (2 * (n + k) + 1))
        series = series + term
    wide = np.where(small, 1.0, u)
    return np.where(small, series, special.factorial2(2 * k + 1) * special.spherical_jn(k, wide) / wide**k)


class Torch(Backend):
    """Differentiable tensors of the dtype and device of the inputs."""

    @functools.cached_property
    def torch(self):
        import torch

        return torch

    @functools.cached_property
    def table(self):
        t = self.torch
        return {
            sp.exp: t.exp,
            sp.log: t.log,
            sp.sin: t.sin,
            sp.cos: t.cos,
            sp.tan: t.tan,
            sp.sinh: t.sinh,
            sp.cosh: t.cosh,
            sp.tanh: t.tanh,
            sp.asin: t.asin,
            sp.acos: t.acos,
            sp.atan: t.atan,
            sp.Abs: t.abs,
            sp.sign: t.sign,
            sp.erf: t.special.erf,
            sp.erfc: t.special.erfc,
            sp.loggamma: t.lgamma,
            sp.sech: lambda a: 2 * t.exp(-t.abs(a)) / (1 + t.exp(-2 * t.abs(a))),
            sp.digamma: t.digamma,
            sp.polygamma: self._polygamma,
            sp.Max: lambda *a: functools.reduce(t.maximum, map(self.tensor, a)),
            sp.Min: lambda *a: functools.reduce(t.minimum, map(self.tensor, a)),
        }

    def _polygamma(self, order, value):
        if whole(order) == 0:
            return self.torch.digamma(value)
        first = self.tensor(order + 1)  # by Hurwitz's zeta: torch's own trigamma has nine digits
        return (-1) ** (int(order) + 1) * math.factorial(int(order)) * self.torch.special.zeta(first, value)

    def tensor(self, value):
        if self.torch.is_tensor(value):
            return value
        number = np.asarray(value, dtype=float) if np.ndim(value) else float(value)
        return self.torch.tensor(number, dtype=self.torch.float64)

    def number(self, value):
        return float(value)

    def constant(self, value):
        number = float(value)
        return lambda env: number

    def built(self, node):
        if node.is_Function and not node.free_symbols and not isinstance(node, sp.Piecewise):
            return self.constant(node)
        return super().built(node)

    def piecewise(self, node, env):
        # Each branch is evaluated at arguments where it is active only, or its gradient turns into nan.
        result: Any = None
        for value, condition in reversed(node.args):
            if condition == sp.true:
                result = self.tensor(self.evaluate(value, env))
                continue
            active = compare(condition, self, env)
            inside = {k: self.torch.where(active, v, self._inside(condition, k, v)) for k, v in env.items()}
            branch = self.tensor(self.evaluate(value, inside))
            result = branch if result is None else self.torch.where(active, branch, result)
        return result

    def _inside(self, condition, symbol, value):
        """A constant at which the condition holds, to feed an inactive branch."""
        place = holds_at(condition, symbol)
        return value if place is None else self.torch.full_like(value, place)


@functools.lru_cache(maxsize=256)
def holds_at(condition: sp.Rel, symbol: sp.Symbol) -> float | None:
    """A number, one beside the edge of a condition on a single letter, for which it holds; None if none was found."""
    if condition.free_symbols != {symbol}:
        return None
    edge = sp.solve(condition.lhs - condition.rhs, symbol)[0]
    places = [edge + offset for offset in (-1, 1) if condition.subs(symbol, edge + offset) == sp.true]
    return float(places[0]) if places else None
