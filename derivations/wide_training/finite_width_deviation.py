r"""How far a single wide network is from the theory of infinite width: its kernel, and what it says after training.

Premises: one hidden layer of N neurons in the NTK parametrization, at the start: weights are Gaussian, and neurons
independent. The tangent kernel is a mean over neurons, of which each adds the square of its signal and, by the weights
below it, a squared output weight times a squared slope: its variance is exactly proportional to 1 / N. While the
network is trained the kernel changes by less, by the order 1 / N. So what a trained network says deviates from the
theory by the order N^(-1/2), as the flow answers to a kernel that is a little off.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field, price
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import POSITIVE, Limit, Parameter, Statement
from derivations.symbols import K_II, K_IJ, N, phi, sigma_b, sigma_w, t, tau, x
from derivations.wide_training import (
    FURTHER_READING,
    TIME_SCALE,
    TRAINING_TIME,
    VARIANCE_I,
    WIDTH,
    kernel_drift,
    linear_in_function_space,
)
from derivations.wide_training.kernel_drift import TARGET, at_field
from derivations.wide_training.linear_in_function_space import LEE, rate

OF_KERNEL, OF_OUTPUT, RESPONSE = (
    sp.Symbol(name, real=True) for name in (r"\mathrm{Var}\, \Theta", r"\mathrm{Var}\, f", "G_kl")
)
other = sp.Symbol("lambda_l", positive=True)
B_1, B_2, B_3, MEAN = sp.symbols("B_1 B_2 B_3 Thetabar", positive=True)
V_THETA = sp.Symbol("V_Theta", nonnegative=True)
PARTS = ((sp.S.One, phi(x) ** 2), (K_II, phi(x).diff(x) ** 2))
NEURON = sp.Add(*(factor * part for factor, part in PARTS))  # what a neuron adds, if its output weight squared is 1

STATEMENT = Statement(
    module=__name__,
    title="Deviation of a single network of finite width",
    formula=sp.Eq(
        sp.Tuple(OF_KERNEL, OF_OUTPUT, RESPONSE),
        sp.Tuple(
            V_THETA,
            V_THETA * (TARGET * t / tau) ** 2 * sp.exp(-2 * MEAN * t / tau),
            (sp.exp(-other * t / tau) - sp.exp(-rate * t / tau)) / (rate - other),
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(B_1, sp.Add(*(factor * at_field(part) for factor, part in PARTS)), evaluate=False),
        sp.Eq(B_2, at_field(NEURON**2), evaluate=False),
        sp.Eq(B_3, at_field(phi(x).diff(x) ** 4)),
        sp.Eq(V_THETA, sigma_w**4 / N * (B_2 - B_1**2 + 2 * K_II**2 * B_3), evaluate=False),
        sp.Eq(MEAN, sigma_b**2 + sigma_w**2 * B_1, evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        VARIANCE_I.narrowed("the only input", typical=(0.4, 3)),
        WIDTH,
        Parameter(symbol=TARGET, meaning="target, less the output at the start", domain=sp.S.Reals, typical=(0.4, 3)),
        TRAINING_TIME.narrowed(typical=(0.1, 1)),
        TIME_SCALE,
        Parameter(symbol=rate, meaning="eigenvalue of the kernel", domain=POSITIVE, typical=(3, 5)),
        Parameter(symbol=other, meaning="another eigenvalue", domain=POSITIVE, typical=(0.2, 2)),
    ),
    assumptions=(
        mean_field.GAUSSIAN,
        "One hidden layer of N neurons in the NTK parametrization. The variance of the kernel of an input with itself "
        "is exact at every width; phi'^4 has a mean.",
        "f is the output for the one example less that at the start, after gradient flow of half its squared error, "
        "over networks; the mean kernel is written with a bar. The law is the leading order of large N.",
        "With several examples G_kl is by how much mode k of the outputs deviates, for each unit of the kernel's "
        "deviation between the modes k and l and of the error along mode l at the start, in first order. Where both "
        "eigenvalues are one it is t / tau times the exponential.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(FURTHER_READING, LEE, kernel_drift.HIERARCHY),
    covers=("W5",),
    uses=(kernel_drift.STATEMENT.id, linear_in_function_space.STATEMENT.id, variance_map.STATEMENT.id),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the kernel of an explicit network to its variance, then what the flow makes of a kernel that is off."""
    return (*_kernel(), *_training())


def _kernel() -> tuple[Step, ...]:
    weights = sp.symbols("a_1:4", real=True)
    here, there = (sp.symbols(f"{name}_1:4", real=True) for name in "hg")
    bias, scale = sp.Symbol("b", real=True), sigma_w / sp.sqrt(3)
    one, two = (
        scale * sum((a * phi(h) for a, h in zip(weights, fields, strict=True)), sp.S.Zero) + sigma_b * bias
        for fields in (here, there)
    )
    # by the parameters below, in which fields are linear: a product of both gradients is K_IJ times that of slopes
    theta = sum((one.diff(p) * two.diff(p) for p in (*weights, bias)), sp.S.Zero)
    theta += K_IJ * sum((one.diff(h) * two.diff(g) for h, g in zip(here, there, strict=True)), sp.S.Zero)
    neurons = [
        phi(h) * phi(g) + a**2 * K_IJ * phi(h).diff(h) * phi(g).diff(g)
        for a, h, g in zip(weights, here, there, strict=True)
    ]
    a, signal, slope = sp.symbols("a p d", real=True)  # of a neuron: output weight, its part by signals, by slopes
    term = signal + a**2 * slope
    noise, spread = sp.symbols("d_1:4", real=True), sp.Symbol("s", positive=True)
    summed = variance_map.mean((sigma_w**2 / 3 * sp.Add(*noise)) ** 2, dict.fromkeys(noise, spread))
    variance = STATEMENT.where[3].rhs
    defined = {d.lhs: d.rhs for d in STATEMENT.where[:3]}
    square = sp.expand(price.moment(term**2, (a,)))
    alike = {signal: phi(x) ** 2, slope: K_II * phi(x).diff(x) ** 2}
    average = at_field(phi(x) ** 2) + K_II * at_field(phi(x).diff(x) ** 2)
    averaged = at_field((signal + slope).subs(alike) ** 2) + 2 * K_II**2 * at_field(phi(x).diff(x) ** 4)
    linear = {phi(x): x}
    numbers = [at_field(e.subs(linear).doit()).doit() for e in (NEURON, NEURON**2, phi(x).diff(x) ** 4)]
    return (
        Step(
            claim="The kernel of two inputs is sigma_b^2 and the mean over neurons, times sigma_w^2, of the product of "
            "their signals and of a^2 K_IJ times that of their slopes.",
            because="An output of three neurons is differentiated by its weights, its bias, and the fields.",
            obligation=theta - sigma_b**2 - sigma_w**2 / 3 * sp.Add(*neurons),
        ),
        Step(
            claim="Averaged over its output weight the square of a neuron's part is that of signal and slope added, "
            "and twice the square of the slopes' part.",
            because="Moments 2 and 4 of the output weight.",
            obligation=(square - (signal + slope) ** 2 - 2 * slope**2, price.moment(term, (a,)) - signal - slope),
        ),
        Step(
            claim="The variance of the kernel is sigma_w^4 / N times that of one neuron's part, at any width.",
            because="Neurons are independent, as their fields are in the first layer: cross terms of three neurons "
            "average to zero.",
            obligation=summed - sigma_w**4 / 3 * spread,
        ),
        Step(
            claim="For an input with itself that is the stated variance.",
            because="Signals phi^2 and slopes K phi'^2, averaged over the field.",
            obligation=(
                sigma_w**4 / N * (averaged - average**2) - variance.subs(defined),
                sp.expand((signal + slope).subs(alike) - NEURON),
                at_field(NEURON).integrand - sum((f * at_field(part).integrand for f, part in PARTS), sp.S.Zero),
                sp.expand(2 * slope.subs(alike) ** 2 - 2 * K_II**2 * phi(x).diff(x) ** 4),
            ),
            shows=sp.Eq(V_THETA, variance, evaluate=False),
        ),
        Step(
            claim="The mean kernel is sigma_b^2 and sigma_w^2 times the mean of one neuron's part.",
            because="Signals and slopes are averaged over the field.",
            obligation=sigma_b**2 + sigma_w**2 * average - STATEMENT.where[4].rhs.subs(defined),
            shows=sp.Eq(MEAN, STATEMENT.where[4].rhs, evaluate=False),
        ),
        Step(
            claim="For linear neurons the variance is 4 sigma_w^4 K^2 / N, that of two chi-squares of N numbers each.",
            because="The formula for phi = x; a chi-square of N has the variance 2 N.",
            obligation=variance.subs(dict(zip((B_1, B_2, B_3), numbers, strict=True)))
            - sigma_w**4 * K_II**2 / N**2 * (2 * N + 2 * N),
        ),
    )


def _training() -> tuple[Step, ...]:
    kernel, off, error = sp.symbols("Theta delta e", real=True)  # off: of the kernel between two modes
    output = TARGET * (1 - sp.exp(-kernel * t / tau))
    mode = linear_in_function_space.STATEMENT.right[0]
    renamed = {
        linear_in_function_space.start: 0,
        linear_in_function_space.target: TARGET,
        linear_in_function_space.rate: kernel,
    }
    deviation = -off * error * STATEMENT.right[2]  # of the error along mode k, e that along mode l at the start
    driven = error * sp.exp(-other * t / tau)
    gap = sp.Symbol("g", positive=True)
    return (
        Step(
            claim="What the kernel changes by while the network learns is smaller than what it is off at the start.",
            because="The mean square of its rate of change is of the order 1 / N^2, the variance at the start 1 / N.",
            obligation=sp.limit(N * kernel_drift.STATEMENT.right[1], N, sp.oo),
        ),
        Step(
            claim="The output for one example answers with y t / tau times the exponential to a kernel that is off.",
            because="The mode of the theory, which starts at 0, differentiated by the kernel.",
            obligation=(
                mode.subs(renamed) - output,
                output.diff(kernel).subs(kernel, MEAN) ** 2 * STATEMENT.right[0] - STATEMENT.right[1],
            ),
            shows=sp.Eq(OF_OUTPUT, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="With several examples the error along a mode answers to an entry between two modes with -G.",
            because="First order of the flow: tau times its change is minus lambda_k times it, less the entry times "
            "the decaying error of the other mode; it starts at 0.",
            obligation=(
                tau * deviation.diff(t) + rate * deviation + off * driven,
                deviation.subs(t, 0),
            ),
            shows=sp.Eq(RESPONSE, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="Where both eigenvalues meet this is the answer of a single mode.",
            because="The limit of equal eigenvalues.",
            obligation=sp.limit(STATEMENT.right[2].subs(other, rate - gap), gap, 0) - t / tau * sp.exp(-rate * t / tau),
        ),
    )
