"""Linear regression settles in no Boltzmann distribution: its noise is that of the Hessian.

Premises: least squares with Gaussian inputs of variances h_i and h_j, labels with noise of variance sigma^2, two
weights, minibatches of fresh examples. The covariance of the gradients is sigma^2 H to leading order, far from
isotropic, and both weights spread alike, as they would in a bowl that is the same in all directions. The slides say
that F "is far from being isotropic for neural networks": it is so here already. The loss of a direction is in
proportion to its curvature, where a Boltzmann distribution would give all directions the same.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.stationary_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.stationary_covariance import F_ij, h_i, h_j
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, epsilon, g

S_i, S_j, excess, c_i, c_j, kappa = sp.symbols("S_i S_j E_x c_i c_j kappa", positive=True)
sigma = sp.Symbol("sigma", positive=True)


def stiffness(curvature: sp.Expr) -> sp.Expr:
    """What the spread of a weight is divided by."""
    return B * (2 - epsilon * curvature * (1 + 1 / B))


MEAN_TEMPERATURE = epsilon * sigma**2 * (h_i + h_j) / (4 * B)

STATEMENT = Statement(
    module=__name__,
    title="Stationary spread in linear regression",
    formula=sp.Eq(
        sp.Tuple(S_i, S_j), sp.Tuple(epsilon * (sigma**2 + excess) / c_i, epsilon * (sigma**2 + excess) / c_j)
    ),
    where=(
        sp.Eq(c_i, stiffness(h_i), evaluate=False),
        sp.Eq(c_j, stiffness(h_j), evaluate=False),
        sp.Eq(kappa, epsilon * h_i / c_i + epsilon * h_j / c_j, evaluate=False),
        sp.Eq(excess, sigma**2 * kappa / (1 - kappa), evaluate=False),
    ),
    parameters=(
        *(p.narrowed("the variance of an input") for p in COVARIANCE.parameters if p.symbol in (h_i, h_j)),
        Parameter(
            symbol=sigma, meaning="root mean square of the noise of the labels", domain=POSITIVE, typical=(0.3, 3)
        ),
        sgd_noise.LEARNING_RATE,
        sgd_noise.BATCH,
    ),
    assumptions=(
        "S_i and S_j are the variances of the two weights, with inputs in the eigenvectors of the Hessian; E_x is the "
        "mean squared error beyond that of the labels, h_i S_i + h_j S_j.",
        "Inputs are Gaussian, and every example is fresh.",
        "c_i and c_j are positive, and kappa is below 1; otherwise the variances have no bound.",
    ),
    regime=Exact(),
    sources=(
        Source(document="002", where="SGD as Langevin Dynamics: F is far from being isotropic"),
        Source(document="mandt2017stochastic", where="constant learning rates: stationary covariance"),
    ),
    covers=("G11", "G8"),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="U9",
            kind="in use",
            formula=sp.Eq(sp.Tuple(S_i, S_j), sp.Tuple(MEAN_TEMPERATURE / h_i, MEAN_TEMPERATURE / h_j), evaluate=False),
            note="A Boltzmann distribution with the mean noise for its temperature: the noise of regression is in "
            "proportion to the Hessian, and both weights spread alike.",
            source=Source(document="public_code", where="stochastic gradient descent as a thermal bath"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """Mean squares of a minibatch gradient, the fixed point, and why it is no Boltzmann distribution."""
    x, y, p, q, label = sp.symbols("x y p q eta", real=True)  # two inputs, two deviations of weights, noise of a label
    gradient = sp.expand(x * (x * p + y * q - label)), sp.expand(y * (x * p + y * q - label))
    even = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3}  # Gaussian moments
    widths = (h_i, h_j, S_i, S_j, sigma**2)

    def mean(expression: sp.Expr) -> sp.Expr:
        """Over inputs, labels, and weights of the variances S; the weights come in squares at most."""
        terms = sp.Poly(expression, x, y, p, q, label).as_dict()
        return sum(
            c * sp.Mul(*(even[n] * width ** sp.Rational(n, 2) for n, width in zip(powers, widths, strict=True)))
            for powers, c in terms.items()
        )

    error = h_i * S_i + h_j * S_j
    squares = [mean(sp.expand(part**2)) for part in gradient]
    after = [
        spread - 2 * epsilon * h * spread + epsilon**2 * (square / B + (1 - 1 / B) * h**2 * spread)
        for spread, h, square in ((S_i, h_i, squares[0]), (S_j, h_j, squares[1]))
    ]
    known = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    claimed = STATEMENT.right
    kept = sp.Matrix([[sp.diff(sp.expand(value), spread) for spread in (S_i, S_j)] for value in after])
    bare = [sp.expand(value).subs({S_i: 0, S_j: 0}) for value in after]
    H = sp.Matrix(2, 2, sp.symbols("H_11 H_12 H_12 H_22", real=True))
    F = sp.Matrix(2, 2, sp.symbols("F_11 F_12 F_12 F_22", real=True))
    T, weights = sp.Symbol("T", positive=True), sp.Matrix(sp.symbols("theta_1 theta_2", real=True))
    landscape = (weights.T * H * weights)[0] / 2
    u = sp.exp(-landscape / T)
    flow = [
        -landscape.diff(weights[a]) * u - g * sum((F[a, b] * u).diff(weights[b]) for b in range(2)) for a in range(2)
    ]
    return (
        Step(
            claim="One example's gradient has the mean square h (sigma^2 + E_x + 2 h S) along a weight, and no "
            "correlation.",
            because="Fourth moments of Gaussian inputs, with weights of the variances S that are uncorrelated.",
            obligation=(
                squares[0] - h_i * (sigma**2 + error + 2 * h_i * S_i),
                squares[1] - h_j * (sigma**2 + error + 2 * h_j * S_j),
                mean(sp.expand(gradient[0] * gradient[1])),
            ),
        ),
        Step(
            claim="The claimed variances are unchanged by a step, for any E_x.",
            because="A minibatch has a B-th of the mean square of one example, and 1 - 1/B of the squared mean "
            "gradient.",
            obligation=tuple(
                sp.expand(value - spread).subs(sigma**2, spread * divisor / epsilon - error)
                for value, spread, divisor in ((after[0], S_i, known[c_i]), (after[1], S_j, known[c_j]))
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="E_x is the claimed one.",
            because="h_i S_i + h_j S_j = kappa (sigma^2 + E_x) is solved for E_x.",
            obligation=(
                h_i * claimed[0] + h_j * claimed[1] - known[kappa] * (sigma**2 + excess),
                kappa * (sigma**2 + known[excess]) - known[excess],
            ),
            shows=sp.Eq(excess, known[excess], evaluate=False),
        ),
        Step(
            claim="Any variances come to these where c_i and c_j are positive and kappa is below 1, and grow without "
            "bound otherwise.",
            because="A step multiplies the variances by a matrix without a negative entry, and adds to both. Such "
            "steps converge exactly if they leave positive variances unchanged (Perron and Frobenius); those that they "
            "leave unchanged are positive for positive c_i, c_j and E_x.",
            obligation=(
                kept[0, 0] - (1 - epsilon * h_i) ** 2 - 2 * epsilon**2 * h_i**2 / B,
                kept[1, 1] - (1 - epsilon * h_j) ** 2 - 2 * epsilon**2 * h_j**2 / B,
                kept[0, 1] - epsilon**2 * h_i * h_j / B,
                kept[1, 0] - epsilon**2 * h_i * h_j / B,
                bare[0] - epsilon**2 * sigma**2 * h_i / B,
                bare[1] - epsilon**2 * sigma**2 * h_j / B,
            ),
        ),
        Step(
            claim="To leading order in the learning rate both weights spread alike, by the covariance sigma^2 H.",
            because="The stationary covariance with F = sigma^2 H, and the limit of S/epsilon.",
            obligation=(
                (COVARIANCE.right[0] / epsilon).subs({F_ij: sigma**2 * h_i, h_j: h_i}).subs(epsilon, 0)
                - sigma**2 / (2 * B),
                *(
                    (part / epsilon)
                    .subs(excess, known[excess])
                    .subs(kappa, known[kappa])
                    .subs({c_i: known[c_i], c_j: known[c_j]})
                    .subs(epsilon, 0)
                    - sigma**2 / (2 * B)
                    for part in claimed
                ),
            ),
        ),
        Step(
            claim="A Boltzmann distribution exp(-L/T) of a quadratic loss carries no current if, and only if, F is T/g "
            "times the unit matrix.",
            because="Its current is (g F/T - 1) H theta times the density, which vanishes everywhere only if (g F/T "
            "- 1) H does; the Hessian has an inverse.",
            obligation=(
                *(sp.Matrix(flow) / u - (g * F / T - sp.eye(2)) * H * weights),
                *((g * F / T - sp.eye(2)) * H * H.inv() - (g * F / T - sp.eye(2))),
            ),
        ),
    )
