"""What an activation makes of a unit Gaussian: mean, variance, and the gains that undo them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from derivations.activations import Activation
from numerics.solvers.moments import mean, moments
from verify.compile.nonlinearity import nonlinearity

ROUNDING = 1e-15  # of a mean that is zero by symmetry


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Over a unit Gaussian z; None where an average is infinite or out of reach.

    mean, square, variance   E phi, E phi^2, Var phi
    one_over_std             (Var phi)^(-1/2): the factor that standardizes phi
    gain_forward             (E phi^2)^(-1/2): the sigma_w that keeps unit length without biases
    gain_backward            (E phi'^2)^(-1/2): the sigma_w that keeps squared gradients there
    """

    mean: float | None
    square: float | None
    variance: float | None
    one_over_std: float | None
    gain_forward: float | None
    gain_backward: float | None


NOTHING = Unit(mean=None, square=None, variance=None, one_over_std=None, gain_forward=None, gain_backward=None)


def unit(activation: Activation) -> Unit:
    """The averages at variance 1, or none where they do not exist or are out of reach."""
    phi = nonlinearity(activation)
    try:
        at, average = moments(phi, 1.0), mean(phi, 1.0)
    except ArithmeticError:
        return NOTHING
    square, gradient = float(at.square), float(at.gradient)
    average = average if abs(average) > ROUNDING * math.sqrt(square) else 0.0
    variance = square - average**2
    return Unit(
        mean=average,
        square=square,
        variance=variance,
        one_over_std=_root(variance),
        gain_forward=_root(square),
        gain_backward=_root(gradient) if math.isfinite(gradient) else None,
    )


def _root(value: float | None) -> float | None:
    return value**-0.5 if value else None
