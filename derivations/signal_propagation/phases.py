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
    evaluate=False,
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
        "There are biases, sigma_b > 0; the inputs differ, c_l < 1.",
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

DEGREE = 4  # of an explicit activation with free coefficients
k = sp.Symbol("k", integer=True, positive=True)  # number of a term of the series
p_k, p_0 = sp.symbols("p_k p_0", nonnegative=True)


def hermite(number: int, at: sp.Expr) -> sp.Expr:
    """He_number(at), from the generating function exp(s z - s^2 / 2) = sum over k of He_k(z) s^k / k!."""
    s = sp.Symbol("s")
    exponent = s * at - s**2 / 2
    powers = sum(exponent**n / sp.factorial(n) for n in range(number + 1))
    return sp.expand(sp.factorial(number) * sp.expand(powers).coeff(s, number))


def chord(at: sp.Expr, term: sp.Expr) -> sp.Expr:
    """Mean slope of c^term between `at` and 1, which is 1 + at + ... + at^(term - 1)."""
    return (1 - at**term) / (1 - at)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """The series of the map, the mean slope to 1, and the two phases."""
    return (*_hermite(), *_map(), *_chord(), *_phases(), _without_biases())


def _hermite() -> tuple[Step, ...]:
    s, t = sp.symbols("s t", real=True)
    z_1, z_2 = slope.z_1, slope.z_2
    own = sp.sqrt(1 - c**2)
    other = c * z_1 + own * z_2
    exponent = s * z_1 - s**2 / 2 + t * other - t**2 / 2 - (z_1**2 + z_2**2) / 2
    shifted = -((z_1 - s - t * c) ** 2) / 2 - (z_2 - t * own) ** 2 / 2
    average = sp.exp(s * t * c)
    pairs = [(j, n) for j in range(DEGREE + 1) for n in range(j, DEGREE + 1)]
    overlaps = [price.moment(hermite(j, z_1) * hermite(n, other), (z_1, z_2)) for j, n in pairs]
    generating = sp.Symbol(r"\mathbb{E}\, e^{s u - s^2/2} e^{t v - t^2/2}")
    product = sp.Symbol(r"\mathbb{E}\, He_k(u) He_k(v)")
    return (
        Step(
            claim="The generating functions of Hermite polynomials of two Gaussians with correlation c_l have the "
            "average exp(s t c_l).",
            because="Completing both squares leaves s t c_l and the density of shifted Gaussians.",
            shows=sp.Eq(generating, average, evaluate=False),
            means={generating: sp.exp(sp.expand(exponent - shifted))},
        ),
        Step(
            claim="So different Hermite polynomials do not mix, and the k-th average is k! c_l^k (Mehler).",
            because="The average depends on the product s t alone: s d/ds and t d/dt agree on it, so that s^j t^k has "
            "a coefficient for j = k only; and as a function of the product it grows at the rate c_l from 1, so that "
            "its k-th derivative at zero, the average over k!, is c_l^k; up to the fourth the polynomials are "
            "multiplied and averaged.",
            obligation=(
                s * average.diff(s) - t * average.diff(t),
                average.diff(s) - t * c * average,
                average.subs(s, 0) - 1,
            ),
            shows=sp.Eq(product, sp.factorial(k) * c**k, evaluate=False),
            means=tuple({product: found, k: j} for (j, n), found in zip(pairs, overlaps, strict=True) if j == n),
        ),
        Step(
            claim="Up to the fourth, products of different Hermite polynomials average to zero.",
            because="The polynomials are multiplied and averaged.",
            obligation=tuple(found for (j, n), found in zip(pairs, overlaps, strict=True) if j != n),
        ),
        Step(
            claim="Every activation with a finite mean square is a series of Hermite polynomials, a_k He_k / sqrt(k!).",
            because="They are a complete orthogonal basis for the Gaussian measure.",
            assumption=HERMITE,
        ),
    )


def _map() -> tuple[Step, ...]:
    first = STATEMENT.right[0]
    alphas = sp.symbols(f"alpha_0:{DEGREE + 1}", real=True)
    polynomial = sum((a * x**n for n, a in enumerate(alphas)), sp.S.Zero)
    inside = polynomial.subs(x, sp.sqrt(q_star) * z)
    coefficients = [price.moment(inside * hermite(n, z), (z,)) / sp.sqrt(sp.factorial(n)) for n in range(DEGREE + 1)]
    squares = [sigma_w**2 * a**2 / q_star for a in coefficients]
    squares[0] += sigma_b**2 / q_star
    total = sum((a * c**n for n, a in enumerate(squares)), sp.S.Zero)
    steepness = slope.inserted(STATEMENT.where[0].rhs, polynomial)
    index, number = sp.Function("a", real=True), sp.Symbol("k", integer=True, nonnegative=True)
    term = sigma_w**2 * index(number) ** 2 / q_star
    shown = sigma_b**2 / q_star + sp.Sum(term * c**number, (number, 0, sp.oo))
    length = sigma_b**2 + sigma_w**2 * GaussE(phi(sp.sqrt(q_star) * z) ** 2, z)
    mehler = sp.factorial(number) * c**number
    series = sp.Sum(
        sigma_w**2 / q_star * (index(number) / sp.sqrt(sp.factorial(number))) ** 2 * mehler, (number, 0, sp.oo)
    )
    at_one, mean_number = first.subs(c, 1), sp.Sum(number * sp.Function("p")(number), (number, 1, sp.oo))
    return (
        Step(
            claim="The map is a power series whose coefficients are squares, and p_0 >= sigma_b^2 / q*.",
            because="Of the double series of E phi(u) phi(v) the terms with equal numbers are left; each is its "
            "coefficient squared times the average of two Hermite polynomials over k!.",
            shows=sp.Eq(NEXT, shown, evaluate=False),
            means={NEXT: sigma_b**2 / q_star + series},
        ),
        Step(
            claim="For activations of the fourth degree the map of the formula is that series.",
            because="The map, worked out for an activation with free coefficients, against its Hermite coefficients.",
            obligation=slope.inserted(first, polynomial) - total,
        ),
        Step(
            claim="F(1) = 1: two equal inputs stay equal, as q* is a fixed point of the length map.",
            because="At c_l = 1 the second variable drops out and the covariance is the next length.",
            shows=sp.Eq(at_one, length / q_star, evaluate=False),
            means={node: slope.renamed(node.doit()) for node in at_one.atoms(GaussE)},
        ),
        Step(
            claim="The sum of k p_k is chi_1.",
            because="It is the slope of the series at c_l = 1, which is chi_1 by the result on the slope of the map.",
            obligation=(p_k * c**k).diff(c).subs(c, 1) - k * p_k,
            shows=sp.Eq(mean_number, chi_1, evaluate=False),
            means={mean_number: slope.STATEMENT.right[2], chi_1: STATEMENT.where[0].rhs},
        ),
        Step(
            claim="For activations of the fourth degree the squared slope averages to that sum.",
            because="The average of the squared slope of an activation with free coefficients.",
            obligation=(
                sum((n * a for n, a in enumerate(squares)), sp.S.Zero) - steepness,
                total.diff(c).subs(c, 1) - steepness,
            ),
        ),
    )


def _chord() -> tuple[Step, ...]:
    mean, name = sp.Function("S", real=True), sp.Function("F", real=True)
    down = sp.Symbol("r", positive=True)  # minus a negative correlation
    next_slope = chord(c, k + 1).diff(c) - chord(c, k).diff(c)
    one_term = 1 - p_k + p_k * c**k  # F with one power beside p_0: all that is shown is linear in the p_k
    lacking, powers = sp.symbols("r_1 R", nonnegative=True)  # 1 - r; 1 + r + ... + r^(k-2)
    even, odd = p_0 + p_k * down**k, p_0 - p_k * (down - down * lacking * powers)
    return (
        Step(
            claim="The distance to 1 is multiplied by the mean slope S(c_l), to which every term p_k c_l^k of the map "
            "adds p_k (1 + c_l + ... + c_l^(k-1)).",
            because="The mean slope of c_l^k from c_l to 1 is 1 for k = 1, and grows by c_l^k from k to k + 1.",
            obligation=(chord(c, sp.S.One) - 1, chord(c, k + 1) - chord(c, k) - c**k),
            shows=sp.Eq(1 - NEXT, mean(c) * (1 - c), evaluate=False),
            means={NEXT: one_term, mean(c): p_k * chord(c, k)},
        ),
        Step(
            claim="S grows on [0, 1], from 1 - p_0 < 1 to chi_1.",
            because="The slope of 1 + c_l + ... + c_l^(k-1) is 0 for k = 1 and grows by k c_l^(k-1) >= 0. At c_l = 0 a "
            "term is p_k, and all add up to 1 - p_0; at c_l = 1 it is k p_k.",
            obligation=(chord(c, sp.S.One).diff(c), next_slope - k * c ** (k - 1)),
            shows=sp.Eq(sp.Tuple(mean(0), mean(1)), sp.Tuple(1 - p_0, chi_1), evaluate=False),
            means={
                mean(0): p_k * chord(sp.S.Zero, k),
                mean(1): p_k * sp.limit(chord(c, k), c, 1),
                p_0: one_term.subs(c, 0),
                chi_1: one_term.diff(c).subs(c, 1),
            },
        ),
        Step(
            claim="All derivatives of F are nonnegative on [0, 1]: F grows and is convex.",
            because="A derivative of p_k c_l^k is a product of nonnegative integers, p_k and a power of c_l; the slope "
            "is S - (1 - c_l) S', term by term.",
            obligation=(c**k).diff(c) - k * c ** (k - 1),
            shows=sp.Eq(name(c).diff(c), mean(c) - (1 - c) * mean(c).diff(c), evaluate=False),
            means={name(c): one_term, mean(c): p_k * chord(c, k)},
        ),
        Step(
            claim="A negative correlation rises by at least p_0 in every layer, so it becomes positive.",
            because="With c_l = -r, F(c_l) - c_l is p_0 (1 + r) and the sum of p_k (r + (-r)^k), which is p_k (r - "
            "r^k) or p_k (r + r^k): not negative for 0 < r <= 1, since r - r^k is r (1 - r) times a sum of powers of "
            "r.",
            obligation=down - down**k - down * (1 - down) * chord(down, k - 1),
            shows=sp.Ge(NEXT - c, p_0, evaluate=False),
            means=tuple({NEXT: after, c: -down * (p_0 + p_k)} for after in (even, odd)),  # p_0 + p_k = 1
        ),
    )


def _phases() -> tuple[Step, ...]:
    ending = STATEMENT.right[1]
    gap, mean_slope = sp.Symbol("t", positive=True), sp.Symbol("S", real=True)
    mean, rate = sp.Function("S", real=True), sp.Symbol("S'", positive=True)
    away = 1 - mean_slope * (1 - c)  # F(c), by the mean slope
    there = sp.Function("F", real=True)(c_star).diff(c_star)
    steepness = (1 - mean(c) * (1 - c)).diff(c).subs({mean(c).diff(c): rate, mean(c): 1, c: c_star})
    p_1, p_2 = sp.symbols("p_1 p_2", nonnegative=True)
    few = 1 - p_1 - p_2 + p_1 * c + p_2 * c**2  # F(1) = 1
    crossing = 1 - (p_1 + 2 * p_2 - 1) / p_2
    return (
        Step(
            claim="Where chi_1 <= 1, S(c_l) < 1 for every c_l < 1: the distance to 1 shrinks in every layer, and c_l = "
            "1 is the only end.",
            because="S grows to chi_1, and where it does not grow at all only p_1 differs from zero beside p_0 and S = "
            "1 - p_0 < 1. A distance that shrinks keeps a limit at which S = 1, or 0.",
            obligation=away - c - (1 - c) * (1 - mean_slope),
            shows=sp.Eq(LAST, 1, evaluate=False),
            means=tuple({LAST: ending.subs(chi_1, value)} for value in (1 - gap, 1)),
        ),
        Step(
            claim="Where chi_1 > 1, S crosses 1 once, at c* < 1; below it the correlation rises, above it falls, and "
            "never past it, as F grows.",
            because="F(c_l) - c_l = (1 - c_l)(1 - S(c_l)), and S grows from below 1 to chi_1 > 1.",
            obligation=(
                away - c - (1 - c) * (1 - mean_slope),
                away.subs(mean_slope, 1) - c,
                ending.subs(chi_1, 1 + gap) - c_star,
            ),
            shows=sp.Eq(mean(c_star), 1, evaluate=False),
            means={mean(c_star): ((1 - NEXT) / (1 - c)).subs(NEXT, c)},  # c* stays what it is
        ),
        Step(
            claim="There F' = 1 - (1 - c*) S'(c*) < 1.",
            because="The slope S - (1 - c_l) S' of the step before at S = 1, where S' is positive.",
            shows=sp.Eq(there, 1 - (1 - c_star) * mean(c_star).diff(c_star), evaluate=False),
            means={there: steepness, mean(c_star).diff(c_star): rate},
        ),
        Step(
            claim="For a quadratic map this is 1 - c* = (chi_1 - 1) / p_2.",
            because="The crossing is inserted in the map and in its slope.",
            obligation=(
                few.subs(c, crossing) - crossing,
                few.diff(c).subs(c, crossing) - 1 + (1 - crossing) * p_2,
            ),
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
        shows=sp.Eq(NEXT, c, evaluate=False),
        means={NEXT: covariance / length},
    )
