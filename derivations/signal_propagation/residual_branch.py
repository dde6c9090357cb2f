r"""A residual branch: what adding a random branch to a stream does to lengths, to two inputs and to gradients.

Premises: h' = h + U phi(W h + b) with independent weights, of variance sigma_w^2 / N in W and sigma_u^2 / M in U,
where N is the width of the stream and M that of the branch, and biases of variance sigma_b^2. The branch starts from
what the stream carries, yet its last weights make it uncorrelated with the stream, so that squared lengths and squared
gradients add up. A stream therefore grows by a sum over its branches, and not by a product as a plain network does.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, V_l, c, phi, sigma_b, sigma_u, sigma_w, x

FIELDS = Source(document="yang2017mean", where="recursions of residual networks: length, correlation and gradient")
TWO_POINTS = Source(document="001", where="Propagation of two points through a deep network")
r = sp.Symbol("r_l", positive=True)  # variance of a neuron of the branch
s = sp.Symbol("rho_l", real=True)  # correlation there
VARIANCE, COVARIANCE, BACK = sp.symbols(r"V_{l+1} K_{l+1} G_l", real=True)
SQUARE, PRODUCT, SLOPE = signal_propagation.averages(r, s)

STATEMENT = Statement(
    module=__name__,
    title="A residual branch: lengths, two inputs and gradients",
    formula=sp.Eq(
        sp.Tuple(VARIANCE, COVARIANCE, BACK),
        sp.Tuple(V_l + sigma_u**2 * SQUARE, c * V_l + sigma_u**2 * PRODUCT, 1 + sigma_u**2 * sigma_w**2 * SLOPE),
        evaluate=False,
    ),
    where=(
        sp.Eq(r, sigma_b**2 + sigma_w**2 * V_l, evaluate=False),
        sp.Eq(s, (sigma_b**2 + sigma_w**2 * c * V_l) / r, evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, kinks allowed"),
        mean_field.WEIGHT_SCALE.narrowed("of the branch"),
        mean_field.BIAS_SCALE.narrowed("of the branch"),
        Parameter(
            symbol=sigma_u,
            meaning="standard deviation of sqrt(M) times a weight back into the stream",
            domain=POSITIVE,
            typical=(0.3, 3),
        ),
        signal_propagation.VARIANCE.narrowed("of the stream at layer l"),
        signal_propagation.CORRELATION,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "K_l is the covariance of the stream for two inputs of the same variance V_l.",
        "G_l is the squared norm of a gradient in front of the branch over that behind it, where that gradient does "
        "not depend on the weights of the branch.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(TWO_POINTS, FIELDS),
    covers=("D8", "D9"),
    uses=(variance_map.STATEMENT.id,),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From an explicit branch of a stream of two neurons to second moments, forward and back."""
    variance, covariance, back = STATEMENT.right
    width, inner = 2, 3
    here = sp.symbols("h_1:3", real=True)
    there = sp.symbols("k_1:3", real=True)
    outside = sp.Matrix(width, inner, sp.symbols("u_1:7", real=True))
    inside = sp.symbols("a_1:4", real=True)  # phi of the branch, for one input
    other = sp.symbols("d_1:4", real=True)
    scaled = sigma_u / sp.sqrt(inner)
    one = [here[i] + scaled * sum(outside[i, j] * inside[j] for j in range(inner)) for i in range(width)]
    two = [there[i] + scaled * sum(outside[i, j] * other[j] for j in range(inner)) for i in range(width)]
    square = price.moment(sum(a**2 for a in one) / width, tuple(outside))
    product = price.moment(sum(a * b for a, b in zip(one, two, strict=True)) / width, tuple(outside))
    row, bias = sp.symbols("b_1:3", real=True), sp.Symbol("b", real=True)
    before = [
        sigma_w / sp.sqrt(width) * sum(w * a for w, a in zip(row, at, strict=True)) + sigma_b * bias
        for at in (here, there)
    ]
    fields = [sp.expand(price.moment(sp.expand(before[0] * b), (*row, bias))) for b in before]
    squares = sum(a**2 for a in inside) / inner
    products = sum(a * b for a, b in zip(inside, other, strict=True)) / inner
    weights = sp.Matrix(inner, width, sp.symbols("w_1:7", real=True))
    slopes = sp.symbols("g_1:4", real=True)
    cotangent = sp.Matrix(sp.symbols("v_1:3", real=True))
    jacobian = sp.eye(width) + scaled * sigma_w / sp.sqrt(width) * outside * sp.diag(*slopes) * weights
    gradient = (jacobian.T * cotangent).applyfunc(sp.expand)
    norm = price.moment(sp.expand((gradient.T * gradient)[0]), (*outside, *weights))
    whole = (cotangent.T * cotangent)[0]
    mean_slope = sum(g**2 for g in slopes) / inner
    average, together, steep, V, K = sp.symbols("A B S V_l K_l", real=True)
    mean_square, mean_product = sp.Symbol(r"\mathbb{E}\, \tfrac1N |h'|^2"), sp.Symbol(r"\mathbb{E}\, \tfrac1N h' k'")
    return (
        Step(
            claim="Averaged over the weights back into the stream, squared lengths of stream and branch add up.",
            because="Second moments of the six weights of an explicit branch of three neurons; the term of both is odd "
            "in a weight.",
            shows=sp.Eq(mean_square, V + sigma_u**2 * average, evaluate=False),
            means={mean_square: square, V: sum(a**2 for a in here) / width, average: squares},
        ),
        Step(
            claim="So do the products of two inputs, which pass through the same weights.",
            because="The same moments with the branch at another input.",
            shows=sp.Eq(mean_product, K + sigma_u**2 * together, evaluate=False),
            means={
                mean_product: product,
                K: sum(a * b for a, b in zip(here, there, strict=True)) / width,
                together: products,
            },
        ),
        Step(
            claim="In the branch W h + b has the variance r_l, and rho_l is the correlation of two inputs there.",
            because="Second moments of an explicit neuron of the branch with two inputs, whose mean products are V_l "
            "and c_l V_l.",
            obligation=(
                fields[0] - sigma_b**2 - sigma_w**2 * sum(a**2 for a in here) / width,
                fields[1] - sigma_b**2 - sigma_w**2 * sum(a * b for a, b in zip(here, there, strict=True)) / width,
                STATEMENT.where[0].rhs - sigma_b**2 - sigma_w**2 * V_l,
                STATEMENT.where[1].rhs * r - sigma_b**2 - sigma_w**2 * c * V_l,
            ),
            shows=STATEMENT.where[1],
        ),
        Step(
            claim="In a wide branch the mean products become averages over a Gaussian pair, whose variance and "
            "correlation are those of W h + b.",
            because="Law of large numbers, layer by layer, as for a layer of a plain network.",
            assumption=variance_map.GAUSSIAN,
            shows=sp.Eq(r, STATEMENT.where[0].rhs, evaluate=False),
        ),
        Step(
            claim="Averaged over the weights of the branch, a gradient that does not depend on them gains sigma_u^2 "
            "sigma_w^2 times the mean squared slope, relative to its squared norm.",
            because="The Jacobian 1 + U D W of that branch is transposed and applied; moments of all twelve weights, "
            "the slopes as given.",
            shows=sp.Eq(BACK, 1 + sigma_u**2 * sigma_w**2 * steep, evaluate=False),
            means={BACK: norm / whole, steep: mean_slope},
        ),
        Step(
            claim="With the Gaussian averages in the places of the means these are the three maps.",
            because="Each mean is replaced by its limit.",
            obligation=(
                (V_l + sigma_u**2 * average).subs(average, SQUARE) - variance,
                (c * V_l + sigma_u**2 * together).subs(together, PRODUCT) - covariance,
                (1 + sigma_u**2 * sigma_w**2 * steep).subs(steep, SLOPE) - back,
            ),
            shows=STATEMENT.formula,
        ),
        _growth(),
    )


def _growth() -> Step:
    """Linear branches: the stream grows like the L-th power, and like e with branches scaled by 1 / sqrt(L)."""
    layers = sp.Symbol("L", positive=True)
    linear = STATEMENT.right[0].subs(phi, sp.Lambda(x, x)).doit()
    stream = linear.subs(r, STATEMENT.where[0].rhs).subs(sigma_b, 0)
    return Step(
        claim="Linear branches without biases multiply the squared length by 1 + sigma_u^2 sigma_w^2 each; scaled by "
        "1 / sqrt(L), L of them multiply it by exp(sigma_u^2 sigma_w^2) in the limit.",
        because="The average of phi^2 is r_l; the limit of a power.",
        obligation=sp.limit(layers * sp.log(1 + sigma_u**2 / layers), layers, sp.oo) - sigma_u**2,
        shows=sp.Eq(VARIANCE / V_l, 1 + sigma_u**2 * sigma_w**2, evaluate=False),
        means={VARIANCE: stream},
    )
