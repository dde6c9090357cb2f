r"""Regression with as many examples as parameters, up to a factor: least squares, and when it is beaten.

Premises: P examples y = x . w + noise, with N Gaussian entries of x of variance 1. Least squares is exact at any size:
the mean squared error of a prediction, beyond the noise, is an inverse Wishart trace, for any noise. For Gaussian noise
no convex loss does better in the limit. For Laplace noise absolute deviations are the maximum of likelihood; their
error follows from two equations, which are taken over here, and whose averages are worked out. Maximum likelihood
wins for many examples only: with fewer than 3.4 for each parameter least squares is better even then.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.high_dimensional_statistics import DIMENSION, EXAMPLES, alpha
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import N, P, sigma_z

LEAST = sp.Symbol("q_2", positive=True)
ABSOLUTE = sp.Symbol("q_1", positive=True)
c, s = sp.symbols("c s_q", positive=True)
S, T = sp.symbols("S_z T_z", positive=True)  # tail and clipped square of a residual of an example that is left out
OPTIMAL = Source(document="bean2013optimal", where="two equations for the error of M-estimators")
BEST = Source(document="advani2016statistical", where="optimal M-estimation: bound by the Fisher information")


def above(x: sp.Expr) -> sp.Expr:
    """Chance that a standard Gaussian number exceeds x."""
    return sp.erfc(x / sp.sqrt(2)) / 2


GAUSSIAN = sp.exp(-((c / s) ** 2) / 2) / sp.sqrt(2 * sp.pi)  # density of a standard Gaussian number at c / s
GAIN, LOSS = sp.exp(s**2 / 2 - c) * above(s - c / s), sp.exp(s**2 / 2 + c) * above(s + c / s)
TAIL = above(c / s) + (GAIN - LOSS) / 2
CLIPPED = 2 + s**2 - 2 * ((s**2 - c**2 + 2) * above(c / s) + c * s * GAUSSIAN + (c + 1) * GAIN + (c - 1) * LOSS)
SIDES = sp.Tuple(LEAST, alpha, ABSOLUTE)
RIGHT = sp.Tuple(sigma_z**2 * N / (P - N - 1), 1 / (1 - 2 * S), T / (1 - 2 * S))

STATEMENT = Statement(
    module=__name__,
    title="Least squares and absolute deviations in high dimensions",
    formula=sp.Eq(SIDES, RIGHT, evaluate=False),
    where=(sp.Eq(S, TAIL, evaluate=False), sp.Eq(T, CLIPPED, evaluate=False)),
    parameters=(
        DIMENSION.narrowed("of the parameters"),
        EXAMPLES.narrowed("more than N + 1", domain=sp.Range(3, sp.oo), typical=(9, 30)),
        Parameter(
            symbol=sigma_z, meaning="standard deviation of the noise in a label", domain=POSITIVE, typical=(0.4, 1.9)
        ),
        Parameter(symbol=s, meaning="root of the error of absolute deviations", domain=POSITIVE, typical=(0.3, 1.3)),
        Parameter(symbol=c, meaning="threshold below which a residual vanishes", domain=POSITIVE, typical=(0.2, 1.6)),
    ),
    assumptions=(
        "q_2 and q_1 are mean squares of a prediction's error on a new example, beyond its noise, for least squares "
        "and for the least sum of absolute deviations. q_2 is exact, for any independent noise of mean zero and "
        "variance sigma_z^2.",
        "q_1 holds for Laplace noise of mean absolute value 1, for large N: s_q and c are those for which q_1 is "
        "s_q^2, and alpha_P = P / N the given one.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(Source(document="advani2013statistical", where="statistical mechanics of regression"), OPTIMAL, BEST),
    covers=("S4",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the inverse Wishart matrix to least squares, from a shrunk residual to absolute deviations."""
    return (*_least_squares(), *_absolute_deviations(), *_optimum())


def _least_squares() -> tuple[Step, ...]:
    freedom = sp.Symbol("k", positive=True)
    mean = sp.gamma(freedom / 2 - 1) / (2 * sp.gamma(freedom / 2))

    def schur(size: int) -> sp.Expr:
        """First entry of an inverse, times what the first column leaves beside the others, less 1."""
        whole = sp.Matrix(size, size, lambda a, b: sp.Symbol(f"a_{min(a, b)}{max(a, b)}"))
        others, mixed = whole[1:, 1:], whole[1:, :1]
        left = whole[0, 0] - (mixed.T * others.inv() * mixed)[0]
        return others.det() / whole.det() * left - 1

    return (
        Step(
            claim="An entry on the diagonal of (X^T X)^(-1) is 1 over the squared length of what a column of X has "
            "beside all others.",
            because="Schur's complement, multiplied out.",
            obligation=(schur(2), schur(3)),
            instances="two and three parameters",
        ),
        Step(
            claim="That squared length is chi-square with P - N + 1 degrees of freedom, whose inverse has the mean "
            "1 / (P - N - 1).",
            because="A Gaussian vector of P entries is projected onto what N - 1 independent others leave; the mean of "
            "1 / y over the density of chi-square is a ratio of gamma functions.",
            obligation=(
                sp.gammasimp(mean) - 1 / (freedom - 2),
                (1 / (freedom - 2)).subs(freedom, P - N + 1) - 1 / (P - N - 1),
            ),
        ),
        Step(
            claim="So least squares has the error stated, for any noise, and sigma^2 / (alpha_P - 1) in the limit.",
            because="The error of the parameters is (X^T X)^(-1) X^T times the noise; its mean square is sigma^2 times "
            "the trace, with N equal entries, and that of a prediction is the same.",
            obligation=(
                N * sigma_z**2 * (1 / (freedom - 2)).subs(freedom, P - N + 1) - STATEMENT.right[0],
                sp.limit(STATEMENT.right[0].subs(P, alpha * N), N, sp.oo) - sigma_z**2 / (alpha - 1),
            ),
            shows=sp.Eq(LEAST, STATEMENT.right[0], evaluate=False),
        ),
    )


def _absolute_deviations() -> tuple[Step, ...]:
    tail, clipped = (definition.rhs for definition in STATEMENT.where)
    r, z = sp.symbols("r z", positive=True)
    share, error = 1 - 2 * S, STATEMENT.right[2]
    density = -sp.diff(tail, c)
    return (
        Step(
            claim="In the limit a residual z that is predicted without its own example is the noise plus an "
            "independent Gaussian number of variance q. Fitted, it is what minimizes rho(r) + (z - r)^2 / (2 c); its "
            "mean slope by z is 1 - 1 / alpha_P, and q is alpha_P times the mean square of z - r.",
            because="Leaving one example, and one parameter, out; the averages concentrate.",
            assumption=OPTIMAL,
        ),
        Step(
            claim="For rho(r) = |r| it is 0 up to |z| = c, and c nearer to 0 beyond: the slope is 0 or 1, and z - r is "
            "clipped at c.",
            because="The derivative by r vanishes at z - c, which is positive for z beyond c; at 0 it is not negative "
            "for z up to c.",
            obligation=(sp.diff(r + (z - r) ** 2 / (2 * c), r).subs(r, z - c), sp.expand(1 - z / c).subs(z, c)),
        ),
        Step(
            claim="S_z is the chance that z exceeds c, for Laplace noise plus a Gaussian number.",
            because="Noise of density exp(-|x|)/2 turns a density into the f that solves f - f'' = density; minus the "
            "derivative of S_z solves that, S_z is 1/2 at 0, and it has no part exp(c), since every term vanishes.",
            obligation=(
                sp.simplify(
                    sp.expand((density - sp.diff(sp.diff(density, c), c) - GAUSSIAN / s) * sp.exp(c**2 / s**2 / 2))
                ),
                tail.subs(c, 0) - sp.Rational(1, 2),
            ),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="T_z is the mean of the smaller of z^2 and c^2.",
            because="Its derivative by c is 2 c times the chance that |z| exceeds c; it vanishes at 0.",
            obligation=(
                (sp.diff(clipped, c) - 4 * c * tail) * sp.exp(c**2 / s**2 / 2),
                sp.expand(clipped.subs(c, 0)),
            ),
            shows=STATEMENT.where[1],
        ),
        Step(
            claim="So 1 / alpha_P is the chance of a residual that vanishes, and q_1 is alpha_P times T_z.",
            because="The mean slope is the chance 2 S_z of one that does not.",
            obligation=(
                (1 - 1 / STATEMENT.right[1]) - 2 * S,
                STATEMENT.right[1] * T - error,
                share * error - T,
            ),
            shows=sp.Eq(ABSOLUTE, STATEMENT.right[1] * T, evaluate=False),
        ),
    )


def _optimum() -> tuple[Step, ...]:
    first, q, information, slope = sp.symbols("A q J m", positive=True)
    limit = sigma_z**2 / (alpha - 1)
    return (
        Step(
            claim="With psi = z - r, both equations say q = E psi^2 / (alpha_P (E psi')^2), for any convex loss.",
            because="E psi' is 1 / alpha_P, and q is alpha_P E psi^2.",
            obligation=first / (alpha * (1 / alpha) ** 2) - alpha * first,
        ),
        Step(
            claim="So q is at least 1 / (alpha_P J), where J is the Fisher information of z.",
            because="E psi' is minus the mean of psi times the derivative of the logarithm of z's density; for two "
            "numbers of mean squares A and J, and mean product m, A J - m^2 is A times what the second has beside the "
            "first.",
            obligation=sp.expand(first * information - slope**2 - first * (information - slope**2 / first)),
        ),
        Step(
            claim="For Gaussian noise J is 1 / (sigma^2 + q), and least squares attains the bound: no convex loss is "
            "better.",
            because="z is Gaussian with that variance; q alpha_P J = 1 is solved by the limit of least squares.",
            obligation=sp.together((q * alpha / (sigma_z**2 + q) - 1).subs(q, limit)),
        ),
    )
