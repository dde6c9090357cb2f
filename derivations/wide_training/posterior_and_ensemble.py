r"""The posterior of a wide network, and ensembles of wide networks: of trained last layers, and of whole ones.

Premises: outputs at the start are Gaussian with a covariance K over inputs, and the linear flow of outputs. Where only
the last layer learns, the kernel of the flow is K itself: the ensemble ends as the posterior without noise, given the
examples. Where the whole network learns it is the tangent kernel, and the ensemble is another Gaussian. What weights of
the examples other than those of regression with K add to its covariance is a square: no ensemble of networks that are
linear in their starts is more certain than the posterior.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import price
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, sigma_b, sigma_w, t, tau
from derivations.wide_training import FURTHER_READING, TIME_SCALE, TRAINING_TIME, linear_in_function_space
from derivations.wide_training.linear_in_function_space import (
    EIGENVALUE,
    LEE,
    OVERLAP,
    overlap,
    rate,
    start,
    target,
)

POSTERIOR = Source(document="lee2018deep", where="Bayesian inference with the Gaussian process of a wide network")
LAST, LOST, WHOLE, EXCESS = sp.symbols("v_k D_k w_k X_k", real=True)
variance = sp.Symbol("K_k", positive=True)  # eigenvalue of K on the examples
c_I, c_J = sp.symbols("c_kI c_kJ", real=True)  # covariance of a new input's output with those of the examples
w_I, w_J = sp.symbols("w_kI w_kJ", real=True)  # weights of the examples
_MEANING = "covariance of outputs for a new input and the examples, along a mode of K"
_WEIGHT = "weight of the targets in the output for a new input, along a mode of K"

STATEMENT = Statement(
    module=__name__,
    title="Posterior of a wide network, and ensembles of trained ones",
    formula=sp.Eq(
        sp.Tuple(LAST, LOST, WHOLE, EXCESS),
        sp.Tuple(
            c_I * (1 - sp.exp(-variance * t / tau)) / variance,
            c_I * c_J * (1 - sp.exp(-2 * variance * t / tau)) / variance,
            overlap * (1 - sp.exp(-rate * t / tau)) / rate,
            variance * (w_I - c_I / variance) * (w_J - c_J / variance),
        ),
        evaluate=False,
    ),
    parameters=(
        TRAINING_TIME,
        TIME_SCALE,
        Parameter(
            symbol=variance, meaning="eigenvalue of the covariance K of the examples", domain=POSITIVE, typical=(0.2, 5)
        ),
        Parameter(symbol=c_I, meaning=f"{_MEANING}, the first one", domain=sp.S.Reals, typical=(-2, 3)),
        Parameter(symbol=c_J, meaning=f"{_MEANING}, the second one", domain=sp.S.Reals, typical=(-2, 3)),
        EIGENVALUE,
        OVERLAP,
        Parameter(symbol=w_I, meaning=f"{_WEIGHT}, the first one", domain=sp.S.Reals, typical=(-2, 3)),
        Parameter(symbol=w_J, meaning=f"{_WEIGHT}, the second one", domain=sp.S.Reals, typical=(-2, 3)),
    ),
    assumptions=(
        "tau times the change of every parameter that is trained is minus the derivative of half the sum of the "
        "squared errors, in the NTK parametrization from unit normal parameters; the others stay.",
        "K is the covariance of outputs at the start, v_k is the weight of the targets along a mode of K where only "
        "the last layer learns, w_k that along a mode of the tangent kernel where the whole network does. The mean "
        "output is the sum of weights times targets over all modes.",
        "The covariance of two outputs is that at the start less the sum of D_k, where the last layer learns; at late "
        "times this is the posterior. It is the posterior plus the sum of X_k for any weights of the examples: those "
        "of whole networks are their w_k, turned from the modes of the tangent kernel to those of K.",
        "Widths go to infinity while the number of examples and the time stay; for the last layer alone mean and "
        "covariance are exact at any width, for given features and their K.",
        "K and the tangent kernel of the examples have no eigenvalue zero.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(FURTHER_READING, POSTERIOR, LEE),
    covers=("W6",),
    uses=(linear_in_function_space.STATEMENT.id,),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a last layer's flow and a joint Gaussian to the posterior, and to whole networks by one identity."""
    return (*_last_layer(), *_posterior(), *_whole())


def weighted(change: sp.Expr) -> sp.Expr:
    """The change of a new output along a mode, per error at the start."""
    return sp.cancel(change / (target - start))


def _last_layer() -> tuple[Step, ...]:
    weights, bias, scale = sp.symbols("a_1:4", real=True), sp.Symbol("b", real=True), sigma_w / sp.sqrt(3)
    features = (sp.symbols("p_1:4", real=True), sp.symbols("q_1:4", real=True))  # of two inputs
    here, there = (
        scale * sum((a * p for a, p in zip(weights, signal, strict=True)), sp.S.Zero) + sigma_b * bias
        for signal in features
    )
    trained = (*weights, bias)
    kernel = sum((here.diff(a) * there.diff(a) for a in trained), sp.S.Zero)
    last, lost, *_ = STATEMENT.right
    r, (one, other) = sp.Symbol("r", real=True), sp.symbols("K_1 K_2", positive=True)
    vectors = sp.Matrix([[1 - r**2, 2 * r], [-2 * r, 1 - r**2]]) / (1 + r**2)  # as rows
    covariance, inverse = (vectors.T * sp.diag(*found) * vectors for found in ((one, other), (1 / one, 1 / other)))
    across = sp.Matrix(sp.symbols("k_1 k_2", real=True))  # covariances of a new output with both examples'
    basis = sp.symbols("z_1:5", real=True)
    rest, shared, own = sp.symbols("r_I r_J r_0", real=True)  # what no example has to do with
    modes = {1: one, 2: other}
    signs = {k: sp.symbols(f"c_{k}I c_{k}J", real=True) for k in modes}
    starts = {k: sp.sqrt(v) * basis[k - 1] for k, v in modes.items()}
    outputs = [
        sum((signs[k][n] / sp.sqrt(v) * basis[k - 1] for k, v in modes.items()), sp.S.Zero) + extra
        for n, extra in enumerate((rest * basis[2], shared * basis[2] + own * basis[3]))
    ]

    weights_of = {k: sp.symbols(f"v_{k}I v_{k}J", real=True) for k in modes}
    learnt = [
        f - sum((weights_of[k][n] * starts[k] for k in modes), sp.S.Zero) for n, f in enumerate(outputs)
    ]  # less what is not random
    product, before = (price.moment(sp.expand(pair[0] * pair[1]), basis) for pair in (learnt, outputs))
    taken = [
        sum((weights_of[k][n] * signs[k][1 - n] for n in range(2)), sp.S.Zero)
        - weights_of[k][0] * weights_of[k][1] * modes[k]
        for k in modes
    ]
    inserted = {
        weights_of[1][0]: last,
        weights_of[1][1]: last.subs(c_I, c_J),
        signs[1][0]: c_I,
        signs[1][1]: c_J,
        one: variance,
    }
    return (
        Step(
            claim="Where only the last layer learns, the kernel of the flow is the covariance K of outputs at the "
            "start.",
            because="The products of an output's derivatives by the weights and the bias of three neurons with any "
            "features, against the mean over unit normal weights and bias.",
            obligation=price.moment(sp.expand(here * there), trained) - kernel,
        ),
        Step(
            claim="It does not change while the last layer learns, at any width.",
            because="Features do not depend on what is trained.",
            obligation=tuple(kernel.diff(a) for a in trained),
        ),
        Step(
            claim="Along a mode of K the output for a new input gains a weight times the error at the start.",
            because="The linear flow of outputs, with K as its kernel: the change that it gives, per error.",
            obligation=weighted(
                linear_in_function_space.STATEMENT.right[1].subs({rate: variance, overlap: c_I}, simultaneous=True)
            )
            - last,
            shows=sp.Eq(LAST, last, evaluate=False),
        ),
        Step(
            claim="Along eigenvectors outputs at the start are independent, of variance K_k; regression with K is a "
            "sum over them, of products of covariances over K_k.",
            because="A covariance of two examples with any eigenvectors, its inverse, and any covariances with the new "
            "input.",
            obligation=(
                vectors * covariance * vectors.T - sp.diag(one, other),
                covariance * inverse - sp.eye(2),
                (across.T * inverse * across)[0]
                - (vectors * across)[0] ** 2 / one
                - (vectors * across)[1] ** 2 / other,
            ),
        ),
        Step(
            claim="Each mode takes a part off the covariance of two new outputs that its weights give.",
            because="Outputs at the start of two examples and two new inputs, as sums of independent Gaussians; what "
            "the weights take off is subtracted, and products are averaged.",
            obligation=sp.expand(product - before + taken[0] + taken[1]),
        ),
        Step(
            claim="With the weights of a last layer it decays at twice the rate.",
            because="They are inserted.",
            obligation=taken[0].subs(inserted, simultaneous=True) - lost,
            shows=sp.Eq(LOST, lost, evaluate=False),
        ),
    )


def _posterior() -> tuple[Step, ...]:
    last, lost, *_ = STATEMENT.right
    A, k, k_T, S = sp.symbols("K k k^T S", commutative=False)  # of examples, across, and of the posterior
    inverse = A**-1
    joint = ((A, k_T), (k, S + k * inverse * k_T))
    # of u^T K^-1 u + (f - k K^-1 u)^T S^-1 (f - k K^-1 u)
    form = ((inverse + inverse * k_T * S**-1 * k * inverse, -inverse * k_T * S**-1), (-(S**-1) * k * inverse, S**-1))
    return (
        Step(
            claim="Given the examples' outputs, the new ones are Gaussian around regression with K, and their "
            "covariance S is what regression leaves of that at the start.",
            because="Completed square: a quadratic form of the examples' outputs, and one of what the new ones differ "
            "by from regression; its matrix times the joint covariance is one, for any number of examples.",
            obligation=tuple(
                sp.expand(form[i][0] * joint[0][j] + form[i][1] * joint[1][j]) - (1 if i == j else 0)
                for i in range(2)
                for j in range(2)
            ),
        ),
        Step(
            claim="Networks of which the last layer has learnt for long are samples of that posterior.",
            because="Late weights and late covariances of a mode, against its part of regression with K.",
            obligation=(sp.limit(last, t, sp.oo) - c_I / variance, sp.limit(lost, t, sp.oo) - c_I * c_J / variance),
        ),
    )


def _whole() -> tuple[Step, ...]:
    *_, whole, excess = STATEMENT.right
    A, k_I, k_J, T_I, T_J, theta = sp.symbols("K k_I k_J^T Theta_I Theta_J^T Theta", commutative=False)
    v_I, v_J, prior = sp.symbols("w_I w_J^T K_IJ", commutative=False)  # weights of the examples; at the start
    inverse = A**-1
    covariance = prior - v_I * k_J - k_I * v_J + v_I * A * v_J
    posterior = prior - k_I * inverse * k_J
    square = (v_I - k_I * inverse) * A * (v_J - inverse * k_J)
    late = {v_I: T_I * theta**-1, v_J: theta**-1 * T_J}
    ratio = sp.Symbol("r", positive=True)
    two = [sp.symbols(f"c_{k}I c_{k}J w_{k}I w_{k}J K_{k}", real=True) for k in (1, 2)]
    eigenvalues = sp.diag(*(row[4] for row in two))
    rows = [sp.Matrix([[row[n] for row in two]]) for n in range(4)]
    apart = [rows[2 + n] - rows[n] * eigenvalues.inv() for n in range(2)]
    modes = [excess.subs(dict(zip((c_I, c_J, w_I, w_J, variance), row, strict=True)), simultaneous=True) for row in two]
    return (
        Step(
            claim="In a wide network outputs at the start are Gaussian, and the tangent kernel stays while they learn.",
            because="Each is a mean over neurons, of which each hardly changes.",
            assumption=LEE,
        ),
        Step(
            claim="Where the whole network learns, the weight along a mode of the tangent kernel is its kernel's.",
            because="The linear flow of outputs, per error.",
            obligation=weighted(linear_in_function_space.STATEMENT.right[1]) - whole,
            shows=sp.Eq(WHOLE, whole, evaluate=False),
        ),
        Step(
            claim="With any weights of the examples the covariance is the posterior's plus a quadratic form of what "
            "the weights differ by from those of regression with K.",
            because="Completed square, with matrices for any number of examples: the covariance of f_I - w_I u and f_J "
            "- w_J u.",
            obligation=sp.expand(covariance - posterior - square),
        ),
        Step(
            claim="At late times this is the known form, K_IJ + Theta_I Theta^-1 K Theta^-1 Theta_J less both "
            "products.",
            because="Regression with the tangent kernel inserted for the weights.",
            obligation=sp.expand(
                (posterior + square).subs(late, simultaneous=True)
                - (prior + T_I * theta**-1 * A * theta**-1 * T_J - T_I * theta**-1 * k_J - k_I * theta**-1 * T_J)
            ),
        ),
        Step(
            claim="It is a sum over the modes of K.",
            because="The form with two modes, in their own coordinates.",
            obligation=(apart[0] * eigenvalues * apart[1].T)[0] - modes[0] - modes[1],
            shows=sp.Eq(EXCESS, excess, evaluate=False),
        ),
        Step(
            claim="For one input each mode adds a square: an ensemble is never more certain than the posterior.",
            because="K_k is positive.",
            obligation=excess.subs({c_J: c_I, w_J: w_I}) - (sp.sqrt(variance) * w_I - c_I / sp.sqrt(variance)) ** 2,
        ),
        Step(
            claim="It is as certain where the tangent kernel is a multiple of K.",
            because="Late weights of such a kernel, inserted.",
            obligation=excess.subs(
                w_I, sp.limit(whole, t, sp.oo).subs({rate: ratio * variance, overlap: ratio * c_I}, simultaneous=True)
            ),
        ),
    )
