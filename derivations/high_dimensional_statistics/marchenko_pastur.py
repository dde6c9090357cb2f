r"""The spectrum of a sample covariance matrix: density, edges, what stands at zero, and all moments.

Premises: P examples with N independent entries of mean 0 and variance 1, and their covariance C = X X^T / P. One
example is taken out of the resolvent; what it adds depends on a quadratic form that hardly fluctuates. The trace of the
resolvent then solves a quadratic equation. With fewer examples than dimensions, N - P eigenvalues vanish: the law has a
mass 1 - alpha_P at zero, which the density does not show, and which public code leaves out.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.high_dimensional_statistics import DENSITY, alpha
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Source, Statement
from derivations.symbols import N

EIGENVALUE = sp.Symbol("lambda", positive=True)
k, j = sp.Symbol("k", integer=True, positive=True), sp.Symbol("j", integer=True, nonnegative=True)
ATOM, DENSITY_OF, MOMENT = sp.Symbol("A_0", nonnegative=True), sp.Symbol("rho", positive=True), sp.Symbol("m_k")
LOWEST, LARGEST = sp.symbols("lambda_- lambda_+", positive=True)
SIDES = sp.Tuple(ATOM, LOWEST, LARGEST, DENSITY_OF, MOMENT)
INSIDE = 4 / alpha - (EIGENVALUE - 1 - 1 / alpha) ** 2  # positive between the edges
RIGHT = sp.Tuple(
    sp.Max(0, 1 - alpha),
    (1 - 1 / sp.sqrt(alpha)) ** 2,
    (1 + 1 / sp.sqrt(alpha)) ** 2,
    alpha * sp.sqrt(sp.Max(0, INSIDE)) / (2 * sp.pi * EIGENVALUE),
    k * sp.Sum(sp.binomial(k - 1, j) ** 2 * alpha**-j / ((j + 1) * (k - j)), (j, 0, k - 1)),
)
BOOK = Source(document="bai2010spectral", where="sample covariance matrices: Stieltjes transform")

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of a sample covariance matrix",
    formula=sp.Eq(SIDES, RIGHT, evaluate=False),
    parameters=(
        DENSITY,
        Parameter(symbol=EIGENVALUE, meaning="eigenvalue", domain=POSITIVE, typical=(0.3, 2.6)),
        Parameter(symbol=k, meaning="order of a moment", domain=sp.Range(1, sp.oo), typical=(3, 6)),
    ),
    assumptions=(
        "Entries of the examples are independent, of mean 0, variance 1 and finite fourth moment, and need not be "
        "Gaussian; alpha_P = P / N is fixed as N grows.",
        "A_0 is the share of eigenvalues that are 0; rho is the density of the others, which is zero outside of both "
        "edges; m_k is the mean k-th power of all eigenvalues.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        Source(document="advani2013statistical", where="random matrices: the spectrum of noise"),
        Source(document="marchenko1967distribution", where="the law of sample covariance matrices"),
        BOOK,
    ),
    covers=("S2",),
    printed=(
        Printed(
            erratum="U32",
            kind="in use",
            formula=sp.Eq(SIDES, sp.Tuple(sp.S.Zero, *RIGHT[1:]), evaluate=False),
            note="With fewer examples than dimensions the density has the mass alpha_P only: the rest is at zero, and "
            "a distribution function that leaves it out does not come to 1.",
            source=Source(document="public_code", where="Marchenko-Pastur law: distribution function and samples"),
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a resolvent with one example less to a quadratic equation, and from it to the law."""
    return (*_equation(), *_law(), *_moments())


def _equation() -> tuple[Step, ...]:
    z, g, q, points, size = sp.symbols("z g q P N", positive=True)
    trace = 1 + points * q / (points - q) / size
    quadratic = z * g**2 - (alpha * z + 1 - alpha) * g + alpha
    traced = trace.subs(q, size * g).subs(points, alpha * size)
    return (
        Step(
            claim="With G the resolvent of C and G_- that without one example x, x^T G x = q / (1 - q / P), where "
            "q = x^T G_- x.",
            because="(z - C) (G_- + G_- x x^T G_- / (P - q)) is 1 if the coefficient of x x^T G_- vanishes; the form "
            "of G is then q + q^2 / (P - q).",
            obligation=(
                sp.together(1 / (points - q) - 1 / points - q / (points * (points - q))),
                sp.together(q + q**2 / (points - q) - q / (1 - q / points)),
            ),
        ),
        Step(
            claim="q is N g up to a part that vanishes as N grows, where g is the trace of G over N.",
            because="x is independent of G_-, so that q has the mean tr G_- and a variance of order N; one example "
            "changes the trace by a finite number.",
            assumption=BOOK,
        ),
        Step(
            claim="So g solves a quadratic equation.",
            because="z G = 1 + C G is traced over; the trace of C G is the mean of x^T G x over examples.",
            obligation=sp.together((z * g - traced) * (alpha - g) + quadratic),
            shows=sp.Eq(z * g, 1 + alpha * g / (alpha - g), evaluate=False),
            means={z: traced / g},
        ),
    )


def _law() -> tuple[Step, ...]:
    atom, lowest, largest, density, _ = STATEMENT.right
    z, root = sp.Symbol("z", positive=True), sp.Symbol("r")
    between = density.subs(sp.Max(0, INSIDE), INSIDE)
    discriminant = (alpha * z + 1 - alpha) ** 2 - 4 * alpha * z
    solution = (alpha * z + 1 - alpha - root) / (2 * z)
    quadratic = z * solution**2 - (alpha * z + 1 - alpha) * solution + alpha
    return (
        Step(
            claim="The equation has the two roots (alpha_P z + 1 - alpha_P -+ r) / 2 z, where r^2 is alpha_P^2 times "
            "minus what stands under the root of the density.",
            because="One of them is inserted, and the discriminant written as a square less 4 alpha_P.",
            obligation=(
                sp.expand(sp.expand(quadratic * 4 * z) - (root**2 - discriminant)),
                sp.expand(discriminant + alpha**2 * INSIDE.subs(EIGENVALUE, z)),
            ),
        ),
        Step(
            claim="Between the edges the roots are complex, and the imaginary part of g over pi is the density.",
            because="The imaginary part is the root of the negative discriminant over 2 lambda.",
            obligation=sp.expand((sp.pi * between) ** 2 * 4 * EIGENVALUE**2 + discriminant.subs(z, EIGENVALUE)),
            shows=sp.Eq(DENSITY_OF, STATEMENT.right[3], evaluate=False),
        ),
        Step(
            claim="The edges are where it vanishes.",
            because="Both are inserted; their sum and product are those of the roots.",
            obligation=tuple(sp.expand(INSIDE.subs(EIGENVALUE, edge)) for edge in (lowest, largest)),
            shows=sp.Eq(sp.Tuple(LOWEST, LARGEST), sp.Tuple(lowest, largest), evaluate=False),
        ),
        Step(
            claim="Far above the edges g is 1 / z; below the lower one r has the other sign, and z g comes to A_0 at "
            "zero.",
            because="r is alpha_P z - alpha_P - 1 up to 1/z for large z; at zero it is minus the absolute value of "
            "1 - alpha_P.",
            obligation=(
                sp.limit(z * solution.subs(root, sp.sqrt(discriminant)).subs(alpha, sp.Rational(7, 3)), z, sp.oo) - 1,
                sp.expand(discriminant - (alpha * z - alpha - 1) ** 2 + 4 * alpha),
                sp.expand((1 - alpha + sp.Abs(1 - alpha)) / 2 - atom.rewrite(sp.Abs)),
                sp.expand(discriminant.subs(z, 0) - (1 - alpha) ** 2),
            ),
            shows=sp.Eq(ATOM, atom, evaluate=False),
        ),
    )


def _moments() -> tuple[Step, ...]:
    g = sp.Symbol("g", positive=True)
    orders = range(1, 6)
    stated = {order: STATEMENT.right[4].subs(k, order).doit() for order in orders}
    term = sp.binomial(k + 1, k - j) * sp.binomial(k - 1, j) / (k + 1)
    stated_term = k * sp.binomial(k - 1, j) ** 2 / ((j + 1) * (k - j))
    narayana = sp.binomial(k, j + 1) * sp.binomial(k, j) / k
    series = sum(stated[order] * g ** (order + 1) for order in orders) + g  # g as a series in 1 / z
    rest = (series * (alpha - series) - g * (alpha - series) - g * alpha * series).expand()
    return (
        Step(
            claim="The k-th moment is 1 / (k + 1) times the coefficient of g^k in "
            "(1 + alpha_P g / (alpha_P - g))^(k + 1).",
            because="g is the sum of m_k z^(-k-1), and 1 / z is g over 1 + alpha_P g / (alpha_P - g): Lagrange's "
            "inversion of the series. The moments stated solve the equation order by order.",
            obligation=tuple(sp.expand(rest.coeff(g, order)) for order in range(2, max(orders) + 2)),
            shows=sp.Eq(
                MOMENT,
                sp.Subs(sp.Derivative((1 + alpha * g / (alpha - g)) ** (k + 1), (g, k)), g, 0) / sp.factorial(k + 1),
                evaluate=False,
            ),
            means=tuple({MOMENT: moment, k: order} for order, moment in stated.items()),
            instances="moments up to the fifth",
        ),
        Step(
            claim="These are sums of Narayana numbers over powers of alpha_P, for every k.",
            because="The binomial theorem twice, for the power k + 1 and for (1 - g / alpha_P)^(-j), gives the "
            "products of two binomials; they are Narayana numbers, and the stated terms.",
            obligation=tuple(sp.gammasimp((term / other).rewrite(sp.gamma)) - 1 for other in (stated_term, narayana)),
        ),
        Step(
            claim="Without the mass at zero the density has the mass 1 where alpha_P exceeds 1, and alpha_P below.",
            because="Examples and dimensions exchanged, the other eigenvalues are the same up to a factor alpha_P: the "
            "density of 1 / alpha_P at alpha_P lambda is the one of alpha_P, with P eigenvalues in place of N.",
            obligation=sp.powsimp(
                sp.expand(
                    (STATEMENT.right[3].subs(sp.Max(0, INSIDE), INSIDE) / alpha) ** 2
                    - (
                        STATEMENT.right[3]
                        .subs(sp.Max(0, INSIDE), INSIDE)
                        .subs(alpha, 1 / alpha)
                        .subs(EIGENVALUE, alpha * EIGENVALUE)
                        * alpha
                    )
                    ** 2
                )
            ),
        ),
    )
