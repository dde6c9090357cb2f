r"""Random Gaussian matrices preserve the length of a signal on average, and shrink nearly all signals.

Premises: D matrices with independent Gaussian entries of variance sigma_w^2 / N, each with N outputs and any number of
inputs, and a fixed vector v. The pages show the case sigma_w = 1 and say that the norm is preserved "on average". That
holds for the mean of the squared length; the mean of its logarithm, which long products follow, lies below zero and
falls with every matrix. Glorot's weights, of variance 2 / (N_in + N_out), preserve the mean only between equal widths;
orthogonal matrices preserve every length.
"""

from __future__ import annotations

import sympy as sp

from derivations import deep_linear
from derivations.calculus.matrix_product import contract, letter, word
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import D, N, sigma_w

SQUARE = sp.Symbol(r"\mathbb{E} \frac{|W v|^2}{|v|^2}", nonnegative=True)
LOGARITHM, SPREAD = (sp.Symbol(rf"\mathrm{{{name}}} \ln \frac{{|W v|}}{{|v|}}", real=True) for name in ("E", "Var"))

STATEMENT = Statement(
    module=__name__,
    title="Length of a signal behind random Gaussian matrices",
    formula=sp.Eq(
        sp.Tuple(SQUARE, LOGARITHM, SPREAD),
        sp.Tuple(
            sigma_w ** (2 * D),
            D * (sp.log(sigma_w) + (sp.polygamma(0, N / 2) - sp.log(N / 2)) / 2),
            D * sp.polygamma(1, N / 2) / 4,
        ),
        evaluate=False,
    ),
    parameters=(
        deep_linear.WEIGHT_SCALE,
        deep_linear.OUTPUTS,
        deep_linear.MATRICES,
    ),
    assumptions=(
        "W is the product of all matrices, and v is fixed; means are over the weights.",
        "The weights are independent and Gaussian, and their variance is sigma_w^2 over the number of outputs; where "
        "matrices differ, logarithms and their variances add up and squares multiply, matrix by matrix.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Random vs orthogonal"),
        Source(document="000", where="Random vs orthogonal"),
        Source(document="saxe2014exact", where="singular values of products of random Gaussian matrices"),
    ),
    covers=("A20",),
)

p, r, x = sp.Symbol("p", real=True), sp.Symbol("r", positive=True), sp.Symbol("x", positive=True)
VARIANCE = sigma_w**2 / N
MOMENT = (2 * VARIANCE) ** p * sp.gamma(N / 2 + p) / sp.gamma(N / 2)  # mean of (|W v|^2 / |v|^2)^p of one matrix


def derivation() -> tuple[Step, ...]:
    """From the weights to the law of one layer's gain, its moments, and the product over the layers."""
    return (*_one_matrix(), *_all_matrices(), *_other_matrices())


def _one_matrix() -> tuple[Step, ...]:
    j, inputs = (sp.Symbol(name, integer=True, positive=True) for name in ("j", "N_in"))
    i = sp.Symbol("i", integer=True, positive=True)
    probe, entry = sp.Function("k", real=True)(i), sp.Function("v", real=True)(j)
    neuron = sp.factor_terms(sp.Sum(VARIANCE * (probe * entry) ** 2 / 2, (j, 1, inputs)))
    exponent = sp.factor_terms(sp.Sum(neuron, (i, 1, N)))
    characteristic, probed, length = letter(r"\mathbb{E}\, e^{i k^{T} W v}"), sp.Symbol("|k|^2"), sp.Symbol("|v|^2")
    radial = r ** (N - 1 + 2 * p) * sp.exp(-(r**2) / 2)
    euler = x ** (N / 2 + p - 1) * sp.exp(-x)
    scale = 2 ** (N / 2 + p - 1)
    half = r**2 / 2
    ratio = VARIANCE**p * scale * sp.gamma(N / 2 + p) / (scale.subs(p, 0) * sp.gamma(N / 2))
    shell = sp.Integral(radial, (r, 0, sp.oo))
    weight = sp.diff(r**N, r) * sp.exp(-half)
    of_length, of_gain = letter(r"\mathbb{E}\, r^{2 p}"), letter(r"\mathbb{E} \left(\frac{|W v|^2}{|v|^2}\right)^{p}")
    mean = [sp.factor_terms(sp.Integral(r ** (2 * k) * weight, (r, 0, sp.oo))) for k in (p, 0)]
    of_x = sp.powdenest(radial.subs(r, sp.sqrt(2 * x)) * sp.diff(sp.sqrt(2 * x), x))
    of_x = sp.expand_power_base(sp.powsimp(sp.expand_power_base(of_x)))
    return (
        Step(
            claim="W v has independent Gaussian entries of variance sigma_w^2 |v|^2 / N, whatever the direction of v.",
            because="Neuron i adds N_in independent weights, each with its variance and its entry of v, in the "
            "exponent of its characteristic function; different neurons share no weight.",
            shows=sp.Eq(characteristic, sp.exp(-(sigma_w**2) * probed * length / (2 * N)), evaluate=False),
            means={
                characteristic: sp.exp(-exponent),
                probed: sp.Sum(probe**2, (i, 1, N)),
                length: sp.Sum(entry**2, (j, 1, inputs)),
            },
        ),
        Step(
            claim="The powers of the length r of N independent standard Gaussian numbers are averaged over shells.",
            because="A ball of radius r has a volume proportional to r^N, so a shell weighs its slope times the "
            "Gaussian density; the constant drops out of the ratio.",
            shows=sp.Eq(of_length, shell / shell.subs(p, 0), evaluate=False),
            means={of_length: mean[0] / mean[1]},
        ),
        Step(
            claim="With x = r^2 / 2 the integral is Euler's of the gamma function.",
            because="The root of 2 x is inserted for r, with its derivative; powers of 2 stand before the integral.",
            shows=sp.Eq(shell, scale * sp.Integral(euler, (x, 0, sp.oo)), evaluate=False),
            means={shell: sp.factor_terms(sp.Integral(of_x, (x, 0, sp.oo)))},
        ),
        Step(
            claim="That gives every power of the gain of one matrix.",
            because="The ratio of the two integrals is multiplied by the variance to the power p.",
            shows=sp.Eq(of_gain, MOMENT, evaluate=False),
            means={of_gain: ratio},
        ),
    )


def _all_matrices() -> tuple[Step, ...]:
    square, mean, variance = STATEMENT.right
    generic = sp.Function("M", positive=True)(p)
    logarithm = sp.log(generic)
    cumulants = sp.expand_log(sp.log(MOMENT)) * D  # of ln |W v|^2 / |v|^2, whose half is wanted
    first, second = (sp.diff(cumulants, p, k).subs(p, 0) for k in (1, 2))
    rates = [sp.diff(generic, p, k) / generic for k in (1, 2)]
    return (
        Step(
            claim="The slope of ln M at p = 0 is the mean of the logarithm of the squared gain; its second derivative "
            "is the variance.",
            because="ln M is differentiated twice; M is 1 at p = 0, and its derivatives there are means of powers of "
            "the logarithm.",
            obligation=(
                sp.diff(logarithm, p) - rates[0],
                sp.diff(logarithm, p, 2) - (rates[1] - rates[0] ** 2),
                MOMENT.subs(p, 0) - 1,
            ),
            shows=sp.Eq(sp.Derivative(logarithm, (p, 2)), rates[1] - rates[0] ** 2, evaluate=False),
        ),
        Step(
            claim="The mean of the squared length is the one stated.",
            because="The gain of a matrix does not depend on what enters it, so moments multiply; Gamma(N / 2 + 1) is "
            "N / 2 times Gamma(N / 2).",
            obligation=sp.expand_func(MOMENT.subs(p, 1)) ** D - square,
            shows=sp.Eq(SQUARE, square, evaluate=False),
        ),
        Step(
            claim="Mean and variance of the logarithm of the length are those stated.",
            because="The logarithm of D equal factors is D times ln M; it is differentiated, and the logarithm of a "
            "length is half that of its square.",
            obligation=(sp.expand_log(sp.expand(first / 2 - mean)), second / 4 - variance),
            shows=STATEMENT.formula,
        ),
    )


def _other_matrices() -> tuple[Step, ...]:
    inputs, outputs = (sp.Symbol(name, positive=True) for name in ("N_in", "N_out"))
    glorot = 2 / (inputs + outputs)
    gain = STATEMENT.right[0].subs({D: 1, sigma_w: sp.sqrt(outputs * glorot)})
    vector, vector_t = letter("v"), letter("v^{T}")
    above, above_t, last, last_t = letter("A"), letter("A^{T}"), letter("W"), letter("W^{T}")
    behind, before = letter(r"|W^D \cdots W^1 v|^2"), letter("|v|^2")
    length = contract(word(vector_t, last_t, above_t, above, last, vector), word(above_t, above))
    return (
        Step(
            claim="Glorot's weights change the mean of the squared length wherever the width changes.",
            because="N_out times the variance 2 / (N_in + N_out) is inserted for sigma_w^2.",
            shows=sp.Eq(SQUARE, 1 + (outputs - inputs) / (outputs + inputs), evaluate=False),
            means={SQUARE: gain},
        ),
        Step(
            claim="Orthogonal matrices preserve every length: all singular values of their product are 1.",
            because="In |A W v|^2 the map A of the matrices above W, which preserves lengths, drops out, and then W, "
            "since W^T W is 1; so on for any number of matrices.",
            shows=sp.Eq(behind, before, evaluate=False),
            means={behind: contract(length, word(last_t, last)), before: word(vector_t, vector)},
        ),
    )
