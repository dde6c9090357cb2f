"""Stationary covariance of stochastic gradient descent in a quadratic bowl, at any stable learning rate.

Premises: a quadratic mean loss with Hessian H, examples whose losses differ by linear terms, minibatches drawn with
replacement. In the eigenvectors of H the covariance S of the weights obeys S = (1 - epsilon H) S (1 - epsilon H) +
epsilon^2 F/B, the discrete Lyapunov equation. The slides have only the Langevin limit, H S + S H = 2 g F; here it is
the limit of the exact covariance, and it is said at which learning rate it is wrong by how much.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import B, epsilon, g

S_ij, r_ij, F_ij = sp.symbols("S_ij r_ij F_ij", real=True)
h_i, h_j = sp.symbols("h_i h_j", positive=True)
S_L = sp.Symbol("S_ij^L", real=True)

STATEMENT = Statement(
    module=__name__,
    title="Stationary covariance at a finite learning rate",
    formula=sp.Eq(
        sp.Tuple(S_ij, r_ij),
        sp.Tuple(epsilon * F_ij / (B * (h_i + h_j - epsilon * h_i * h_j)), epsilon * h_i * h_j / (h_i + h_j)),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=F_ij,
            meaning="covariance of the examples' gradients along eigenvectors i and j of the Hessian",
            domain=sp.S.Reals,
            typical=(-3.0, 5.0),
        ),
        *(
            Parameter(
                symbol=symbol,
                meaning=f"curvature of the mean loss along eigenvector {k}",
                domain=POSITIVE,
                typical=ends,
            )
            for symbol, k, ends in ((h_i, "i", (0.4, 1.1)), (h_j, "j", (0.7, 1.9)))
        ),
        sgd_noise.LEARNING_RATE.narrowed(typical=(0.02, 0.9)),
        sgd_noise.BATCH,
    ),
    assumptions=(
        "S_ij is the covariance of the weights along two eigenvectors of the Hessian, S_ij^L its value in the Langevin "
        "limit, and r_ij = 1 - S_ij^L/S_ij says by how much of the truth the limit is wrong.",
        sgd_noise.ADDITIVE,
        sgd_noise.STABLE,
        sgd_noise.WITH_REPLACEMENT,
    ),
    regime=Exact(),
    sources=(
        Source(document="002", where="SGD as Langevin Dynamics: u_infinity"),
        Source(document="mandt2017stochastic", where="constant learning rates: stationary covariance"),
    ),
    covers=("G7",),
    uses=(COVARIANCE.id,),
)


def derivation() -> tuple[Step, ...]:
    """From one step to the discrete Lyapunov equation, its solution, and the Langevin limit of that."""
    x, y, n_i, n_j = sp.symbols("theta_i theta_j n_i n_j", real=True)
    left, right = (1 - epsilon * h_i) * x - epsilon * n_i, (1 - epsilon * h_j) * y - epsilon * n_j
    kept, steps = (1 - epsilon * h_i) * (1 - epsilon * h_j), sp.Symbol("n", integer=True, nonnegative=True)
    noise = COVARIANCE.right[0].subs(F_ab, F_ij)
    means = {n_i * n_j: noise / epsilon**2, x * y: S_ij, x * n_j: 0, y * n_i: 0}
    after = sum(
        coefficient * means[term]
        for term, coefficient in sp.Poly(left * right, x, y, n_i, n_j).as_dict().items()
        for term in [sp.Mul(*(v**p for v, p in zip((x, y, n_i, n_j), term, strict=True)))]
    )
    claimed, wrong = STATEMENT.right
    langevin = 2 * g * F_ij / (h_i + h_j)
    scale = epsilon / (2 * B)
    share = sp.Symbol("r", positive=True)
    return (
        Step(
            claim="A step multiplies the covariance by (1 - epsilon h_i)(1 - epsilon h_j) and adds that of the step.",
            because="The minibatch is drawn independently of the weights before it, so mixed products have mean zero.",
            obligation=after - kept * S_ij - noise,
        ),
        Step(
            claim="The claimed covariance is unchanged by a step.",
            because="It is put into that equation, the discrete Lyapunov equation in the eigenvectors of the Hessian.",
            obligation=kept * claimed + noise - claimed,
            shows=sp.Eq(S_ij, claimed, evaluate=False),
        ),
        Step(
            claim="It is reached from any start, as the difference shrinks by the same factor at each step.",
            because="For 0 < epsilon h < 2 both factors are between -1 and 1.",
            obligation=(
                kept * (claimed + (S_ij - claimed) * kept**steps)
                + noise
                - (claimed + (S_ij - claimed) * kept ** (steps + 1)),
            ),
        ),
        Step(
            claim="In the Langevin limit the covariance is 2 g F_ij/(h_i + h_j).",
            because="The mean of theta_i theta_j stands still: drift -h theta, noise of covariance 2 g F per time.",
            obligation=-(h_i + h_j) * langevin + 2 * g * F_ij,
            shows=sp.Eq(S_L, langevin, evaluate=False),
            means={S_L: sp.limit(claimed.subs(B, epsilon / (2 * g)), epsilon, 0)},
        ),
        Step(
            claim="It falls short of the truth by the claimed share, which vanishes with the learning rate.",
            because="Both covariances are divided, with g = epsilon/(2B).",
            obligation=(1 - langevin.subs(g, scale) / claimed - wrong, sp.limit(wrong, epsilon, 0)),
            shows=sp.Eq(r_ij, wrong, evaluate=False),
        ),
        Step(
            claim="In this limit variances are 1, 10 and 25 percent too small at epsilon h = 1/50, 1/5 and 1/2.",
            because="The share r is reached at the learning rate r (1/h_i + 1/h_j), which for one direction is 2 r/h.",
            obligation=(
                wrong.subs(epsilon, share * (1 / h_i + 1 / h_j)) - share,
                *(
                    wrong.subs({h_j: h_i, epsilon: number / h_i}) - percent
                    for number, percent in (
                        (sp.Rational(1, 50), sp.Rational(1, 100)),
                        (sp.Rational(1, 5), sp.Rational(1, 10)),
                        (sp.Rational(1, 2), sp.Rational(1, 4)),
                    )
                ),
            ),
            shows=sp.Eq(epsilon, r_ij * (1 / h_i + 1 / h_j), evaluate=False),
        ),
    )
