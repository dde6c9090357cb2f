r"""Three layers compute any function of bits, with a neuron for each term (document 003).

Premises: a function of bits is a polynomial in one way; one neuron multiplies any number of bits. A hidden neuron for
each term and a last layer of weights then give the function up to the neurons' errors. The slide bounds the number of
coefficients by n^4, which holds for terms of at most four bits, and for more than one bit.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import DEGREE, VARIABLES, binary_hamiltonian, bit_product
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import beta, d, n

LAYERS = Source(document="003", where="discrete binary variables case: H(y) in only three layers")
FOURTH = Source(
    document="003", where="multiplication approximators here takes product of an arbitrary number n of bits"
)
COEFFICIENTS, TABLES = sp.Function("N"), sp.Function("F")
index = sp.Symbol("j", integer=True, nonnegative=True)
UP_TO = sp.Sum(sp.binomial(n, index), (index, 0, d))

STATEMENT = Statement(
    module=__name__,
    title="Functions of bits in three layers",
    formula=sp.Eq(sp.Tuple(COEFFICIENTS(n, d), TABLES(n)), sp.Tuple(UP_TO, 2 ** (2**n)), evaluate=False),
    parameters=(VARIABLES, DEGREE.narrowed("at most n")),
    assumptions=(
        "N counts the coefficients of a Hamiltonian whose terms have at most d bits: one hidden neuron each, but for "
        "the constant, which is the bias of the last layer. For d = n these are 2^n.",
        "F counts the tables of n bits, zeros and ones, that such networks compute when their output is rounded: all "
        "of them, once the neurons are steep enough.",
    ),
    regime=Exact(),
    sources=(LAYERS, FOURTH, Source(document="lin2017cheap", where="three layers for binary variables")),
    covers=("H7", "H8"),
    printed=(
        Printed(
            erratum="E28b",
            kind="assumption",
            formula=sp.Le(sp.Tuple(COEFFICIENTS(n, d), TABLES(n)), sp.Tuple(n**4, 2 ** (2**n)), evaluate=False),
            note="A number of coefficients of at most n^4 needs terms of at most four bits, and more than one bit; "
            "without the first there are 2^n coefficients, more than n^4 from 17 bits on.",
            source=FOURTH,
        ),
    ),
    uses=(binary_hamiltonian.STATEMENT.id, bit_product.STATEMENT.id),
)


def derivation() -> tuple[Step, ...]:
    """From terms to neurons, from errors to rounding, and the condition of n^4."""
    count, tables = STATEMENT.right
    every = binary_hamiltonian.STATEMENT.right[0]
    worst = bit_product.STATEMENT.right[1]
    m = sp.Symbol("m", integer=True, nonnegative=True)
    size = sp.Symbol("s", positive=True)
    four = sum(sp.binomial(n, j) for j in range(5)).expand(func=True)
    steep = 2 * sp.log(2 * size - 1)

    def terms(bits: int, most: int) -> sp.Expr:
        return count.subs({n: bits, d: most}).doit()

    return (
        Step(
            claim="Terms with j bits are choices of j of the n bits.",
            because="All of them up to j = n are 2^n, those of the unique polynomial: summed for up to eight bits.",
            shows=sp.Eq(COEFFICIENTS(n, n), every, evaluate=False),
            means=tuple({COEFFICIENTS(n, n): terms(bits, bits), n: bits} for bits in range(1, 9)),
            instances="up to eight bits",
        ),
        Step(
            claim="A bit more adds the terms with it: those of one degree less, times that bit.",
            because="Pascal's rule, term by term.",
            obligation=sp.combsimp(sp.binomial(n + 1, index) - sp.binomial(n, index) - sp.binomial(n, index - 1)),
            shows=sp.Eq(COEFFICIENTS(n + 1, d), COEFFICIENTS(n, d) + COEFFICIENTS(n, d - 1), evaluate=False),
            means=tuple(
                {
                    COEFFICIENTS(n + 1, d): terms(bits + 1, most),
                    COEFFICIENTS(n, d): terms(bits, most),
                    COEFFICIENTS(n, d - 1): terms(bits, most - 1),
                }
                for bits, most in ((3, 2), (5, 3), (7, 4))
            ),
        ),
        Step(
            claim="There are 2^(2^n) tables: a value for each input.",
            because="A bit more doubles the inputs and squares the number of tables; no bit leaves two tables.",
            obligation=(
                sp.powsimp(tables**2) - tables.subs(n, n + 1),
                tables.subs(n, 0) - 2,
            ),
            shows=sp.Eq(TABLES(n + 1), TABLES(n) ** 2, evaluate=False),
        ),
        Step(
            claim="The output is off by the sum of the absolute coefficients, times the worst error of a neuron, at "
            "most; it is rounded right if that is less than 1/2.",
            because="With coefficients that sum to s the error s E is 1/2 at beta = 2 log(2 s - 1).",
            obligation=sp.simplify(size * worst.subs(beta, steep)) - sp.Rational(1, 2),
            shows=sp.Eq(size * sp.Function("E")(steep), sp.Rational(1, 2), evaluate=False),
        ),
        Step(
            claim="Terms of at most four bits are at most n^4 for two bits and more.",
            because="With n = m + 2 all coefficients of the difference are positive.",
            shows=sp.Le(COEFFICIENTS(n, 4), n**4, evaluate=False),
            means={COEFFICIENTS(n, 4): four.subs(n, m + 2), n: m + 2},
        ),
        Step(
            claim="For one bit there are two coefficients, more than 1; and with no bound on the degree 2^n is more "
            "than n^4 from 17 bits on.",
            because="2^16 = 16^4, and from there 2^n doubles while n^4 grows by a factor below 2.",
            obligation=(
                four.subs(n, 1) - 2,
                sp.Rational(17, 16) ** 4 - sp.Rational(83521, 65536),
            ),
            shows=sp.Eq(COEFFICIENTS(16, 16), 16**4, evaluate=False),
            means={COEFFICIENTS(16, 16): every.subs(n, 16)},
        ),
    )
