r"""Order and chaos: where the correlation of two inputs ends after many layers.

Premises: the correlation map of a wide random network at its fixed length, F(c) = (sigma_b^2 + sigma_w^2 E phi(u)
phi(v)) / q*. In Hermite polynomials of z the activation phi(sqrt(q*) z) has coefficients a_k, and F is a power series
whose coefficients p_k are squares. So F is convex on [0, 1], F(1) = 1, and the mean slope S(c) between c and 1 grows
from 1 - F(0) < 1 to chi_1: two inputs come together if chi_1 <= 1, and otherwise go to the one c* with S(c*) = 1. The
slide says that c* = 1 is the unique attractive fixed point of the ordered phase; that needs biases. Without them the
length itself goes to 0 in that phase, a correlation at q* = 0 has no meaning, and the measured one stops where it
happens to be.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_slope as slope
from derivations.statement import POSITIVE, Limit, Printed, Source, Statement
from derivations.symbols import N, c, c_star, chi_1, phi, q_star, sigma_b, sigma_w, x, z

PHASES = Source(document="002", where="Phases")
POOLE = Source(document="poole2016exponential", where="ordered and chaotic phase")
HERMITE = Source(document="odonnell2014analysis", where="section 11.2: Hermite polynomials are a complete basis")
NEXT, LAST = sp.Symbol("c_{l+1}", real=True), sp.Symbol(r"\lim_{l \to \infty} c_l", real=True)
FORMULA = sp.Eq(
    sp.Tuple(NEXT, LAST),
    sp.Tuple(slope.correlation_map(), sp.Piecewise((1, chi_1 <= 1), (c_star, True))),
)

STATEMENT = Statement(
    module=__name__,
    title="Ordered and chaotic phase: the correlation that two inputs approach",
    formula=FORMULA,
    where=(sp.Eq(chi_1, sigma_w**2 * GaussE(phi(x).diff(x).subs(x, sp.sqrt(q_star) * z) ** 2, z)),),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, not linear"),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE.narrowed(domain=POSITIVE),
        mean_field.FIXED_LENGTH,
        signal_propagation.CORRELATION.narrowed("at layer l"),
        signal_propagation.FIXED_CORRELATION.narrowed(
            "below 1 where chi_1 > 1", domain=sp.Interval.Ropen(0, 1), typical=(0.1, 0.9)
        ),
    ),
    assumptions=(
        "There are biases, sigma_b > 0; the inputs differ, c < 1.",
        "Both inputs keep the squared length q* per neuron, a positive fixed point of the length map.",
        *mean_field.WIDE_AND_GAUSSIAN,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(PHASES, Source(document="001", where="Propagation of two points through a deep network"), POOLE),
    covers=("D11",),
    printed=(
        Printed(
            erratum="E16",
            kind="assumption",
            formula=FORMULA,
            note="That c* = 1 attracts in the ordered phase needs sigma_b > 0: without biases q* = 0, and the measured "
            "correlation ends at a value that depends on the inputs.",
            source=PHASES,
        ),
    ),
    uses=(slope.STATEMENT.id,),
)

ORDER = 4  # degree of the explicit activation with free coefficients
TERMS = 6  # terms of the series with free coefficients
p = sp.symbols(f"p_0:{TERMS}", nonnegative=True)


def hermite(k: int, at: sp.Expr) -> sp.Expr:
    """He_k(at), from the generating function exp(s z - s^2 / 2) = sum over k of He_k(z) s^k / k!."""
    s = sp.Symbol("s")
    exponent = s * at - s**2 / 2
    powers = sum(exponent**n / sp.factorial(n) for n in range(k + 1))
    return sp.expand(sp.factorial(k) * sp.expand(powers).coeff(s, k))


def series(at: sp.Expr) -> sp.Expr:
    """F as a power series with free coefficients."""
    return sum((a * at**k for k, a in enumerate(p)), sp.S.Zero)


def chord(at: sp.Expr) -> sp.Expr:
    """Mean slope of the series between `at` and 1."""
    return sum((a * sum(at**j for j in range(k)) for k, a in enumerate(p) if k), sp.S.Zero)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """The series of the map, the mean slope to 1, and the two phases."""
    return (*_series(), *_chord(), *_phases(), _without_biases())


def _series() -> tuple[Step, ...]:
    first = STATEMENT.right[0]
    s, t = sp.symbols("s t", real=True)
    z_1, z_2 = slope.z_1, slope.z_2
    own = sp.sqrt(1 - c**2)
    other = c * z_1 + own * z_2
    exponent = s * z_1 - s**2 / 2 + t * other - t**2 / 2 - (z_1**2 + z_2**2) / 2
    shifted = s * t * c - (z_1 - s - t * c) ** 2 / 2 - (z_2 - t * own) ** 2 / 2
    pairs = [(j, k) for j in range(ORDER + 1) for k in range(j, ORDER + 1)]
    overlaps = [price.moment(hermite(j, z_1) * hermite(k, other), (z_1, z_2)) for j, k in pairs]
    alphas = sp.symbols(f"alpha_0:{ORDER + 1}", real=True)
    polynomial = sum((a * x**k for k, a in enumerate(alphas)), sp.S.Zero)
    inside = polynomial.subs(x, sp.sqrt(q_star) * z)
    coefficients = [price.moment(inside * hermite(k, z), (z,)) / sp.sqrt(sp.factorial(k)) for k in range(ORDER + 1)]
    squares = [sigma_w**2 * a**2 / q_star for a in coefficients]
    squares[0] += sigma_b**2 / q_star
    total = sum((a * c**k for k, a in enumerate(squares)), sp.S.Zero)
    steepness = slope.inserted(STATEMENT.where[0].rhs, polynomial)
    k, index = sp.Symbol("k", integer=True, nonnegative=True), sp.Function("a", real=True)
    p_k = sigma_w**2 * index(k) ** 2 / q_star
    shown = sigma_b**2 / q_star + sp.Sum(p_k * c**k, (k, 0, sp.oo))
    length = sigma_b**2 + sigma_w**2 * GaussE(phi(sp.sqrt(q_star) * z) ** 2, z)
    return (
        Step(
            claim="The generating functions of Hermite polynomials of two Gaussians with correlation c have the "
            "average exp(s t c).",
            because="Completing both squares leaves s t c and the density of shifted Gaussians.",
            obligation=exponent - shifted,
            shows=sp.Eq(sp.Symbol(r"\mathbb{E}\, e^{s u - s^2/2} e^{t v - t^2/2}"), sp.exp(s * t * c), evaluate=False),
        ),
        Step(
            claim="So different Hermite polynomials do not mix, and the k-th average is k! c^k (Mehler).",
            because="Coefficients of s^j t^k; the polynomials up to the fourth are multiplied and averaged as well.",
            obligation=tuple(
                found - (sp.factorial(j) * c**j if j == k else 0) for (j, k), found in zip(pairs, overlaps, strict=True)
            ),
            shows=sp.Eq(sp.Symbol(r"\mathbb{E}\, He_k(u) He_k(v)"), sp.factorial(k) * c**k, evaluate=False),
        ),
        Step(
            claim="Every activation with a finite mean square is a series of Hermite polynomials, a_k He_k / sqrt(k!).",
            because="They are a complete orthogonal basis for the Gaussian measure.",
            assumption=HERMITE,
            shows=sp.Eq(NEXT, shown, evaluate=False),
        ),
        Step(
            claim="The map is a power series whose coefficients are squares, and p_0 >= sigma_b^2 / q*.",
            because="The map of the formula, worked out for an activation of fourth degree with free coefficients, "
            "against sigma_w^2 / q* times the squares of its Hermite coefficients.",
            obligation=slope.inserted(first, polynomial) - total,
            shows=sp.Eq(NEXT, shown, evaluate=False),
        ),
        Step(
            claim="F(1) = 1: two equal inputs stay equal, as q* is a fixed point of the length map.",
            because="At c = 1 the second variable drops out and the covariance is the next length.",
            obligation=slope.renamed(sp.expand(first).subs(c, 1).doit()) - sp.expand(length / q_star),
            shows=sp.Eq(first.subs(c, 1), length / q_star, evaluate=False),
        ),
        Step(
            claim="The sum of k p_k is chi_1.",
            because="The average of the squared slope of the same activation; it is also the map's slope at 1.",
            obligation=(
                sum((k * a for k, a in enumerate(squares)), sp.S.Zero) - steepness,
                total.diff(c).subs(c, 1) - steepness,
            ),
            shows=sp.Eq(sp.Sum(k * sp.Function("p")(k), (k, 1, sp.oo)), chi_1, evaluate=False),
        ),
    )


def _normalized(expression: sp.Expr) -> sp.Expr:
    """With F(1) = 1: p_0 is what the other coefficients leave."""
    return expression.subs(p[0], 1 - sum(p[1:]))


def _chord() -> tuple[Step, ...]:
    k = sp.Symbol("k", integer=True, positive=True)
    start, rise = sp.symbols("a d", nonnegative=True)
    growth = sum(
        a * sp.binomial(j, m) * start ** (j - m) * rise ** (m - 1)
        for n, a in enumerate(p)
        for j in range(n)
        for m in range(1, j + 1)
    )
    mean, name = sp.Function("S", real=True), sp.Function("F", real=True)
    return (
        Step(
            claim="The distance to 1 is multiplied by the mean slope S(c), a power series with coefficients that are "
            "sums of the p_k.",
            because="1 - c^k = (1 - c)(1 + c + ... + c^(k-1)), by induction over k and for six free coefficients.",
            obligation=(
                (1 - c) * c**k + (1 - c**k) - (1 - c ** (k + 1)),
                _normalized(1 - series(c)) - (1 - c) * chord(c),
            ),
            shows=sp.Eq(1 - NEXT, mean(c) * (1 - c), evaluate=False),
        ),
        Step(
            claim="S grows on [0, 1], from 1 - p_0 < 1 to chi_1.",
            because="S(a + d) - S(a) is d times a sum of products of p_k and powers of a and d with positive integers.",
            obligation=(
                chord(start + rise) - chord(start) - rise * growth,
                chord(sp.S.Zero) - _normalized(1 - p[0]),
                chord(sp.S.One) - sum(n * a for n, a in enumerate(p)),
            ),
            shows=sp.Eq(sp.Tuple(mean(0), mean(1)), sp.Tuple(1 - p[0], chi_1), evaluate=False),
        ),
        Step(
            claim="All derivatives of F are nonnegative on [0, 1]: F grows and is convex.",
            because="Slope and mean slope: F' = S - (1 - c) S', and the second derivative is a sum of k (k - 1) p_k "
            "c^(k-2).",
            obligation=(
                series(c).diff(c) - chord(c) + (1 - c) * chord(c).diff(c),
                series(c).diff(c, 2) - sum(n * (n - 1) * a * c ** (n - 2) for n, a in enumerate(p) if n > 1),
            ),
            shows=sp.Eq(name(c).diff(c), mean(c) - (1 - c) * mean(c).diff(c), evaluate=False),
        ),
        Step(
            claim="A negative correlation rises by at least p_0 in every layer, so it becomes positive.",
            because="With r = -c, what is added beyond p_0 (1 + r) is a sum of p_k (r + (-r)^k), none of them negative "
            "for r <= 1.",
            obligation=_normalized(series(-rise) + rise - p[0] * (1 + rise))
            - sum(a * (rise + (-rise) ** n) for n, a in enumerate(p) if n),
            shows=sp.Ge(NEXT - c, p[0], evaluate=False),
        ),
    )


def _phases() -> tuple[Step, ...]:
    ending = STATEMENT.right[1]
    gap = sp.Symbol("t", positive=True)
    rest = sum(a * sum(1 - c**j for j in range(k)) for k, a in enumerate(p) if k)
    short = {a: 0 for a in p[3:]}
    few = _normalized(series(c)).subs(short)
    crossing = 1 - (chord(sp.S.One).subs(short) - 1) / p[2]
    mean = sp.Function("S", real=True)
    return (
        Step(
            claim="Where chi_1 <= 1, S(c) < 1 for every c < 1: the distance to 1 shrinks in every layer, and c = 1 is "
            "the only end.",
            because="chi_1 - S(c) is a sum of p_k (1 - c^j); if only p_1 differs from zero, S = 1 - p_0 < 1.",
            obligation=(
                chord(sp.S.One) - chord(c) - rest,
                _normalized(series(c)) - c - (1 - c) * (1 - chord(c)),
                ending.subs(chi_1, 1 - gap) - 1,
            ),
            shows=sp.Eq(LAST, 1, evaluate=False),
        ),
        Step(
            claim="Where chi_1 > 1, S crosses 1 once, at c* < 1; below it the correlation rises, above it falls, and "
            "never past it, as F grows.",
            because="F(c) - c = (1 - c)(1 - S(c)), and S grows from below 1 to chi_1 > 1.",
            obligation=(
                _normalized(series(c)) - c - (1 - c) * (1 - chord(c)),
                ending.subs(chi_1, 1 + gap) - c_star,
            ),
            shows=sp.Eq(mean(c_star), 1, evaluate=False),
        ),
        Step(
            claim="There F' = 1 - (1 - c*) S'(c*) < 1, and with three coefficients 1 - c* = (chi_1 - 1) / p_2.",
            because="The slope of the map where S = 1; the crossing of three free coefficients is inserted in the map.",
            obligation=(
                chord(crossing).subs(short) - 1,
                few.subs(c, crossing) - crossing,
                few.diff(c).subs(c, crossing) - 1 + (1 - crossing) * chord(c).subs(short).diff(c),
            ),
            shows=sp.Eq(1 - c_star, (chi_1 - 1) / p[2], evaluate=False),
        ),
    )


def _without_biases() -> Step:
    steep = sp.Symbol("a", positive=True)
    covariance, length = (
        slope.inserted(q_star * STATEMENT.right[0], steep * x).subs({sigma_b: 0, c: at}) for at in (c, 1)
    )
    return Step(
        claim="Without biases a small signal passes as through a linear network, whose correlations stay what they "
        "are: in the ordered phase nothing brings the inputs together once they are short.",
        because="The map for phi = a x at sigma_b = 0, over the length that it gives.",
        obligation=covariance / length - c,
        shows=sp.Eq(NEXT, c, evaluate=False),
    )
