r"""A Markov chain is inferred backwards one step at a time (document 003).

Premises: p_i = M_i p_(i-1) with stochastic matrices. The law of the last state is the product of the matrices applied
to the first law. Given the next state, the last one says nothing more about a state, so that the posterior of the first
state is a composition of one-step posteriors. The steps have three states each; the formula has two, in two steps.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import alpha_1, alpha_2, beta_1, beta_2, pi_0, q_1, r_12

CHAIN = Source(document="003", where="Dynamics in classical statistical physics")
BAYES = Source(document="003", where="because Markov process, by Bayes formula")
REVERSED = Source(document="003", where="Reversing generative hierarchy")
LAST, FIRST = sp.Symbol("p_2"), sp.Symbol("p_02")
MIDDLE_LAW = sp.Eq(q_1, pi_0 * (1 - beta_1) + (1 - pi_0) * alpha_1, evaluate=False)
END = q_1 * (1 - beta_2) + (1 - q_1) * alpha_2
MIDDLE_GIVEN_END = sp.Eq(r_12, q_1 * (1 - beta_2) / END)
FROM_ONE, FROM_ZERO = pi_0 * (1 - beta_1) / q_1, pi_0 * beta_1 / (1 - q_1)
INSIDE = sp.Interval.open(0, 1)

STATEMENT = Statement(
    module=__name__,
    title="A Markov chain is inferred backwards step by step",
    formula=sp.Eq(sp.Tuple(LAST, FIRST), sp.Tuple(END, FROM_ONE * r_12 + FROM_ZERO * (1 - r_12)), evaluate=False),
    where=(MIDDLE_LAW, MIDDLE_GIVEN_END),
    parameters=(
        Parameter(symbol=pi_0, meaning="probability of state 1 at the start", domain=INSIDE, typical=(0.2, 0.7)),
        *(
            Parameter(symbol=letter, meaning=f"probability in step {j} {how}", domain=INSIDE, typical=(0.1, 0.6))
            for j, letter, how in (
                (1, alpha_1, "from 0 to 1"),
                (1, beta_1, "from 1 to 0"),
                (2, alpha_2, "from 0 to 1"),
                (2, beta_2, "from 1 to 0"),
            )
        ),
    ),
    assumptions=(
        "p_2 is the probability that the state is 1 after two steps; p_02 that it was 1 at the start, given that it is "
        "1 after two steps.",
        "p_02 is composed of what one step says of the state before it: q_1 is the probability that the middle state "
        "is 1, and r_12 the same, given that the last one is 1.",
        "The chain is Markov: a step sees the state before it alone.",
    ),
    regime=Exact(),
    sources=(CHAIN, BAYES, REVERSED, Source(document="lin2017cheap", where="Markov chains and their inversion")),
    covers=("H15", "H17"),
)


def derivation() -> tuple[Step, ...]:
    """From the product of matrices to the posterior identity, and to its composition."""
    defined = [(definition.lhs, definition.rhs) for definition in reversed(STATEMENT.where)]
    last, first = (side.subs(defined) for side in STATEMENT.right)
    middle = STATEMENT.where[0].rhs
    states = range(3)
    start = sp.Matrix(sp.symbols("r_0:3", positive=True))
    one = sp.Matrix(3, 3, sp.symbols("a_0:9", positive=True))  # p(next | before), next one in the row
    two = sp.Matrix(3, 3, sp.symbols("b_0:9", positive=True))
    joint = {(x, y, z): start[x] * one[y, x] * two[z, y] for x, y, z in itertools.product(states, repeat=3)}

    def total(**fixed: int) -> sp.Expr:
        kept = (p for (x, y, z), p in joint.items() if all({"x": x, "y": y, "z": z}[k] == v for k, v in fixed.items()))
        return sum(kept, sp.S.Zero)

    both = (
        sp.Matrix([[1 - alpha_1, beta_1], [alpha_1, 1 - beta_1]]),
        sp.Matrix([[1 - alpha_2, beta_2], [alpha_2, 1 - beta_2]]),
    )
    law = sp.Matrix([1 - pi_0, pi_0])
    p_n, M_n, M_1, p_0 = sp.symbols("p_n M_n M_1 p_0", commutative=False)
    of_both, of_next, of_last, averaged = (
        sp.Symbol(text)
        for text in (
            r"p(x_{i} \mid x_{i+1}, x_{n})",
            r"p(x_{i} \mid x_{i+1})",
            r"p(x_{0} \mid x_{2})",
            r"\sum_{x_{1}} p(x_{0} \mid x_{1}) \, p(x_{1} \mid x_{2})",
        )
    )
    before = sp.Symbol("p_01")
    through_one, through_zero = pi_0 * (1 - beta_1) * (1 - beta_2), pi_0 * beta_1 * alpha_2
    return (
        Step(
            claim="The law of the last state is the product of the matrices applied to the first law.",
            because="Summed over all paths, with three states and any entries.",
            shows=sp.Eq(p_n, M_n * M_1 * p_0, evaluate=False),
            means={p_n: sp.Matrix([total(z=z) for z in states]), M_n: two, M_1: one, p_0: start},
            instances="two steps of three states",
        ),
        Step(
            claim="Given the next state, the last one says nothing more about a state.",
            because="p(x, y, z) p(y) = p(x, y) p(y, z): the step from y to z is a common factor. For all 27 paths.",
            shows=sp.Eq(of_both, of_next, evaluate=False),
            means=tuple(
                {of_both: joint[x, y, z] / total(y=y, z=z), of_next: total(x=x, y=y) / total(y=y)}
                for x, y, z in itertools.product(states, repeat=3)
            ),
            instances="two steps of three states",
        ),
        Step(
            claim="So the posterior of a state is that given the next state, averaged over the posterior of the next "
            "one.",
            because="p(x, z)/p(z) is the sum over y of p(x, y)/p(y) times p(y, z)/p(z).",
            shows=sp.Eq(of_last, averaged, evaluate=False),
            means=tuple(
                {
                    of_last: total(x=x, z=z) / total(z=z),
                    averaged: sum(
                        one[y, x] * start[x] / (one[y, :] * start)[0] * two[z, y] * (one[y, :] * start)[0]
                        for y in states
                    )
                    / total(z=z),
                }
                for x, z in itertools.product(states, repeat=2)
            ),
            instances="two steps of three states",
        ),
        Step(
            claim="For two states and two steps the last law is the stated one.",
            because="The product of both matrices and the first law.",
            obligation=sp.expand((both[1] * both[0] * law)[1] - last),
            shows=sp.Eq(LAST, last, evaluate=False),
        ),
        Step(
            claim="The composition of one-step posteriors is the posterior over two steps: the paths that start and "
            "end in 1, over all that end there.",
            because="Two of the four paths that end in 1 start in 1.",
            obligation=first - (through_one + through_zero) / last,
            shows=sp.Eq(FIRST, (through_one + through_zero) / last, evaluate=False),
        ),
        Step(
            claim="A one-step posterior is Bayes' theorem with the law before the step as the prior.",
            because="Both ways to reach the middle state are in its law.",
            obligation=(
                sp.expand((1 - q_1).subs(defined) - (both[0] * law)[0]),
                sp.expand((both[0] * law)[1] - middle),
            ),
            shows=sp.Eq(before, FROM_ONE, evaluate=False),
            means={before: both[0][1, 1] * law[1] / (both[0] * law)[1], q_1: middle},
        ),
    )
