"""Mean and covariance of one step of stochastic gradient descent.

Premises: N examples, each with a loss; a minibatch of B of them drawn uniformly, with or without replacement; the step
Delta theta_a = -(epsilon/B) sum over the minibatch of d_a L_s. F_ab is the covariance of the examples' gradients with
the divisor N, as the slides define it. They do not say how the minibatch is drawn; their noise scale is that of draws
with replacement, and without replacement the noise vanishes at B = N, as it must for full-batch descent.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, product

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, N, epsilon

F_ab = sp.Symbol("F_ab", real=True)
with_replacement, without_replacement = (sp.Symbol(f"C_ab^{how}", real=True) for how in ("with", "without"))
SLIDE = Source(document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): g and F")

STATEMENT = Statement(
    module=__name__,
    title="Covariance of a minibatch step",
    formula=sp.Eq(
        sp.Tuple(with_replacement, without_replacement),
        sp.Tuple(epsilon**2 * F_ab / B, epsilon**2 * F_ab * (N - B) / (B * (N - 1))),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=F_ab,
            meaning="covariance of two components of the examples' gradients (divisor N)",
            domain=sp.S.Reals,
            typical=(-3.0, 5.0),
        ),
        sgd_noise.LEARNING_RATE.narrowed(typical=(0.02, 0.9)),
        sgd_noise.BATCH.narrowed(typical=(3, 20)),
        sgd_noise.EXAMPLES.narrowed(domain=sp.Range(2, sp.oo), typical=(30, 300)),
    ),
    assumptions=(
        "Minibatches are drawn uniformly and independently of each other: epochs that sweep through the data in random "
        "order have correlated steps.",
        "The weights are those before the step. Without replacement B is at most N.",
    ),
    regime=Exact(),
    sources=(
        Source(document="002", where="Stochastic Gradient Descent (SGD): the true gradient"),
        SLIDE,
        Source(document="smith2018bayesian", where="the noise of stochastic gradient descent and its scale"),
    ),
    covers=("G2", "G5"),
    printed=(
        Printed(
            erratum="E7b",
            kind="convention",
            formula=sp.Eq(
                sp.Tuple(with_replacement, without_replacement), sp.Tuple(*[epsilon**2 * F_ab / B] * 2), evaluate=False
            ),
            note="The printed noise scale is exact with replacement; without it the covariance is smaller by "
            "(N - B)/(N - 1).",
            source=SLIDE,
        ),
        Printed(
            erratum="U7",
            kind="in use",
            formula=sp.Eq(
                sp.Tuple(with_replacement, without_replacement),
                sp.Tuple(*[epsilon**2 * F_ab / B**2] * 2),
                evaluate=False,
            ),
            note="V/B^2 is the covariance of a sum divided twice: the mean over a minibatch has the covariance V/B.",
            source=Source(document="public_code", where="gradient noise: covariance of a minibatch"),
        ),
    ),
)


def minibatches(examples: int, size: int, replacement: bool = True) -> tuple[tuple[int, ...], ...]:
    """All equally likely minibatches; without replacement those that differ in order count once."""
    return tuple(product(range(examples), repeat=size) if replacement else combinations(range(examples), size))


def average(values: list) -> sp.Expr:
    """The mean of a list of expressions."""
    return sp.Add(*values) / len(values)


def derivation() -> tuple[Step, ...]:
    """From the update rule, by enumeration and by counting pairs of draws."""
    weights = sp.symbols("theta_1 theta_2", real=True)
    moved, landscape = sp.Symbol(r"E[\Delta\theta_{1}]"), sp.Function("L")(*weights)
    drifts: list[dict] = []
    claimed: tuple[list, list] = ([], [])
    for examples, size, replacement in (
        (3, 2, True),
        (2, 3, True),
        (3, 2, False),
        (4, 2, False),
        (4, 3, False),
        (3, 3, False),
    ):
        losses = [sp.Function(f"L_{s}", real=True)(*weights) for s in range(1, examples + 1)]
        mean_loss = average(losses)
        steps = [
            {v: -epsilon * average([losses[s].diff(v) for s in batch]) for v in weights}
            for batch in minibatches(examples, size, replacement)
        ]
        mean = {v: average([step[v] for step in steps]) for v in weights}
        drifts.extend({moved: mean[v], landscape: mean_loss, weights[0]: v} for v in weights)
        for v, u in combinations_with_replacement(weights, 2):
            covariance = average([(each - mean_loss).diff(v) * (each - mean_loss).diff(u) for each in losses])
            formula = STATEMENT.right[0 if replacement else 1].subs({N: examples, B: size, F_ab: covariance})
            claimed[not replacement].append(average([s[v] * s[u] for s in steps]) - mean[v] * mean[u] - formula)
    product_mean, first, second = sp.symbols("M_ab m_a m_b", real=True)
    distinct = (N**2 * first * second - N * product_mean) / (N * (N - 1))
    entry = product_mean - first * second
    moments = [epsilon**2 / B**2 * (B * product_mean + B * (B - 1) * other) for other in (first * second, distinct)]
    values = [sp.Symbol(f"a_{k}", real=True) for k in range(4)], [sp.Symbol(f"b_{k}", real=True) for k in range(4)]
    crossed = average([values[0][k] * values[1][j] for k in range(4) for j in range(4) if j != k])
    own = average([p * q for p, q in zip(*values, strict=True)])
    numbers = {N: 4, first: average(values[0]), second: average(values[1]), product_mean: own}
    different = sp.Symbol(r"E[a_{s} b_{t}]_{s \neq t}")
    return (
        Step(
            claim="The mean of a step is minus the learning rate times the gradient of the mean loss.",
            because="All minibatches of sets of two, three and four examples with two weights are enumerated.",
            shows=sp.Eq(moved, -epsilon * landscape.diff(weights[0]), evaluate=False),
            means=tuple(drifts),
        ),
        Step(
            claim="With replacement these sets have the claimed covariance.",
            because="The same enumeration, with the gradient covariance from its definition.",
            obligation=tuple(claimed[0]),
        ),
        Step(
            claim="Without replacement they have the claimed covariance, none for the full batch.",
            because="The same enumeration over subsets.",
            obligation=tuple(claimed[1]),
        ),
        Step(
            claim="With replacement it holds for any number of examples and any size of the minibatch.",
            because="Of the B^2 pairs of draws B are one draw twice, with mean product M_ab; others are independent.",
            obligation=moments[0] - epsilon**2 * first * second - STATEMENT.right[0].subs(F_ab, entry),
            shows=sp.Eq(with_replacement, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="The mean product over two different examples follows from the sums over all examples.",
            because="The product of the sums less N equal pairs is spread over N(N - 1); checked for four examples.",
            shows=sp.Eq(different, distinct, evaluate=False),
            means={different: crossed, **numbers},
        ),
        Step(
            claim="Without replacement the covariance is smaller by (N - B)/(N - 1).",
            because="The B(B - 1) pairs of different draws have that mean product.",
            obligation=moments[1] - epsilon**2 * first * second - STATEMENT.right[1].subs(F_ab, entry),
            shows=sp.Eq(without_replacement, STATEMENT.right[1], evaluate=False),
        ),
    )
