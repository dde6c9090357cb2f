r"""Independent Gaussian weights have the largest entropy of all weights of the same variances.

Premises: N inputs to a neuron, weights of mean 0 and standard deviation sigma_w / sqrt(N); the entropy of a density p
is -E ln p. The slide names the ensemble and leaves out what is held fixed: the variances. The difference of entropies
is then a Kullback-Leibler divergence, which is never negative, whether the other weights are independent or not. The
other slides print N(0, sigma_w / sqrt(N)): a standard deviation where a variance is usual.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import N, rho, sigma_w

ENSEMBLE = Source(document="001", where="A maximum entropy ensemble of deep random networks")
INITIAL = Source(document="002", where="Need to initialize parameters before training")
ENTROPY = sp.Symbol("S", real=True)
UNIFORM, LAPLACE = sp.symbols("S-S_{uniform} S-S_{Laplace}", real=True)
TOGETHER = sp.Symbol("2S-S_{pair}", real=True)
DEFICITS = ((1 + sp.log(sp.pi / 6)) / 2, (sp.log(sp.pi) - 1) / 2, -sp.log(1 - rho**2) / 2)


def formula(variance: sp.Expr) -> sp.Eq:
    """Entropy of a Gaussian weight of this variance, and the deficits, in which the variance drops out."""
    return sp.Eq(
        sp.Tuple(ENTROPY, UNIFORM, LAPLACE, TOGETHER),
        sp.Tuple((1 + sp.log(2 * sp.pi * variance)) / 2, *DEFICITS),
        evaluate=False,
    )


VARIANCE = sigma_w**2 / N
STATEMENT = Statement(
    module=__name__,
    title="Entropy of Gaussian weights, and what others lack",
    formula=formula(VARIANCE),
    parameters=(
        mean_field.WEIGHT_SCALE,
        signal_propagation.INPUTS,
        Parameter(
            symbol=rho,
            meaning="correlation of two Gaussian weights",
            domain=sp.Interval.open(-1, 1),
            typical=(0.1, 0.9),
        ),
    ),
    assumptions=(
        "Entropies are differential, in nats per weight, S_pair per pair of correlated Gaussian weights; all weights "
        "have mean 0 and variance sigma_w^2 / N.",
        "Densities have a finite entropy. Without fixed variances no density has the largest one.",
    ),
    regime=Exact(),
    sources=(ENSEMBLE, INITIAL, Source(document="cover2006elements", where="maximum entropy at a given covariance")),
    covers=("D1", "D2"),
    printed=(
        Printed(
            erratum="E23",
            kind="convention",
            formula=formula(sigma_w / sp.sqrt(N)),
            note="N(0, sigma_w / sqrt(N)) gives the standard deviation, other slides the variance sigma_w^2 / N; read "
            "as a variance it would make the signal grow like N^(1/4) in every layer.",
            source=INITIAL,
        ),
    ),
    uses=(variance_map.STATEMENT.id,),
)

w, p = sp.Symbol("w", real=True), sp.Symbol("p", positive=True)
v = sp.Symbol("v", positive=True)  # variance of a weight
LOG_GAUSSIAN = -(w**2) / (2 * v) - sp.log(2 * sp.pi * v) / 2


@functools.cache
def derivation() -> tuple[Step, ...]:
    """The divergence from a Gaussian is the deficit of entropy; then three deficits."""
    return (*_maximum(), *_deficits())


def _maximum() -> tuple[Step, ...]:
    entropy = STATEMENT.right[0]
    t = sp.Symbol("t", positive=True)
    first, second = sp.symbols("lambda_0 lambda_2", real=True)
    gap, between = t - 1 - sp.log(t), sp.Symbol("s", positive=True)
    taylor = sum((sp.diff(gap, t, k).subs(t, 1) * (t - 1) ** k for k in (0, 1)), sp.S.Zero)
    taylor += sp.diff(gap, t, 2).subs(t, between) * (t - 1) ** 2 / 2
    other = sp.Symbol("w_2", real=True)
    pair = LOG_GAUSSIAN + LOG_GAUSSIAN.subs(w, other)
    correlated = sp.Poly(pair, w, other)
    lagrange = -p * sp.log(p) + first * p + second * w**2 * p
    gaussian = sp.exp(LOG_GAUSSIAN)
    multipliers = {second: -1 / (2 * v), first: 1 - sp.log(2 * sp.pi * v) / 2}
    slope = sp.diff(lagrange, p)
    fields, variances, signal = variance_map.layer(1, 3)
    field, biases = fields[0], [s for s in variances if s.name.startswith("b")]
    received = variance_map.mean(field.subs(dict.fromkeys(biases, 0)) ** 2, {s: VARIANCE.subs(N, 3) for s in variances})
    g = sp.Symbol("g", positive=True)
    divergence = sp.Integral(p * sp.log(p / g), (w, -sp.oo, sp.oo))
    received_square, of_pair = sp.Symbol(r"\mathbb{E}\, (\sum_j w_{ij} a_j)^2"), sp.Symbol("S_{pair}", real=True)
    at_least_zero = sp.Symbol("D", nonnegative=True)  # a divergence
    return (
        Step(
            claim="Weights of standard deviation sigma_w / sqrt(N) multiply the mean square of a signal by sigma_w^2, "
            "whatever N.",
            because="Second moment of what a neuron with three inputs receives, its bias left out.",
            shows=sp.Eq(received_square, sigma_w**2 * (sum(a**2 for a in signal) / 3), evaluate=False),
            means={received_square: received},
        ),
        Step(
            claim="t - 1 - ln t is never negative.",
            because="At t = 1 it vanishes with its slope, and its second derivative 1 / t^2 is positive: by Taylor's "
            "theorem it is (t - 1)^2 / 2 times that between 1 and t.",
            shows=sp.Ge(gap, 0, evaluate=False),
            means={sp.log(t): t - 1 - taylor},
        ),
        Step(
            claim="With t the Gaussian density over p, the average of t - 1 - ln t under p is the divergence of p from "
            "the Gaussian, which is therefore never negative.",
            because="p (t - 1) integrates to zero, since both densities have mass 1; p ln(p / gaussian) is left.",
            obligation=sp.expand_log(p * gap.subs(t, g / p) - (g - p) - divergence.function),
            shows=sp.Ge(divergence, 0),
            means={divergence: p * taylor},
        ),
        Step(
            claim="The average of minus the logarithm of the Gaussian is its entropy S, under every p of this "
            "variance; so the divergence is S minus the entropy of p.",
            because="The logarithm is quadratic, and only the variance of p enters its average.",
            obligation=variance_map.mean(-LOG_GAUSSIAN, {w: v}).subs(v, VARIANCE) - entropy,
            shows=sp.Eq(ENTROPY, entropy, evaluate=False),
        ),
        Step(
            claim="The same holds for many weights: independent Gaussians have the largest joint entropy at given "
            "variances, over densities with correlations too.",
            because="The logarithm of a product of Gaussians has no product of two weights, so its average under a "
            "correlated density is the sum of the entropies.",
            obligation=correlated.coeff_monomial(w * other),
            shows=sp.Ge(2 * ENTROPY, of_pair, evaluate=False),
            means={
                ENTROPY: variance_map.mean(-LOG_GAUSSIAN, {w: v}),
                of_pair: variance_map.mean(-pair, {w: v, other: v}) - at_least_zero,
            },
        ),
        Step(
            claim="The Gaussian is also where the entropy with Lagrange terms for mass and variance is stationary, and "
            "that is concave.",
            because="Its derivative by p vanishes at the Gaussian, and the second derivative is -1 / p.",
            obligation=sp.diff(lagrange, p, 2) + 1 / p,
            shows=sp.Eq(slope, 0, evaluate=False),
            means={p: gaussian, **multipliers},
        ),
    )


def _deficits() -> tuple[Step, ...]:
    entropy, uniform, laplace, together = STATEMENT.right
    half, b, h = sp.sqrt(3 * VARIANCE), sp.Symbol("b", positive=True), sp.Symbol("h", positive=True)
    steep = sp.exp(-h / b) / b  # density of |w|
    powers = {1: b, 2: 2 * b**2}
    antiderivatives = {1: -(h + b) * sp.exp(-h / b), 2: -(h**2 + 2 * b * h + 2 * b**2) * sp.exp(-h / b)}
    mean_log = powers[1] / b + sp.log(2 * b)  # of -ln(exp(-|w| / b) / (2 b))
    scale = sp.sqrt(VARIANCE / 2)
    quadratic = sp.Poly(sp.expand(-price.log_density()), price.u, price.v)
    moments = {(2, 0): v, (0, 2): v, (1, 1): rho * v, (0, 0): 1}
    pair = sum((c * moments[k] for k, c in quadratic.terms()), sp.S.Zero)
    pair = pair.subs({price.q_u: v, price.q_v: v, price.c: rho * v})
    lacking = 2 * variance_map.mean(-LOG_GAUSSIAN, {w: v}) - pair
    return (
        Step(
            claim="Uniform weights between -a and a have variance a^2 / 3 and entropy ln(2 a).",
            because="w^3 / (6 a) is an antiderivative of w^2 times the density 1 / (2 a), which is constant.",
            obligation=(
                sp.diff(w**3 / (6 * half), w) - w**2 / (2 * half),
                2 * half**3 / (6 * half) - VARIANCE,
                sp.expand_log(entropy - sp.log(2 * half) - uniform, force=True),
            ),
            shows=sp.Eq(UNIFORM, uniform, evaluate=False),
        ),
        Step(
            claim="Laplace weights of scale b have variance 2 b^2, mean size b and entropy 1 + ln(2 b).",
            because="Antiderivatives of the powers of |w| times its density, which vanish far away.",
            obligation=(
                *(sp.diff(antiderivatives[k], h) - h**k * steep for k in powers),
                *(-antiderivatives[k].subs(h, 0) - powers[k] for k in powers),
                powers[2].subs(b, scale) - VARIANCE,
                sp.expand_log(entropy - mean_log.subs(b, scale) - laplace, force=True),
            ),
            shows=sp.Eq(LAPLACE, laplace, evaluate=False),
        ),
        Step(
            claim="Two Gaussian weights of correlation rho lack -ln(1 - rho^2) / 2 of twice the entropy of one.",
            because="The average of minus the logarithm of their joint density, from its second moments.",
            obligation=sp.expand_log(sp.logcombine(sp.simplify(lacking - together), force=True), force=True),
            shows=sp.Eq(TOGETHER, together, evaluate=False),
        ),
    )
