"""An activation for the solvers: its SymPy form and derivatives as float64 callables that do not overflow."""

from __future__ import annotations

import functools
from dataclasses import replace

import mpmath
import numpy as np

from derivations.activations import ACTIVATIONS, Activation
from numerics.solvers.nonlinearity import Function, Nonlinearity
from verify.compile import mpmath_function, numpy_function
from verify.compile.enclosure import near_zero
from verify.compile.structure import monomial, scales, terms, turned

CLOSED = ("relu", "erf", "hard_tanh", "sin")


@functools.cache
def nonlinearity(activation: Activation) -> Nonlinearity:
    """The activation as the solvers take it; the same object each time, since they remember what they worked out."""
    jumps = activation.breakpoints and activation.smoothness < 1
    places = scales(activation)
    reach = activation.pole_distance or (
        min((width for _, width in places), default=1) if not _named(activation) else 1
    )
    return Nonlinearity(
        name=activation.name,
        value=_finite(activation, 0),
        first=_finite(activation, 1),
        second=None if jumps else _finite(activation, 2),
        breakpoints=tuple(float(place) for place in activation.breakpoints),
        reach=float(reach),
        scales=places,
        closed=activation.name if activation.name in CLOSED and _named(activation) else None,
        near_zero=near_zero(activation),
        monomial=monomial(activation),
        terms=terms(activation),
    )


def _named(activation: Activation) -> bool:
    return ACTIVATIONS.get(activation.name) == activation


def _finite(activation: Activation, order: int) -> Function:
    """A derivative; where float64 overflows on the way (log(1 + e^800)), an equal form or mpmath takes over."""
    fast, exact = numpy_function(activation, order), mpmath_function(activation, order)
    other = turned(activation.expression)
    equal = numpy_function(replace(activation, expression=other), order) if other != activation.expression else None

    def function(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            values = np.array(np.broadcast_to(fast(x), np.shape(x)), dtype=float)
            if equal is not None:
                lost = ~np.isfinite(values)
                values[lost] = np.broadcast_to(equal(np.asarray(x)[lost]), int(lost.sum()))
        for place in np.argwhere(~np.isfinite(values)):
            with mpmath.workdps(30):
                values[tuple(place)] = _real(exact(mpmath.mpf(float(x[tuple(place)]))))
        return values

    return function


def _real(value: mpmath.mpf | mpmath.mpc) -> float:
    return float(value) if isinstance(value, mpmath.mpf) else float("nan")
