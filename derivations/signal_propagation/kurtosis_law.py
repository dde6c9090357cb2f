r"""How far a network of finite width is from a Gaussian process: the excess kurtosis of the second layer.

Premises: two layers of Gaussian weights and biases, and one input. The first layer's N preactivations are exactly
Gaussian and independent, of variance V. Given them, a preactivation h of the second layer is Gaussian with a variance q
that the random first layer leaves random: h is a mixture of Gaussians. The slides take N to infinity. At finite N the
excess kurtosis is 3 Var(q) / E(q)^2 exactly, and Var(q) is exactly proportional to 1 / N: no higher powers follow.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import Exact, Source, Statement
from derivations.symbols import N, V_l, phi, sigma_b, sigma_w, z

EXCESS = sp.Symbol(r"\mathrm{excess\ kurtosis\ of\ } h", nonnegative=True)
SQUARE = sp.Symbol(r"\mathbb{E}\, h^2", positive=True)
MEAN_Q, VAR_Q = sp.Symbol("E_q", positive=True), sp.Symbol("Var_q", nonnegative=True)
M_2, M_4 = sp.symbols("M_2 M_4", positive=True)
SECOND, FOURTH = (GaussE(phi(sp.sqrt(V_l) * z) ** power, z) for power in (2, 4))

STATEMENT = Statement(
    module=__name__,
    title="Excess kurtosis behind a layer of finite width",
    formula=sp.Eq(sp.Tuple(SQUARE, EXCESS), sp.Tuple(MEAN_Q, 3 * VAR_Q / MEAN_Q**2), evaluate=False),
    where=(
        sp.Eq(M_2, SECOND),
        sp.Eq(M_4, FOURTH, evaluate=False),
        sp.Eq(MEAN_Q, sigma_b**2 + sigma_w**2 * M_2, evaluate=False),
        sp.Eq(VAR_Q, sigma_w**4 / N * (M_4 - M_2**2), evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        signal_propagation.VARIANCE.narrowed("at layer 1"),
        signal_propagation.INPUTS.narrowed("the width of layer 1", typical=(3, 40)),
    ),
    assumptions=(
        "Weights and biases are independent and Gaussian, with standard deviations sigma_w / sqrt(N) and sigma_b.",
        "h is a preactivation of layer 2 for one input; averages are over the weights and biases of both layers.",
        "E_q and Var_q are mean and variance of the variance that h has given layer 1; M_2 and M_4 are the averages of "
        "the second and fourth power of an output of layer 1.",
    ),
    regime=Exact(),
    sources=(
        Source(document="002", where="Wide Limit (Lee & Bahri et al., arXiv:1711.00165): a simplification occurs"),
        Source(document="yaida2020nongaussian", where="the second layer, a mixture of Gaussians"),
    ),
    covers=("D4",),
    uses=(variance_map.STATEMENT.id,),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From two explicit layers to the law of the second, and from its fourth cumulant to the kurtosis."""
    mean = variance_map.mean
    second, excess = STATEMENT.right
    averages = {d.lhs: d.rhs for d in STATEMENT.where[:2]}
    average, variance = (d.rhs for d in STATEMENT.where[2:])
    fields, variances, signal = variance_map.layer(1, 3)
    given = mean(fields[0] ** 2, variances)  # q, given layer 1
    k, q, m, s, gain = sp.symbols("k q m s a", positive=True)
    A, fourth = sp.symbols("A F", positive=True)  # averages of phi^2 and phi^4
    exponent = -sum((variances[w] * (k * fields[0].coeff(w)) ** 2 / 2 for w in variances), sp.S.Zero)
    moments = [GaussE((sp.sqrt(q) * z) ** power, z).doit() for power in (2, 4)]
    change = sp.Symbol("delta", real=True)  # q - E q
    cumulant = (
        mean(moments[1].subs(q, m + change), {change: s}) - 3 * mean(moments[0].subs(q, m + change), {change: s}) ** 2
    )
    noise = sp.symbols("d_1:4", real=True)  # phi(h_j)^2 - A, of independent neurons
    squares = {a**2: A + d for a, d in zip(signal, noise, strict=True)}
    around, terms = given.subs(squares), dict.fromkeys(noise, s)
    centre = mean(around, terms)
    spread = mean((around - centre) ** 2, terms)
    square = sp.Symbol("y", positive=True)  # phi^2
    averaged = zip(sp.Poly((square - A) ** 2, square).all_coeffs(), (fourth, A, 1), strict=True)
    deviation = sum((coefficient * power for coefficient, power in averaged), sp.S.Zero)
    linear = {phi(sp.sqrt(V_l) * z): gain * sp.sqrt(V_l) * z}
    straight = excess.subs({MEAN_Q: average, VAR_Q: variance}).subs(averages).subs(linear).doit().subs(sigma_b, 0)
    characteristic = sp.Symbol(r"\ln \mathbb{E}[e^{i k h} | h^1]")
    fourth_moment = sp.Symbol(r"\mathbb{E}[h^4 | h^1]")
    fourth_cumulant = sp.Symbol(r"\mathbb{E} h^4 - 3 (\mathbb{E} h^2)^2")
    weights = sp.symbols("w_1 w_2", real=True)
    single = [
        GaussE(GaussE((weights[0] * weights[1]) ** power, weights[0]).doit(), weights[1]).doit() for power in (2, 4)
    ]
    return (
        Step(
            claim="Given layer 1, h is Gaussian with variance q = sigma_b^2 + sigma_w^2 times the mean of the squared "
            "outputs of layer 1.",
            because="The exponents of the characteristic functions of Gaussian weights and bias add up to that of a "
            "Gaussian whose variance is the second moment of h.",
            obligation=given - sigma_b**2 - sigma_w**2 * sum(a**2 for a in signal) / 3,
            shows=sp.Eq(characteristic, -(k**2) * given / 2, evaluate=False),
            means={characteristic: exponent},
        ),
        Step(
            claim="Given layer 1, h^2 has the mean q and h^4 the mean 3 q^2.",
            because="Moments of the standard Gaussian.",
            obligation=moments[0] - q,
            shows=sp.Eq(fourth_moment, 3 * q**2, evaluate=False),
            means={fourth_moment: moments[1]},
        ),
        Step(
            claim="Averaged over layer 1, h^2 has the mean E(q), the fourth cumulant of h is 3 Var(q), and the excess "
            "kurtosis is this over E(q)^2.",
            because="q = E q + delta with a delta of mean zero; the cumulant is E h^4 - 3 (E h^2)^2.",
            obligation=(
                mean(moments[0].subs(q, m + change), {change: s}) - second.subs(MEAN_Q, m),
                cumulant / m**2 - excess.subs({VAR_Q: s, MEAN_Q: m}),
            ),
            shows=sp.Eq(fourth_cumulant, 3 * VAR_Q, evaluate=False),
            means={fourth_cumulant: cumulant, VAR_Q: s},
        ),
        Step(
            claim="E(q) is the map of the variance.",
            because="The squared outputs are replaced by their mean, of a Gaussian preactivation of variance V_l, "
            "which is exact in the first layer.",
            obligation=(
                centre.subs(A, M_2) - average,
                centre.subs(A, averages[M_2]) - variance_map.STATEMENT.right[0],
            ),
            shows=sp.Eq(MEAN_Q, average, evaluate=False),
        ),
        Step(
            claim="Var(q) is sigma_w^4 / N times the variance of a squared output.",
            because="The neurons of layer 1 are independent: of the squared deviation of q, with three neurons, the "
            "cross terms average to zero and every neuron leaves (sigma_w^2 / N)^2 times its own variance.",
            obligation=(
                spread - sigma_w**4 * s / 3,
                N * (sigma_w**2 / N) ** 2 * deviation.subs({fourth: M_4, A: M_2}) - variance,
            ),
            shows=sp.Eq(VAR_Q, variance, evaluate=False),
        ),
        Step(
            claim="For linear neurons without biases the excess kurtosis is 6 / N.",
            because="The formula for phi = a x; and for N = 1, where h is a product of two Gaussians and one number, "
            "directly from its moments.",
            obligation=single[1] / single[0] ** 2 - 3 - straight.subs(N, 1),
            shows=sp.Eq(EXCESS, 6 / N, evaluate=False),
            means={EXCESS: straight},
        ),
    )
