r"""How rarely a random symmetric matrix has no negative eigenvalue.

Premises: a matrix of the Gaussian orthogonal ensemble: the Hessian of a random landscape at a critical point, less its
shift and before it is weighted by its determinant. Its eigenvalues repel each other like their distances. With de
Bruijn's formula the probability that all are positive is a ratio of Pfaffians, whose elements are integrals over an
angle. It falls faster than exponentially: like exp(-N^2 ln(3) / 4). Minima of a landscape are less rare where the shift
fluctuates from one critical point to the next: it takes exp(-O(N)) only to shift all eigenvalues.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import error_landscape
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import C_2, N

CHANCES = sp.symbols("P_1 P_2 P_3 P_4", positive=True)
ROOT = sp.sqrt(2)
DE_BRUIJN = Source(document="mehta2004random", where="integration over alternate variables")

STATEMENT = Statement(
    module=__name__,
    title="Minima among random Hessians",
    formula=sp.Eq(
        sp.Tuple(*CHANCES),
        sp.Tuple(
            sp.Rational(1, 2),
            (2 - ROOT) / 4,
            (sp.pi - 2 * ROOT) / (4 * sp.pi),
            (4 * sp.pi - ROOT * sp.pi - 8) / (16 * sp.pi),
        ),
        evaluate=False,
    ),
    parameters=(),
    assumptions=(
        "P_N is the probability that a symmetric matrix of N rows with independent Gaussian elements, of a variance on "
        "the diagonal that is twice the one beside it, has positive eigenvalues only.",
        "For large N it is exp(-N^2 ln(3) / 4) (Dean and Majumdar), and exp(-O(N^2)) still with a given shift of all "
        "eigenvalues that falls short of half the width of their semicircle.",
        "A shift that fluctuates with a variance of the order 1/N makes it exp(-O(N)): so it is over all levels of the "
        "error of a Gaussian landscape, and at a given level where that does not fix the shift.",
    ),
    regime=Exact(),
    sources=(
        error_landscape.HIGH_DIMENSIONAL,
        Source(document="dean2006large", where="probability that all eigenvalues are positive"),
    ),
    covers=("F2",),
)


ANGLE, RADIUS = sp.Symbol("vartheta", real=True), sp.Symbol("r", positive=True)
_C, _S = sp.cos(ANGLE), sp.sin(ANGLE)
ANTIDERIVATIVES = {  # of cos^i sin^j - cos^j sin^i
    (0, 1): -_C - _S,
    (0, 2): -_S * _C,
    (1, 2): (_S**3 + _C**3) / 3,
    (0, 3): -_C + _C**3 / 3 - _S + _S**3 / 3,
    (1, 3): (_S**4 + _C**4) / 4,
    (2, 3): -(_C**3) / 3 + _C**5 / 5 - _S**3 / 3 + _S**5 / 5,
}


def moment(power: int) -> sp.Expr:
    """The integral of r^power exp(-r^2 / 2) over positive r."""
    return (sp.sqrt(sp.pi / 2), sp.S.One)[power] if power < 2 else (power - 1) * moment(power - 2)


def pair(i: int, j: int, *, positive: bool) -> sp.Expr:
    """The integral of (x^i y^j - x^j y^i) exp(-(x^2 + y^2) / 2) over x < y, of all or of positive numbers."""
    turn = ANTIDERIVATIVES[i, j]
    end = sp.pi / 2 if positive else 5 * sp.pi / 4
    return moment(i + j + 1) * (turn.subs(ANGLE, end) - turn.subs(ANGLE, sp.pi / 4))


def single(i: int, *, positive: bool) -> sp.Expr:
    """The integral of x^i exp(-x^2 / 2) over all or over positive numbers."""
    return moment(i) if positive else moment(i) * (1 + (-1) ** i)


def weight(size: int, *, positive: bool) -> sp.Expr:
    """The Pfaffian of the pairs of powers below `size`, with a last row of single integrals where that is odd."""
    even = size + size % 2

    def element(i: int, j: int) -> sp.Expr:
        return pair(i, j, positive=positive) if j < size else single(i, positive=positive)

    return pfaffian(sp.Matrix(even, even, lambda i, j: element(i, j) if i < j else -element(j, i) if i > j else 0))


def pfaffian(matrix: sp.Matrix) -> sp.Expr:
    """By the first row."""
    size = matrix.shape[0]
    if size == 0:
        return sp.S.One
    total = sp.S.Zero
    for k in range(1, size):
        rest = [n for n in range(1, size) if n != k]
        total += (-1) ** (k - 1) * matrix[0, k] * pfaffian(matrix.extract(rest, rest))
    return total


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the repulsion of eigenvalues to Pfaffians, to integrals over an angle, and to their ratio."""
    letters = sp.symbols("lambda_1:5", real=True)
    six = sp.Matrix(4, 4, lambda i, j: 0 if i == j else (1 if i < j else -1) * sp.Symbol(f"a_{min(i, j)}{max(i, j)}"))
    angle, radius, power = ANGLE, RADIUS, sp.Symbol("k", positive=True)
    bell = sp.exp(-(radius**2) / 2)
    s, d, b = sp.symbols("s d b", real=True)
    of_two, root, determinant = sp.symbols("V_2 Pf det")
    two = sp.Matrix([[s + d, b], [b, s - d]])
    shift = sp.Symbol("t", real=True)

    def powers(number: int) -> sp.Expr:
        return sp.Matrix(number, number, lambda i, j: letters[i] ** j).det(method="berkowitz")

    return (
        Step(
            claim="The eigenvalues have the density exp(-(sum of their squares) / 2) times the product of their "
            "distances, in a suitable unit.",
            because="The law of the matrix is left alone by rotations.",
            assumption=Source(document="anderson2010introduction", where="joint distribution of eigenvalues"),
        ),
        Step(
            claim="Ordered, that product is the determinant of the powers of the eigenvalues.",
            because="Vandermonde's determinant is expanded for two, three and four eigenvalues.",
            obligation=tuple(
                powers(n) - sp.prod(letters[j] - letters[i] for i in range(n) for j in range(i + 1, n)) for n in (3, 4)
            ),
            shows=sp.Eq(of_two, letters[1] - letters[0], evaluate=False),
            means={of_two: powers(2)},
        ),
        Step(
            claim="Integrated over ordered numbers such a determinant is the Pfaffian of the integrals over pairs, "
            "with a last row of single integrals where their number is odd.",
            because="This is de Bruijn's formula.",
            assumption=DE_BRUIJN,
        ),
        Step(
            claim="The square of the Pfaffian by its first row is the determinant.",
            because="Both are expanded for four rows.",
            shows=sp.Eq(root**2, determinant, evaluate=False),
            means={root: pfaffian(six), determinant: six.det(method="berkowitz")},
        ),
        Step(
            claim="In polar coordinates the integral over a pair is one over the radius times one over the angle, "
            "which runs from pi/4 to pi/2 for positive numbers, and to 5 pi/4 for all.",
            because="The antiderivatives of cos^i sin^j - cos^j sin^i are differentiated back, and so is that of the "
            "recursion of the radial integrals, which gives the values of the gamma function.",
            obligation=(
                *(
                    sp.diff(turn, angle)
                    - (sp.cos(angle) ** i * sp.sin(angle) ** j - sp.cos(angle) ** j * sp.sin(angle) ** i)
                    for (i, j), turn in ANTIDERIVATIVES.items()
                ),
                sp.diff(-bell, radius) - radius * bell,
                *(moment(k) - 2 ** sp.Rational(k - 1, 2) * sp.gamma(sp.Rational(k + 1, 2)) for k in range(7)),
            ),
            shows=sp.Eq(
                radius ** (power + 2) * bell,
                (power + 1) * radius**power * bell - sp.Derivative(radius ** (power + 1) * bell, radius),
                evaluate=False,
            ),
            means={},
        ),
        Step(
            claim="The ratios of the Pfaffians of positive and of all numbers are those stated.",
            because="They are computed for two, three and four eigenvalues.",
            obligation=tuple(
                sp.radsimp(sp.expand(weight(n, positive=True)) - sp.expand(right * weight(n, positive=False)))
                for n, right in zip((1, 2, 3, 4), STATEMENT.right, strict=True)
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="For two rows that is the share of a sphere inside a cone of 45 degrees.",
            because="With s, d and b of one variance the eigenvalues are s + sqrt(d^2 + b^2) and s - sqrt(d^2 + b^2); "
            "the cone s > sqrt(d^2 + b^2) takes up (1 - cos(pi/4)) / 2 of all directions.",
            obligation=(
                sp.expand(two.det() - (s**2 - d**2 - b**2)),
                two.trace() - 2 * s,
                sp.expand((1 - sp.cos(sp.pi / 4)) / 2 - STATEMENT.right[1]),
            ),
            shows=sp.Eq(CHANCES[1], (1 - sp.cos(sp.pi / 4)) / 2, evaluate=False),
        ),
        Step(
            claim="A Gaussian shift of all eigenvalues, of variance C_2 / N as over all levels of a landscape, carries "
            "all of them above zero with a chance that falls like exp(-2 N), no faster.",
            because="The semicircle of sqrt(C_2) times the ensemble begins at -2 sqrt(C_2); a shift t by as much is "
            "put into the exponent of the shift's density.",
            shows=sp.Eq(shift**2 / (2 * C_2 / N), 2 * N, evaluate=False),
            means={shift: 2 * sp.sqrt(C_2)},
        ),
    )
