r"""Gradient flow of a wide network: in the space of outputs it is linear, and modes decay at their eigenvalues.

Premises: any network whose output depends on its parameters differentiably, half the sum of the squared errors, and the
flow of all parameters down its gradient. By the chain rule the outputs move by the tangent kernel times the errors, at
any width. In a wide network the kernel hardly changes while the outputs do: its eigenvectors are then modes that decay
one by one, exp(-lambda t / tau), from the start and without a plateau. The modes of a deep linear network of finite
width and small weights, by contrast, are logistic: there the kernel is what is learnt.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.deep_linear import mode_logistic
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, a_0, s, t, tau
from derivations.wide_training import FURTHER_READING, TIME_SCALE, TRAINING_TIME, tangent_kernel

LEE = Source(document="lee2019wide", where="the tangent kernel of a wide network stays what it is at the start")
MODE, CHANGE = sp.symbols("u_k Delta_k", real=True)
rate = sp.Symbol("lambda_k", positive=True)
target, start, overlap = sp.symbols("s_k u_k0 kappa_k", real=True)
DECAY = sp.exp(-rate * t / tau)
EIGENVALUE = Parameter(symbol=rate, meaning="eigenvalue of the kernel", domain=POSITIVE, typical=(0.2, 5))
OVERLAP = Parameter(
    symbol=overlap,
    meaning="tangent kernel of a new input with the examples, along a mode",
    domain=sp.S.Reals,
    typical=(-2, 3),
)

STATEMENT = Statement(
    module=__name__,
    title="Training of a wide network in the space of functions",
    formula=sp.Eq(
        sp.Tuple(MODE, CHANGE),
        sp.Tuple(target + (start - target) * DECAY, overlap * (target - start) * (1 - DECAY) / rate),
        evaluate=False,
    ),
    parameters=(
        TRAINING_TIME,
        TIME_SCALE,
        EIGENVALUE,
        Parameter(symbol=target, meaning="targets along a mode", domain=sp.S.Reals, typical=(-2, 3)),
        Parameter(symbol=start, meaning="outputs at the start along it", domain=sp.S.Reals, typical=(-2, 3)),
        OVERLAP,
    ),
    assumptions=(
        "tau times the change of every parameter is minus the derivative of half the sum of the squared errors; all "
        "parameters are trained, in the NTK parametrization.",
        "Widths go to infinity while the number of examples and the time stay.",
        "v_k is an eigenvector of the kernel of the examples, of length 1; u_k is the sum of v_k times outputs, and "
        "the change of its output for a new input is the sum of Delta_k over all modes.",
        "Means over networks are reached like 1 / N. A single network is off by the order N^(-1/2), as its kernel is "
        "from the mean at the start; its kernel changes by the order 1 / N in the mean.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(FURTHER_READING, tangent_kernel.JACOT, LEE),
    covers=("W2",),
    uses=(mode_logistic.STATEMENT.id, tangent_kernel.STATEMENT.id),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the flow of the parameters to that of the outputs, and from it to the modes."""
    return (*_outputs(), *_modes(), *_new_input())


def _outputs() -> tuple[Step, ...]:
    weights = sp.symbols("theta_1:4", real=True)
    outputs = [sp.Function(f"f_{a}", real=True)(*weights) for a in range(2)]
    targets = sp.symbols("y_0 y_1", real=True)
    loss = sum(((f - y) ** 2 for f, y in zip(outputs, targets, strict=True)), sp.S.Zero) / 2
    flow = [-loss.diff(w) / tau for w in weights]
    moved = [sum((f.diff(w) * v for w, v in zip(weights, flow, strict=True)), sp.S.Zero) for f in outputs]
    kernel = sp.Matrix(2, 2, lambda a, b: tangent_kernel.kernel(outputs[a], outputs[b], weights))
    errors = sp.Matrix([f - y for f, y in zip(outputs, targets, strict=True)])
    return (
        Step(
            claim="The outputs change by minus the tangent kernel times the errors, over tau, at any width.",
            because="Chain rule: outputs that are any functions of three parameters, which flow down the gradient of "
            "half the sum of the squared errors.",
            obligation=sp.Matrix(moved) + kernel * errors / tau,
        ),
        Step(
            claim="In a wide network the kernel stays the one at the start, which is that of the recursion.",
            because="A parameter changes by the order N^(-1/2), of which all together change the outputs; the kernel "
            "is a mean over neurons, of which each hardly changes.",
            assumption=LEE,
        ),
    )


def _modes() -> tuple[Step, ...]:
    mode, _ = STATEMENT.right
    angle, (first, second) = sp.Symbol("alpha", real=True), sp.symbols("lambda_1 lambda_2", positive=True)
    vectors = sp.Matrix([[sp.cos(angle), sp.sin(angle)], [-sp.sin(angle), sp.cos(angle)]])  # as rows
    kernel = vectors.T * sp.diag(first, second) * vectors
    outputs, targets = (sp.Matrix(sp.symbols(f"{name}_1:3", real=True)) for name in "fy")
    other = sp.Function("g", real=True)(t)
    kept = ((other - target) / DECAY).diff(t).subs(other.diff(t), -rate * (other - target) / tau)
    strength = sp.Symbol("a", positive=True)
    logistic = mode_logistic.STATEMENT.right[0]
    return (
        Step(
            claim="Along an eigenvector the change is minus the eigenvalue times the error along it.",
            because="A symmetric kernel of two examples with any eigenvectors and eigenvalues.",
            obligation=vectors * kernel * (outputs - targets) - sp.diag(first, second) * vectors * (outputs - targets),
        ),
        Step(
            claim="The exponential solves that equation, and starts where the mode does.",
            because="It is differentiated by time and inserted; its value at time 0.",
            obligation=(tau * mode.diff(t) + rate * (mode - target), mode.subs(t, 0) - start),
            shows=sp.Eq(MODE, mode, evaluate=False),
        ),
        Step(
            claim="No other curve does.",
            because="For any solution the error times exp(lambda t / tau) does not change.",
            obligation=kept,
        ),
        Step(
            claim="A logistic mode of a deep linear network of finite width moves at 2 a (s - a), slowly where it is "
            "small: its kernel is 2 a, and is learnt; that of a wide network is there from the start.",
            because="The rate of the logistic mode, as an eigenvalue that belongs to the strength a, times the error.",
            obligation=(tau * logistic.diff(t) - 2 * strength * (s - strength))
            .subs(strength, logistic)
            .subs({s: sp.Rational(7, 3), tau: sp.Rational(3, 2), a_0: sp.Rational(1, 5)}),
            instances="one strength and one start",
        ),
    )


def _new_input() -> tuple[Step, ...]:
    mode, change = STATEMENT.right
    angle, (first, second) = sp.Symbol("alpha", real=True), sp.symbols("lambda_1 lambda_2", positive=True)
    vectors = sp.Matrix([[sp.cos(angle), sp.sin(angle)], [-sp.sin(angle), sp.cos(angle)]])
    inverse = vectors.T * sp.diag(1 / first, 1 / second) * vectors
    across, errors = (sp.Matrix(sp.symbols(f"{name}_1:3", real=True)) for name in "ke")  # k: kernel with the new input
    parts, along = vectors * across, vectors * errors
    late = [
        sp.limit(change.subs(rate, value), t, sp.oo).subs({overlap: parts[k], target: along[k], start: 0})
        for k, value in enumerate((first, second))
    ]
    return (
        Step(
            claim="The output for a new input changes by minus its kernel with the examples times their errors.",
            because="The same chain rule; the product is the same sum over modes, since eigenvectors are orthogonal.",
            obligation=parts.dot(along) - across.dot(errors),
        ),
        Step(
            claim="Each mode adds the integral of its decay.",
            because="The change is differentiated by time, and vanishes at time 0.",
            obligation=(tau * change.diff(t) + overlap * (mode - target), change.subs(t, 0)),
            shows=sp.Eq(CHANGE, change, evaluate=False),
        ),
        Step(
            claim="In the end this is regression with the tangent kernel: the kernel with the examples times the "
            "inverse kernel of the examples times the errors at the start.",
            because="Late values of all modes of two examples, added.",
            obligation=sp.trigsimp(sp.expand(sum(late, sp.S.Zero) - (across.T * inverse * errors)[0])),
        ),
    )
