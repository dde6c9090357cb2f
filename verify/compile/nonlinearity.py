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
from verify.compile.exact import Mpmath
from verify.compile.structure import monomial, scales, terms, turned

DIGITS, STEPS, HALF = 100, (mpmath.mpf(10) ** -20, mpmath.mpf(10) ** -30), 0.499  # of the look beside a kink
EXACT = Mpmath()
CLOSED = ("relu", "erf", "hard_tanh", "sin")


@functools.cache
def nonlinearity(activation: Activation) -> Nonlinearity:
    """The activation as the solvers take it; the same object each time, since they remember what they worked out."""
    jumps = bool(activation.breakpoints) and activation.smoothness < 0
    # Beside its jumps a step has a slope; the distribution at the jumps is left to whoever reads `jumps`.
    smooth = replace(activation, smoothness=0) if jumps else activation
    places = scales(activation)
    reach = activation.pole_distance or (
        min((width for _, width in places), default=1) if not _named(activation) else 1
    )
    return Nonlinearity(
        name=activation.name,
        value=_finite(activation, 0),
        first=_finite(smooth, 1),
        second=_finite(activation, 2) if _bends(activation) else None,
        breakpoints=_places(activation),
        reach=float(reach),
        scales=places,
        jumps=jumps,
        closed=activation.name if activation.name in CLOSED and _named(activation) else None,
        near_zero=near_zero(activation),
        monomial=monomial(activation),
        terms=terms(activation),
    )


def _places(activation: Activation) -> tuple[float, ...]:
    """The breakpoints that float64 tells apart."""
    with mpmath.workdps(DIGITS):
        return tuple(sorted({float(EXACT.evaluate(place, {})) for place in activation.breakpoints}))


def _bends(activation: Activation) -> bool:
    """Whether E phi''^2 exists: phi' is continuous, and phi'' ~ h^-s beside a kink has s < 1/2."""
    if not activation.breakpoints:
        return True
    if activation.smoothness < 1:
        return False
    second = mpmath_function(activation, 2)
    with mpmath.workdps(DIGITS):
        for place in activation.breakpoints:
            at = EXACT.evaluate(place, {})
            for side in (-1, 1):
                near, nearer = (abs(second(at + side * step)) for step in STEPS)
                if nearer > STEPS[0] and nearer >= near * (STEPS[0] / STEPS[1]) ** HALF:
                    return False
    return True


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
        lost = ~np.isfinite(values)
        if np.any(lost):
            places, back = np.unique(np.asarray(x)[lost], return_inverse=True)  # often one place, beside a kink
            with mpmath.workdps(30):
                values[lost] = np.array([_real(exact(mpmath.mpf(float(place)))) for place in places])[back]
        return values

    return function


def _real(value: mpmath.mpf | mpmath.mpc) -> float:
    return float(value) if isinstance(value, mpmath.mpf) else float("nan")
