r"""Dropout in a wide random network: lengths, two inputs and gradients, and why no two inputs stay alike.

Premises: h' = W (m phi(h) / p) + b, where every neuron is kept with probability p, for each input anew, and divided by
p; W and b as in a plain layer. The masks enter the second moments through E m^2 / p^2 = 1 / p for one input, and
through E m m' / p^2 = 1 for two. So equal inputs do not stay equal: the correlation 1 is no fixed point, and there is
no edge of chaos.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import N, V_l, c, p_keep, sigma_b, sigma_w

FIELDS = Source(document="schoenholz2017deep", where="dropout: length and correlation maps, no critical point")
TWO_POINTS = Source(document="001", where="Propagation of two points through a deep network")
VARIANCE, COVARIANCE, BACK = sp.symbols(r"V_{l+1} K_{l+1} G_l", real=True)
SQUARE, PRODUCT, SLOPE = signal_propagation.averages(V_l, c)

STATEMENT = Statement(
    module=__name__,
    title="Dropout: lengths, two inputs and gradients",
    formula=sp.Eq(
        sp.Tuple(VARIANCE, COVARIANCE, BACK),
        sp.Tuple(
            sigma_b**2 + sigma_w**2 * SQUARE / p_keep,
            sigma_b**2 + sigma_w**2 * PRODUCT,
            sigma_w**2 * SLOPE / p_keep,
        ),
        evaluate=False,
    ),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, kinks allowed"),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        Parameter(
            symbol=p_keep,
            meaning="probability that dropout keeps a neuron",
            domain=sp.Interval.Lopen(0, 1),
            typical=(0.3, 0.9),
        ),
        signal_propagation.VARIANCE.narrowed("at layer l"),
        signal_propagation.CORRELATION,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "Masks are drawn for each neuron, layer and input anew, and kept neurons are divided by p_keep.",
        "K_l is the covariance of two different inputs of the same variance V_l.",
        signal_propagation.BACK_BY_WIDTH,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(TWO_POINTS, FIELDS),
    covers=("D8", "D9"),
    uses=(variance_map.STATEMENT.id,),
)


def kept(polynomial: sp.Expr, masks: tuple[sp.Symbol, ...]) -> sp.Expr:
    """Mean over independent masks, each 1 with probability p and 0 otherwise: m^k has the mean p for every k > 0."""
    total = sp.S.Zero
    for powers, coefficient in sp.Poly(sp.expand(polynomial), *masks).terms():
        total += coefficient * p_keep ** sum(1 for k in powers if k)
    return total


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From an explicit layer of three neurons with masks to the three maps, and what becomes of equal inputs."""
    variance, covariance, back = STATEMENT.right
    weights, bias = sp.symbols("w_1:4", real=True), sp.Symbol("b", real=True)
    masks, others = sp.symbols("m_1:4", real=True), sp.symbols("n_1:4", real=True)
    here, there = sp.symbols("a_1:4", real=True), sp.symbols("d_1:4", real=True)

    def field(signal: tuple[sp.Symbol, ...], mask: tuple[sp.Symbol, ...]) -> sp.Expr:
        terms = (w * m * a / p_keep for w, m, a in zip(weights, mask, signal, strict=True))
        return sigma_w / sp.sqrt(3) * sum(terms, sp.S.Zero) + sigma_b * bias

    one, two = field(here, masks), field(there, others)
    square = kept(price.moment(one**2, (*weights, bias)), masks)
    product = kept(price.moment(one * two, (*weights, bias)), (*masks, *others))
    slopes = sp.symbols("g_1:4", real=True)
    cotangent = sp.symbols("v_1:3", real=True)
    matrix = sp.Matrix(2, 3, sp.symbols("w_1:7", real=True))
    gradient = [
        sigma_w / sp.sqrt(3) * masks[j] / p_keep * slopes[j] * sum(matrix[i, j] * cotangent[i] for i in range(2))
        for j in range(3)
    ]
    norm = kept(price.moment(sum(g**2 for g in gradient), tuple(matrix)), masks)
    squares, products = (sum(a * b for a, b in zip(here, at, strict=True)) / 3 for at in (here, there))
    whole, steep = sum(v**2 for v in cotangent), sum(g**2 for g in slopes) / 3
    apart = sp.Symbol("A", positive=True)
    alike = (sigma_b**2 + sigma_w**2 * apart) / (sigma_b**2 + sigma_w**2 * apart / p_keep)
    average, together, mean_slope, after = sp.symbols("A B S c_{l+1}", real=True)
    return (
        Step(
            claim="Averaged over weights, bias and masks the squared preactivation is sigma_b^2 + sigma_w^2 / p_keep "
            "times the mean square of the signal before.",
            because="Moments of an explicit neuron with three inputs; the square of a mask is the mask.",
            shows=sp.Eq(VARIANCE, sigma_b**2 + sigma_w**2 * average / p_keep, evaluate=False),
            means={VARIANCE: square, average: squares},
        ),
        Step(
            claim="The product of two inputs has no factor 1 / p_keep: their masks are independent.",
            because="The same neuron at another input with masks of its own.",
            shows=sp.Eq(COVARIANCE, sigma_b**2 + sigma_w**2 * together, evaluate=False),
            means={COVARIANCE: product, together: products},
        ),
        Step(
            claim="A gradient that does not depend on the weights gains sigma_w^2 / p_keep times the mean squared "
            "slope.",
            because="It is sent back through two explicit neurons with three inputs; moments of weights and masks.",
            shows=sp.Eq(BACK, sigma_w**2 * mean_slope / p_keep, evaluate=False),
            means={BACK: norm / whole, mean_slope: steep},
        ),
        Step(
            claim="In wide layers the means over neurons become Gaussian averages.",
            because="Law of large numbers, layer by layer; the masks are independent of the neurons.",
            assumption=variance_map.GAUSSIAN,
            shows=sp.Eq(average, SQUARE),
        ),
        Step(
            claim="That gives the three maps.",
            because="Each mean is replaced by its limit.",
            obligation=(
                (sigma_b**2 + sigma_w**2 * average / p_keep).subs(average, SQUARE) - variance,
                (sigma_b**2 + sigma_w**2 * together).subs(together, PRODUCT) - covariance,
                (sigma_w**2 * mean_slope / p_keep).subs(mean_slope, SLOPE) - back,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Equal inputs have a correlation below 1 behind the layer, for every p_keep < 1.",
            because="At c_l = 1 both averages are the same A, and the correlation is (sigma_b^2 + sigma_w^2 A) over "
            "(sigma_b^2 + sigma_w^2 A / p_keep); one minus it is a positive multiple of 1 - p_keep.",
            shows=sp.Eq(
                1 - after,
                sigma_w**2 * apart * (1 - p_keep) / (p_keep * sigma_b**2 + sigma_w**2 * apart),
                evaluate=False,
            ),
            means={after: alike},
        ),
    )
