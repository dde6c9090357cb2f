r"""Batch normalization in a wide random network: two inputs of a large batch, and gradients that explode.

Premises: h' = W phi(n(h)) + b, where n takes from every neuron its mean over the batch and divides by its standard
deviation over the batch. The batch is large: any two of its inputs have the correlation c_B, but for the pair that is
looked at, of correlation c. Over the batch the mean of a Gaussian neuron has the variance c_B V, and the rest, which is
V (1 - c_B), is what the neuron is divided by. Behind the normalization unrelated inputs are uncorrelated, so that a
settled network multiplies squared gradients by E phi'^2 / (E phi^2 - (E phi)^2), which exceeds 1 unless phi is linear.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import variance_map, z_1, z_2
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import N, V_l, c, c_batch, phi, sigma_b, sigma_w, x, z

FIELDS = Source(document="yang2019mean", where="batch normalization: fixed points and gradient explosion")
TWO_POINTS = Source(document="001", where="Propagation of two points through a deep network")
VARIANCE, COVARIANCE, COMMON, BACK, SETTLED = sp.symbols(r"V_{l+1} K_{l+1} K^B_{l+1} G_l G^{*}", real=True)
chat = sp.Symbol("chat_l", real=True)  # correlation of the pair behind the normalization
SQUARE, MEAN = GaussE(phi(z) ** 2, z), GaussE(phi(z), z)
PRODUCT = GaussE(phi(z_1) * GaussE(phi(chat * z_1 + sp.sqrt(1 - chat**2) * z_2), z_2), z_1)
SLOPE = GaussE(phi(x).diff(x).subs(x, z) ** 2, z)

STATEMENT = Statement(
    module=__name__,
    title="Batch normalization: two inputs, and gradients that explode",
    formula=sp.Eq(
        sp.Tuple(VARIANCE, COVARIANCE, COMMON, BACK, SETTLED),
        sp.Tuple(
            sigma_b**2 + sigma_w**2 * SQUARE,
            sigma_b**2 + sigma_w**2 * PRODUCT,
            sigma_b**2 + sigma_w**2 * MEAN**2,
            sigma_w**2 * SLOPE / (V_l * (1 - c_batch)),
            SLOPE / (SQUARE - MEAN**2),
        ),
        evaluate=False,
    ),
    where=(sp.Eq(chat, (c - c_batch) / (1 - c_batch), evaluate=False),),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, kinks allowed"),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        signal_propagation.VARIANCE.narrowed("at layer l"),
        signal_propagation.CORRELATION.narrowed(domain=sp.Interval(0, 1), typical=(0.05, 0.9)),
        Parameter(
            symbol=c_batch,
            meaning="correlation of any two inputs of a batch that are not a pair",
            domain=sp.Interval(0, sp.Rational(1, 2)),
            typical=(0.1, 0.45),
        ),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "The batch grows with the widths; its inputs have one variance V_l and, but for pairs, one correlation c_B.",
        "Larger c_B go with c_l of at least 2 c_B - 1 only, as in every such covariance.",
        "K_l is the covariance of a pair, K^B_l that of other inputs.",
        "G_l is the squared norm of a gradient by h over that by h', where that gradient does not depend on W; G* is "
        "its value where V_l and c_B are those of the layer before.",
        "There is no gain and no shift of its own in the normalization; phi is not constant.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(TWO_POINTS, FIELDS),
    covers=("D8", "D9"),
    uses=(variance_map.STATEMENT.id,),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a Gaussian neuron over a batch to what it is divided by; then the maps, and the settled network."""
    variance, covariance, common, back, settled = STATEMENT.right
    count = 4
    shared, own = sp.Symbol("x_0", real=True), sp.symbols("x_1:5", real=True)
    values = [sp.sqrt(V_l) * (sp.sqrt(c_batch) * shared + sp.sqrt(1 - c_batch) * a) for a in own]
    middle = sum(values) / count
    spread = price.moment(sp.expand(sum((v - middle) ** 2 for v in values) / count), (shared, *own))
    size = sp.Symbol("B", positive=True)
    pair_other = [  # a pair of correlation c in such a batch
        sp.sqrt(V_l) * (sp.sqrt(c_batch) * shared + sp.sqrt(c - c_batch) * own[0] + sp.sqrt(1 - c) * a)
        for a in own[1:3]
    ]
    centred = [v - sp.sqrt(V_l * c_batch) * shared for v in pair_other]
    product = price.moment(sp.expand(centred[0] * centred[1]), (shared, *own))
    square = price.moment(sp.expand(centred[0] ** 2), (shared, *own))
    weights, bias = sp.symbols("w_1:4", real=True), sp.Symbol("b", real=True)
    here, there = sp.symbols("a_1:4", real=True), sp.symbols("d_1:4", real=True)
    one, two = (
        sigma_w / sp.sqrt(3) * sum(w * a for w, a in zip(weights, at, strict=True)) + sigma_b * bias
        for at in (here, there)
    )
    overlap = sum(a * d for a, d in zip(here, there, strict=True)) / 3
    average, mean, steep = sp.symbols("A m S", real=True)
    settled_variance = sigma_w**2 * (average - mean**2)
    over_batch, of_others = sp.Symbol(r"\mathbb{E}\, s^2"), sp.Symbol("chat_B")
    return (
        Step(
            claim="Over a batch of B inputs of correlation c_B the variance of a neuron is V_l (1 - c_B) (1 - 1 / B) "
            "on average.",
            because="Moments of a Gaussian neuron over a batch of four, what the inputs share and what each has of its "
            "own.",
            instances="a batch of 4",
            shows=sp.Eq(over_batch, V_l * (1 - c_batch) * (1 - 1 / size), evaluate=False),
            means={over_batch: spread, size: count},
        ),
        Step(
            claim="Without the mean over a large batch, the correlation of a pair is (c_l - c_B) / (1 - c_B).",
            because="What all inputs share is taken off; moments of what the pair shares and what each has of its own.",
            obligation=product / square - STATEMENT.where[0].rhs,
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="Inputs that are not a pair are then uncorrelated.",
            because="The correlation c_B in the place of c_l.",
            shows=sp.Eq(of_others, 0, evaluate=False),
            means={of_others: STATEMENT.where[0].rhs.subs(c, c_batch)},
        ),
        Step(
            claim="Averaged over weights and bias, the product of a neuron for two inputs is sigma_b^2 + sigma_w^2 "
            "times the mean product of the signals before it.",
            because="Second moments of a neuron with three inputs.",
            shows=sp.Eq(COVARIANCE, sigma_b**2 + sigma_w**2 * average, evaluate=False),
            means={COVARIANCE: price.moment(one * two, (*weights, bias)), average: overlap},
        ),
        Step(
            claim="In wide layers and large batches means over neurons and over the batch become Gaussian averages.",
            because="Law of large numbers, layer by layer.",
            assumption=variance_map.GAUSSIAN,
            shows=sp.Eq(average, SQUARE, evaluate=False),
        ),
        Step(
            claim="That gives the three maps of unit Gaussians; for uncorrelated ones the average is a product.",
            because="Each mean is replaced by its limit; at correlation 0 the inner average does not depend on z_1.",
            obligation=(
                (sigma_b**2 + sigma_w**2 * average).subs(average, SQUARE) - variance,
                (sigma_b**2 + sigma_w**2 * average).subs(average, PRODUCT) - covariance,
                (sigma_b**2 + sigma_w**2 * mean**2).subs(mean, MEAN) - common,
            ),
            shows=sp.Eq(sp.Tuple(VARIANCE, COVARIANCE, COMMON), sp.Tuple(variance, covariance, common), evaluate=False),
        ),
        Step(
            claim="A gradient is divided by the variance that the neurons are divided by.",
            because="The normalization is affine up to terms of order 1 / B; the slopes and the weights are those of a "
            "plain layer.",
            assumption=FIELDS,
            shows=sp.Eq(BACK, back, evaluate=False),
        ),
        Step(
            claim="In a settled network V_l (1 - c_B) is the part of the variance that inputs do not share, sigma_w^2 "
            "(E phi^2 - (E phi)^2): weights and biases drop out.",
            because="Variance less covariance of the layer before.",
            obligation=(
                (variance - common) - settled_variance.subs({average: SQUARE, mean: MEAN}),
                sp.simplify(sigma_w**2 * steep / settled_variance - steep / (average - mean**2)),
                (steep / (average - mean**2)).subs({average: SQUARE, mean: MEAN, steep: SLOPE}) - settled,
            ),
            shows=sp.Eq(SETTLED, settled, evaluate=False),
        ),
    )
