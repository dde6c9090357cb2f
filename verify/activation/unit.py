"""What an activation makes of a unit Gaussian: mean, variance, and the gains that undo them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derivations.activations import Activation
from numerics.solvers.kernel_shaping import averages
from verify.activation.closed_form import closed_form
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
    """The averages, by quadrature; by the closed form of the kernel where the quadrature does not settle."""
    phi, form = nonlinearity(activation), closed_form(activation)
    try:
        at = averages(phi)
    except ArithmeticError:
        if form is None:
            return NOTHING
        one = np.ones(())
        mean, square = float(form.kernel.mean(one)), float(form.kernel.product(one, one, one))
        variance, gradient = square - mean**2, float(form.kernel.slope(one, one, one)) if form.slope else None
    else:
        mean, variance = at.mean + at.centre, at.square - at.mean**2
        mean = mean if abs(mean) > ROUNDING * at.square**0.5 else 0.0
        square, gradient = variance + mean**2, at.gradient
    if phi.jumps:
        gradient = None
    return Unit(
        mean=mean,
        square=square,
        variance=variance,
        one_over_std=_root(variance),
        gain_forward=_root(square),
        gain_backward=_root(gradient),
    )


def _root(value: float | None) -> float | None:
    return value**-0.5 if value else None
