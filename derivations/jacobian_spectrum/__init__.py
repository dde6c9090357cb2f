r"""Letters, premises and steps that results on the singular values of input-output Jacobians share.

The Jacobian of a network of L layers x^l = phi(W^l x^(l-1) + b^l) is J = D^L W^L ... D^1 W^1, with the slopes phi'(h^l)
on the diagonal of D^l. Its squared singular values are the eigenvalues of J J^T; their means of powers are m_k, and M
is the series of the moments without its first term: M(1/lambda) = sum over k of m_k / lambda^k. The inverse of that
series, multiplied by (1 + M) / M, is the S-transform of the law.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import sympy as sp

from derivations.calculus import free_probability, matrix_product, mean_field, taylor
from derivations.calculus.rectangular_noise import G, W, noise_transform
from derivations.proof import Step
from derivations.statement import Parameter, Source
from derivations.symbols import L, N, q_star, s, varphi

SUMMARY = Source(document="001", where="Summary: spectra of Jacobians of deep networks")
RESURRECTING = Source(document="pennington2017resurrecting", where="spectra of Jacobians by free probability")
UNIVERSALITY = Source(document="pennington2018emergence", where="spectra of Jacobians by free probability")
INVERSION = Source(document="anderson2010introduction", where="inversion of the Stieltjes transform")
INDEPENDENT_SLOPES = Source(
    document="yang2020tensor", where="the gradient independence assumption and when it is correct"
)

LAYERS = Parameter(symbol=L, meaning="number of layers", domain=sp.Range(1, sp.oo), typical=(3, 9))
WIDTH = Parameter(symbol=N, meaning="width of the layers", domain=sp.Range(1, sp.oo), typical=(9, 60))
ANGLE = Parameter(
    symbol=varphi,
    meaning="angle that runs through the spectrum",
    domain=sp.Interval.open(0, sp.pi),
    typical=(0.03, 0.3),
    unit="rad",
)
LENGTH = Parameter(
    symbol=q_star,
    meaning=mean_field.FIXED_LENGTH.meaning,
    domain=mean_field.FIXED_LENGTH.domain,
    typical=(0.1, 5),
)
ABOVE = sp.Function("F")(s)
LARGEST = sp.Symbol("lambda_max", positive=True)
MEAN, SECOND, THIRD = sp.symbols("m_1 m_2 m_3", positive=True)

SQUARE = "All layers have the same width N, which goes to infinity at a fixed number of layers."
AT_LENGTH = "All layers have the length q* per neuron, from the first on."
SLOPES = "The slopes of a layer are as if independent of all weights, as in wide networks."
POWERS = "m_k is the mean k-th power of the squared singular values."
OF_ONE_LAYER = "v is the variance of the squared singular values of one layer, whose mean is 1."
DESCENT = "Plain stochastic gradient descent on digits, without biases; the learning rate is a constant over the depth."
RELATIVE = "The rate is that of the relative error."
COUNTED = "F is the fraction of all singular values that lie above s; what it lacks of 1 at the last angle is the "
COUNTED += "fraction of those that are 0."

M = sp.Symbol("M")  # moment series at 1 / lambda, less 1; complex inside the spectrum
ZETA = sp.Symbol("zeta", positive=True)  # argument of an S-transform
LAMBDA = sp.Symbol("lambda", positive=True)  # a squared singular value
TRANSFORM = sp.Function("S")
ONE_LAYER = sp.Symbol("S_1(zeta)")  # the S-transform of one layer
FORM = sp.Symbol(r"N^2\, \mathbb{E} (w A w^T)^2")  # what a Gaussian row w of variance 1 / N makes of a matrix A
TRACE, TRACE_OF_SQUARE = sp.Symbol(r"(\mathrm{tr} A)"), sp.Symbol(r"\mathrm{tr} A^2")


def gaussian_matrix() -> tuple[Step, ...]:
    """From independent entries of variance 1 / N to the S-transform 1 / (1 + zeta) of W W^T."""
    square = (1 + ZETA) ** 2 / ZETA  # w of one square matrix, where w g = 1 + zeta
    trace = (W * G * (1 - G) - 1).subs(G, (1 + ZETA) / W).subs(W, square)
    return (
        *noise_transform()[:2],
        Step(
            claim="The S-transform of W W^T of a square Gaussian matrix is 1 / (1 + zeta).",
            because="For as many outputs as inputs, A = 1, both traces are g, and w g - 1 = zeta is the moment series "
            "of 1 / w. Its inverse 1 / w = zeta / (1 + zeta)^2 is multiplied by (1 + zeta) / zeta.",
            obligation=trace,
            shows=sp.Eq(TRANSFORM(ZETA), 1 / (1 + ZETA), evaluate=False),
            means={TRANSFORM(ZETA): 1 / square * (1 + ZETA) / ZETA},
        ),
    )


def of_switches(share: sp.Expr) -> sp.Expr:
    """The S-transform that `switched` shows."""
    return (1 + ZETA) / (share + ZETA)


def switched(share: sp.Expr) -> Step:
    """The S-transform of squared slopes that are 1 for that share of the neurons, and 0 for the others."""
    t = sp.Symbol("t", positive=True)
    series, inverse = share * t / (1 - t), ZETA / (share + ZETA)
    return Step(
        claim="The S-transform of the squared slopes, which are 1 or 0, is (1 + zeta) / (p + zeta) with p the "
        "fraction of neurons whose slope is 1.",
        because="All moments are p, so that the moment series is p t / (1 - t); its inverse is inserted, and "
        "multiplied by (1 + zeta) / zeta.",
        obligation=series.subs(t, inverse) - ZETA,
        shows=sp.Eq(TRANSFORM(ZETA), of_switches(share), evaluate=False),
        means={TRANSFORM(ZETA): inverse * (1 + ZETA) / ZETA},
    )


def freeness(product: sp.Expr, layer: Sequence[sp.Expr]) -> tuple[Step, ...]:
    """Slopes are independent of weights, rotated matrices are free, and S-transforms multiply; `product` is in zeta.

    `layer` has the first three moments of the squared singular values of one layer.
    """
    of_two = free_probability.product_moments(len(layer), lambda _, k: layer[k - 1])
    one, two = (free_probability.s_transform(known) for known in (layer, of_two))
    if product.has(ONE_LAYER):
        known = {TRANSFORM(ZETA): free_probability.multiplication(two), ONE_LAYER: free_probability.multiplication(one)}
    else:
        known = {TRANSFORM(ZETA): sum((c * ZETA**k for k, c in enumerate(two)), sp.O(ZETA ** len(two)))}
    return (
        Step(
            claim="In wide networks the slopes are as if independent of the weights.",
            because="A neuron sums over many weights, none of which matters by itself.",
            assumption=INDEPENDENT_SLOPES,
        ),
        *free_probability.asymptotic_freeness(),
        *multiplication_law(),
        Step(
            claim="So the S-transform of J J^T is the product of those of the squared slopes and of W W^T, layer by "
            "layer.",
            because="D W A W^T D has the moments of A W^T D^2 W, whose factors are free; so on for any number of "
            "layers.",
            obligation=words(),
            instances="the first four moments of one layer, and the first three of two",
            shows=sp.Eq(TRANSFORM(ZETA), product, evaluate=False),
            means={L: 2, **known},
        ),
    )


@functools.cache
def multiplication_law() -> tuple[Step, ...]:
    """The law of free factors, worked out once."""
    return free_probability.multiplication_law(3)


def words() -> tuple[sp.Expr, ...]:
    """The traces of powers of D W A W^T D, less those of A W^T D^2 W, for any matrices."""
    slopes, weights, before = (matrix_product.letter(name) for name in "DWA")
    turned = sp.transpose(weights)
    layer, cyclic = (slopes, weights, before, turned, slopes), (before, turned, slopes, slopes, weights)
    return tuple(matrix_product.trace(sp.Mul(*layer * k) - sp.Mul(*cyclic * k)) for k in (1, 2, 3, 4))


def level(transform: sp.Expr) -> sp.Expr:
    """lambda as a function of M, for an S-transform in zeta: 1 / lambda is the inverse of the moment series."""
    return (1 + M) / (M * transform.subs(ZETA, M))


def moments(transform: sp.Expr, second: sp.Expr, third: sp.Expr) -> Step:
    """Second and third moment of a law of mean 1 from its S-transform in zeta."""
    t = sp.Symbol("t")
    inverse = ZETA / (1 + ZETA) * transform
    series, guess = taylor.coefficients(inverse, 4, ZETA), t + SECOND * t**2 + THIRD * t**3
    found = sp.expand(sum(c * guess**k for k, c in enumerate(series)) - t)
    known = {SECOND: second, THIRD: third}
    return Step(
        claim="The mean is 1, and the second and third moment are those stated.",
        because="M = t + m_2 t^2 + m_3 t^3 + ... is inserted into t = M / (1 + M) S(M), power by power.",
        obligation=tuple(sp.expand(found.coeff(t, k).subs(known)) for k in (1, 2, 3)),
        shows=sp.Eq(sp.Tuple(SECOND, THIRD), sp.Tuple(second, third), evaluate=False),
    )


def distribution(of_level: sp.Expr, primitive: sp.Expr) -> tuple[Step, ...]:
    """The fraction above a level is the imaginary part of an elementary function of M, over pi."""
    density = sp.Symbol(r"\rho", positive=True)
    return (
        Step(
            claim="Inside the spectrum lambda is real while M is complex, and the density of the squared singular "
            "values is the imaginary part of M over pi lambda.",
            because="(1 + M) / lambda is the trace of the resolvent, whose jump across the spectrum is the density.",
            assumption=INVERSION,
            shows=sp.Eq(density, sp.Symbol(r"|\mathrm{Im}\, M|") / (sp.pi * LAMBDA), evaluate=False),
        ),
        Step(
            claim="The fraction above a level, the integral of Im M over pi ln lambda, is elementary in M.",
            because="The primitive is differentiated by M and compared with M times the slope of ln lambda; its "
            "imaginary part is that of the integral, since lambda is real.",
            shows=sp.Eq(M * sp.Derivative(sp.log(LAMBDA), M), sp.Derivative(primitive, M), evaluate=False),
            means={LAMBDA: of_level},
        ),
    )


def powers_of(expression: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """The factors of a product with their exponents, so that its logarithm is differentiated without a branch."""
    found = []
    for factor, power in sp.powdenest(expression, force=True).as_powers_dict().items():
        above, below = sp.fraction(sp.together(factor))
        found += [(above, power), (below, -power)]
    return [(factor, power) for factor, power in found if factor != 1]


# ------------------------------------------------------- orthogonal weights and slopes that are on or off

FIRST, PART, WHOLE = sp.sin(varphi), sp.sin((L - 1) * varphi), sp.sin(L * varphi)


def switched_law(share: sp.Expr) -> tuple[sp.Expr, ...]:
    """Singular value and fraction above it by the angle, edge of the continuous part, and moments 2 and 3.

    Weights are orthogonal times share^(-1/2), slopes 1 for that share of the neurons and 0 for the others.
    """
    odds = share / (1 - share)
    ratio = odds * FIRST / PART
    turn = sp.pi / 2 - sp.atan((1 - ratio * sp.cos(L * varphi)) / (ratio * WHOLE))
    return (
        sp.sqrt(WHOLE**L / (odds * FIRST * PART ** (L - 1))),
        (L * share * varphi + (1 - L * (1 - share)) * turn) / sp.pi,
        L**L / (odds * (L - 1) ** (L - 1)),
        1 + L / odds,
        L * (3 * L - 1) / (2 * share**2) - 3 * L * (L - 1) / share + (L - 1) * (3 * L - 2) / 2,
    )


def switched_orthogonal(share: sp.Expr, law: tuple[sp.Expr, ...]) -> tuple[Step, ...]:
    """From slopes that are on or off to the law, as `switched_law` gives it; `share` is p or its value."""
    stretch, fraction, edge, second, third = law
    V, u, alpha = sp.Symbol("V"), sp.Symbol("u", positive=True), sp.Symbol("alpha", real=True)
    factor = (1 + ZETA) / (1 + ZETA / share)
    of_level = level(factor**L)
    base = (1 - (1 - share) * V) / share  # (1 + M / p) / (1 + M) at M = (1 - V) / V
    at = (1 - V) / V
    odds = share / (1 - share)
    phase = sp.exp(sp.I * varphi)
    p, q, r = sp.symbols("p q r", positive=True)  # sin(L varphi), sin((L - 1) varphi), sin(varphi)
    on_curve = (p / q) ** L / (odds * r / q)
    squared = (stretch**2).subs({WHOLE: p, PART: q, FIRST: r})
    stationary = (L * (1 - share) - 1) / ((1 - share) * (L - 1))
    logarithm = L * sp.log(base) - sp.log(1 - V)
    cotangent = ((1 - u * sp.cos(L * varphi)) / (u * WHOLE)).subs(u, odds * FIRST / PART)
    return (
        switched(share),
        Step(
            claim="Orthogonal weights of scale sigma_w have all squared singular values at sigma_w^2, so that one "
            "layer has the S-transform (1 + zeta) / (1 + zeta / p) at the critical point, where sigma_w^2 p = 1.",
            because="The S-transform of a number is its inverse, here p.",
            shows=sp.Eq(TRANSFORM(ZETA), factor, evaluate=False),
            means={TRANSFORM(ZETA): share * of_switches(share)},
        ),
        *freeness(factor**L, [share ** (1 - k) for k in (1, 2, 3)]),
        Step(
            claim="With M = (1 - V) / V the level becomes the L-th power of a linear function over 1 - V.",
            because="V is inserted into (1 + M) / M and into the inverse of the S-transform of one layer.",
            shows=sp.Eq(LAMBDA, base**L / (1 - V), evaluate=False),
            means={LAMBDA: of_level.subs(M, at)},
        ),
        Step(
            claim="On the curve V = 1 - u e^(i L varphi), u = p sin(varphi) / ((1 - p) sin((L - 1) varphi)), the "
            "linear function has the argument varphi, and the level is real.",
            because="sin(L varphi) e^(i varphi) is sin((L - 1) varphi) + sin(varphi) e^(i L varphi), in exponentials; "
            "the L-th power has the argument of 1 - V.",
            shows=sp.Eq(base, WHOLE / PART * phase, evaluate=False),
            means={V: 1 - odds * FIRST / PART * sp.exp(sp.I * L * varphi)},
        ),
        Step(
            claim="It is the square of the singular value stated.",
            because="The moduli of the power and of 1 - V are divided.",
            obligation=sp.powsimp(sp.expand_power_base(on_curve / squared, force=True), force=True) - 1,
            shows=sp.Eq(s, stretch, evaluate=False),
        ),
        *distribution(of_level, (L - 1) * sp.log(1 + M) - L * share * sp.log(share + M)),
        Step(
            claim="On the curve the fraction above is the one stated, with the argument of 1 + M between 0 and pi.",
            because="1 + M is 1 / V, whose argument alpha has the cotangent (1 - u cos(L varphi)) / (u sin(L varphi)); "
            "p + M has the argument varphi + alpha.",
            obligation=(
                sp.tan(sp.pi / 2 - law_turn(share)) - cotangent,
                (1 + M / share).subs(M, at) - base / V,
                (L * share * (varphi + alpha) - (L - 1) * alpha) / sp.pi - fraction.subs(law_turn(share), alpha),
            ),
            shows=sp.Eq(ABOVE, fraction, evaluate=False),
        ),
        Step(
            claim="The continuous part ends where the level is stationary.",
            because="The logarithm of the level is differentiated by V; its only zero is inserted.",
            obligation=(
                sp.diff(logarithm, V).subs(V, stationary),
                sp.powsimp(
                    sp.expand_power_base(
                        sp.factor(base.subs(V, stationary)) ** L / sp.factor(1 - stationary) / edge, force=True
                    ),
                    force=True,
                )
                - 1,
            ),
            shows=sp.Eq(LARGEST, edge, evaluate=False),
        ),
        Step(
            claim="At the last angle, pi / L, the fraction is p: the others vanish.",
            because="There sin(L varphi) is 0, so that alpha, the argument of 1 / V with V = 1 + u, is 0.",
            obligation=sp.expand((1 - u * sp.exp(sp.I * L * varphi)).subs(varphi, sp.pi / L)) - 1 - u,
            shows=sp.Eq(ABOVE, share, evaluate=False),
            means={ABOVE: fraction.subs(law_turn(share), 0).subs(varphi, sp.pi / L)},
        ),
        moments(factor**L, second, third),
    )


def law_turn(share: sp.Expr) -> sp.Expr:
    """The argument of 1 + M along the spectrum, as it stands in the fraction of `switched_law`."""
    ratio = share / (1 - share) * FIRST / PART
    return sp.pi / 2 - sp.atan((1 - ratio * sp.cos(L * varphi)) / (ratio * WHOLE))
