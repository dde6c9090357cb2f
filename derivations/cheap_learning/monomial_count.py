r"""How many coefficients a polynomial of degree d in n variables has (document 003).

Premises: one coefficient for each monomial of degree at most d; a monomial is a choice of exponents. Those without the
last variable are a polynomial in n - 1 variables; those with it are, divided by it, one of degree d - 1. The number
follows from both.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import DEGREE, VARIABLES
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import d, n

SLIDE = Source(document="003", where="first reasonable assumption: approximation by polynomials")
TERMS = sp.Function("N")
COUNT = sp.factorial(n + d) / (sp.factorial(n) * sp.factorial(d))

STATEMENT = Statement(
    module=__name__,
    title="Coefficients of a polynomial Hamiltonian",
    formula=sp.Eq(TERMS(n, d), COUNT, evaluate=False),
    parameters=(VARIABLES, DEGREE),
    assumptions=("All monomials of degree at most d count, the constant among them.",),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="terms of degree up to d")),
    covers=("H2",),
)


def expanded(variables: int, degree: int) -> int:
    """Terms of a polynomial of that degree, expanded."""
    letters = sp.symbols(f"y_1:{variables + 1}")
    return len(sp.Poly((1 + sum(letters)) ** degree, *letters).terms())


def derivation() -> tuple[Step, ...]:
    """From the last variable to a recursion, and from its ends to the number."""
    count = STATEMENT.right[0]
    homogeneous = sp.binomial(n + d - 1, d)
    j = sp.Symbol("j", integer=True, nonnegative=True)
    without, lower = (sp.combsimp(count.subs(letter, letter - 1) / count) for letter in (n, d))  # over the number
    return (
        Step(
            claim="The stated number counts the monomials without the last variable, and those with it.",
            because="The first are monomials in n - 1 variables; the others, divided by the last variable, have degree "
            "d - 1 at most. The stated number satisfies this recursion.",
            shows=sp.Eq(TERMS(n, d), TERMS(n - 1, d) + TERMS(n, d - 1), evaluate=False),
            means={TERMS(n, d): count, TERMS(n - 1, d): without * count, TERMS(n, d - 1): lower * count},
        ),
        Step(
            claim="It starts right: degree zero has the constant alone, and no variable leaves the constant alone.",
            because="The ends of the recursion.",
            obligation=(sp.combsimp(count.subs(d, 0)) - 1, sp.combsimp(count.subs(n, 0)) - 1),
            shows=sp.Eq(TERMS(n, 0), 1, evaluate=False),
        ),
        Step(
            claim="So it is the number of terms of an expanded polynomial.",
            because="Powers of 1 + y_1 + ... + y_n, in which every monomial has a positive coefficient, are expanded.",
            obligation=sp.combsimp(sp.binomial(n + d, d).rewrite(sp.factorial) / count) - 1,
            shows=sp.Eq(TERMS(n, d), sp.binomial(n + d, d), evaluate=False),
            means=tuple(
                {TERMS(n, d): expanded(a, b), n: a, d: b} for a, b in itertools.product(range(1, 5), range(1, 5))
            ),
            instances="up to four variables and degree four",
        ),
        Step(
            claim="Monomials of degree d exactly are fewer: an exponent for a variable more makes those of lower "
            "degree homogeneous.",
            because="n variables have C(n + d - 1, d) of them; with one variable more these are the stated number.",
            obligation=sp.combsimp(homogeneous.subs(n, n + 1).rewrite(sp.factorial) / count) - 1,
            shows=sp.Eq(TERMS(n, d) - TERMS(n, d - 1), homogeneous, evaluate=False),
            means={TERMS(n, d): count, TERMS(n, d - 1): lower * count},
        ),
        Step(
            claim="For a fixed degree the number grows like the power n^d / d! only.",
            because="n + j over n tends to 1 for each of the d factors of (n + d)!/n! = (n + 1) ... (n + d).",
            obligation=(
                sp.combsimp(count - sp.Product(n + j, (j, 1, d)).doit().rewrite(sp.factorial) / sp.factorial(d)),
                sp.limit((n + j) / n, n, sp.oo) - 1,
            ),
            shows=sp.Eq(sp.Limit(TERMS(n, d) / n**d, n, sp.oo), 1 / sp.factorial(d), evaluate=False),
            means=tuple({TERMS(n, d): sp.combsimp(count.subs(d, degree)), d: degree} for degree in (2, 3, 5)),
        ),
    )
