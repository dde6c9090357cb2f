r"""Transient chaos fills dimensions: nearby points part after a logarithmic number of layers, and a circle's image
spreads over as many dimensions as there are far points.

Premises: a wide random network with weights and biases at a fixed length, and a great circle of inputs. The
participation ratio of the matrix of products of its points counts the dimensions that its image fills. At layer 2 of
error functions it is a dilogarithm; deep in the chaotic phase points of the circle share c* only, and in the ordered
phase everything. Until then a pair of points at distance d takes a number of layers that grows like ln(1/d). The slide
says that transient chaos uses many dimensions, without a formula.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field
from derivations.manifold_geometry import FIXED_POINT, STRETCH, curvature_recursion, manifold_kernel
from derivations.proof import Step
from derivations.signal_propagation import FIXED_CORRELATION
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, c_star, chi_1, q_Delta, q_star, sigma_b, sigma_w

SECOND, DEEP, LATER = sp.symbols("n_2 n_deep l_later", positive=True)
d_1, d_2 = sp.symbols("d_1 d_2", positive=True)
ARGUMENT = 2 * q_star / (1 + 2 * q_star)

STATEMENT = Statement(
    module=__name__,
    title="Transient chaos and the dimensions that it fills",
    formula=sp.Eq(
        sp.Tuple(SECOND, DEEP, LATER),
        sp.Tuple(
            q_star**2 / (sigma_b**4 + 2 * sigma_w**4 / sp.pi**2 * sp.polylog(2, ARGUMENT**2, evaluate=False)),
            1 / c_star**2,
            2 * sp.log(d_1 / d_2) / sp.log(chi_1),
        ),
        evaluate=False,
    ),
    parameters=(
        mean_field.FIXED_LENGTH.narrowed(typical=(0.3, 3)),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        FIXED_CORRELATION.narrowed("other than 0", domain=sp.Interval.Lopen(0, 1), typical=(0.2, 0.9)),
        STRETCH.narrowed("above 1", domain=sp.Interval.open(1, sp.oo), typical=(1.2, 3.0)),
        Parameter(symbol=d_1, meaning="distance of a pair of points", domain=POSITIVE, typical=(1e-4, 1e-3)),
        Parameter(symbol=d_2, meaning="distance of a nearer pair of points", domain=POSITIVE, typical=(1e-7, 1e-5)),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        FIXED_POINT,
        "n_2 is the participation ratio of a great circle's image at layer 2, for phi = erf: the squared trace of its "
        "kernel over the trace of the squared kernel.",
        "n_deep is what it tends to with depth, the nearness of neighbouring points left aside, for any activation; "
        "c* is 1 in the ordered phase and below it in the chaotic one.",
        "l_later is how many layers more the nearer of two pairs of points takes in the chaotic phase until it is as "
        "far apart as the other, both being near to begin with.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        Source(document="001", where="Summary"),
        Source(document="poole2016exponential", where="transient chaos and the correlation map"),
    ),
    covers=("D34", "D23"),
    uses=(curvature_recursion.STATEMENT.id, manifold_kernel.STATEMENT.id),
)

k = sp.Symbol("k", integer=True, positive=True)
x = sp.Symbol("x", positive=True)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From eigenvalues of a kernel to its mean square, to an arcsine of a cosine, and to what is left deep down."""
    return (*_ratio(), *_second(), *_deep(), *_later())


def _ratio() -> tuple[Step, ...]:
    size = 3
    kernel = sp.Matrix(size, size, lambda i, j: sp.Symbol(f"K_{min(i, j)}{max(i, j)}", real=True))
    trace, squares, ratio = sp.Symbol("tr K^2"), sp.Symbol("sum_ij K_ij^2"), sp.Symbol("n")
    whole = sp.Symbol("P_n", positive=True)  # points of the circle
    mean = sp.Symbol("m_2", positive=True)  # mean squared kernel over the circle
    return (
        Step(
            claim="The trace of the squared kernel is the sum of all squared products.",
            because="The matrix of products is symmetric.",
            shows=sp.Eq(trace, squares, evaluate=False),
            means={trace: (kernel * kernel).trace(), squares: sum(entry**2 for entry in kernel)},
            instances="three points",
        ),
        Step(
            claim="With a kernel of the difference of angles alone, and q* on the diagonal, the ratio is q*^2 over the "
            "mean square of the kernel over the circle.",
            because="The trace is q* for each of the points; their pairs are as many as the square of their number.",
            shows=sp.Eq(ratio, q_star**2 / mean, evaluate=False),
            means={ratio: (whole * q_star) ** 2 / (whole**2 * mean)},
        ),
    )


def _second() -> tuple[Step, ...]:
    coefficient = 4**k / (2 * k**2 * sp.binomial(2 * k, k))  # of x^(2 k) in arcsin(x)^2
    # (1 - x^2) f'' - x f' = 2 for f = arcsin^2: a recursion of the coefficients
    ahead = sp.combsimp(coefficient.subs(k, k + 1) / coefficient) * (2 * k + 2) * (2 * k + 1) - (2 * k) ** 2
    f = sp.asin(x) ** 2
    series, taylor = (
        sp.Sum(coefficient * x ** (2 * k), (k, 1, sp.oo)),
        sp.expand(sp.series(sp.asin(x), x, 0, 7).removeO() ** 2),
    )
    cosines, wave = sp.binomial(2 * k, k) / 4**k, sp.Symbol("w")  # e^(i theta)
    even_power, mean_square = sp.Symbol(r"\mathbb{E}\, \cos^{2k}"), sp.Symbol(r"\mathbb{E}\, \arcsin(x \cos)^2")
    dilogarithm = sp.polylog(2, x**2)
    map_ = manifold_kernel.STATEMENT.right[1]
    cosine, average, square = sp.Symbol("y", real=True), sp.Symbol("A_1", real=True), sp.Symbol("A_2", positive=True)
    inserted = map_.subs(q_Delta, q_star * cosine)
    arc = sp.asin(ARGUMENT * cosine)
    spread = sp.expand(inserted.subs(arc, average) ** 2).subs(average**2, square).subs(average, 0)
    return (
        Step(
            claim="The square of the arcsine has the series sum of (2 x)^(2 k) / (2 k^2 C(2 k, k)).",
            because="It solves (1 - x^2) f'' - x f' = 2, and starts as x^2; both fix all its coefficients.",
            obligation=((1 - x**2) * sp.diff(f, x, 2) - x * sp.diff(f, x) - 2, ahead),
            shows=sp.Eq(f, series, evaluate=False),
            means=tuple({f: taylor.coeff(x, 2 * n), series: series.function.subs({k: n, x: 1})} for n in (1, 2, 3)),
        ),
        Step(
            claim="Even powers of a cosine have the mean C(2 k, k) / 4^k over the circle, odd ones none.",
            because="Partial integration lowers the power by two: the means have the ratio (2 k + 1) / (2 k + 2), and "
            "the zeroth is 1; half a turn changes the sign of odd powers.",
            obligation=sp.combsimp(cosines.subs(k, k + 1) / cosines) - (2 * k + 1) / (2 * k + 2),
            shows=sp.Eq(even_power, cosines, evaluate=False),
            means=tuple(
                {even_power: sp.expand(((wave + 1 / wave) / 2) ** (2 * n)).coeff(wave, 0), k: n} for n in (1, 2, 3)
            ),
        ),
        Step(
            claim="So the mean square of arcsin(x cos) is half a dilogarithm.",
            because="Term by term the binomials cancel, and 1 / (2 k^2) is left.",
            shows=sp.Eq(mean_square, dilogarithm / 2, evaluate=False),
            means={mean_square: series.function * cosines, dilogarithm: x ** (2 * k) / k**2},
        ),
        Step(
            claim="Layer 2 of error functions has the mean squared kernel of the statement.",
            because="The kernel of the circle is q* cos, of which the map is an arcsine; its mean vanishes.",
            obligation=spread.subs(square, sp.polylog(2, ARGUMENT**2) / 2) - q_star**2 / STATEMENT.right[0],
            shows=sp.Eq(SECOND, STATEMENT.right[0], evaluate=False),
        ),
    )


def _deep() -> tuple[Step, ...]:
    share = sp.Symbol("epsilon", positive=True)  # of pairs that are still near
    mean = (share + (1 - share) * c_star**2) * q_star**2
    return (
        Step(
            claim="Deep in the network all pairs of points but a vanishing share have the correlation c*.",
            because="c* attracts all correlations below 1; the angle within which points are still near shrinks by "
            "the stretch of every layer.",
            assumption=curvature_recursion.POOLE,
            shows=sp.Eq(
                sp.Limit(sp.Function("c^l")(sp.Symbol("Delta")), sp.Symbol("l"), sp.oo), c_star, evaluate=False
            ),
        ),
        Step(
            claim="So the participation ratio tends to 1 / c*^2: one dimension in the ordered phase, many where the "
            "biases are weak.",
            because="The mean squared kernel, of near and far pairs, in the limit of no near ones.",
            obligation=(
                sp.limit(q_star**2 / mean, share, 0) - STATEMENT.right[1],
                STATEMENT.right[1].subs(c_star, 1) - 1,
            ),
            shows=sp.Eq(DEEP, STATEMENT.right[1], evaluate=False),
        ),
    )


def _later() -> tuple[Step, ...]:
    layers, end = sp.Symbol("l", positive=True), sp.Symbol("d", positive=True)
    passage = 2 * sp.log(end / d_1) / sp.log(chi_1)
    nearer = passage.subs(d_1, d_2)
    grown = sp.expand_log(sp.log(d_1**2 * chi_1**layers))  # linear in l
    return (
        Step(
            claim="The squared distance of near points grows by chi_1 in every layer, so that d is reached after "
            "2 ln(d / d_1) / ln(chi_1) of them.",
            because="chi_1 is the slope of the correlation map at 1; the logarithm of the squared distance is linear "
            "in the number of layers.",
            shows=sp.Eq(layers, passage, evaluate=False),
            means={layers: (2 * sp.log(end) - grown.subs(layers, 0)) / grown.diff(layers)},
        ),
        Step(
            claim="The nearer pair takes longer by what is stated, whatever the distance that both have to reach and "
            "however they get there from where both are near.",
            because="Both numbers are subtracted; the distance to be reached drops out.",
            obligation=(
                sp.expand_log(nearer - passage - STATEMENT.right[2], force=True),
                sp.diff(sp.expand_log(nearer - passage, force=True), end),
            ),
            shows=sp.Eq(LATER, STATEMENT.right[2], evaluate=False),
        ),
    )
