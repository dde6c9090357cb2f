r"""How much a random projection changes lengths: the exact law, and how many projections many points need.

Premises: a vector of length 1 is multiplied by M_p random rows of independent entries of mean 0 and variance 1, and
divided by sqrt(M_p). With Gaussian entries M_p times its squared length is chi-square with M_p degrees of freedom, and
vectors at right angles are projected independently. Chernoff's bound of chi-square, added up over all pairs of points,
gives the number of projections that public code prints.

At that number the bound leaves a chance of 1/n at least that all distances are kept: it proves that a projection
exists, not that the first one drawn is good.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import eps, n

M = sp.Symbol("M_p", even=True, positive=True)
FOURTH = sp.Symbol("S_4", positive=True)
kappa_4 = sp.Symbol("kappa_4", real=True)  # excess kurtosis
VARIANCE, EXACT, BOUND, ENOUGH = (sp.Symbol(name, positive=True) for name in ("v_M", "P_n", "B_n", "M_0"))
j = sp.Symbol("j", integer=True, nonnegative=True)
CUBIC = eps**2 / 2 - eps**3 / 3
LEMMA = Source(document="dasgupta2003elementary", where="proof of the Johnson-Lindenstrauss lemma")


def beyond(level: sp.Expr) -> sp.Expr:
    """Chance that chi-square of M_p degrees of freedom, over M_p, exceeds a level."""
    half = M * level / 2
    return sp.exp(-half) * sp.Sum(half**j / sp.factorial(j), (j, 0, M / 2 - 1))


STATEMENT = Statement(
    module=__name__,
    title="Distortion by random projections",
    formula=sp.Eq(
        sp.Tuple(VARIANCE, EXACT, BOUND, ENOUGH),
        sp.Tuple(
            (2 + kappa_4 * FOURTH) / M,
            1 - (beyond(1 - eps) - beyond(1 + eps)) ** n,
            n * (((1 + eps) * sp.exp(-eps)) ** (M / 2) + ((1 - eps) * sp.exp(eps)) ** (M / 2)),
            4 * sp.log(n) / CUBIC,
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=M, meaning="number of projections", domain=sp.Range(2, sp.oo, 2), typical=(4, 30)),
        Parameter(symbol=n, meaning="number of points", domain=sp.Range(1, sp.oo), typical=(3, 40)),
        Parameter(symbol=eps, meaning="distortion", domain=sp.Interval.open(0, 1), typical=(0.2, 0.8)),
        Parameter(
            symbol=kappa_4,
            meaning="excess kurtosis of the entries of the projection",
            domain=sp.Interval(-2, sp.oo),
            typical=(-1.7, 3.4),
        ),
        Parameter(
            symbol=FOURTH,
            meaning="sum of the fourth powers of the entries of the vector",
            domain=sp.Interval.Lopen(0, 1),
            typical=(0.1, 0.9),
        ),
    ),
    assumptions=(
        "v_M is the variance of the squared length of the projection of a vector of length 1; for Gaussian entries, "
        "whose excess kurtosis is 0, it is 2 / M_p for every vector.",
        "P_n is the chance that at least one of n vectors at right angles has a squared length that is off by more "
        "than eps, for Gaussian entries and even M_p; B_n is a bound of the same chance for any n vectors.",
        "With M_0 projections or more and Gaussian entries, the squared distances of all pairs of n points are kept up "
        "to factors between 1 - eps and 1 + eps with a chance of 1/n at least.",
    ),
    regime=Exact(),
    sources=(
        Source(document="advani2013statistical", where="random projections: distortion of lengths and of manifolds"),
        LEMMA,
    ),
    covers=("S3",),
)


def derivation() -> tuple[Step, ...]:
    """From the fourth moment of a projection, the law of chi-square and Chernoff's bound."""
    variance, exact, bound, enough = STATEMENT.right
    entries, other = sp.symbols("x_1:4", real=True), sp.symbols("y_1:4", real=True)
    weights = sp.symbols("w_1:4", real=True)
    moments = {0: 1, 1: 0, 2: 1, 4: 3 + kappa_4}
    y, s = sp.Symbol("y", positive=True), sp.Symbol("s", real=True)

    def mean(expression: sp.Expr) -> sp.Expr:
        """Over independent entries of the projection; odd powers have mean 0."""
        terms = sp.Poly(sp.expand(expression), *weights).terms()
        return sum(c * sp.Mul(*(moments[p] for p in powers)) for powers, c in terms if all(p % 2 == 0 for p in powers))

    def along(vector: tuple[sp.Symbol, ...]) -> sp.Expr:
        return sum(w * v for w, v in zip(weights, vector, strict=True))

    square, fourth = sum(x**2 for x in entries), sum(x**4 for x in entries)
    exponent = -M / 2 * sp.log(1 - 2 * s / M) - s * (1 + eps)
    best = M * eps / (1 + eps) / 2
    upper, lower = sp.log(1 + eps) - eps + CUBIC, sp.log(1 - eps) + eps + eps**2 / 2
    tail, density = sp.exp(-y) * y**j / sp.factorial(j), sp.exp(-y) * y ** (j - 1) / sp.gamma(j)
    points = sp.Symbol("n", positive=True)
    pairs = points * (points - 1) * sp.exp(-enough.subs(n, points) * CUBIC / 2)
    return (
        Step(
            claim="A row has the mean square 1 along a vector of length 1, and the mean fourth power 3 + kappa_4 S_4; "
            "of two vectors the products have the mean of theirs.",
            because="Independent entries: fourth powers of one, and squares of two, are left.",
            obligation=(
                mean(along(entries) ** 2) - square,
                sp.expand(mean(along(entries) ** 4) - 3 * square**2 - kappa_4 * fourth),
                sp.expand(
                    mean(along(entries) * along(other)) - sum(a * b for a, b in zip(entries, other, strict=True))
                ),
            ),
            instances="vectors of three entries",
        ),
        Step(
            claim="So the mean of M_p squares has the variance stated; its mean is the squared length.",
            because="The variance of a square is 3 + kappa_4 S_4 - 1, and that of a mean of M_p of them an M_p-th.",
            obligation=M * ((3 + kappa_4 * FOURTH - 1) / M**2) - variance,
            shows=sp.Eq(VARIANCE, (3 + kappa_4 * FOURTH - 1) / M, evaluate=False),
        ),
        Step(
            claim="For Gaussian entries M_p times the squared length is a sum of M_p squares, chi-square; for even M_p "
            "the chance that half of it exceeds y is exp(-y) times the first M_p / 2 terms of exp(y).",
            because="Each term, differentiated, is what the one before leaves less its own share; minus the last one "
            "is the density, and at 0 only the first is left.",
            obligation=(
                sp.simplify(sp.diff(tail, y) - (density - tail)),
                sp.simplify(density.subs(j, j + 1) - tail),
                sp.diff(tail.subs(j, 0), y) + tail.subs(j, 0),
                tail.subs(j, 0).subs(y, 0) - 1,
            ),
        ),
        Step(
            claim="Vectors at right angles have uncorrelated, hence independent Gaussian projections: with one vector "
            "more the chance grows by that of one, times the chance that all others are within eps.",
            because="Between the levels 1 - eps and 1 + eps lies what exceeds the first less what exceeds the second.",
            obligation=(
                exact.subs(n, n + 1) - exact - (1 - exact) * exact.subs(n, 1),
                exact.subs(n, 1) - (1 - beyond(1 - eps) + beyond(1 + eps)),
            ),
        ),
        Step(
            claim="Chernoff's bound of a length that is too large is smallest at s = M_p eps / (2 (1 + eps)), and "
            "((1 + eps) exp(-eps))^(M_p/2) there; that of one that is too small has -eps for eps.",
            because="The mean of exp(s y) of chi-square over M_p is (1 - 2 s / M_p)^(-M_p/2); the exponent is "
            "differentiated by s, and the place inserted.",
            obligation=(
                sp.diff(exponent, s).subs(s, best),
                sp.simplify(sp.expand_log(sp.together(exponent.subs(s, best)), force=True))
                - M / 2 * (sp.log(1 + eps) - eps),
                bound.subs(n, 1)
                - ((1 + eps) * sp.exp(-eps)) ** (M / 2)
                - ((1 + eps) * sp.exp(-eps)).subs(eps, -eps) ** (M / 2),
            ),
        ),
        Step(
            claim="Both are at most exp(-M_p (eps^2/2 - eps^3/3) / 2).",
            because="The logarithms of both, plus the exponent, vanish at eps = 0 and fall: their derivatives are "
            "-eps^3 / (1 + eps) and -eps^2 / (1 - eps).",
            obligation=(
                sp.together(sp.diff(upper, eps) + eps**3 / (1 + eps)),
                sp.together(sp.diff(lower, eps) + eps**2 / (1 - eps)),
                upper.subs(eps, 0),
                lower.subs(eps, 0),
            ),
        ),
        Step(
            claim="With M_0 projections the bounds of all pairs of n points, too long and too short, add up to "
            "1 - 1/n: a projection that keeps all distances exists.",
            because="n (n - 1) / 2 pairs, twice; the exponent is 2 ln n.",
            obligation=pairs - (1 - 1 / points),
            shows=sp.Eq(ENOUGH, enough, evaluate=False),
        ),
        Step(
            claim="The largest distortion of n vectors grows like sqrt(2 ln n) standard deviations sqrt(2 / M_p).",
            because="For small eps the exponent of Chernoff's bound is -M_p eps^2 / 4; it is -ln n there.",
            obligation=(
                sp.limit((sp.log(1 + eps) - eps) / eps**2, eps, 0) + sp.Rational(1, 2),
                sp.expand(M * (sp.sqrt(2 * sp.log(points)) * sp.sqrt(2 / M)) ** 2 / 4 - sp.log(points)),
            ),
        ),
    )
