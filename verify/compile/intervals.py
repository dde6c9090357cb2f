"""Intervals of float64 numbers: many at a time, rounded outwards, so that what they exclude is excluded.

Every operation widens its result by more than the error of NumPy's and SciPy's functions. What is not defined on an
interval has the whole line as its value, and so decides nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.activations import Sinc
from verify.compile.walker import Backend

ULPS, LEAST = 2.0**-48, 1e-300  # by which ends are moved outwards: relative, absolute
LARGEST = np.finfo(float).max


class Interval:
    """The numbers from `low` to `high`, elementwise for arrays; ends may be infinite."""

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any):
        self.low, self.high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)

    def __add__(self, other: Interval) -> Interval:
        return _outward(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        ends = [np.where(np.isnan(end), 0.0, end) for end in ends]  # 0 times a number however large
        return _outward(functools.reduce(np.minimum, ends), functools.reduce(np.maximum, ends))

    def __pow__(self, exponent: sp.Rational) -> Interval:
        if exponent.is_negative:
            return (self ** (-exponent)).inverse()
        if not exponent.is_Integer:
            power = float(exponent)
            return _outward(np.maximum(self.low, 0) ** power, np.where(self.high < 0, np.nan, self.high) ** power)
        ends = self.low ** int(exponent), self.high ** int(exponent)
        if exponent % 2:
            return _outward(*ends)
        low = np.where((self.low <= 0) & (self.high >= 0), 0.0, np.minimum(*ends))
        return _outward(low, np.maximum(*ends))

    def inverse(self) -> Interval:
        """1 over it; the whole line where it contains zero."""
        zero = (self.low <= 0) & (self.high >= 0)
        return _outward(np.where(zero, -np.inf, 1 / self.high), np.where(zero, np.inf, 1 / self.low))

    def without_zero(self) -> np.ndarray:
        """Where it is proved to contain no zero."""
        return (self.low > 0) | (self.high < 0)


def _outward(low: np.ndarray, high: np.ndarray) -> Interval:
    unknown = np.isnan(low) | np.isnan(high)
    low, high = np.minimum(low, LARGEST), np.maximum(high, -LARGEST)  # an overflow says no more than that
    return Interval(
        np.where(unknown, -np.inf, low - np.abs(low) * ULPS - LEAST),
        np.where(unknown, np.inf, high + np.abs(high) * ULPS + LEAST),
    )


def _rising(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Interval], Interval]:
    return lambda a: _outward(function(a.low), function(a.high))


def _falling(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Interval], Interval]:
    return lambda a: _outward(function(a.high), function(a.low))


def _size(a: Interval) -> Interval:
    """Of the absolute value."""
    ends = np.abs(a.low), np.abs(a.high)
    return Interval(np.where((a.low <= 0) & (a.high >= 0), 0.0, np.minimum(*ends)), np.maximum(*ends))


def _log(a: Interval) -> Interval:
    return _outward(np.where(a.low > 0, np.log(np.maximum(a.low, LEAST)), -np.inf), np.log(a.high))


def _wave(a: Interval, peak: float) -> Interval:
    """sin (peak pi/2) or cos (peak 0): 1 at peak + 2 pi k, -1 half a turn later."""
    function = np.sin if peak else np.cos
    spare = 1e-14 * (1 + np.maximum(np.abs(a.low), np.abs(a.high)))
    low, high = a.low - spare, a.high + spare

    def inside(place: float) -> np.ndarray:
        turns = 2 * math.pi
        return ~(np.floor((high - place) / turns) == np.floor((low - place) / turns))  # not finite: inside

    ends = function(a.low), function(a.high)
    far = ~(spare < 1e-6)
    least = np.where(inside(peak + math.pi) | far, -1.0, np.minimum(*ends) - spare)
    most = np.where(inside(peak) | far, 1.0, np.maximum(*ends) + spare)
    return _outward(np.maximum(least, -1), np.minimum(most, 1))


def _tan(a: Interval) -> Interval:
    return _wave(a, math.pi / 2) * _wave(a, 0.0).inverse()


class Intervals(Backend):
    """Expressions over intervals of float64 numbers."""

    @functools.cached_property
    def table(self):
        from scipy import special

        return {
            sp.exp: _rising(np.exp),
            sp.log: _log,
            sp.sin: lambda a: _wave(a, math.pi / 2),
            sp.cos: lambda a: _wave(a, 0.0),
            sp.tan: _tan,
            sp.sinh: _rising(np.sinh),
            sp.cosh: lambda a: _rising(np.cosh)(_size(a)),
            sp.sech: lambda a: _falling(lambda v: 1 / np.cosh(v))(_size(a)),
            sp.tanh: _rising(np.tanh),
            sp.coth: lambda a: _rising(np.tanh)(a).inverse(),
            sp.asinh: _rising(np.arcsinh),
            sp.acosh: _rising(np.arccosh),
            sp.atan: _rising(np.arctan),
            sp.atanh: _rising(np.arctanh),
            sp.asin: _rising(np.arcsin),
            sp.acos: _falling(np.arccos),
            sp.erf: _rising(special.erf),
            sp.erfc: _falling(special.erfc),
            sp.Abs: _size,
            sp.sign: _rising(np.sign),
            Sinc: lambda _, a: _outward(np.full_like(a.low, -1.0), np.full_like(a.high, 1.0)),
        }

    def number(self, value):
        near = float(value)
        return _outward(np.float64(near), np.float64(near))

    def constant(self, value):
        number = self.number(value)
        return lambda env: number

    def raised(self, base, exponent, node):
        if node.exp.is_Rational:
            return lambda env: base(env) ** node.exp
        exp, log = self.table[sp.exp], self.table[sp.log]
        return lambda env: exp(exponent(env) * log(base(env)))
