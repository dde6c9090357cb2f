r"""The autocorrelation of the image of a circle: its kernel at every layer, averaged over the circle.

Premises: the kernel q^l(theta_1, theta_2) = (1 / N_l) sum_i h_i(theta_1) h_i(theta_2) of a curve in a layer, and the
mean of q^l(theta, theta + Delta) over theta. The slide writes the mean as the integral over theta; it lacks 1 / (2 pi).
In a wide random network the kernel of the circle's image depends on the difference of the angles alone, layer by layer,
so that the mean follows the recursion of the kernel. For error functions the recursion is a closed form. On equally
spaced angles the mean is the Fourier transform of the power spectrum, which is how it is measured.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import manifold_geometry
from derivations.calculus import mean_field
from derivations.manifold_geometry import curvature_recursion, great_circle
from derivations.proof import Step
from derivations.signal_propagation import kernel_recursion
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import (
    K_II,
    K_IJ,
    K_JJ,
    Delta,
    N,
    q,
    q_Delta,
    q_Delta_1,
    q_Delta_l,
    q_star,
    sigma_b,
    sigma_w,
)

KERNEL = Source(document="001", where="Theory of curvature propagation in deep networks")
LEFT = sp.Tuple(q_Delta_1, q_Delta_l)
MEAN = sp.Tuple(q_star * sp.cos(Delta), sigma_b**2 + 2 * sigma_w**2 / sp.pi * sp.asin(2 * q_Delta / (1 + 2 * q_star)))

STATEMENT = Statement(
    module=__name__,
    title="Autocorrelation of the image of a circle, for error functions",
    formula=sp.Eq(LEFT, MEAN, evaluate=False),
    parameters=(
        mean_field.FIXED_LENGTH.narrowed(typical=(1, 5)),
        Parameter(symbol=Delta, meaning="difference of two angles", domain=sp.S.Reals, typical=(-3, 3), unit="rad"),
        Parameter(
            symbol=q_Delta, meaning="autocorrelation at the layer before", domain=sp.S.Reals, typical=(-0.9, 0.9)
        ),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "phi = erf; for other activations the kernel follows its own recursion in the same way.",
        manifold_geometry.FIXED_POINT,
        "The input circle is centred.",
        "|q_Delta| is at most q*, as of every autocorrelation.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        KERNEL,
        Source(document="poole2016exponential", where="Riemannian geometry of curves and its propagation"),
    ),
    covers=("D17",),
    printed=(
        Printed(
            erratum="E19",
            kind="convention",
            formula=sp.Eq(LEFT, sp.Tuple(*(2 * sp.pi * mean for mean in MEAN)), evaluate=False),
            note="The autocorrelation is printed as the integral over theta, which is 2 pi times the mean over the "
            "circle; the recursion holds for the mean.",
            source=KERNEL,
        ),
    ),
    uses=(curvature_recursion.STATEMENT.id, great_circle.STATEMENT.id, kernel_recursion.STATEMENT.id),
)

FOURTH_TURN = 4  # angles in the identity of the Fourier transform


def spectrum(values: tuple[sp.Symbol, ...]) -> list[sp.Expr]:
    """Squared moduli of the discrete Fourier transform, over the squared number of values."""
    count = len(values)
    waves = [sum(v * sp.exp(-2 * sp.pi * sp.I * j * m / count) for j, v in enumerate(values)) for m in range(count)]
    return [sp.expand(wave * sp.conjugate(wave)) / count**2 for wave in waves]


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the circle to the kernel of every layer; from the kernel to its mean over the circle."""
    first, later = STATEMENT.right
    theta = great_circle.angle
    here, there = (great_circle.circle(sp.sqrt(N * q_star), angle) for angle in (theta, theta + Delta))
    radius = sp.sqrt(great_circle.STATEMENT.right[0].subs(q, q_star))
    covariance, overlap = curvature_recursion.layer_covariance(3)
    kernel = sp.Function("Q", real=True)(Delta)
    total = sp.Integral(kernel, (theta, 0, 2 * sp.pi))
    product, transform = sp.Symbol("E[h(theta_1) h(theta_2)]"), sp.Symbol("sum_m P_m exp(2 pi i m/4)")
    pair = {K_II: q_star, K_JJ: q_star, K_IJ: q_Delta}
    values = sp.symbols(f"h_1:{FOURTH_TURN + 1}", real=True)
    means = [
        sum(v * values[(j + shift) % FOURTH_TURN] for j, v in enumerate(values)) / FOURTH_TURN
        for shift in range(FOURTH_TURN)
    ]
    power = spectrum(values)
    back = [
        sum(p * sp.exp(2 * sp.pi * sp.I * m * shift / FOURTH_TURN) for m, p in enumerate(power))
        for shift in range(FOURTH_TURN)
    ]
    return (
        Step(
            claim="The circle has the kernel q* cos(Delta) at all its points.",
            because="Inner product of two points of the circle whose squared radius is N q*, per neuron.",
            obligation=(
                sp.expand_trig(great_circle.dot(here, there) / N - first),
                great_circle.dot(here, here).subs(theta, 0) - radius**2,
            ),
            shows=sp.Eq(q_Delta_1, first, evaluate=False),
        ),
        Step(
            claim="Given the layer before, the covariance of a neuron at two angles is sigma_b^2 + sigma_w^2 times the "
            "mean over the neurons before of the products of their outputs.",
            because="Gaussian moments of the weights and the bias of one neuron with three inputs.",
            shows=sp.Eq(product, overlap, evaluate=False),
            means={product: covariance},
        ),
        Step(
            claim="At infinite width the kernel of a layer is a function of the kernel of the layer before; by "
            "induction it depends on the difference of the angles alone, and is q* where they are equal.",
            because="Law of large numbers, layer by layer, from the circle on; q* is a fixed point of the length map.",
            assumption=curvature_recursion.POOLE,
            shows=sp.Eq(q_Delta_l, curvature_recursion.map_(q_Delta), evaluate=False),
        ),
        Step(
            claim="For error functions the average over two neurons is the arcsine; here both have the variance q*.",
            because="The kernel of two inputs, at equal variances and the covariance of this angle.",
            obligation=later - sigma_b**2 - sigma_w**2 * kernel_recursion.ERF_KERNEL.subs(pair),
            shows=sp.Eq(q_Delta_l, later, evaluate=False),
        ),
        Step(
            claim="The mean over the circle of a kernel that depends on the difference alone is this kernel; the "
            "integral over the circle is 2 pi times as large.",
            because="The integrand does not depend on theta.",
            obligation=total.doit().subs(kernel, later) - 2 * sp.pi * later,
            shows=sp.Eq(total / (2 * sp.pi), kernel, evaluate=False),
            means={total: total.doit()},
        ),
        Step(
            claim="On equally spaced angles the mean is the Fourier transform of the power spectrum.",
            because="Squared moduli of the discrete transform of four values, transformed back.",
            obligation=tuple(sp.expand(means[shift] - back[shift]) for shift in (0, 2, 3)),
            shows=sp.Eq(means[1], transform, evaluate=False),
            means={transform: back[1]},
        ),
        Step(
            claim="A layer keeps the mean even and 2 pi periodic, so that half a turn shows all of it.",
            because="Both are true of the first layer, and a layer maps equal values to equal values.",
            obligation=(first.subs(Delta, -Delta) - first, first.subs(Delta, Delta + 2 * sp.pi) - first),
            shows=sp.Eq(later.subs(q_Delta, first.subs(Delta, -Delta)), later.subs(q_Delta, first), evaluate=False),
        ),
    )
