"""An activation for the solvers: its SymPy form and derivatives as float64 callables that do not overflow."""

from __future__ import annotations

import functools

import mpmath
import numpy as np

from derivations.activations import ACTIVATIONS, Activation
from numerics.solvers.nonlinearity import Function, Nonlinearity
from verify.compile import mpmath_function, numpy_function

CLOSED = ("relu", "erf", "hard_tanh", "sin")


@functools.cache
def nonlinearity(activation: Activation) -> Nonlinearity:
    """The activation as the solvers take it; the same object each time, since they remember what they worked out."""
    jumps = activation.breakpoints and activation.smoothness < 1
    reach = activation.pole_distance
    return Nonlinearity(
        name=activation.name,
        value=_finite(activation, 0),
        first=_finite(activation, 1),
        second=None if jumps else _finite(activation, 2),
        breakpoints=tuple(float(place) for place in activation.breakpoints),
        reach=1.0 if reach is None else float(reach),
        closed=activation.name if activation.name in CLOSED and ACTIVATIONS[activation.name] == activation else None,
    )


def _finite(activation: Activation, order: int) -> Function:
    """A derivative of an activation; where float64 overflows on the way (log(1 + e^800)), mpmath takes over."""
    fast, exact = numpy_function(activation, order), mpmath_function(activation, order)

    def function(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            values = np.array(np.broadcast_to(fast(x), np.shape(x)), dtype=float)
        for place in np.argwhere(~np.isfinite(values)):
            with mpmath.workdps(30):
                values[tuple(place)] = _real(exact(mpmath.mpf(float(x[tuple(place)]))))
        return values

    return function


def _real(value: mpmath.mpf | mpmath.mpc) -> float:
    return float(value) if isinstance(value, mpmath.mpf) else float("nan")
