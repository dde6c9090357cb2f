r"""The tangent kernel of a wide random network from layer to layer, in the NTK and in the standard parametrization.

Premises: the network itself, h' = sigma_w w phi(h) / sqrt(N) + sigma_b b with unit normal w and b, and the chain rule.
The tangent kernel of two inputs is the sum over all parameters of the products of both derivatives of one output. Its
first part comes from the parameters of the last layer; the second one carries the kernel of the layers below through
the weights of the last. In the standard parametrization the parameters are W = sigma_w w / sqrt(N) and sigma_b b: the
first part is then N times as large and has no sigma. Averages over the weights are exact for one hidden layer; that
they are sharp, and that the same weights in both directions do no harm above it, is a limit of large width.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import sympy as sp

from derivations.activations import ERF, RELU
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import kernel_recursion, variance_map
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import K_II, K_IJ, K_JJ, N, N_here, Omega_IJ, c_IJ, n_0, phi, sigma_b, sigma_w, x
from derivations.wide_training import COVARIANCE, FURTHER_READING, T_IJ, VARIANCE_I, VARIANCE_J, Theta_IJ

JACOT = Source(document="jacot2018neural", where="the kernel at initialization in the limit of infinite width")
SAME_WEIGHTS = Source(document="yang2020tensor", where="the gradient independence assumption and when it is correct")
FIRST, FIRST_STANDARD = sp.symbols("Theta^1_{IJ} T^1_{IJ}", real=True)
NEXT, NEXT_STANDARD = sp.symbols("Theta^{l+1}_{IJ} T^{l+1}_{IJ}", real=True)
OF_RELU, OF_ERF = sp.symbols("Theta^{l+1}_{IJ}(relu) Theta^{l+1}_{IJ}(erf)", real=True)
z_1, z_2 = sp.symbols("z_1 z_2", real=True)  # two independent standard Gaussians
HERE, THERE = sp.sqrt(K_II) * z_1, sp.sqrt(K_JJ) * (c_IJ * z_1 + sp.sqrt(1 - c_IJ**2) * z_2)


def average(function: sp.Expr) -> sp.Expr:
    """Mean over the Gaussian pair of the product of a function of x, at both of them."""
    return GaussE(function.subs(x, HERE) * GaussE(function.subs(x, THERE), z_2), z_1)


PRODUCT, SLOPES = average(phi(x)), average(phi(x).diff(x))
RELU_PRODUCT = sp.sqrt(K_II * K_JJ) / (2 * sp.pi) * (sp.sqrt(1 - c_IJ**2) + (sp.pi - sp.acos(c_IJ)) * c_IJ)
RELU_SLOPES = (sp.pi - sp.acos(c_IJ)) / (2 * sp.pi)
ERF_PRODUCT = 2 / sp.pi * sp.asin(2 * K_IJ / sp.sqrt((1 + 2 * K_II) * (1 + 2 * K_JJ)))
ERF_SLOPES = 4 / (sp.pi * sp.sqrt((1 + 2 * K_II) * (1 + 2 * K_JJ) - 4 * K_IJ**2))


def onward(product: sp.Expr, slopes: sp.Expr) -> sp.Expr:
    """The kernel of the next layer, NTK parametrization."""
    return sigma_b**2 + sigma_w**2 * (product + slopes * Theta_IJ)


STATEMENT = Statement(
    module=__name__,
    title="Tangent kernel from layer to layer",
    formula=sp.Eq(
        sp.Tuple(FIRST, FIRST_STANDARD, NEXT, NEXT_STANDARD, OF_RELU, OF_ERF),
        sp.Tuple(
            sigma_b**2 + sigma_w**2 * Omega_IJ,
            1 + n_0 * Omega_IJ,
            onward(PRODUCT, SLOPES),
            1 + N_here * PRODUCT + sigma_w**2 * SLOPES * T_IJ,
            onward(RELU_PRODUCT, RELU_SLOPES),
            onward(ERF_PRODUCT, ERF_SLOPES),
        ),
        evaluate=False,
    ),
    where=(sp.Eq(c_IJ, K_IJ / sp.sqrt(K_II * K_JJ)),),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        Parameter(symbol=Omega_IJ, meaning="product of two inputs per entry", domain=sp.S.Reals, typical=(-3, 3)),
        VARIANCE_I,
        VARIANCE_J,
        COVARIANCE,
        Parameter(symbol=Theta_IJ, meaning="tangent kernel, at layer l", domain=sp.S.Reals, typical=(-2, 5)),
        Parameter(
            symbol=T_IJ,
            meaning="tangent kernel of the standard parametrization, at layer l",
            domain=sp.S.Reals,
            typical=(-90, 90),
        ),
        Parameter(symbol=N_here, meaning="width of layer l", domain=sp.Range(1, sp.oo), typical=(3, 90)),
        Parameter(symbol=n_0, meaning="inputs of a network", domain=sp.Range(1, sp.oo), typical=(3, 90)),
    ),
    assumptions=(
        mean_field.WIDE,
        mean_field.GAUSSIAN,
        "Theta_IJ is the sum over parameters of the products of an output's derivatives for two inputs, by w and b "
        "(NTK parametrization: layers are sigma_w w phi(h) / sqrt(N) + sigma_b b); T_IJ is that by W and B (standard "
        "parametrization: W phi(h) + B, with the same laws of W and B). Different outputs have the kernel 0.",
        "|K_IJ| is at most sqrt(K_II K_JJ), as of every covariance.",
        "phi is absolutely continuous, and phi' has a mean square: a jump makes the kernel infinite.",
        "In the mean the law is exact for one hidden layer of any width.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(FURTHER_READING, JACOT, Source(document="lee2019wide", where="NTK and standard parametrization")),
    covers=("W1",),
    uses=(kernel_recursion.STATEMENT.id, variance_map.STATEMENT.id),
)


def explicit(scale: sp.Expr, bias: sp.Expr, same: bool) -> tuple[sp.Expr, sp.Expr, list[sp.Symbol], sp.Expr]:
    """Tangent kernel of an output for one input with the same or another output for a second one, by the chain rule.

    Three neurons below, each any function of two parameters, feed two outputs `scale` w phi + `bias` b. Returns the sum
    over all parameters, its form by the kernel of the layer below, the weights, and the part of the last layer.
    """
    below = sp.symbols("a_1 a_2", real=True)
    here, there = ([sp.Function(f"{name}_{i}", real=True)(*below) for i in range(3)] for name in "hg")
    weights = [[sp.Symbol(f"w_{k}{i}", real=True) for i in range(3)] for k in range(2)]
    offsets = sp.symbols("b_0 b_1", real=True)

    def outputs(fields: Sequence[sp.Expr]) -> list[sp.Expr]:
        return [
            scale * sum((w * phi(h) for w, h in zip(row, fields, strict=True)), sp.S.Zero) + bias * b
            for row, b in zip(weights, offsets, strict=True)
        ]

    one, other = outputs(here)[0], outputs(there)[0 if same else 1]
    everything = [*below, *offsets, *weights[0], *weights[1]]
    total = sum((one.diff(p) * other.diff(p) for p in everything), sp.S.Zero)
    own = scale**2 * sum((phi(h) * phi(g) for h, g in zip(here, there, strict=True)), sp.S.Zero) + bias**2
    carried = scale**2 * sum(
        weights[0][i]
        * weights[0 if same else 1][j]
        * slope(here[i])
        * slope(there[j])
        * kernel(here[i], there[j], below)
        for i in range(3)
        for j in range(3)
    )
    own = own if same else sp.S.Zero
    return total, own + carried, [w for row in weights for w in row], own


def slope(field: sp.Expr) -> sp.Expr:
    """phi' there."""
    return phi(x).diff(x).subs(x, field)


def kernel(one: sp.Expr, other: sp.Expr, parameters: Sequence[sp.Symbol]) -> sp.Expr:
    """Sum over parameters of products of derivatives."""
    return sum((one.diff(p) * other.diff(p) for p in parameters), sp.S.Zero)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the chain rule in an explicit network to the recursions; then both closed forms by Price's theorem."""
    return (*_chain_rule(), *_averages(), *price.derivation(), *_closed())


def _chain_rule() -> tuple[Step, ...]:
    ntk = sigma_w / sp.sqrt(3)
    signals = [sp.Matrix(sp.symbols(f"{name}_1:4", real=True)) for name in "xy"]
    w, b = sp.Matrix(sp.symbols("w_1:4", real=True)), sp.Symbol("b", real=True)
    overlap = signals[0].dot(signals[1]) / 3
    first = [(scale * w.dot(s) + bias * b) for scale, bias in ((ntk, sigma_b), (1, 1)) for s in signals]
    kernels = [kernel(first[k], first[k + 1], [*w, b]) for k in (0, 2)]
    unequal = [explicit(scale, bias, same=False) for scale, bias in ((ntk, sigma_b), (1, 1))]
    equal = [explicit(scale, bias, same=True) for scale, bias in ((ntk, sigma_b), (1, 1))]
    return (
        Step(
            claim="In the first layer the kernel is the product of the inputs, and 1 or sigma_b^2 of the bias.",
            because="A neuron with three inputs is differentiated by its weights and its bias, in both "
            "parametrizations.",
            obligation=tuple(
                found - stated.subs(n_0, 3).subs(Omega_IJ, overlap)
                for found, stated in zip(kernels, STATEMENT.right[:2], strict=True)
            ),
            shows=sp.Eq(sp.Tuple(FIRST, FIRST_STANDARD), sp.Tuple(*STATEMENT.right[:2]), evaluate=False),
        ),
        Step(
            claim="Of an output the kernel has a part of its own layer, the product of the signals, and one that the "
            "weights carry up from the kernel of all pairs of neurons below.",
            because="An output of three neurons, each any function of two parameters, is differentiated by all "
            "parameters: the chain rule.",
            obligation=tuple(total - split for total, split, *_ in equal),
        ),
        Step(
            claim="For two different outputs the part of their own layer vanishes.",
            because="They have no parameter of the last layer in common.",
            obligation=tuple(total - split for total, split, *_ in unequal),
        ),
    )


def _averages() -> tuple[Step, ...]:
    d, e = (sp.symbols(f"{name}_1:4", real=True) for name in "de")  # phi' of both inputs
    below = sp.Matrix(3, 3, sp.symbols("t_1:4(1:4)", real=True))  # the kernel of pairs of neurons
    rows = [sp.symbols(f"w_{k}_1:4", real=True) for k in range(2)]
    pairs = [(i, j) for i in range(3) for j in range(3)]

    def carried(other: int) -> sp.Expr:
        return sum((rows[0][i] * rows[other][j] * d[i] * e[j] * below[i, j] for i, j in pairs), sp.S.Zero)

    unit = {w: sp.S.One for row in rows for w in row}
    standard = {w: sigma_w**2 / 3 for row in rows for w in row}
    alone = sum((d[i] * e[i] * below[i, i] for i in range(3)), sp.S.Zero)
    diagonal = {below[i, j]: Theta_IJ if i == j else sp.S.Zero for i, j in pairs}
    sharp = sigma_w**2 / 3 * carried(0).subs(diagonal)
    spread = price.moment(sharp**2, rows[0]) - price.moment(sharp, rows[0]) ** 2
    size, signals, both = sp.symbols("N s_1 s_2", positive=True)  # signals: mean of phi phi, of phi' phi'
    layers = (
        sigma_b**2 + sigma_w**2 / size * size * signals + sigma_w**2 / size * size * both * Theta_IJ,
        1 + size * signals + sigma_w**2 / size * size * both * T_IJ,
    )
    moments = [(HERE**2, K_II), (THERE**2, K_JJ), (HERE * THERE, c_IJ * sp.sqrt(K_II * K_JJ))]
    return (
        Step(
            claim="Averaged over the weights of the last layer, only pairs of a neuron with itself are carried up, and "
            "nothing between different outputs.",
            because="Second moments of the weights, in both parametrizations; the kernel below does not depend on "
            "them.",
            obligation=(
                variance_map.mean(sigma_w**2 / 3 * carried(0), unit) - sigma_w**2 / 3 * alone,
                variance_map.mean(carried(1), unit),
                variance_map.mean(carried(0), standard) - sigma_w**2 / 3 * alone,
                variance_map.mean(carried(1), standard),
            ),
        ),
        Step(
            claim="Its variance over these weights is 2 sigma_w^4 / N times the mean of (phi' phi' Theta)^2 where the "
            "kernel below is the same for all neurons, and 0 between two of them.",
            because="Fourth moments of three Gaussian weights. The first layer has such a kernel exactly.",
            obligation=spread
            - 2 * sigma_w**4 / 3 * Theta_IJ**2 * sum(a**2 * b**2 for a, b in zip(d, e, strict=True)) / 3,
        ),
        Step(
            claim="As widths grow this holds in every layer: kernels are 0 between different neurons and the same for "
            "each with itself, and preactivations are Gaussian with the covariance K.",
            because="Induction over the layers, from the first one, where it is exact.",
            assumption=JACOT,
        ),
        Step(
            claim="That the weights on the way back are those of the way forth changes the mean by the order 1 / N.",
            because="The last layer is random and of mean 0.",
            assumption=SAME_WEIGHTS,
        ),
        Step(
            claim="The pair that is averaged over has these variances and this covariance.",
            because="Moments of the independent Gaussians, and the definition of the correlation.",
            obligation=(
                *(price.moment(product, (z_1, z_2)) - value for product, value in moments),
                (moments[2][1]).subs(STATEMENT.where[0].lhs, STATEMENT.where[0].rhs) - K_IJ,
            ),
        ),
        Step(
            claim="So the kernel follows the recursion, in both parametrizations.",
            because="N neurons add up to N times the mean over the pair; weights have the variance 1 and the factor "
            "sigma_w^2 / N in one parametrization, the variance sigma_w^2 / N in the other.",
            obligation=tuple(
                found.subs({signals: PRODUCT, both: SLOPES, size: N_here}) - stated
                for found, stated in zip(layers, STATEMENT.right[2:4], strict=True)
            ),
            shows=sp.Eq(sp.Tuple(NEXT, NEXT_STANDARD), sp.Tuple(*STATEMENT.right[2:4]), evaluate=False),
        ),
    )


def _closed() -> tuple[Step, ...]:
    relu, erf = (kernel_recursion.resolved(part) for part in kernel_recursion.STATEMENT.right[1:])
    stated = [part.subs(STATEMENT.where[0].lhs, STATEMENT.where[0].rhs) for part in STATEMENT.right[4:]]
    positive, layers = sp.symbols("p l", positive=True)
    carried = (stated[1] - erf) / Theta_IJ
    slopes = RELU.expression.diff(x)
    critical = {sigma_b: 0, sigma_w: sp.sqrt(2), c_IJ: 1, K_JJ: K_II, Theta_IJ: layers * K_II}
    return (
        Step(
            claim="The mean product of slopes is the derivative of the mean product by the covariance. relu passes 1 "
            "where its argument is positive: the derivative is the probability that both are.",
            because="Price's theorem; for relu, which has a kink, the derivation of its covariance shows the same.",
            obligation=(
                slopes.subs(x, positive) - 1,
                slopes.subs(x, -positive),
                stated[0] - relu - sp.diff(relu, K_IJ) * Theta_IJ,
            ),
            shows=sp.Eq(OF_RELU, STATEMENT.right[4], evaluate=False),
        ),
        Step(
            claim="For error functions it is the derivative of an arcsine.",
            because="Price's theorem, and the covariance differentiated; squares of both sides, which are positive.",
            obligation=(
                ERF.expression.diff(x) - ERF.derivative(1),
                sp.expand(carried**2 - sp.diff(erf, K_IJ) ** 2),
            ),
            shows=sp.Eq(OF_ERF, STATEMENT.right[5], evaluate=False),
        ),
        Step(
            claim="At sigma_w^2 = 2 and without biases the kernel of an input with itself is l K behind relu: each "
            "layer adds as much as the first.",
            because="The formula at equal inputs and Theta = l K, where the variance is kept; induction over l.",
            obligation=kernel_recursion.STATEMENT.right[1].subs(critical) - K_II,
            shows=sp.Eq(NEXT, (layers + 1) * K_II, evaluate=False),
            means={NEXT: STATEMENT.right[4].subs(critical)},
        ),
    )
