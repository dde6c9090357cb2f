r"""Every function of n bits is a polynomial, with 2^n coefficients in one way (document 003).

Premises: y_i^2 = y_i, so that a monomial is a set of bits. A function at the set T of ones is the sum of the
coefficients of all subsets of T; the matrix of subsets is a product of n small triangular ones. Its inverse gives the
coefficients (Moebius). How many truth tables could do without the last term follows from Vandermonde's identity.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import VARIABLES
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import n, y_1

SLIDE = Source(document="003", where="case with discrete input variables")
COEFFICIENTS, DETERMINANT, SHORT = sp.Function("N"), sp.Function("Delta"), sp.Function("U")

STATEMENT = Statement(
    module=__name__,
    title="Functions of bits are polynomials in one way",
    formula=sp.Eq(
        sp.Tuple(COEFFICIENTS(n), DETERMINANT(n), SHORT(n)),
        sp.Tuple(2**n, 1, sp.binomial(2**n, 2 ** (n - 1))),
        evaluate=False,
    ),
    parameters=(VARIABLES,),
    assumptions=(
        "The bits are 0 and 1; for signs -1 and 1 the coefficients are others, and the determinant is not 1.",
        "Delta is the determinant of the matrix that takes coefficients to values: it is 1, so that whole values have "
        "whole coefficients, and only one set of them.",
        "U counts the tables of zeros and ones that lack the last term, y_1 ... y_n.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="binary variables: every function is a polynomial")),
    covers=("H5",),
)


def subsets(bits: int) -> sp.Matrix:
    """Values from coefficients: entry (T, S) is 1 where S is a subset of T."""
    return sp.Matrix(2**bits, 2**bits, lambda row, column: int(row & column == column))


def moebius(bits: int) -> sp.Matrix:
    """Coefficients from values: the sign of what T lacks of S, where T is a subset of S."""
    return sp.Matrix(
        2**bits, 2**bits, lambda row, column: (-1) ** bin(row ^ column).count("1") * int(row & column == column)
    )


def derivation() -> tuple[Step, ...]:
    """From one bit to n, and from the signs of the last coefficient to a count."""
    count, determinant, short = STATEMENT.right
    one, inverse = subsets(1), moebius(1)
    j = sp.Symbol("j", integer=True, nonnegative=True)
    half, value = 2 ** (n - 1), sp.Function("H")
    last, *values = sp.symbols("h_12 H_0 H_1 H_2 H_12")
    return (
        Step(
            claim="Of one bit every function is a + b y: a is its value at 0, and b the difference of its values.",
            because="The matrix of one bit is triangular with ones on the diagonal.",
            obligation=(one.det() - 1, *(one * inverse - sp.eye(2))),
            shows=sp.Eq(value(y_1), value(0) + (value(1) - value(0)) * y_1, evaluate=False),
            means={value(y_1): (sp.Matrix([[1, y_1]]) * inverse * sp.Matrix([value(0), value(1)]))[0]},
        ),
        Step(
            claim="A bit more makes a Kronecker product: its matrix takes coefficients without and with that bit.",
            because="A set of n bits contains a subset with the last bit only if it has that bit itself.",
            obligation=tuple(
                entry for bits in (1, 2, 3) for entry in subsets(bits + 1) - sp.kronecker_product(one, subsets(bits))
            ),
            shows=sp.Eq(COEFFICIENTS(n + 1), 2 * COEFFICIENTS(n), evaluate=False),
            instances="up to four bits",
        ),
        Step(
            claim="So there are 2^n coefficients, twice as many for each bit more.",
            because="Two for one bit, and the recursion.",
            obligation=(sp.powsimp(2 * count - count.subs(n, n + 1)), count.subs(n, 1) - 2),
            shows=sp.Eq(COEFFICIENTS(n), sp.Sum(sp.binomial(n, j), (j, 0, n)), evaluate=False),
            means=tuple({COEFFICIENTS(n): count.subs(n, bits), n: bits} for bits in (1, 2, 3, 4)),
        ),
        Step(
            claim="The determinant stays 1: coefficients exist for every function, and only one set of them.",
            because="det(A x B) is det(A)^r det(B)^2 for a matrix B of r rows; both are 1.",
            obligation=(
                one.det() ** (2**n) * determinant**2 - determinant,
                *(subsets(bits).det() - determinant for bits in (1, 2, 3, 4)),
            ),
            shows=sp.Eq(DETERMINANT(n + 1), one.det() ** (2**n) * DETERMINANT(n) ** 2, evaluate=False),
        ),
        Step(
            claim="The coefficients are sums of values with alternating signs (Moebius).",
            because="The inverse of a Kronecker product is that of the inverses; multiplied out for up to four bits.",
            obligation=tuple(
                entry for bits in (1, 2, 3, 4) for entry in subsets(bits) * moebius(bits) - sp.eye(2**bits)
            ),
            shows=sp.Eq(last, values[3] - values[1] - values[2] + values[0], evaluate=False),
            means={last: (moebius(2) * sp.Matrix(values))[3]},
            instances="up to four bits",
        ),
        Step(
            claim="The last coefficient vanishes where as many ones stand at even places as at odd ones, and half of "
            "all places are even.",
            because="Its signs alternate with the number of ones of a place; both kinds of places are half of 2^n.",
            obligation=(
                sp.powsimp(2 * half - count),
                *(sum(moebius(bits)[2**bits - 1, :]) for bits in (1, 2, 3, 4)),
            ),
            shows=sp.Eq(sp.Sum((-1) ** j * sp.binomial(n, j), (j, 0, n)), 0, evaluate=False),
            means=tuple({n: bits} for bits in (1, 2, 3, 4)),
            instances="up to four bits",
        ),
        Step(
            claim="So many tables lack the last term.",
            because="Choose j even and j odd places for the ones; or, with the odd places exchanged, as many places in "
            "all as there are even ones: Vandermonde's identity, summed for up to five bits.",
            shows=sp.Eq(SHORT(n), sp.Sum(sp.binomial(half, j) ** 2, (j, 0, half)), evaluate=False),
            means=tuple({SHORT(n): short.subs(n, bits), n: bits} for bits in range(1, 6)),
            instances="up to five bits",
        ),
    )
