r"""The smallest eigenvalue of the tangent kernel of deep networks: positive, and what depth makes of it in each phase.

Premises: the recursion of the tangent kernel, for any activation; inputs whose preactivations have one length q*, which
the layers keep, and one correlation. The kernel of P such inputs has two entries, hence two eigenvalues. Its quadratic
form is a sum of mean squares, so that it is positive definite. Order: the smallest eigenvalue falls with the distance
of two inputs, times the depth. Critical: both grow with the depth, and their ratio stays. Chaos: the entries of
different inputs stay while those of an input with itself grow, and all eigenvalues become one.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_slope, critical_decay
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import K_II, K_JJ, L, P, c, c_IJ, c_star, chi_1, chi_2, phi, q_star, sigma_b, sigma_w, x, z
from derivations.wide_training import FURTHER_READING, Theta_IJ, tangent_kernel

XIAO = Source(document="xiao2020disentangling", where="the condition number of the tangent kernel over depth")
SMALLEST, LARGEST = sp.symbols("lambda_min^{l+1} lambda_max^{l+1}", real=True)
RATIO, CRITICAL = sp.symbols("R^L(order) lambda_min^L(critical)", real=True)
CHAOTIC, EXCESS = sp.symbols("lambda_min^L(chaos) Q^L(chaos)", real=True)
Theta_II = sp.Symbol("Theta_II", positive=True)
chi_c, chi_star = sp.symbols("chi_c chi_star", real=True)
power = sp.Symbol("nu_c", positive=True)  # of the depth, with which 1 - c falls at criticality
after = sp.Symbol("c_{l+1}", real=True)
CORRELATED, ATTRACTIVE, SOME = sp.Interval(0, 1), sp.Interval.open(-1, 1), (0.1, 0.9)


def alike(expression: sp.Expr, correlation: sp.Expr) -> sp.Expr:
    """An average of the recursion for two inputs of length q* and this correlation."""
    found = expression.subs({K_II: q_star, K_JJ: q_star, c_IJ: correlation})
    return correlation_slope.renamed(found.doit().replace(tangent_kernel.z_1, correlation_slope.z_1))


STATEMENT = Statement(
    module=__name__,
    title="Smallest eigenvalue of the tangent kernel over depth",
    formula=sp.Eq(
        sp.Tuple(SMALLEST, LARGEST, RATIO, CRITICAL, CHAOTIC, EXCESS),
        sp.Tuple(
            q_star * (1 - after) + chi_1 * Theta_II - chi_c * Theta_IJ,
            q_star * (1 + (P - 1) * after) + chi_1 * Theta_II + (P - 1) * chi_c * Theta_IJ,
            L * (1 + chi_2 * q_star / (chi_1 * (1 - chi_1))),
            (1 + power) / (2 + power) * q_star * L,
            q_star * chi_1**L / (chi_1 - 1),
            P * c_star * (chi_1 - 1) / ((1 - chi_star) * chi_1**L),
        ),
        evaluate=False,
    ),
    parameters=(
        mean_field.FIXED_LENGTH,
        Parameter(symbol=after, meaning="correlation of two inputs, at layer l + 1", domain=CORRELATED, typical=SOME),
        Parameter(symbol=c_star, meaning="correlation that two inputs approach", domain=CORRELATED, typical=SOME),
        Parameter(
            symbol=chi_1, meaning="slope of the correlation map, at correlation 1", domain=POSITIVE, typical=(0.3, 0.9)
        ),
        Parameter(
            symbol=chi_c,
            meaning="slope of the correlation map, at the correlation of layer l",
            domain=sp.S.Reals,
            typical=SOME,
        ),
        Parameter(
            symbol=chi_star, meaning="slope of the correlation map, at c*", domain=sp.Interval.open(-1, 1), typical=SOME
        ),
        Parameter(
            symbol=chi_2,
            meaning="sigma_w^2 times the mean square of phi''",
            domain=sp.Interval(0, sp.oo),
            typical=(0.2, 3),
        ),
        Parameter(
            symbol=Theta_II,
            meaning="tangent kernel of an input with itself, at layer l",
            domain=POSITIVE,
            typical=(3, 9),
        ),
        Parameter(symbol=Theta_IJ, meaning="tangent kernel, at layer l", domain=sp.S.Reals, typical=(-2, 2)),
        Parameter(symbol=P, meaning="number of examples", domain=sp.Range(2, sp.oo), typical=(3, 9)),
        Parameter(symbol=L, meaning="number of the layer", domain=sp.Range(1, sp.oo), typical=(3, 60)),
        Parameter(symbol=power, meaning="power of depth with which 1 - c falls", domain=POSITIVE, typical=(0.5, 3)),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "NTK parametrization; q* is a fixed point of the length. All P inputs have this length, and every two of them "
        "the same correlation, from 0 on. Layer 1 follows the inputs: there the kernel is the covariance.",
        "lambda_min belongs to P - 1 directions, lambda_max to the mean of all outputs. Of a single network of width N "
        "the P - 1 eigenvalues differ by the order N^(-1/2); in the mean over networks they do not.",
        "R^L is lambda_min over the smallest eigenvalue q* (1 - c_l) of the covariance. Its law is that of the ordered "
        "phase, chi_1 < 1, with phi twice differentiable; it is off by the relative order 1 / L.",
        "The fourth law is that of the critical line, chi_1 = 1, where 1 - c_l falls like l^(-nu_c): nu_c is 1 for "
        "smooth activations and 2 for relu. It is off by the relative order ln(L) / L.",
        "The last two laws are those of the chaotic phase, chi_1 > 1, with |chi_star| < 1; Q^L is lambda_max / "
        "lambda_min - 1. They are off by relative orders of chi_1^-L and chi_star^L.",
        "phi is not constant, and phi' has a mean square.",
    ),
    regime=Limit(parameter=L, towards=sp.oo, rate=sp.log(L) / L),
    sources=(FURTHER_READING, tangent_kernel.JACOT, XIAO),
    covers=("W4",),
    uses=(tangent_kernel.STATEMENT.id, correlation_slope.STATEMENT.id, critical_decay.STATEMENT.id),
)
DIAGONAL = q_star * (chi_1**L - 1) / (chi_1 - 1)
small, depth = sp.symbols("epsilon ell", positive=True)  # 1 - c; number of a layer
pull = sp.Symbol("k", positive=True)  # 1 - c becomes epsilon - k epsilon^(1 + 1 / nu_c)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the recursion to two eigenvalues and their sign, then what depth does to them in each phase."""
    return (*_eigenvalues(), *_positive(), *_order(), *_critical(), *_chaos())


def _eigenvalues() -> tuple[Step, ...]:
    entry, total = sp.symbols("v s", real=True)
    times = Theta_II * entry + Theta_IJ * (total - entry)
    squares, products, steep, both = sp.symbols("A B S T", real=True)  # E phi phi and E phi' phi', alike and of a pair
    itself, other = (
        tangent_kernel.onward(signals, slopes).subs(Theta_IJ, theta)
        for signals, slopes, theta in ((squares, steep, Theta_II), (products, both, Theta_IJ))
    )
    length, covariance = (sigma_b**2 + sigma_w**2 * average for average in (squares, products))
    known = {q_star: length, after: covariance / length, chi_1: sigma_w**2 * steep, chi_c: sigma_w**2 * both}
    smallest, largest = (side.subs(known) for side in STATEMENT.right[:2])
    slope, _, slope_at_one = correlation_slope.STATEMENT.right
    return (
        Step(
            claim="A matrix of one number on its diagonal and one off it has the eigenvalue of their difference for "
            "all vectors of sum 0, and diagonal + (P - 1) off-diagonal for the vector of ones.",
            because="An entry of the matrix times a vector of sum s; s is 0, or every entry is 1 and s is P.",
            obligation=(
                times.subs(total, 0) - (Theta_II - Theta_IJ) * entry,
                times.subs({entry: 1, total: P}) - (Theta_II + (P - 1) * Theta_IJ),
            ),
        ),
        Step(
            claim="So the recursion of the kernel gives those of both eigenvalues.",
            because="The recursion for an input with itself, whose correlation is 1, and for two of them: q* is kept, "
            "q* c is the covariance of the next layer, and chi are sigma_w^2 times averages of slopes.",
            obligation=(
                smallest - itself + other,
                largest - itself - (P - 1) * other,
                sigma_w**2 * alike(tangent_kernel.SLOPES, c) - alike(slope, c),
                sigma_w**2 * alike(tangent_kernel.SLOPES, sp.S.One) - slope_at_one,
            ),
            shows=sp.Eq(sp.Tuple(SMALLEST, LARGEST), sp.Tuple(*STATEMENT.right[:2]), evaluate=False),
        ),
    )


def _positive() -> tuple[Step, ...]:
    weights, signals, slopes = (sp.symbols(f"{name}_1:4", real=True) for name in "xpd")
    gradients = [sp.symbols(f"g_{a}_1:3", real=True) for a in range(3)]  # of a neuron below, by two parameters
    pairs = [(a, b) for a in range(3) for b in range(3)]
    below = {(a, b): sum((g * h for g, h in zip(gradients[a], gradients[b], strict=True)), sp.S.Zero) for a, b in pairs}
    form = sum(
        weights[a]
        * weights[b]
        * (sigma_b**2 + sigma_w**2 * (signals[a] * signals[b] + slopes[a] * slopes[b] * below[a, b]))
        for a, b in pairs
    )
    carried = [sum(weights[a] * slopes[a] * gradients[a][k] for a in range(3)) for k in range(2)]
    squares = (sp.Add(*weights), sum(w * s for w, s in zip(weights, signals, strict=True)), *carried)
    fields = sp.symbols("u_1:4", real=True)
    vanishing = sum((w * phi(u) for w, u in zip(weights, fields, strict=True)), sp.S.Zero)
    first, second, (_, one, two) = price.correlated_pair(q_star, c * q_star)
    curve = sp.Symbol("alpha", real=True) * x + x**2
    given = price.moment(curve.subs(x, first), (one,))
    return (
        Step(
            claim="The kernel's quadratic form is a mean of squares: of the sum of the numbers x it is taken at, of "
            "their sum with phi, and of their sum with phi' times a gradient of the layer below.",
            because="What is averaged in the recursion, for three inputs; the kernel below is a sum of products of "
            "gradients.",
            obligation=form - sigma_b**2 * squares[0] ** 2 - sigma_w**2 * sum((s**2 for s in squares[1:]), sp.S.Zero),
            instances="three inputs, two parameters below",
        ),
        Step(
            claim="So it is positive definite behind a hidden layer, unless phi is constant or a combination of "
            "inputs has no variance.",
            because="The preactivations u then have a density. If the sum of x_a phi(u_a) vanishes for all u, so does "
            "its derivative by u_1, and phi' vanishes where x_1 does not.",
            obligation=vanishing.diff(fields[0]) - weights[0] * phi(fields[0]).diff(fields[0]),
        ),
        Step(
            claim="For correlations from 0 on both entries stay at least 0, and the difference is the smallest of the "
            "two eigenvalues.",
            because="Given their common part both preactivations are independent and alike, so that a mean product is "
            "a mean square, of phi and of phi' alike; a parabola with a free coefficient. lambda_max exceeds the "
            "difference by P times the off-diagonal entry.",
            obligation=(
                sp.expand(price.moment(curve.subs(x, first) * curve.subs(x, second), (one, two)) - given**2),
                sp.expand(Theta_II + (P - 1) * Theta_IJ - (Theta_II - Theta_IJ) - P * Theta_IJ),
            ),
            instances="parabolas",
        ),
    )


def _order() -> tuple[Step, ...]:
    curve = q_star * chi_2  # second derivative of the correlation map at 1
    steeper = sigma_w**2 * GaussE(phi(x).diff(x, 2).subs(x, sp.sqrt(q_star) * z) ** 2, z)
    bend = correlation_slope.renamed(correlation_slope.STATEMENT.right[1].subs(c, 1).doit())
    image = chi_1 * small - curve * small**2 / 2
    settled, gap = q_star / (1 - chi_1), sp.Symbol("r", positive=True)  # gap: the smallest eigenvalue over 1 - c
    carried = q_star * image + chi_1 * settled - image.diff(small) * (settled - gap * small)
    return (
        Step(
            claim="An input with itself has the kernel q* (1 + chi_1 + ... + chi_1^(L - 1)): it tends to q* / (1 - "
            "chi_1) in the ordered phase, and is q* L on the critical line.",
            because="The recursion at correlation 1, from q* in layer 1.",
            obligation=(
                sp.expand((DIAGONAL.subs(L, L + 1) - q_star - chi_1 * DIAGONAL) * (chi_1 - 1)),
                DIAGONAL.subs(L, 1) - q_star,
                settled - q_star - chi_1 * settled,
                sp.limit(DIAGONAL.subs(L, 4), chi_1, 1) - 4 * q_star,
            ),
        ),
        Step(
            claim="The correlation map has the second derivative chi_2 q* at 1.",
            because="Its curvature from the result that proves it.",
            obligation=bend - curve.subs(chi_2, steeper),
        ),
        Step(
            claim="In the ordered phase lambda_min over q* (1 - c) grows by 1 + chi_2 q* / (chi_1 (1 - chi_1)) per "
            "layer, as 1 - c vanishes.",
            because="Its recursion, where 1 - c becomes chi_1 (1 - c) less half the curvature times its square, and "
            "the slope there is the derivative.",
            obligation=sp.limit(carried / image - gap, small, 0) - q_star * STATEMENT.right[2] / L,
            shows=sp.Eq(RATIO, STATEMENT.right[2], evaluate=False),
        ),
    )


def _critical() -> tuple[Step, ...]:
    image = small - pull * small ** (1 + 1 / power)
    law = (power / (pull * depth)) ** power
    slope = 1 - (power + 1) / depth
    share = sp.Symbol("rho", positive=True)  # off-diagonal over diagonal
    next_share = (1 + slope * share * depth) / (depth + 1)
    limit, factor = 1 / (2 + power), (depth - 1 - power) / (depth + 1)
    angle = sp.Symbol("alpha", positive=True)
    map_of_relu = 2 / q_star * tangent_kernel.RELU_PRODUCT.subs({K_II: q_star, K_JJ: q_star, c_IJ: sp.cos(angle)})
    moved = (sp.sin(angle) - angle * sp.cos(angle)) / sp.pi
    of_relu = map_of_relu.subs(sp.sqrt(1 - sp.cos(angle) ** 2), sp.sin(angle)).subs(sp.acos(sp.cos(angle)), angle)
    smooth = law.subs({power: 1, pull: q_star * chi_2 / 2}) - critical_decay.STATEMENT.right[0].subs(
        critical_decay.l, depth
    )
    return (
        Step(
            claim="Where 1 - c loses k (1 - c)^(1 + 1 / nu) per layer it falls like (nu / (k l))^nu.",
            because="The law is inserted, with its derivative by depth for the change in one layer; both differ by "
            "higher orders.",
            obligation=(
                law.diff(depth) + pull * law ** (1 + 1 / power),
                *(
                    sp.limit((law.subs(depth, depth + 1) / law - 1).subs(power, n) * depth, depth, sp.oo) + n
                    for n in (1, 2)
                ),
            ),
        ),
        Step(
            claim="The slope of the map is there 1 - (1 + nu) / l.",
            because="The map is differentiated, and the law inserted.",
            obligation=image.diff(small).subs(small, law) - slope,
        ),
        Step(
            claim="So the off-diagonal entry tends to 1 / (2 + nu) of the diagonal one, from any start.",
            because="The distance from this share is multiplied by (l - 1 - nu) / (l + 1) per layer, which is 1 - (2 + "
            "nu) / l at large depth; the diagonal is q* l, and c is 1 in leading order.",
            obligation=(
                next_share - limit - factor * (share - limit),
                sp.limit(depth * (1 - factor), depth, sp.oo) - 2 - power,
            ),
        ),
        Step(
            claim="Both eigenvalues grow with the depth, and lambda_max / lambda_min stays (P + 1 + nu) / (1 + nu).",
            because="Diagonal less and plus P - 1 times the off-diagonal.",
            obligation=(
                q_star * L * (1 - limit) - STATEMENT.right[3],
                (1 + (P - 1) * limit) / (1 - limit) - (P + 1 + power) / (1 + power),
            ),
            shows=sp.Eq(CRITICAL, STATEMENT.right[3], evaluate=False),
        ),
        Step(
            claim="Smooth activations have nu = 1: lambda_min is 2/3 of the diagonal.",
            because="The decay at criticality is the law with k half of the curvature.",
            obligation=(smooth, (STATEMENT.right[3] / (q_star * L)).subs(power, 1) - sp.Rational(2, 3)),
        ),
        Step(
            claim="relu has nu = 2: lambda_min is 3/4 of the diagonal.",
            because="Behind relu, at sigma_w^2 = 2 and without biases, 1 - c loses (sin a - a cos a) / pi where c = "
            "cos a: a power 3/2 of 1 - c, with the coefficient 2 sqrt(2) / (3 pi).",
            obligation=(
                (1 - sp.cos(angle)) - (1 - of_relu) - moved,
                sp.limit(moved / angle**3, angle, 0) - 1 / (3 * sp.pi),
                sp.limit((1 - sp.cos(angle)) / angle**2, angle, 0) - sp.Rational(1, 2),
                (STATEMENT.right[3] / (q_star * L)).subs(power, 2) - sp.Rational(3, 4),
            ),
        ),
    )


def _chaos() -> tuple[Step, ...]:
    end, away = q_star * c_star / (1 - chi_star), sp.Symbol("delta", real=True)
    power_of = sp.Symbol("t", positive=True)  # chi_1^L
    smallest = DIAGONAL.subs(chi_1**L, power_of) - end
    leading, excess = (side.subs(chi_1**L, power_of) for side in STATEMENT.right[4:])
    return (
        Step(
            claim="In the chaotic phase the off-diagonal entry tends to q* c* / (1 - chi_star).",
            because="The recursion at c*: this value is kept, and a distance from it is multiplied by chi_star.",
            obligation=q_star * c_star + chi_star * (end + away) - end - chi_star * away,
        ),
        Step(
            claim="The diagonal grows like chi_1^L, and lambda_min with it.",
            because="The diagonal from above, less the entry that stays.",
            obligation=sp.limit(smallest / power_of, power_of, sp.oo) - leading / power_of,
            shows=sp.Eq(CHAOTIC, STATEMENT.right[4], evaluate=False),
        ),
        Step(
            claim="So all eigenvalues become one: lambda_max exceeds lambda_min by P times the entry that stays.",
            because="The difference of both eigenvalues over the smallest one, in leading order of chi_1^L.",
            obligation=sp.limit(P * end / smallest * power_of, power_of, sp.oo) - excess * power_of,
            shows=sp.Eq(EXCESS, STATEMENT.right[5], evaluate=False),
        ),
    )
