r"""One neuron multiplies any number of bits (document 003).

Premises: a logistic neuron that sums k bits with weight beta and has its threshold half way between k - 1 and k ones.
Its output depends on the number of ones alone and grows with it, so that two inputs are worst: all ones, and one bit
missing. The slide states the limit and no error.
"""

from __future__ import annotations

import sympy as sp

from derivations.activations import SIGMOID
from derivations.cheap_learning import FACTORS, ONES, STEEPNESS
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import beta, k, n_1, x

SLIDE = Source(document="003", where="using sigmoid function compute product of a set K of bits")
IDEA = Source(document="003", where="basic idea: for binary variables information on product from sum")
NEURON, WORST = sp.Function("pi"), sp.Function("E")

STATEMENT = Statement(
    module=__name__,
    title="One neuron multiplies bits",
    formula=sp.Eq(
        sp.Tuple(NEURON(n_1), WORST(beta)),
        sp.Tuple(1 / (1 + sp.exp(beta * (k - sp.Rational(1, 2) - n_1))), 1 / (1 + sp.exp(beta / 2))),
        evaluate=False,
    ),
    parameters=(STEEPNESS, FACTORS, ONES.narrowed("of the k factors")),
    assumptions=(
        "pi is the output of the neuron when n_1 of its k bits are one; E is the largest distance, over all bits, of "
        "the output from the product. It does not depend on k, and vanishes exponentially in beta.",
        "No other threshold has a smaller worst error.",
    ),
    regime=Exact(),
    sources=(SLIDE, IDEA, Source(document="lin2017cheap", where="products of bits with one neuron")),
    covers=("H6",),
)


def derivation() -> tuple[Step, ...]:
    """From the neuron to its output by number of ones, and to the two worst inputs."""
    output, worst = STATEMENT.right
    bits = sp.symbols("y_1:4")
    threshold, here, less = sp.Symbol("theta", real=True), sp.Symbol("j", real=True), sp.Symbol("m", positive=True)
    neuron = SIGMOID.expression.subs(x, -beta * (k - sp.Rational(1, 2) - sum(bits)))
    smooth = output.subs(n_1, here)
    slope = beta * sp.exp(beta * (k - sp.Rational(1, 2) - here)) * smooth**2
    at_threshold = sp.Function("sigma")(0)
    full, missing = (1 / (1 + sp.exp(beta * (k - threshold))), 1 / (1 + sp.exp(beta * (threshold - (k - 1)))))
    return (
        Step(
            claim="The neuron sees the number of ones alone.",
            because="All its weights are equal; for three bits, with every number of ones.",
            obligation=tuple(
                neuron.subs(dict(zip(bits, values, strict=True))).rewrite(sp.exp) - output.subs(n_1, sum(values))
                for values in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1))
            ),
            shows=STATEMENT.formula,
            instances="three bits",
        ),
        Step(
            claim="Its output grows with the number of ones.",
            because="The derivative is beta exp(beta (k - 1/2 - n_1)) times the square of the output.",
            obligation=smooth.diff(here) - slope,
            shows=sp.Eq(sp.Derivative(NEURON(here), here), slope, evaluate=False),
        ),
        Step(
            claim="So it is farthest from 1 with all ones, and farthest from 0 with one bit missing; there it is off "
            "by the stated error, both times.",
            because="The number of ones is k, and k - 1.",
            obligation=(1 - output.subs(n_1, k) - worst, output.subs(n_1, k - 1) - worst),
            shows=sp.Eq(NEURON(k - 1), WORST(beta), evaluate=False),
        ),
        Step(
            claim="With m bits missing the output is off by less: the odds fall by exp(beta) with each.",
            because="Odds of the output, with m and with m + 1 bits missing.",
            obligation=sp.simplify(
                ((1 / output - 1).subs(n_1, k - less - 1) / (1 / output - 1).subs(n_1, k - less)).expand()
            )
            - sp.exp(beta),
            shows=sp.Eq(
                (1 - NEURON(n_1 - 1)) / NEURON(n_1 - 1), sp.exp(beta) * (1 - NEURON(n_1)) / NEURON(n_1), evaluate=False
            ),
        ),
        Step(
            claim="No threshold does better: the odds of the two worst inputs multiply to exp(beta) for all of them, "
            "so that one of the errors is E at least.",
            because="With a threshold theta between k - 1 and k the exponents add up to beta.",
            obligation=sp.expand((1 / full - 1) * (1 / missing - 1), power_exp=False).rewrite(sp.exp) - sp.exp(beta),
            shows=sp.Eq(
                sp.exp(beta * (k - threshold)) * sp.exp(beta * (threshold - k + 1)), sp.exp(beta), evaluate=False
            ),
        ),
        Step(
            claim="A threshold of k, or of k - 1, leaves an error of 1/2 however steep the neuron.",
            because="One of the two worst inputs then stands at the threshold.",
            shows=sp.Eq(at_threshold, sp.Rational(1, 2), evaluate=False),
            means=({at_threshold: full.subs(threshold, k)}, {at_threshold: missing.subs(threshold, k - 1)}),
        ),
        Step(
            claim="In the limit of steep neurons the product is exact, and the error falls by exp(-beta/2).",
            because="The error times exp(beta/2) tends to 1.",
            obligation=sp.limit(worst * sp.exp(beta / 2), beta, sp.oo) - 1,
            shows=sp.Eq(sp.Limit(WORST(beta), beta, sp.oo), 0, evaluate=False),
            means={WORST(beta): worst},
        ),
    )
