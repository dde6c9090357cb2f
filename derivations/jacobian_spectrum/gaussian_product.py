r"""The Jacobian of a deep linear network with Gaussian weights: edge, moments, and what a finite width adds.

Premises: L square matrices with independent Gaussian entries of variance 1 / N. The law of the singular values stands
in `amplified_fraction`; here are the largest squared singular value, all moments (the Fuss-Catalan numbers), and the
exact second moment at any width. The page speaks of large N and gives the growth with depth only. At finite width the
second moment grows exponentially with L / N, so that width has to exceed depth for the law to be seen.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import price
from derivations.deep_linear import amplified_fraction
from derivations.jacobian_spectrum import FORM, TRACE, TRACE_OF_SQUARE, ZETA, M
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import D, L, N

K = sp.Symbol("k", integer=True, positive=True)
MOMENT = sp.Symbol("m_k", positive=True)
FINITE = sp.Symbol("m_2(N)", positive=True)
LAGRANGE = Source(document="nica2006lectures", where="compositional inverses of moment series")

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of a product of Gaussian matrices",
    formula=sp.Eq(
        sp.Tuple(jacobian_spectrum.LARGEST, MOMENT, FINITE),
        sp.Tuple(
            (L + 1) ** (L + 1) / L**L,
            sp.binomial((L + 1) * K, K) / (L * K + 1),
            N / 3 * ((1 + 2 / N) ** (L + 1) - (1 - 1 / N) ** (L + 1)),
        ),
        evaluate=False,
    ),
    parameters=(
        jacobian_spectrum.LAYERS,
        Parameter(symbol=K, meaning="order of the moment", domain=sp.Range(1, sp.oo), typical=(3, 6)),
        jacobian_spectrum.WIDTH,
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        "The network is linear; its weights are independent and Gaussian, with variance 1 / N.",
        "m_k is the mean k-th power of the squared singular values in the limit, and lambda_max the largest of them; "
        "m_2(N) is the mean of their squares at width N, exactly.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J2",),
    uses=("deep_linear.amplified_fraction",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the functional equation to edge and moments; from one matrix more to the second moment at any width."""
    return (*_edge(), *_moments(), *_finite_width())


def _edge() -> tuple[Step, ...]:
    B = sp.Symbol("B", positive=True)  # moment series at 1 / lambda
    level = B ** (L + 1) / (B - 1)
    edge = STATEMENT.right[0]
    stated = amplified_fraction.STATEMENT.right[0] ** 2
    sines = {amplified_fraction.FIRST: 1, amplified_fraction.LAST: D, amplified_fraction.BOTH: D + 1}
    return (
        Step(
            claim="The level lambda = B^(L+1) / (B - 1), which solves the equation of the moment series B, is "
            "stationary at B = (L + 1) / L only.",
            because="The logarithm of the level is differentiated by B.",
            obligation=sp.together(sp.diff((L + 1) * sp.log(B) - sp.log(B - 1), B) - (L * B - (L + 1)) / (B * (B - 1))),
            shows=sp.Eq(jacobian_spectrum.LAMBDA, level, evaluate=False),
            means={jacobian_spectrum.LAMBDA: jacobian_spectrum.level((1 + ZETA) ** -L).subs(M, B - 1)},
        ),
        Step(
            claim="There the spectrum ends.",
            because="The level at the stationary point; the same is found from the singular value by the angle, whose "
            "sines go like 1, L and L + 1 at angle 0.",
            obligation=(
                sp.powsimp(sp.simplify(level.subs(B, (L + 1) / L)) / edge) - 1,
                sp.powsimp(stated.subs(sines, simultaneous=True)).subs(D, L) - edge,
            ),
            shows=sp.Eq(jacobian_spectrum.LARGEST, edge, evaluate=False),
        ),
    )


def _moments() -> tuple[Step, ...]:
    inverse = sp.Function("t", positive=True)(ZETA)
    power = (ZETA / (1 + ZETA) ** (L + 1)) ** -K
    binomial = sp.gamma((L + 1) * K + 1) / sp.gamma(K) / sp.gamma(L * K + 2) / K
    ratio = sp.gammasimp(binomial / STATEMENT.right[1].rewrite(sp.gamma))
    return (
        Step(
            claim="The k-th moment is 1 / k times the coefficient of zeta^(k-1) in t(zeta)^(-k) zeta^k, where t(zeta) "
            "is the inverse of the moment series.",
            because="In Cauchy's integral of (1 + zeta) t^(-k-1) dt around 0 the integrand is that of t^(-k) / k, up "
            "to a derivative.",
            shows=sp.Eq(
                K * (1 + ZETA) * inverse ** (-K - 1) * sp.Derivative(inverse, ZETA),
                inverse**-K - sp.Derivative((1 + ZETA) * inverse**-K, ZETA),
                evaluate=False,
            ),
            means={},
        ),
        Step(
            claim="For t = zeta / (1 + zeta)^(L+1) that is a binomial coefficient: the moments are Fuss-Catalan "
            "numbers.",
            because="(1 + zeta)^((L+1) k) is expanded by the binomial theorem; binomials are ratios of gamma "
            "functions.",
            obligation=(
                sp.powsimp(sp.expand_power_base(power * ZETA**K, force=True), force=True) - (1 + ZETA) ** ((L + 1) * K),
                ratio - 1,
            ),
            shows=sp.Eq(MOMENT, STATEMENT.right[1], evaluate=False),
        ),
    )


def _finite_width() -> tuple[Step, ...]:
    one, other = (sp.symbols(f"{name}_1:4", real=True) for name in "gh")
    values = sp.symbols("a_1:4", nonnegative=True)
    trace, square = sum(values), sum(a**2 for a in values)
    own = price.moment(sum(a * g**2 for a, g in zip(values, one, strict=True)) ** 2, one)
    cross = price.moment(sum(a * g * h for a, g, h in zip(values, one, other, strict=True)) ** 2, (*one, *other))
    mean = price.moment(sum(a * g**2 for a, g in zip(values, one, strict=True)), one)
    m, t = sp.symbols("m t", positive=True)  # mean of tr A^2 / N, and of (tr A / N)^2
    after = sp.symbols("m' t'")
    traced = {"T": N**2 * t, "Q": N * m}
    squares = (N * (traced["T"] + 2 * traced["Q"]) + N * (N - 1) * traced["Q"]) / N**2 / N
    whole = (N * (traced["T"] + 2 * traced["Q"]) + N * (N - 1) * traced["T"]) / N**2 / N**2
    finite = STATEMENT.right[2]
    other_trace = finite.subs(L, L + 1) - (1 + 1 / N) * finite
    return (
        Step(
            claim="A row of W sends A to a number whose square has the mean ((tr A)^2 + 2 tr A^2) / N^2; two rows send "
            "it to one whose square has the mean tr A^2 / N^2.",
            because="In the directions of A, which Gaussian rows do not notice, the forms are sums over eigenvalues "
            "times squares or products of Gaussian numbers, averaged by their moments.",
            instances="three eigenvalues",
            obligation=(cross - square, mean - trace),
            shows=sp.Eq(FORM, TRACE**2 + 2 * TRACE_OF_SQUARE, evaluate=False),
            means={FORM: own, TRACE: trace, TRACE_OF_SQUARE: square},
        ),
        Step(
            claim="So one matrix more takes m, the mean of tr A^2 / N, and t, the mean of (tr A / N)^2, to "
            "(1 + 1/N) m + t and t + 2 m / N^2.",
            because="N diagonal entries of W A W^T and N (N - 1) others are added up.",
            shows=sp.Eq(sp.Tuple(*after), sp.Tuple((1 + 1 / N) * m + t, t + 2 * m / N**2), evaluate=False),
            means=dict(zip(after, (squares, whole), strict=True)),
        ),
        Step(
            claim="The second moment stated solves these equations, and is 1 without a layer, as t is.",
            because="t is expressed by two neighbouring second moments, and both equations are inserted.",
            obligation=(
                other_trace.subs(L, L + 1) - other_trace - 2 * finite / N**2,
                finite.subs(L, 0) - 1,
                sp.expand(other_trace.subs(L, 0)) - 1,
            ),
            shows=sp.Eq(FINITE, finite, evaluate=False),
        ),
        Step(
            claim="In the limit it is L + 1, the Fuss-Catalan number of order 2.",
            because="The difference of powers vanishes at 1 / N = 0 and has the slope 3 (L + 1) there; the binomial is "
            "a ratio of gamma functions.",
            obligation=sp.gammasimp(sp.gamma(2 * L + 3) / (2 * sp.gamma(2 * L + 1) * (2 * L + 1)) / (L + 1)) - 1,
            shows=sp.Eq(sp.Limit(FINITE, N, sp.oo, "-"), L + 1, evaluate=False),
            means={FINITE: finite},
        ),
    )
