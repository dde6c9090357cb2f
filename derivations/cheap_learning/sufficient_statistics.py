r"""Minimal sufficient statistics are partitions, and each is a function of the next (document 003).

Premises: two data are in one class if their likelihoods are proportional, as functions of what is asked. A hidden bit
gives n_g bits, each of which gives n bits. For one of the n_g bits the number of ones among its n is a minimal
sufficient statistic; for the hidden bit it is the numbers of ones without their order. The slide's composition uses one
name for two functions: T_i = f_i(T_(i+1)) there, and f_0(T_0) with f_n(x_n) = T_(n-1) here; the latter needs
T_(i-1) = f_i(T_i).
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import sympy as sp

from derivations.cheap_learning import VARIABLES, markov_inference
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import n, n_g

MINIMAL = Source(document="003", where="minimal sufficient statistics")
CHAIN = Source(document="003", where="T_i = minimal sufficient statistics")
COMPOSITION = Source(document="003", where="with f_0(T_0(x_n))")
ONE, GROUPS, HIDDEN = sp.Function("t"), sp.Function("T_1"), sp.Function("T_0")
LEFT = sp.Tuple(ONE(n), GROUPS(n, n_g), HIDDEN(n, n_g))
COUNTS = (n + 1) ** n_g

STATEMENT = Statement(
    module=__name__,
    title="Minimal sufficient statistics of a hierarchy",
    formula=sp.Eq(LEFT, sp.Tuple(n + 1, COUNTS, sp.binomial(n + n_g, n_g))),
    parameters=(
        VARIABLES.narrowed("of a group"),
        Parameter(symbol=n_g, meaning="groups of variables", domain=sp.Range(1, sp.oo), typical=(3, 5)),
    ),
    assumptions=(
        "A hidden bit x_0 gives n_g bits x_1, independently and by the same chances, and each of these n bits x_2 in "
        "the same way. The chances are generic: no two products of likelihood ratios agree unless they must.",
        "t is the number of classes of n bits for the bit that gave them; T_1 that of all 2^(n n_g) data for x_1, and "
        "T_0 that for x_0, on which the last function of the composition, the posterior, is defined.",
    ),
    regime=Exact(),
    sources=(
        MINIMAL,
        CHAIN,
        COMPOSITION,
        Source(document="lin2017cheap", where="sufficient statistics of a hierarchy"),
    ),
    covers=("H16", "H17", "H18"),
    printed=(
        Printed(
            erratum="E30",
            kind="misprint",
            formula=sp.Eq(LEFT, sp.Tuple(n + 1, COUNTS, COUNTS), evaluate=False),
            note="With T_i = f_i(T_(i+1)) the function f_0 takes T_1 and gives T_0; in the composition it takes T_0 "
            "and gives p(x_0|T_0), printed p(x_0, T_0). The functions need the indices T_(i-1) = f_i(T_i).",
            source=COMPOSITION,
        ),
        Printed(
            erratum="E45",
            kind="ambiguous",
            formula=sp.Eq(LEFT, sp.Tuple(n + 1, COUNTS, COUNTS)),
            note="Word for word, a statistic that is sufficient for any other has every other as a function of it, "
            "with no more classes. What is meant, and printed next, is that it is a function of every other: it has "
            "fewer.",
            source=MINIMAL,
        ),
    ),
    uses=(markov_inference.STATEMENT.id,),
)


def classes(likelihoods: list[tuple[Fraction, Fraction]]) -> int:
    """Data with proportional likelihoods are one class."""
    return len({first / second for first, second in likelihoods})


def leaves(bits: tuple[int, ...], ones: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """Likelihoods of bits under both values of the bit that gave them; `ones` are the chances of a one."""

    def likelihood(chance: Fraction) -> Fraction:
        product = Fraction(1)
        for bit in bits:
            product *= chance if bit else 1 - chance
        return product

    return likelihood(ones[0]), likelihood(ones[1])


def derivation() -> tuple[Step, ...]:
    """From proportional likelihoods to counts, from groups to the hidden bit, and the composition."""
    one, groups, hidden = STATEMENT.right
    a, b = sp.symbols("a b", positive=True)
    count, other = sp.symbols("m_1 m_2", integer=True, nonnegative=True)
    left, right, scale, pi = sp.symbols("L_0 L_1 c q", positive=True)
    posterior = right * pi / (right * pi + left * (1 - pi))
    again = posterior.subs({left: scale * left, right: scale * right}, simultaneous=True)
    ratio = a**count * (1 - a) ** (n - count) / (b**count * (1 - b) ** (n - count))
    j = sp.Symbol("j", integer=True, nonnegative=True)
    odds = (Fraction(1, 3), Fraction(5, 7)), (Fraction(2, 11), Fraction(3, 5))
    by_number = sp.Sum(1, (j, 0, n))
    of_seen, of_statistic = sp.Symbol("I(x,y)"), sp.Symbol("I(x,T)")
    apart, together = _two_columns(sp.Symbol("u", positive=True), sp.Symbol("v", positive=True), scale)
    return (
        Step(
            claim="Data with proportional likelihoods have the same posterior, whatever the prior: their class is a "
            "sufficient statistic.",
            because="A common factor of the likelihoods cancels.",
            obligation=again - posterior,
            shows=sp.Eq(again, posterior, evaluate=False),
        ),
        Step(
            claim="It is the minimal one: the posterior determines the ratio of the likelihoods, so that every "
            "sufficient statistic tells these classes apart.",
            because="The odds of the posterior over those of the prior are that ratio.",
            obligation=posterior / (1 - posterior) * (1 - pi) / pi - right / left,
            shows=sp.Eq(posterior / (1 - posterior), right * pi / (left * (1 - pi)), evaluate=False),
        ),
        Step(
            claim="Of n bits that one bit gave the likelihoods' ratio has the number of ones alone, and is different "
            "for different numbers: n + 1 classes.",
            because="The ratios for m_1 and m_2 ones differ by the factor of a one over a zero, to the power m_1 - "
            "m_2.",
            obligation=sp.powsimp(
                sp.expand_log(
                    sp.log(ratio.subs(count, other) / ratio) - (other - count) * sp.log(a * (1 - b) / (b * (1 - a))),
                    force=True,
                ).expand()
            ),
            shows=sp.Eq(ONE(n), by_number, evaluate=False),
            means={ONE(n): one, by_number: by_number.doit()},
        ),
        Step(
            claim="For all n_g bits of the middle together there is a number of ones for each group.",
            because="Their likelihood is a product over the groups, whose factors are told apart one by one.",
            obligation=sp.Product(one, (j, 1, n_g)).doit() - groups,
            shows=sp.Eq(GROUPS(n, n_g), ONE(n) ** n_g, evaluate=False),
        ),
        Step(
            claim="For the hidden bit groups are exchangeable: what counts is how often each number of ones occurs.",
            because="Multisets of n_g numbers out of n + 1; counted for up to four numbers and three groups.",
            obligation=tuple(
                len(list(itertools.combinations_with_replacement(range(size + 1), number)))
                - hidden.subs({n: size, n_g: number})
                for size in (1, 2, 3)
                for number in (1, 2, 3)
            ),
            shows=sp.Eq(HIDDEN(n, n_g), sp.binomial(n + n_g, n_g), evaluate=False),
            instances="up to four numbers and three groups",
        ),
        Step(
            claim="With generic chances no other data fall together: classes of exact likelihoods are as many.",
            because="Both statistics of all data of two groups of two, and of two groups of three bits.",
            obligation=tuple(
                difference
                for number, size in ((2, 2), (2, 3))
                for difference in (
                    _hidden_classes(number, size, *odds) - hidden.subs({n: size, n_g: number}),
                    _middle_classes(number, size, odds[1]) - groups.subs({n: size, n_g: number}),
                )
            ),
            shows=sp.Eq(HIDDEN(2, 2), 6, evaluate=False),
            instances="two groups of two and of three bits",
        ),
        Step(
            claim="The statistic for the hidden bit is a function of that for the middle, not the reverse.",
            because="By the posterior identity p(x_0|x_2) has x_2 through the posterior of x_1 alone; the sorted "
            "numbers are a function of the numbers, and fewer: for two groups n (n + 1)/2 pairs have another order.",
            shows=sp.Eq(GROUPS(n, 2) - HIDDEN(n, 2), n * (n + 1) / 2, evaluate=False),
            means={GROUPS(n, 2): groups.subs(n_g, 2), HIDDEN(n, 2): hidden.subs(n_g, 2).expand(func=True)},
            instances="two groups",
        ),
        Step(
            claim="Merging columns of a table that are proportional keeps the mutual information; merging others does "
            "not.",
            because="x log x is homogeneous up to a term that the marginals cancel: with columns (u, v) and c (u, v) "
            "both sides agree.",
            shows=sp.Eq(of_seen, of_statistic, evaluate=False),
            means={of_seen: apart, of_statistic: together},
        ),
    )


def _middle_classes(number: int, size: int, ones: tuple[Fraction, Fraction]) -> int:
    data = itertools.product(itertools.product((0, 1), repeat=size), repeat=number)
    return len({tuple(first / second for first, second in (leaves(g, ones) for g in groups)) for groups in data})


def _hidden_classes(number: int, size: int, top: tuple[Fraction, Fraction], ones: tuple[Fraction, Fraction]) -> int:
    found = []
    for groups in itertools.product(itertools.product((0, 1), repeat=size), repeat=number):
        both = [Fraction(1), Fraction(1)]
        for group in groups:
            zero, one = leaves(group, ones)
            both = [value * ((1 - chance) * zero + chance * one) for value, chance in zip(both, top, strict=True)]
        found.append((both[0], both[1]))
    return classes(found)


def _two_columns(u: sp.Symbol, v: sp.Symbol, c: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Terms of two proportional columns in sum p log(p/(p_row p_column)), and of the merged one; rows are the same."""

    def column(first: sp.Expr, second: sp.Expr) -> sp.Expr:
        shares = (sp.cancel(part / (first + second)) for part in (first, second))
        return sum(part * sp.log(share) for part, share in zip((first, second), shares, strict=True))

    return column(u, v) + column(c * u, c * v), column((1 + c) * u, (1 + c) * v)
