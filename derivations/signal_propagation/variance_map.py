r"""The variance of a preactivation of a wide random network, from layer to layer.

Premises: h^{l+1} = W phi(h^l) + b with independent weights of mean 0 and variance sigma_w^2 / N and independent biases
of mean 0 and variance sigma_b^2, where N is the width of layer l; averages are over the weights and biases. The map
itself needs no Gaussian weights: it is a second moment. That a preactivation is Gaussian is a limit of large width.
The slide adds that the fixed point V* depends on sigma_w and sigma_b only. That leaves out that the fixed point may not
be unique: without biases tanh keeps V = 0 as well, and relu with sigma_w^2 = 2 keeps every V. The slides' sigma_W and
sigma_b stand for standard deviations, although they print them where a variance is usual.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import sympy as sp

from derivations import signal_propagation
from derivations.activations import RELU, TANH
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import N, V_l, phi, sigma_b, sigma_w, x, z

VARIANCE = Source(document="002", where="Variance")
WIDE = Source(document="lee2018deep", where="the recursion of the Gaussian process of a deep network")
GAUSSIAN = Source(document="matthews2018gaussian", where="convergence of wide networks, layer by layer")
SQUARE = phi(sp.sqrt(V_l) * z) ** 2
FORMULA = sp.Eq(sp.Symbol("V_{l+1}", positive=True), sigma_b**2 + sigma_w**2 * GaussE(SQUARE, z), evaluate=False)

STATEMENT = Statement(
    module=__name__,
    title="Variance of a preactivation from layer to layer",
    formula=FORMULA,
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        signal_propagation.VARIANCE.narrowed("at layer l"),
    ),
    assumptions=(
        mean_field.WIDE,
        mean_field.FRESH,
        "sigma_w and sigma_b are standard deviations, of sqrt(N) times a weight and of a bias.",
        "phi(h)^2 has a finite variance under the Gaussian of every layer; kinks do no harm.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(VARIANCE, WIDE),
    covers=("D3", "D6"),
    printed=(
        Printed(
            erratum="E15",
            kind="assumption",
            formula=FORMULA,
            note="That the fixed point depends on the sigmas only needs one that attracts every start: with sigma_b = "
            "0 and sigma_w^2 = 2.25 tanh keeps 0 beside .79335, and relu with sigma_w^2 = 2 keeps every V_l.",
            source=VARIANCE,
        ),
    ),
)


def mean(polynomial: sp.Expr, variances: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Mean over independent variables of mean 0 with these variances, whatever else their distributions are.

    Raises ValueError for a polynomial with a higher power of a variable than the second, which needs more than that.
    """
    total = sp.S.Zero
    for powers, coefficient in sp.Poly(sp.expand(polynomial), *variances).terms():
        if max(powers) > 2:
            raise ValueError(f"the mean of {polynomial} needs moments beyond the second")
        if 1 not in powers:
            total += coefficient * sp.prod(v for k, v in zip(powers, variances.values(), strict=True) if k)
    return sp.expand(total)


def layer(outputs: int, inputs: int) -> tuple[list[sp.Expr], dict[sp.Symbol, sp.Expr], tuple[sp.Symbol, ...]]:
    """Preactivations of a layer of an explicit network, the variances of its weights and biases, and its inputs."""
    signal = sp.symbols(f"a_1:{inputs + 1}", real=True)  # phi(h_j) of the layer before
    weights = [sp.symbols(f"W_{i}_1:{inputs + 1}", real=True) for i in range(outputs)]
    biases = sp.symbols(f"b_1:{outputs + 1}", real=True)
    variances = {w: sigma_w**2 / inputs for row in weights for w in row} | {b: sigma_b**2 for b in biases}
    fields = [sum((w * a for w, a in zip(row, signal, strict=True)), b) for row, b in zip(weights, biases, strict=True)]
    return fields, variances, signal


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the weights of an explicit layer to the map, and two activations for which the fixed point is not unique."""
    return (*_map(), *_fixed_points())


def _map() -> tuple[Step, ...]:
    (right,) = STATEMENT.right
    fields, variances, signal = layer(2, 3)
    squares = sum(a**2 for a in signal) / 3
    second, cross = mean(fields[0] ** 2, variances), mean(fields[0] * fields[1], variances)
    k, h, spread, average = sp.symbols("k h s A", positive=True)
    exponent = -sum((variances[w] * (k * fields[0].coeff(w)) ** 2 / 2 for w in variances), sp.S.Zero)
    noise = sp.symbols("d_1:6", real=True)
    density = sp.exp(-(h**2) / (2 * V_l)) / sp.sqrt(2 * sp.pi * V_l)
    standard = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    place = sp.sqrt(V_l) * z
    limit = second.subs({a**2: average for a in signal})
    mean_square, mean_product, characteristic, spread_of_mean, spread_of_one = (
        sp.Symbol(name)
        for name in (
            r"\mathbb{E}\, h_i^2",
            r"\mathbb{E}\, h_i h_k",
            r"\ln \mathbb{E}\, e^{i k h_i}",
            r"\mathrm{Var}\, \frac{1}{N} \sum_j \phi(h_j)^2",
            r"\mathrm{Var}\, \phi(h)^2",
        )
    )
    integral, averaged = sp.Integral(phi(h) ** 2 * density, (h, -sp.oo, sp.oo)), GaussE(SQUARE, z)
    return (
        Step(
            claim="Averaged over weights and bias, the square of a preactivation is sigma_b^2 + sigma_w^2 times the "
            "mean over the neurons before of the squares of their outputs.",
            because="Second moments of the independent weights and biases of a layer with three inputs; only their "
            "means and variances enter.",
            shows=sp.Eq(mean_square, sigma_b**2 + sigma_w**2 * squares, evaluate=False),
            means={mean_square: second},
        ),
        Step(
            claim="Two neurons of a layer are uncorrelated.",
            because="They share no weight and no bias.",
            shows=sp.Eq(mean_product, 0, evaluate=False),
            means={mean_product: cross},
        ),
        Step(
            claim="With Gaussian weights and biases a preactivation is Gaussian, given the layer before.",
            because="The characteristic function of a sum of independent terms is the product of theirs; the exponents "
            "add up to that of a Gaussian with the variance found above.",
            shows=sp.Eq(characteristic, -(k**2) * second / 2, evaluate=False),
            means={characteristic: exponent},
        ),
        Step(
            claim="A mean over independent neurons differs from its expectation by a variance that falls like 1 / N.",
            because="Squares of the means of three and five independent deviations are averaged; each has variance s.",
            shows=sp.Eq(spread_of_mean, spread_of_one / N, evaluate=False),
            means=tuple(
                {
                    spread_of_mean: mean((sum(noise[:n]) / n) ** 2, dict.fromkeys(noise[:n], spread)),
                    spread_of_one: spread,
                    N: n,
                }
                for n in (3, 5)
            ),
            instances="three and five neurons",
        ),
        Step(
            claim="As the widths grow, the mean over neurons becomes the Gaussian average, layer by layer, so that the "
            "variance of a layer is not random and its neurons are independent Gaussians.",
            because="Law of large numbers by the step above, and induction over the layers; weights that are not "
            "Gaussian obey the central limit theorem.",
            assumption=GAUSSIAN,
            shows=sp.Eq(
                sp.Limit(sp.Symbol(r"\frac{1}{N} \sum_j \phi(h_j)^2"), N, sp.oo), GaussE(SQUARE, z), evaluate=False
            ),
        ),
        Step(
            claim="An average over a Gaussian of variance V_l is one over the standard Gaussian z with h = sqrt(V_l) "
            "z.",
            because="The density of h times dh / dz is the standard density.",
            shows=sp.Eq(integral, averaged, evaluate=False),
            means={
                integral: integral.function.subs(h, place) * sp.diff(place, z),
                averaged: averaged.integrand * standard,
            },
        ),
        Step(
            claim="That is the map of the variance.",
            because="In the second moment of the first step every square is replaced by its Gaussian average.",
            obligation=limit.subs(average, GaussE(SQUARE, z)) - right,
            shows=STATEMENT.formula,
        ),
    )


def _fixed_points() -> tuple[Step, ...]:
    (right,) = STATEMENT.right
    p, place = sp.Symbol("p", positive=True), sp.sqrt(V_l) * z
    halves = [RELU.expression.subs(x, sign * sp.sqrt(V_l) * p) ** 2 for sign in (1, -1)]
    relu = right.subs(GaussE(SQUARE, z), GaussE(sum(halves).subs(p, z) / 2, z).doit())
    tanh = right.subs(GaussE(SQUARE, z), GaussE(TANH.expression.subs(x, place) ** 2, z))
    size = sp.Symbol("s", positive=True)  # sqrt(V)
    square = TANH.expression.subs(x, place.subs(V_l, size**2)) ** 2
    slope = sp.diff(square, size, 2).subs(size, 0) / 2  # coefficient of V
    return (
        Step(
            claim="For relu the average is V_l / 2, so with sigma_w^2 = 2 and sigma_b = 0 every V_l is a fixed point.",
            because="The squares at z and -z add up to V_l z^2, whose average over both signs is V_l.",
            obligation=relu.subs({sigma_w: sp.sqrt(2), sigma_b: 0}) - V_l,
            shows=sp.Eq(FORMULA.lhs, sigma_b**2 + sigma_w**2 * V_l / 2, evaluate=False),
            means={FORMULA.lhs: relu},
        ),
        Step(
            claim="For tanh without biases V_l = 0 is a fixed point, and for sigma_w > 1 it repels: there is another.",
            because="tanh vanishes at zero, and tanh(sqrt(V_l) z)^2 begins with V_l z^2; the map is bounded by "
            "sigma_w^2.",
            obligation=tanh.subs({V_l: 0, sigma_b: 0}).doit(),
            shows=sp.Eq(sp.Derivative(FORMULA.lhs, V_l), sigma_w**2, evaluate=False),
            means={FORMULA.lhs: sigma_w**2 * GaussE(V_l * slope, z).doit()},
        ),
    )
