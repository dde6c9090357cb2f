r"""Letters, premises and steps that results on the singular values of input-output Jacobians share.

The Jacobian of a network of L layers x^l = phi(W^l x^(l-1) + b^l) is J = D^L W^L ... D^1 W^1, with the slopes phi'(h^l)
on the diagonal of D^l. Its squared singular values are the eigenvalues of J J^T; their means of powers are m_k, and M is
the series of the moments without its first term: M(1/lambda) = sum over k of m_k / lambda^k. The inverse of that series,
multiplied by (1 + M) / M, is the S-transform of the law.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import free_probability, matrix_product, mean_field
from derivations.calculus.rectangular_noise import G, W, noise_transform
from derivations.proof import Step
from derivations.statement import Parameter, Source
from derivations.symbols import L, N, q_star, s, varphi

SUMMARY = Source(document="001", where="Summary: spectra of Jacobians of deep networks")
RESURRECTING = Source(document="pennington2017resurrecting", where="spectra of Jacobians by free probability")
UNIVERSALITY = Source(document="pennington2018emergence", where="spectra of Jacobians by free probability")
INVERSION = Source(document="anderson2010introduction", where="inversion of the Stieltjes transform")
INDEPENDENT_SLOPES = Source(document="yang2020tensor", where="the gradient independence assumption and when it is correct")

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
COUNTED = "F is the fraction of all singular values that lie above s; what it lacks of 1 at the last angle is the "
COUNTED += "fraction of those that are 0."

M = sp.Symbol("M")  # moment series at 1 / lambda, less 1; complex inside the spectrum
ZETA = sp.Symbol("zeta", positive=True)  # argument of an S-transform
LAMBDA = sp.Symbol("lambda", positive=True)  # a squared singular value
TRANSFORM = sp.Function("S")


def gaussian_matrix() -> tuple[Step, ...]:
    """From independent entries of variance 1 / N to the S-transform 1 / (1 + zeta) of W W^T."""
    square = (1 + ZETA) ** 2 / ZETA  # w of one square matrix, where w g = 1 + zeta
    trace = (W * G * (1 - G) - 1).subs(G, (1 + ZETA) / W).subs(W, square)
    one = 1 / square * (1 + ZETA) / ZETA
    return (
        *noise_transform()[:2],
        Step(
            claim="The S-transform of W W^T of a square Gaussian matrix is 1 / (1 + zeta).",
            because="For as many outputs as inputs, A = 1, both traces are g, and w g - 1 = zeta is the moment series "
            "of 1 / w. Its inverse 1 / w = zeta / (1 + zeta)^2 is multiplied by (1 + zeta) / zeta.",
            obligation=(trace, one - 1 / (1 + ZETA)),
            shows=sp.Eq(TRANSFORM(ZETA), 1 / (1 + ZETA), evaluate=False),
        ),
    )


def switched(share: sp.Expr) -> Step:
    """The S-transform of squared slopes that are 1 for that share of the neurons, and 0 for the others."""
    t = sp.Symbol("t", positive=True)
    series, inverse = share * t / (1 - t), ZETA / (share + ZETA)
    return Step(
        claim="The S-transform of the squared slopes, which are 1 or 0, is (1 + zeta) / (p + zeta) with p the "
        "fraction of neurons whose slope is 1.",
        because="All moments are p, so that the moment series is p t / (1 - t); its inverse is inserted, and "
        "multiplied by (1 + zeta) / zeta.",
        obligation=(
            series.subs(t, inverse) - ZETA,
            inverse * (1 + ZETA) / ZETA - (1 + ZETA) / (share + ZETA),
        ),
        shows=sp.Eq(TRANSFORM(ZETA), (1 + ZETA) / (share + ZETA), evaluate=False),
    )


def freeness(product: sp.Expr) -> tuple[Step, ...]:
    """Slopes are independent of weights, rotated matrices are free, and S-transforms multiply; `product` is in zeta."""
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
            because="D W A W^T D has the moments of A W^T D^2 W, whose factors are free; so on for any number of layers.",
            obligation=words(),
            instances="the first four moments",
            shows=sp.Eq(TRANSFORM(ZETA), product, evaluate=False),
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
    series = sp.series(inverse, ZETA, 0, 4).removeO()
    found = sp.expand(series.subs(ZETA, t + SECOND * t**2 + THIRD * t**3) - t)
    known = {SECOND: second, THIRD: third}
    return Step(
        claim="The mean is 1, and the second and third moment are those stated.",
        because="M = t + m_2 t^2 + m_3 t^3 + ... is inserted into t = M / (1 + M) S(M), power by power.",
        obligation=tuple(sp.expand(found.coeff(t, k).subs(known)) for k in (1, 2, 3)),
        shows=sp.Eq(sp.Tuple(SECOND, THIRD), sp.Tuple(second, third), evaluate=False),
    )


def distribution(of_level: sp.Expr, primitive: sp.Expr) -> tuple[Step, ...]:
    """The fraction above a level is the imaginary part of an elementary function of M, over pi."""
    slope = sum(sp.diff(sp.log(factor), M) * power for factor, power in powers_of(of_level))
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
            obligation=sp.diff(primitive, M) - M * slope,
            shows=sp.Eq(sp.pi * ABOVE, sp.Symbol(r"\left| \mathrm{Im} \int M \, d \ln \lambda \right|"), evaluate=False),
        ),
    )


def powers_of(expression: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """The factors of a product with their exponents, so that its logarithm is differentiated without a branch."""
    return [(factor, power) for factor, power in sp.powdenest(expression, force=True).as_powers_dict().items()]
