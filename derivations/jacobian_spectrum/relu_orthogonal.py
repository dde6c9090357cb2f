r"""Singular values of the Jacobian of a deep rectified network with orthogonal weights.

Premises: square orthogonal weights, uniformly random, times sqrt(2), which is the critical point; relu switches half of
the neurons of every layer off. The page says how the largest singular value and the fraction near 1 go with depth; here
is the whole law. Its largest squared singular value is that of a product of L - 1 Gaussian matrices, and half of all
singular values vanish: orthogonal weights do not make a rectified network an isometry.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.proof import Step
from derivations.statement import Limit, Statement
from derivations.symbols import L, N, s

HALF = sp.Rational(1, 2)
LAW = jacobian_spectrum.switched_law(HALF)

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of rectified networks with orthogonal weights",
    formula=sp.Eq(
        sp.Tuple(
            s,
            jacobian_spectrum.ABOVE,
            jacobian_spectrum.LARGEST,
            jacobian_spectrum.SECOND,
            jacobian_spectrum.THIRD,
        ),
        sp.Tuple(LAW[0], LAW[1], LAW[2], 1 + L, 1 + 3 * L * (1 + L) / 2),
        evaluate=False,
    ),
    parameters=(
        jacobian_spectrum.LAYERS.narrowed("at least two", domain=sp.Range(2, sp.oo)),
        jacobian_spectrum.ANGLE.narrowed("from 0 to pi / L"),
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        "Weights are uniformly random orthogonal matrices times sqrt(2), without biases; the activation is relu.",
        jacobian_spectrum.COUNTED,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J3",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From slopes that are 1 or 0, each for half of the neurons, to the law; and the comparison with Gaussian
    weights."""
    right = STATEMENT.right
    return (
        *jacobian_spectrum.switched_orthogonal(HALF, tuple(right)),
        Step(
            claim="The largest squared singular value is that of a linear network with Gaussian weights of one layer "
            "less.",
            because="(L + 1)^(L + 1) / L^L is taken at L - 1 layers.",
            obligation=((L + 1) ** (L + 1) / L**L).subs(L, L - 1) - right[2],
            shows=sp.Eq(jacobian_spectrum.LARGEST, right[2], evaluate=False),
        ),
    )
