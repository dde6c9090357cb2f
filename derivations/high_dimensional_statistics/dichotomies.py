r"""How many of the 2^P dichotomies of P points a hyperplane can make.

Premises: a dichotomy is linearly separable if some weight vector has a positive product with every point of one class
and a negative one with every point of the other. In the space of weights each point is a hyperplane through the origin,
and the cells between these hyperplanes are the separable dichotomies. One more point cuts some of the cells in two.
"""

from __future__ import annotations

import sympy as sp

from derivations.high_dimensional_statistics import DIMENSION, EXAMPLES
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import N, P

k = sp.Symbol("k", integer=True, nonnegative=True)
COUNT, WITH_THRESHOLD, CAPACITY = (sp.Function(name) for name in ("C", "C_theta", "H"))
TOPIC = Source(document="cover1965geometrical", where="function counting theorem")
MOST = 6  # dimensions for which sums of binomials are written out


def count(points: sp.Expr, dimension: sp.Expr) -> sp.Expr:
    """Separable dichotomies of points in general position."""
    return 2 * sp.Sum(sp.binomial(points - 1, k), (k, 0, dimension - 1))


STATEMENT = Statement(
    module=__name__,
    title="Linearly separable dichotomies",
    formula=sp.Eq(
        sp.Tuple(COUNT(P, N), WITH_THRESHOLD(P, N), CAPACITY(N)),
        sp.Tuple(count(P, N), count(P, N + 1), 2 ** (2 * N - 1)),
        evaluate=False,
    ),
    parameters=(DIMENSION.narrowed("of the points"), EXAMPLES.narrowed("points in general position")),
    assumptions=(
        "General position: any N of the points, or all if there are fewer, are linearly independent; with a threshold "
        "the same of the points with a constant entry added.",
        "C counts dichotomies by hyperplanes through the origin, C_theta by hyperplanes with a threshold; H is C for "
        "2 N points, half of all.",
    ),
    regime=Exact(),
    sources=(TOPIC, Source(document="advani2013statistical", where="perceptron capacity: counting dichotomies")),
    covers=("S5",),
)


def written_out(points: sp.Expr, dimension: int) -> sp.Expr:
    """The count in a few dimensions as a polynomial in the number of points."""
    return sp.expand(count(points, sp.Integer(dimension)).doit().expand(func=True))


def derivation() -> tuple[Step, ...]:
    """From one more hyperplane to a recursion, and from its start to the sum."""
    points = sp.Symbol("P", positive=True)
    rows = {size: sp.Matrix(size - 1, size - 1, sp.symbols(f"x_1:{(size - 1) ** 2 + 1}", real=True)) for size in (3, 4)}
    length = sp.Symbol("r", positive=True)

    def turned(size: int) -> sp.Matrix:
        """N points as rows, the last one along the last axis; entries of the others along it are free."""
        along = sp.Matrix(size - 1, 1, sp.symbols(f"y_1:{size}", real=True))
        return rows[size].row_join(along).col_join(sp.Matrix([[0] * (size - 1) + [length]]))

    plane = sp.Matrix(3, 2, sp.symbols("p_1:7", real=True))  # three points
    lifted, weights = plane.row_join(sp.ones(3, 1)), sp.Matrix(3, 1, sp.symbols("w_1:4", real=True))
    opposite = {(a, -a, b, -b) for a in (1, -1) for b in (1, -1)}
    pascal = sp.binomial(P, k + 1) - sp.binomial(P - 1, k + 1) - sp.binomial(P - 1, k)
    mirrored = sp.binomial(2 * N - 1, k) - sp.binomial(2 * N - 1, 2 * N - 1 - k)
    return (
        Step(
            claim="What is left of N - 1 points after a projection along one more is in general position if all N are.",
            because="With the point along the last axis, the determinant of all is its length times that of the "
            "projected others.",
            obligation=tuple(turned(size).det() - length * rows[size].det() for size in rows),
            instances="three and four dimensions",
        ),
        Step(
            claim="A point more cuts as many cells in two as the P points, projected along it, have cells in N - 1 "
            "dimensions. The sum satisfies that recursion.",
            because="The hyperplane of the new point is cut by those of the others, and each piece of it divides one "
            "cell. Pascal's rule for every term of the sum for P + 1 points gives both sums; in a few dimensions they "
            "are written out as polynomials in P.",
            obligation=sp.combsimp(pascal / sp.binomial(P, k + 1)),
            shows=sp.Eq(COUNT(P + 1, N), COUNT(P, N) + COUNT(P, N - 1), evaluate=False),
            means=tuple(
                {
                    COUNT(P + 1, N): written_out(points + 1, size),
                    COUNT(P, N): written_out(points, size),
                    COUNT(P, N - 1): written_out(points, size - 1),
                }
                for size in range(2, MOST + 1)
            ),
        ),
        Step(
            claim="It starts right: a single point has two dichotomies, and on a line any number of points has two.",
            because="The sums have one term that is not zero.",
            obligation=tuple(
                2 - value
                for value in (
                    *(count(sp.Integer(1), sp.Integer(size)).doit() for size in range(1, MOST)),
                    written_out(points, 1),
                )
            ),
            shows=sp.Eq(COUNT(P, 1), 2, evaluate=False),
        ),
        Step(
            claim="Up to N points, all dichotomies are separable.",
            because="Then every term of the row of Pascal's triangle is in the sum.",
            obligation=tuple(
                count(sp.Integer(p), sp.Integer(size)).doit() - 2**p
                for size in range(1, MOST + 1)
                for p in range(1, size + 1)
            ),
            instances="up to six dimensions",
        ),
        Step(
            claim="Of 2 N points, half of all dichotomies are separable.",
            because="The row of 2 N binomials is symmetric, and the sum has its first half; the whole row is a power "
            "of 2.",
            obligation=(
                sp.combsimp(mirrored.rewrite(sp.factorial)),
                *(
                    count(2 * sp.Integer(size), sp.Integer(size)).doit() - STATEMENT.right[2].subs(N, size)
                    for size in range(1, MOST + 1)
                ),
            ),
            shows=sp.Eq(CAPACITY(N), 2 ** (2 * N) / sp.Integer(2), evaluate=False),
        ),
        Step(
            claim="A threshold is a weight on a constant entry, so that it counts as a dimension.",
            because="The weights with the threshold, times the points with that entry, are what is compared with zero; "
            "three such points are dependent where those of the plane lie on one line.",
            obligation=(
                (lifted * weights - (plane * weights[:2, :] + weights[2] * sp.ones(3, 1))),
                lifted.det() - (plane[1:, :] - sp.ones(2, 1) * plane[0, :]).det(),
                STATEMENT.right[1] - STATEMENT.right[0].subs(N, N + 1),
            ),
            shows=sp.Eq(WITH_THRESHOLD(P, N), COUNT(P, N + 1), evaluate=False),
        ),
        Step(
            claim="Where points are not in general position there are fewer: four points on two lines through the "
            "origin have four dichotomies in the plane, not eight.",
            because="Opposite points have opposite signs; all signs of the two lines are listed.",
            obligation=(len(opposite) - sp.Integer(4), count(sp.Integer(4), sp.Integer(2)).doit() - 8),
        ),
    )
