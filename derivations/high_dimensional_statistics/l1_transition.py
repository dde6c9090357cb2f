r"""How many Gaussian measurements a sparse signal needs, so that the smallest l1 norm finds it.

Premises: a signal of N entries, of which a share f is not zero, is measured by M Gaussian vectors; the estimate is the
signal of smallest l1 norm that agrees with all measurements. It is the right one where no direction that the
measurements leave open makes the norm smaller: these directions are a random subspace, those that make the norm smaller
a cone. Measurements are added one by one until the estimate is right; their number has a mean and a variance that the
intrinsic volumes of the cone give, and these come from the Gaussian distance to multiples of the subgradient.

The review states the mean to leading order, as a minimum. Here are the curve itself, with the threshold t of the
subgradient as a parameter, what a finite N adds to the mean, and the width of the transition.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, t

f, alpha_c, w_2 = sp.symbols("f alpha_c w^2", positive=True)
m_1 = sp.Symbol("m_1", real=True)
ABOVE, HERE = sp.symbols("Phi_t varphi_t", positive=True)

TAIL = sp.erfc(t / sp.sqrt(2)) / 2  # chance that a standard Gaussian number exceeds t
PEAK = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)  # its density at t
MEAN_EXCESS = 2 * (
    HERE - t * ABOVE
)  # mean of (|g| - t)_+ for a standard Gaussian g, of its square, of its fourth power
SQUARE_EXCESS = 2 * ((1 + t**2) * ABOVE - t * HERE)
FOURTH_EXCESS = 2 * ((t**4 + 6 * t**2 + 3) * ABOVE - (t**3 + 5 * t) * HERE)
SUM = t + MEAN_EXCESS
LIVING = Source(document="amelunxen2014living", where="statistical dimension of a cone, and the l1 norm")
SIDES = sp.Tuple(f, alpha_c, m_1, w_2)
RIGHT = sp.Tuple(
    MEAN_EXCESS / SUM,
    2 * HERE / SUM,
    t * MEAN_EXCESS * SUM / (2 * HERE) - sp.Rational(1, 2),
    (MEAN_EXCESS * (2 + 4 * t**2) + t * (FOURTH_EXCESS - SQUARE_EXCESS**2) - 4 * HERE) / SUM,
)

STATEMENT = Statement(
    module=__name__,
    title="Phase transition of l1 minimization",
    formula=sp.Eq(SIDES, RIGHT, evaluate=False),
    parameters=(
        Parameter(symbol=t, meaning="threshold of the subgradient of the l1 norm", domain=POSITIVE, typical=(0.3, 2.4)),
    ),
    where=(sp.Eq(ABOVE, TAIL, evaluate=False), sp.Eq(HERE, PEAK, evaluate=False)),
    assumptions=(
        "f is the share of entries that are not zero, whatever their values; the measurement vectors are Gaussian, and "
        "there is no noise.",
        "Measurements are added until l1 minimization finds the signal: their number has the mean "
        "N alpha_c + m_1 and the variance N w^2 for large N.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        Source(document="advani2013statistical", where="compressed sensing: phase transition of l1 minimization"),
        LIVING,
        Source(document="donoho2009counting", where="weak threshold of the cross-polytope"),
    ),
    covers=("S1",),
)


def slope(expression: sp.Expr) -> sp.Expr:
    """Derivative by t, where the tail falls by the density and the density by t times itself."""
    return sp.diff(expression, t) - HERE * sp.diff(expression, ABOVE) - t * HERE * sp.diff(expression, HERE)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the subspace and the cone to counts, from distances to their mean and variance."""
    return (*_counts(), *_distances(), *_fluctuations())


def _counts() -> tuple[Step, ...]:
    v, first, second = sp.symbols("v E_1 E_2", positive=True)
    return (
        Step(
            claim="With M measurements l1 minimization fails with the probability 2 (v_(M+1) + v_(M+3) + ...), where "
            "v_k are the intrinsic volumes of the cone of directions that do not raise the norm.",
            because="The directions left open are a uniformly random subspace of N - M dimensions; that it meets a "
            "cone is Crofton's formula of conic integral geometry.",
            assumption=Source(document="amelunxen2014living", where="conic kinematic formula"),
        ),
        Step(
            claim="The number of measurements that are needed has the mean E V + 1/2 and the mean square E V^2 + E V, "
            "where V is a random number with the probabilities v_k.",
            because="Chances to fail are added up over M, for the square with the weight 2 M + 1: of V = v they are 2 "
            "for M = v - 1, v - 3, ... Both sums grow with v in steps of 2 as stated, from their values at 0 and 1. "
            "Without measurements it always fails, so that odd V have the probability 1/2.",
            obligation=(
                v - (v - 2) - 2,
                (v**2 + v) - ((v - 2) ** 2 + (v - 2)) - 2 * (2 * (v - 1) + 1),
                (v**2 + v).subs(v, 1) - 2,
                (v**2 + v).subs(v, 0),
                (second + first) - (first + sp.Rational(1, 2)) ** 2 - ((second - first**2) - sp.Rational(1, 4)),
            ),
        ),
        Step(
            claim="The squared length of a standard Gaussian vector, projected onto the cone, is chi-square with V "
            "degrees of freedom.",
            because="V is the dimension of the face that contains the projection.",
            assumption=Source(document="amelunxen2014living", where="Steiner formula for cones"),
        ),
        Step(
            claim="So E V is the mean of that squared length, and the variance of V is its variance less 2 E V.",
            because="Chi-square of v degrees has the mean v and the mean square v^2 + 2 v.",
            obligation=(
                3 * v + v * (v - 1) - (v**2 + 2 * v),
                (second + 2 * first) - first**2 - 2 * first - (second - first**2),
            ),
        ),
    )


def _distances() -> tuple[Step, ...]:
    x = sp.Symbol("x", real=True)
    above, here = (definition.rhs for definition in STATEMENT.where)
    tail, density = above.subs(t, x), here.subs(t, x)
    primitives = {
        1: -density + t * tail,
        2: -(1 + t**2) * tail - (x - 2 * t) * density,
        4: -(t**4 + 6 * t**2 + 3) * tail - (x**3 - 4 * t * x**2 + (6 * t**2 + 3) * x - 4 * t**3 - 8 * t) * density,
    }
    stated = {1: MEAN_EXCESS, 2: SQUARE_EXCESS, 4: FOURTH_EXCESS}
    share, level = RIGHT[:2]
    distance = f * (1 + t**2) + (1 - f) * SQUARE_EXCESS
    ends = {ABOVE: sp.Rational(1, 2), HERE: here.subs(t, 0), t: 0}
    return (
        Step(
            claim="By Moreau's theorem that squared length is the squared distance to the multiples of the "
            "subgradient, the least over t of the sum of (g - t)^2 over the entries that are not zero and of "
            "the square of what |g| exceeds t by over the others. The means of that excess, of its square and fourth "
            "power are those stated.",
            because="Multiples t of the subgradient are t times the sign where the signal is not zero, and anything "
            "between -t and t elsewhere. Primitives of (x - t)^k times the Gaussian density are differentiated back; "
            "they are powers of x times the density, and the tail, which vanish at infinity.",
            obligation=tuple(
                residual
                for power, primitive in primitives.items()
                for residual in (
                    sp.diff(primitive, x) / density - (x - t) ** power,
                    sp.expand(-2 * primitive.subs(x, t) - stated[power].subs({ABOVE: above, HERE: here})),
                )
            ),
        ),
        Step(
            claim="The Gaussian tail falls by the density, and the density by t times itself.",
            because="Both are differentiated.",
            obligation=(sp.diff(above, t) + here, sp.diff(here, t) + t * here),
        ),
        Step(
            claim="The mean distance per entry is stationary at t for the share f that is stated, and curved upwards "
            "there: it is least.",
            because="It is differentiated by t, once and twice; the second derivative is 2 f plus 4 (1 - f) times the "
            "tail for any t, and 2 alpha_c there.",
            obligation=(
                sp.together(slope(distance).subs(f, share)),
                sp.expand(slope(slope(distance)) - 2 * f - 4 * (1 - f) * ABOVE),
                sp.together(slope(slope(distance)).subs(f, share) - 2 * level),
            ),
            shows=sp.Eq(f, share, evaluate=False),
        ),
        Step(
            claim="The least mean distance per entry is alpha_c.",
            because="The share is inserted into the mean distance.",
            obligation=sp.together(distance.subs(f, share) - level),
            shows=sp.Eq(alpha_c, level, evaluate=False),
        ),
        Step(
            claim="At threshold 0 every entry needs its measurement: both f and alpha_c are 1.",
            because="The tail is 1/2 there.",
            obligation=(share.subs(ends) - 1, level.subs(ends) - 1, above.subs(t, 0) - sp.Rational(1, 2)),
        ),
    )


def _fluctuations() -> tuple[Step, ...]:
    share, level, offset, width = RIGHT
    g, first, curvature, u = sp.symbols("g A c u", real=True)
    moments = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3}
    signed = sum(
        c * moments[int(power[0])] for power, c in sp.Poly(sp.expand((g - t) ** 4), g).terms()
    )  # mean of (g - t)^4
    slopes = 4 * f + 4 * (1 - f) * (SQUARE_EXCESS - MEAN_EXCESS**2)
    spread = f * (signed - (1 + t**2) ** 2) + (1 - f) * (FOURTH_EXCESS - SQUARE_EXCESS**2)
    parabola = first * u + curvature * u**2 / 2
    return (
        Step(
            claim="The least of a sum of N distances lies below N times the least mean by a number whose mean tends to "
            "half the variance of a slope over the curvature; its variance is that of the sum at the t of the mean, up "
            "to terms that stay finite.",
            because="Near its least value the sum is a parabola: slope of order sqrt(N), curvature of order N.",
            assumption=Source(document="vandervaart1998asymptotic", where="minima of sums of convex functions"),
        ),
        Step(
            claim="A parabola of this slope and curvature is least at -A/c, lower by A^2 / (2 c) than at 0.",
            because="It is differentiated, and the place inserted.",
            obligation=(
                sp.diff(parabola, u).subs(u, -first / curvature),
                parabola.subs(u, -first / curvature) + first**2 / (2 * curvature),
            ),
        ),
        Step(
            claim="With the 1/2 of the count that gives m_1.",
            because="The slopes are -2 (g - t) and -2 times what |g| exceeds t by; variance and curvature are put in.",
            obligation=sp.expand(sp.together(sp.Rational(1, 2) - (slopes / (4 * level)).subs(f, share) - offset)),
            shows=sp.Eq(m_1, offset, evaluate=False),
        ),
        Step(
            claim="The variance of V, per entry, is w^2; the 1/4 of the count does not grow with N.",
            because="The variances of the squares of g - t and of what |g| exceeds t by, added up, less 2 alpha_c.",
            obligation=(
                sp.expand(signed - (1 + t**2) ** 2 - 2 - 4 * t**2),
                sp.together(spread.subs(f, share) - 2 * level - width),
            ),
            shows=sp.Eq(w_2, width, evaluate=False),
        ),
    )
