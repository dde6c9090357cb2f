r"""Products of random Gaussian matrices amplify few directions and attenuate most.

Premises: D square matrices with N x N independent Gaussian entries of variance 1 / N, for large N. The pages show
histograms of the singular values of the product and say that it attenuates on a subspace of high dimension and
amplifies on one of low dimension; they print no formula. The law of the squared singular values, the Fuss-Catalan law,
has a parametrisation by an angle, and its distribution function is elementary in that angle. The proof goes through the
S-transform, the functional equation of the moments and a contour integral. Orthogonal matrices have singular values 1
only (`norm_preservation`).
"""

from __future__ import annotations

import sympy as sp

from derivations import deep_linear
from derivations.calculus.rectangular_noise import G, W, noise_transform
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import D, N, varphi

S = sp.Symbol("s", positive=True)
ABOVE = sp.Function("F")(S)
FREENESS = Source(document="nica2006lectures", where="S-transform, freeness of Gaussian matrices")
MOMENTS = Source(document="rudin1976principles", where="Weierstrass's theorem on approximation by polynomials")
FIRST, LAST, BOTH = sp.sin(varphi), sp.sin(D * varphi), sp.sin((D + 1) * varphi)

STATEMENT = Statement(
    module=__name__,
    title="Singular values of a product of Gaussian matrices",
    formula=sp.Eq(
        sp.Tuple(S, ABOVE),
        sp.Tuple(
            sp.sqrt(BOTH ** (D + 1) / (FIRST * LAST**D)),
            ((D + 1) * varphi - D * FIRST * BOTH / LAST) / sp.pi,
        ),
        evaluate=False,
    ),
    parameters=(
        deep_linear.MATRICES,
        Parameter(
            symbol=varphi,
            meaning="angle between 0 and pi / (D + 1) that runs through the spectrum",
            domain=sp.Interval.open(0, sp.pi),
            typical=(0.03, 0.75),
            unit="rad",
        ),
    ),
    assumptions=(
        "F is the fraction of the singular values above s, in the limit of large N at a fixed number of matrices.",
        "The matrices are square, and their entries are independent and Gaussian with variance 1 / N.",
        "The angle runs from 0, at the largest singular value, to pi / (D + 1), at 0.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        Source(document="001", where="Random vs orthogonal"),
        Source(document="000", where="Random vs orthogonal"),
        Source(document="saxe2014exact", where="singular values of products of random Gaussian matrices"),
    ),
    covers=("A20",),
)

ZETA = sp.Symbol("zeta", positive=True)
B = sp.Symbol("B", positive=True)  # moment series, 1 + zeta
LEVEL = sp.Symbol("x", positive=True)  # squared singular value
DENSITY = sp.Function("rho")(LEVEL)


def derivation() -> tuple[Step, ...]:
    """From the law of one matrix to the moments of the product, to the law that has these moments."""
    return (*_moments(), *_curve(), *_law(), *_consequences())


def _moments() -> tuple[Step, ...]:
    square = (1 + ZETA) ** 2 / ZETA  # w of one square matrix, where w g = 1 + zeta
    trace = (W * G * (1 - G) - 1).subs(G, (1 + ZETA) / W).subs(W, square)
    one = 1 / square * (1 + ZETA) / ZETA
    product = (1 / (1 + ZETA)) ** D * ZETA / (1 + ZETA)
    transform, series = sp.Function("S")(ZETA), letter_series()
    return (
        *noise_transform()[:2],
        Step(
            claim="The S-transform of the squared singular values of one square matrix is 1 / (1 + zeta).",
            because="For as many outputs as inputs, A = 1, both traces are g, and w g - 1 = zeta is the moment series "
            "of 1 / w. Its inverse 1 / w = zeta / (1 + zeta)^2 is multiplied by (1 + zeta) / zeta.",
            obligation=trace,
            shows=sp.Eq(transform, 1 / (1 + ZETA), evaluate=False),
            means={transform: one},
        ),
        Step(
            claim="Independent large Gaussian matrices are free, and the S-transforms of their product multiply.",
            because="Gaussian matrices have no preferred directions; the squared singular values of W^D ... W^1 are "
            "the spectrum of a product of free variables.",
            assumption=FREENESS,
            shows=sp.Eq(sp.Function("S_D")(ZETA), (1 + ZETA) ** -D, evaluate=False),
        ),
        Step(
            claim="The moment series B of the product solves B = 1 + B^(D + 1) / x at the argument 1 / x.",
            because="The S-transform of the product is multiplied by zeta / (1 + zeta) to the inverse of the moment "
            "series, at zeta = B - 1.",
            shows=sp.Eq(series, 1 + series ** (D + 1) / LEVEL, evaluate=False),
            means={series: B, LEVEL: 1 / product.subs(ZETA, B - 1)},
        ),
    )


def letter_series() -> sp.Expr:
    """The moment series as a function of 1 / x, for display."""
    return sp.Function("B")(1 / LEVEL)


# B on the curve: BOTH / LAST e^(i varphi). p, q, r stand for the three sines where only powers of them matter.
p, q, r = (sp.Symbol(name, positive=True) for name in ("p", "q", "r"))
SINES = {p: BOTH, q: LAST, r: FIRST}
PHASE = sp.exp(sp.I * varphi)
ROOT = p / q * PHASE
LESS_ONE = r / q * sp.exp(sp.I * (D + 1) * varphi)


def squared_level() -> sp.Expr:
    """The squared singular value stated, in the letters of the three sines."""
    return (STATEMENT.right[0] ** 2).subs({BOTH: p, LAST: q, FIRST: r})


def _curve() -> tuple[Step, ...]:
    power = p ** (D + 1) / q ** (D + 1) * sp.exp(sp.I * (D + 1) * varphi)  # ROOT to the power D + 1
    return (
        Step(
            claim="On the curve B = sin((D + 1) varphi) / sin(D varphi) e^(i varphi) the argument of B - 1 is "
            "(D + 1) varphi.",
            because="The sines are written as exponentials.",
            shows=sp.Eq(B - 1, LESS_ONE.subs(SINES), evaluate=False),
            means={B: ROOT.subs(SINES)},
        ),
        Step(
            claim="There B solves the equation at a real x, the squared singular value stated.",
            because="B^(D + 1), which has the same argument as B - 1, is divided by B - 1.",
            shows=sp.Eq(LEVEL, STATEMENT.right[0] ** 2, evaluate=False),
            means={LEVEL: (power / LESS_ONE).subs(SINES)},
        ),
    )


def _law() -> tuple[Step, ...]:
    fraction = STATEMENT.right[1]
    share, imaginary = sp.Symbol(r"\mathrm{Im}\, B"), (ROOT - ROOT.subs(sp.I, -sp.I)) / (2 * sp.I)  # on the curve
    first, last = sp.cot(varphi), sp.cot(D * varphi)
    slope = -((first - D * last) ** 2 + (D + 1) ** 2) * FIRST * LAST / BOTH
    k, t = sp.Symbol("k", integer=True, positive=True), sp.Symbol("t", positive=True)
    level = B ** (D + 1) / (B - 1)
    integrand = level ** (k - 1) * B * sp.diff(level, B)
    of_series = t ** (-k - 1) * B * sp.diff(1 / level, B)
    regular = B ** ((D + 1) * k) * (D * B - D - 1) / (B - 1) ** (k + 1)
    moment = sp.Integral(letter_moment(k), (LEVEL, 0, sp.oo))
    contour = sp.Symbol(r"\frac{1}{2 \pi i} \oint") * sp.Symbol(r"\frac{B}{t^{k+1}}\, dt")
    return (
        Step(
            claim="x falls as the angle grows, so that the angle runs through the spectrum once.",
            because="The logarithm of x is differentiated; the sines between 0 and pi / (D + 1) are positive, and the "
            "bracket is a sum of squares.",
            shows=sp.Eq(sp.Derivative(sp.log(LEVEL), varphi), slope, evaluate=False),
            means={LEVEL: STATEMENT.right[0] ** 2},
        ),
        Step(
            claim="The fraction stated belongs to the density Im B / (pi x).",
            because="The fraction is differentiated by the angle and compared with that of x; it grows where x falls.",
            shows=sp.Eq(DENSITY, share / (sp.pi * LEVEL), evaluate=False),
            means={DENSITY: -sp.diff(fraction, varphi) / (LEVEL * slope), share: imaginary.subs(SINES)},
        ),
        Step(
            claim="Its moments are contour integrals of the moment series around B = 1, where t = 1 / x is 0.",
            because="The curve and its mirror image, angles from -pi / (D + 1) to pi / (D + 1), close to a loop on "
            "which B - 1 turns once. With x in terms of B the integrand has no other pole inside, and it is that of "
            "the coefficient of t^k in the series, by Cauchy's theorem.",
            obligation=(
                sp.powsimp(sp.expand_power_base(sp.simplify(integrand / regular), force=True)) - 1,
                sp.simplify((integrand + of_series.subs(t, 1 / level)) / integrand),
            ),
            shows=sp.Eq(moment, contour, evaluate=False),
        ),
        Step(
            claim="The law stated is that of the product.",
            because="Both laws live on a bounded interval, where continuous functions are limits of polynomials, so "
            "that equal moments make equal laws.",
            assumption=MOMENTS,
            shows=STATEMENT.formula,
        ),
    )


def letter_moment(k: sp.Symbol) -> sp.Expr:
    """x^k times the density, for display."""
    return LEVEL**k * DENSITY


def _consequences() -> tuple[Step, ...]:
    level, fraction = STATEMENT.right
    end = sp.pi / (D + 1)
    ratio = sp.diff(BOTH, varphi).subs(varphi, 0) / sp.diff(LAST, varphi).subs(varphi, 0)
    start = sp.diff(FIRST, varphi).subs(varphi, 0) / sp.diff(LAST, varphi).subs(varphi, 0)
    largest, amplified = sp.Symbol(r"s_{\max}"), sp.Function("F")(1)
    single = {D: 1, varphi: sp.pi / 3}
    return (
        Step(
            claim="All singular values lie between 0 and the square root of (D + 1)^(D + 1) / D^D.",
            because="At pi / (D + 1) the fraction is 1 and the level 0; at the angle 0 the ratios of the sines are "
            "those of their slopes.",
            obligation=(fraction.subs(varphi, end) - 1, BOTH.subs(varphi, end)),
            shows=sp.Eq(largest, sp.sqrt((D + 1) ** (D + 1) / D**D), evaluate=False),
            means={largest: sp.sqrt(ratio ** (D + 1) / start)},
        ),
        Step(
            claim="One matrix amplifies 39 percent of the directions: 2/3 - sqrt(3) / (2 pi).",
            because="For D = 1 the singular value is 1 at the angle pi / 3.",
            obligation=level.subs(single) - 1,
            shows=sp.Eq(amplified, sp.Rational(2, 3) - sp.sqrt(3) / (2 * sp.pi), evaluate=False),
            means={amplified: fraction.subs(single)},
        ),
    )
