r"""The kernel of a wide random network, from layer to layer: the covariance of a preactivation for two inputs.

Premises: independent weights of mean 0 and variance sigma_w^2 / N and biases of variance sigma_b^2, as for the variance
of one input; the two inputs pass through the same weights. The recursion K' = sigma_b^2 + sigma_w^2 <phi(u) phi(v)> has
no symbol of the input: it enters through the first layer only, which the slide leaves out, K^1 = sigma_b^2 + sigma_w^2
x.x' / N_0. For relu and erf the average over the correlated pair (u, v) is a closed form. Both follow from the heat
equation of the Gaussian density, by which a derivative with respect to the covariance moves onto the activations.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.activations import ERF, RELU
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import K_II, K_IJ, K_JJ, N, Omega_IJ, c_IJ, phi, sigma_b, sigma_w, x

KERNEL = Source(
    document="002",
    where=("Wide Limit (Lee & Bahri et al., arXiv:1711.00165): the recursion relation of the Gaussian Kernel"),
)
CHO = Source(document="cho2009kernel", where="the arc-cosine kernel of degree 1")
WILLIAMS = Source(document="williams1996computing", where="the kernel of error functions")
FIRST, OF_RELU, OF_ERF = sp.symbols("K^1_{IJ} K^{l+1}_{IJ}(relu) K^{l+1}_{IJ}(erf)", real=True)
RELU_KERNEL = sp.sqrt(K_II * K_JJ) / (2 * sp.pi) * (sp.sqrt(1 - c_IJ**2) + (sp.pi - sp.acos(c_IJ)) * c_IJ)
ERF_KERNEL = 2 / sp.pi * sp.asin(2 * K_IJ / sp.sqrt((1 + 2 * K_II) * (1 + 2 * K_JJ)))

STATEMENT = Statement(
    module=__name__,
    title="Kernel of two inputs from layer to layer",
    formula=sp.Eq(
        sp.Tuple(FIRST, OF_RELU, OF_ERF),
        sp.Tuple(*(sigma_b**2 + sigma_w**2 * average for average in (Omega_IJ, RELU_KERNEL, ERF_KERNEL))),
        evaluate=False,
    ),
    where=(sp.Eq(c_IJ, K_IJ / sp.sqrt(K_II * K_JJ), evaluate=False),),
    parameters=(
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        Parameter(symbol=Omega_IJ, meaning="product of two inputs per entry", domain=sp.S.Reals, typical=(-3, 3)),
        Parameter(symbol=K_II, meaning="variance for the first input at layer l", domain=POSITIVE, typical=(1, 5)),
        Parameter(symbol=K_JJ, meaning="variance for the second input at layer l", domain=POSITIVE, typical=(1, 5)),
        Parameter(symbol=K_IJ, meaning="their covariance at layer l", domain=sp.S.Reals, typical=(-0.9, 0.9)),
    ),
    assumptions=(
        mean_field.WIDE,
        mean_field.FRESH,
        "Both inputs pass through the same weights and biases.",
        "|K_IJ| is at most sqrt(K_II K_JJ), as of every covariance.",
        "That the fixed-point equations are the same for all inputs does not make their solution the same: relu with "
        "sigma_w^2 = 2 and without biases keeps every variance.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(KERNEL, CHO, WILLIAMS),
    covers=("D4", "D7"),
    uses=(variance_map.STATEMENT.id,),
)

u, v = price.u, price.v
GAUSSIAN_PAIR = {price.q_u: K_II, price.q_v: K_JJ, price.c: K_IJ}


def resolved(expression: sp.Expr) -> sp.Expr:
    """The expression with the correlation replaced by its definition."""
    return expression.subs({d.lhs: d.rhs for d in STATEMENT.where})


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From one explicit layer to the recursion; then its average for relu and for erf from the heat equation."""
    return (*_recursion(), *price.derivation(), *_relu(), *_erf())


def _recursion() -> tuple[Step, ...]:
    fields, variances, here = variance_map.layer(1, 3)
    there = sp.symbols("y_1:4", real=True)
    other = fields[0].subs(dict(zip(here, there, strict=True)))
    overlap = sum((a * b for a, b in zip(here, there, strict=True)), sp.S.Zero) / 3
    covariance = variance_map.mean(fields[0] * other, variances)
    pair = sp.Function("p", real=True)(u, v)
    average = sp.Integral(phi(u) * phi(v) * pair, (u, -sp.oo, sp.oo), (v, -sp.oo, sp.oo))
    product = sp.Symbol(r"\mathbb{E}\, h_i^I h_i^J")
    return (
        Step(
            claim="Averaged over weights and bias, the product of a preactivation for two inputs is sigma_b^2 + "
            "sigma_w^2 times the mean product of the signals before it.",
            because="Second moments of the weights and the bias of a neuron with three inputs.",
            shows=sp.Eq(product, sigma_b**2 + sigma_w**2 * overlap, evaluate=False),
            means={product: covariance},
        ),
        Step(
            claim="In the first layer the signals are the inputs themselves.",
            because="The mean product of the signals is x^I . x^J / N_0 there.",
            obligation=covariance - STATEMENT.right[0].subs(Omega_IJ, overlap),
            shows=sp.Eq(FIRST, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="In later layers the mean product becomes the average of phi(u) phi(v) over a Gaussian pair with the "
            "kernel of the layer before; nothing else of the inputs enters.",
            because="Law of large numbers and induction over the layers, as for the variance of one input.",
            assumption=variance_map.GAUSSIAN,
            shows=sp.Eq(sp.Symbol("K^{l+1}_{IJ}"), sigma_b**2 + sigma_w**2 * average, evaluate=False),
        ),
    )


def _relu() -> tuple[Step, ...]:
    kernel = resolved(STATEMENT.right[1])
    P = sp.Function("p", real=True)(u, v, price.c)
    positive, h, variance = sp.symbols("p h V", positive=True)
    density = sp.exp(-(h**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    half = sp.sqrt(variance / (2 * sp.pi))  # mean of relu(h)
    corner = sp.exp(price.log_density().subs({u: 0, v: 0})).subs(GAUSSIAN_PAIR)
    average, there = sp.Symbol(r"\langle \phi(u) \phi(v) \rangle"), sp.Symbol("r", positive=True)
    quadrant, mass = (sp.Integral(inside * P, (u, 0, sp.oo), (v, 0, sp.oo)) for inside in (u * v, 1))
    rate = sp.Derivative(quadrant, price.c)
    mean = sp.Integral(h * density, (h, 0, sp.oo))
    antiderivative = -variance * density
    apart, alike = kernel.subs(K_IJ, 0), kernel.subs(K_JJ, K_II).subs(K_IJ, K_II)
    return (
        Step(
            claim="relu passes what is positive and nothing else.",
            because="The activation at positive numbers and at their negatives: only where both are positive is what "
            "stands under the average not zero.",
            shows=sp.Eq(average, quadrant, evaluate=False),
            means=tuple(
                {
                    average: RELU.expression.subs(x, s * positive) * RELU.expression.subs(x, t * there),
                    quadrant: (quadrant.function / P).subs({u: positive, v: there}) if s == t == 1 else 0,
                }
                for s in (1, -1)
                for t in (1, -1)
            ),
        ),
        Step(
            claim="The derivative of its average by the covariance is the probability of the positive quadrant.",
            because="By the heat equation dp/dc = d2p/du dv; u v d2p/du dv - p is a divergence whose fields u v dp/dv "
            "and v p vanish on the edges of the quadrant and far away.",
            obligation=((u * v * P.diff(v)).subs(u, 0), (v * P).subs(v, 0)),
            shows=sp.Eq(rate, mass, evaluate=False),
            means={
                rate: quadrant.function / P * P.diff(u, v),
                mass: mass.function + (u * v * P.diff(v)).diff(u) - (v * P).diff(v),
            },
        ),
        Step(
            claim="The derivative of that probability is the density at the corner, and so is that of the formula.",
            because="By the heat equation the integrand is d2p/du dv; the formula is differentiated twice.",
            obligation=sp.diff(kernel, K_IJ, 2) - sigma_w**2 * corner,
            shows=sp.Eq(sp.Derivative(OF_RELU, (K_IJ, 2)), sigma_w**2 * corner, evaluate=False),
        ),
        Step(
            claim="The mean of relu under a Gaussian of variance V is sqrt(V / (2 pi)).",
            because="V times the density of h is an antiderivative of - h times the density; it vanishes far away.",
            obligation=sp.diff(antiderivative, h) - mean.function,
            shows=sp.Eq(mean, half, evaluate=False),
            means={mean: sp.limit(antiderivative, h, sp.oo) - antiderivative.subs(h, 0)},
        ),
        Step(
            claim="Without correlation the quadrant has the probability 1 / 4 and the average is the product of the "
            "means; the formula agrees, so it is the average for every covariance.",
            because="Value and slope of the formula at covariance 0; two integrations from there leave no freedom.",
            obligation=(
                apart - sigma_b**2 - sigma_w**2 * half.subs(variance, K_II) * half.subs(variance, K_JJ),
                sp.diff(kernel, K_IJ).subs(K_IJ, 0) - sigma_w**2 * sp.Rational(1, 2) ** 2,
            ),
            shows=sp.Eq(OF_RELU, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="For equal inputs it is the map of the variance, V / 2 for relu.",
            because="The squares of relu at h and -h add up to h^2; the formula at K_IJ = K_II = K_JJ.",
            obligation=(
                RELU.expression.subs(x, positive) ** 2 + RELU.expression.subs(x, -positive) ** 2 - positive**2,
                alike - variance_map.STATEMENT.right[0].replace(GaussE, lambda _, z: GaussE(K_II * z**2 / 2, z)).doit(),
            ),
            shows=sp.Eq(OF_RELU, sigma_b**2 + sigma_w**2 * K_II / 2, evaluate=False),
            means={OF_RELU: alike},
        ),
    )


def _erf() -> tuple[Step, ...]:
    kernel = resolved(STATEMENT.right[2])
    covariance = sp.Matrix([[K_II, K_IJ], [K_IJ, K_JJ]])
    widened = sp.eye(2) + 2 * covariance
    narrowed = (covariance.inv() + 2 * sp.eye(2)).inv().applyfunc(sp.cancel)
    narrow = {price.q_u: narrowed[0, 0], price.q_v: narrowed[1, 1], price.c: narrowed[0, 1]}
    log_p = price.log_density()
    normal = log_p.subs({u: 0, v: 0})
    slopes = ERF.derivative(1).subs(x, u) * ERF.derivative(1).subs(x, v)
    wide, tight = ((log_p - normal).subs(law) for law in (GAUSSIAN_PAIR, narrow))
    derivative, average = 4 / (sp.pi * sp.sqrt(widened.det())), sp.Symbol(r"\langle \phi'(u) \phi'(v) \rangle")
    apart = sp.factor(widened.det().subs(K_IJ, 0))
    return (
        Step(
            claim="The product of the derivatives of two error functions is 4 / pi times exp(-u^2 - v^2).",
            because="Derivative of the activation.",
            obligation=slopes - 4 / sp.pi * sp.exp(-(u**2) - v**2),
            shows=sp.Eq(sp.Derivative(ERF.expression, x), ERF.derivative(1), evaluate=False),
        ),
        Step(
            claim="Times the Gaussian density this is again a Gaussian, of covariance (K^-1 + 2)^-1, divided by the "
            "square root of det(1 + 2 K); its average is 4 / pi over that root.",
            because="The exponents agree, and the determinants of K and of the new covariance have that ratio.",
            obligation=sp.together(-(u**2) - v**2 + wide - tight),
            shows=sp.Eq(average, derivative, evaluate=False),
            means={average: slopes.subs({u: 0, v: 0}) / sp.sqrt(sp.cancel(covariance.det() / narrowed.det()))},
        ),
        Step(
            claim="The formula has this derivative by the covariance.",
            because="Price's theorem, and the formula differentiated; squares of both sides, which are positive.",
            obligation=sp.diff(kernel, K_IJ) ** 2 - sigma_w**4 * derivative**2,
            shows=sp.Eq(sp.Derivative(OF_ERF, K_IJ), sigma_w**2 * derivative, evaluate=False),
        ),
        Step(
            claim="Without correlation the average vanishes, as does the formula; so it is the average for every "
            "covariance.",
            because="erf is odd, hence its mean is zero; the derivative at covariance zero is positive as well.",
            obligation=(
                ERF.expression + ERF.expression.subs(x, -x),
                kernel.subs(K_IJ, 0) - sigma_b**2,
                sp.diff(kernel, K_IJ).subs(K_IJ, 0) - sigma_w**2 * 4 / (sp.pi * sp.sqrt(apart)),
            ),
            shows=sp.Eq(OF_ERF, STATEMENT.right[2], evaluate=False),
        ),
    )
