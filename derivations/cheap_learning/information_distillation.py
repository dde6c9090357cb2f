r"""What a function of the data loses of the information, and what it gains in simplicity (document 003).

Premises: mutual information is a sum over the table of x and y; a function of y merges its columns. The term of a
column is homogeneous and convex, so that merging loses information unless columns are proportional. A sign that is
copied with errors shows it step by step; bits with a common hidden cause show what simplicity costs: their Hamiltonian
has a term for every odd set of bits, and one bit alone keeps a part of the information with one term.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import STEPS, VARIABLES
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import l, n, rho

INEQUALITY = Source(document="003", where="data processing inequality (data compression)")
DISTILLATION = Source(
    document="003", where="Note: sometimes useful f information distillation not sufficient statistic"
)
COPIED, TERMS = sp.Function("I"), sp.Function("T")
index = sp.Symbol("j", integer=True, nonnegative=True)


def agreement(bias: sp.Expr) -> sp.Expr:
    """Information, in nats, between an even sign and one that agrees with it with probability (1 + bias)/2."""
    return ((1 + bias) * sp.log(1 + bias) + (1 - bias) * sp.log(1 - bias)) / 2


STATEMENT = Statement(
    module=__name__,
    title="Information lost and simplicity gained",
    formula=sp.Eq(sp.Tuple(COPIED(l), TERMS(n)), sp.Tuple(agreement(rho**l), 2 ** (n - 1)), evaluate=False),
    parameters=(
        Parameter(
            symbol=rho,
            meaning="correlation of a sign with its copy",
            domain=sp.Interval.open(0, 1),
            typical=(0.4, 0.85),
        ),
        STEPS.narrowed("from copy to copy"),
        VARIABLES.narrowed("with a common cause"),
    ),
    assumptions=(
        "I(l) is the mutual information of a sign, 1 or -1 with even chances, and its copy of a copy, l copies on; it "
        "falls with every step.",
        "T counts the terms, as a polynomial of n bits 1 and -1, of the difference of the Hamiltonian between both "
        "signs; the bits are copies of one copy of the sign. Of these bits one alone has one term and keeps the "
        "information I(2), which is less than they hold together.",
        "Information is in nats.",
    ),
    regime=Exact(),
    sources=(INEQUALITY, DISTILLATION, Source(document="lin2017cheap", where="information distillation")),
    covers=("H19", "H23"),
)


def derivation() -> tuple[Step, ...]:
    """From convex columns to the inequality, from copies to their information, from a common cause to its terms."""
    copied, terms = STATEMENT.right
    u, v, scale = sp.symbols("u v c", positive=True)
    r = sp.Symbol("r", positive=True)
    column = u * sp.log(u / (u + v)) + v * sp.log(v / (u + v))
    curvature = sp.hessian(column, (u, v))
    direction = sp.Matrix([v, -u])
    signs = sp.symbols("y_1:4")
    three, one = sp.symbols("f_3 f_1", real=True)  # the difference of H at three equal signs, and at two against one
    here, further = sp.symbols("rho_l rho_{l+1}")
    before, merged = (sp.Function("I")(sp.Symbol("x"), y) for y in (sp.Symbol("y"), sp.Function("f")(sp.Symbol("y"))))
    first, second, third = (sp.Matrix(shares) / 12 for shares in ((3, 1), (1, 3), (2, 2)))

    def information(*columns: sp.Matrix) -> sp.Expr:
        rows = sum(columns, sp.zeros(2, 1))
        return sum(column.subs(dict(zip((u, v), c, strict=True))) for c in columns) - sum(r * sp.log(r) for r in rows)

    polynomial = (three + one) / 4 * sum(signs) + (three - 3 * one) / 4 * sp.prod(signs)
    return (
        Step(
            claim="A column of the table contributes a homogeneous function, which is convex: its second derivatives "
            "are one square.",
            because="The function u log(u/(u+v)) + v log(v/(u+v)) is differentiated twice; the square is that of "
            "(v, -u), over u v (u + v).",
            obligation=(
                sp.expand_log(
                    sp.expand(column.subs({u: scale * u, v: scale * v}, simultaneous=True) - scale * column), force=True
                ),
                *(curvature - direction * direction.T / (u * v * (u + v))).applyfunc(sp.cancel),
            ),
            shows=sp.Eq(sp.Derivative(column, (u, 2)), v**2 / (u * v * (u + v)), evaluate=False),
        ),
        Step(
            claim="So merging columns loses information (the data processing inequality), and nothing where they are "
            "proportional.",
            because="A convex function that is homogeneous is at most additive; the square vanishes along (u, v) "
            "alone. Both are computed for a table of three columns.",
            obligation=(direction.T * sp.Matrix([u, v]))[0],
            shows=sp.Ge(before, merged, evaluate=False),
            means={
                before: information(first, second, third),
                merged: information(first, second + third),
            },
        ),
        Step(
            claim="A copy of a copy agrees with the original as one of the product of both correlations.",
            because="Both steps keep the sign, or both turn it.",
            shows=sp.Eq(further, rho * here, evaluate=False),
            means={further: 2 * ((1 + here) / 2 * (1 + rho) / 2 + (1 - here) / 2 * (1 - rho) / 2) - 1},
        ),
        Step(
            claim="The information of two even signs is that of their agreement.",
            because="Four cells of (1 + r)/4 and (1 - r)/4, against 1/4.",
            obligation=sp.expand_log(
                sp.expand(
                    2 * (1 + r) / 4 * sp.log((1 + r) / 4 / sp.Rational(1, 4))
                    + 2 * (1 - r) / 4 * sp.log((1 - r) / 4 / sp.Rational(1, 4))
                    - copied.subs(rho**l, r)
                ),
                force=True,
            ),
            shows=sp.Eq(COPIED(l), agreement(rho**l), evaluate=False),
        ),
        Step(
            claim="It grows with the correlation, and so falls from copy to copy.",
            because="Its derivative is half the logarithm of (1 + r)/(1 - r).",
            obligation=sp.expand(agreement(r).diff(r) - (sp.log(1 + r) - sp.log(1 - r)) / 2),
            shows=sp.Eq(sp.Derivative(agreement(r), r), (sp.log(1 + r) - sp.log(1 - r)) / 2, evaluate=False),
        ),
        Step(
            claim="The difference of H between both signs is odd in the bits, so that its terms are odd sets of bits: "
            "half of all.",
            because="To turn all bits exchanges both signs. Odd sets are counted for up to ten bits, and for three "
            "bits the four terms are solved from the values at three equal bits and at two against one.",
            obligation=tuple(
                polynomial.subs(dict(zip(signs, place, strict=True)))
                - {3: three, 1: one, -1: -one, -3: -three}[sum(place)]
                for place in itertools.product((1, -1), repeat=3)
            ),
            shows=sp.Eq(
                TERMS(n), sp.Sum(sp.binomial(n, 2 * index + 1), (index, 0, sp.floor((n - 1) / 2))), evaluate=False
            ),
            means=tuple({TERMS(n): terms.subs(n, m), n: m} for m in range(1, 11)),
            instances="up to ten bits",
        ),
    )
