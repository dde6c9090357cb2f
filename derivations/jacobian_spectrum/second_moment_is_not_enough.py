r"""Four critical networks with the same mean squared singular value, whose spectra differ.

Premises: linear and rectified networks, Gaussian and orthogonal weights, all at chi_1 = 1. The pages stress that to
keep the mean square of the singular values at 1 does not say how a network behaves. Here are the next moments of four
such networks. The rectified network with orthogonal weights and the linear one with Gaussian weights agree in their
spread as well, though half of the singular values of the first one vanish; the third moment tells them apart.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.jacobian_spectrum import MEAN, gaussian_product, orthogonal_isometry, relu_gaussian, relu_orthogonal
from derivations.proof import Step
from derivations.statement import Limit, Statement
from derivations.symbols import L, N, chi_1


def moment(order: int, network: str) -> sp.Symbol:
    """The letter for a moment of one of the networks."""
    return sp.Symbol(rf"m_{order}^{{\mathrm{{{network}}}}}", positive=True)


ORTHOGONAL, GAUSSIAN, RECTIFIED, BOTH = (moment(2, name) for name in ("linear, O", "linear, G", "relu, O", "relu, G"))
THIRD_GAUSSIAN, THIRD_RECTIFIED = moment(3, "linear, G"), moment(3, "relu, O")

STATEMENT = Statement(
    module=__name__,
    title="The mean squared singular value is not enough",
    formula=sp.Eq(
        sp.Tuple(ORTHOGONAL, GAUSSIAN, RECTIFIED, BOTH, THIRD_GAUSSIAN, THIRD_RECTIFIED),
        sp.Tuple(1, L + 1, L + 1, 2 * L + 1, (L + 1) * (3 * L + 2) / 2, (3 * L * (L + 1) + 2) / 2),
        evaluate=False,
    ),
    parameters=(jacobian_spectrum.LAYERS.narrowed("at least two", domain=sp.Range(2, sp.oo)),),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        "All four networks are critical and without biases: sigma_w is 1 for linear networks and sqrt(2) for "
        "rectified ones, "
        "so that the mean squared singular value is 1. Upper letters say which weights: Gaussian or orthogonal.",
        jacobian_spectrum.POWERS,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J13",),
    uses=(
        "jacobian_spectrum.gaussian_product",
        "jacobian_spectrum.orthogonal_isometry",
        "jacobian_spectrum.relu_gaussian",
        "jacobian_spectrum.relu_orthogonal",
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the laws of the four networks to their second and third moments."""
    isometry, gaussian, rectified, both, third_gaussian, third_rectified = STATEMENT.right
    fuss_catalan = gaussian_product.STATEMENT.right[1]
    linear = {chi_1: 1, orthogonal_isometry.SPREAD: 1}
    K = gaussian_product.K

    def number(order: int) -> sp.Expr:
        return sp.gammasimp(fuss_catalan.subs(K, order).rewrite(sp.gamma))

    return (
        Step(
            claim="All four networks have the mean 1.",
            because="The Fuss-Catalan number of order 1, and the first moment of orthogonal weights at chi_1 = 1; the "
            "laws of rectified networks have the mean 1.",
            shows=sp.Eq(MEAN, 1, evaluate=False),
            means=({MEAN: number(1)}, {MEAN: orthogonal_isometry.STATEMENT.right[0].subs(chi_1, 1)}),
        ),
        Step(
            claim="A linear network with orthogonal weights has no spread; one with Gaussian weights has the variance "
            "L.",
            because="Equal slopes have mu = 1; the Fuss-Catalan number of order 2 is taken.",
            obligation=(
                orthogonal_isometry.STATEMENT.right[1].subs(linear) - isometry,
                sp.simplify(number(2) - gaussian),
            ),
            shows=sp.Eq(sp.Tuple(ORTHOGONAL, GAUSSIAN), sp.Tuple(isometry, gaussian), evaluate=False),
        ),
        Step(
            claim="A rectified network with orthogonal weights has the same variance L; one with Gaussian weights 2 L.",
            because="The second moments of both laws are taken.",
            obligation=(
                relu_orthogonal.STATEMENT.right[3] - rectified,
                relu_gaussian.STATEMENT.right[3] - both,
                rectified - gaussian,
            ),
            shows=sp.Eq(sp.Tuple(RECTIFIED, BOTH), sp.Tuple(rectified, both), evaluate=False),
        ),
        Step(
            claim="The third moment tells the two of equal variance apart, by L.",
            because="The Fuss-Catalan number of order 3 and the third moment of the law of the rectified network.",
            obligation=(
                sp.simplify(number(3) - third_gaussian),
                sp.expand(relu_orthogonal.STATEMENT.right[4] - third_rectified),
                sp.expand(third_gaussian - third_rectified - L),
            ),
            shows=sp.Eq(THIRD_GAUSSIAN - THIRD_RECTIFIED, L, evaluate=False),
        ),
    )
