r"""Parity: 2^(n-1) terms as an or of ands, n units in one layer of thresholds.

Premises: the parity of n bits, p(x) = (1 - prod_i (1 - 2 x_i)) / 2. A disjunctive normal form is an or of terms, each
an and of inputs and negated inputs. A term that leaves out an input is true on two neighbours, and parity is not; so
every term has all n inputs and is true at one place. A threshold unit is 1 where a weighted sum of the inputs reaches
a bound.

The slide calls parity "such a function for boolean circuits": efficient with depth, exponential without. That is right
of circuits of AND and OR gates of bounded depth (depth two is proved here, any other is Hastad's theorem). It is wrong
of networks with one hidden layer, the slide's subject: n threshold units and a linear readout compute parity.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import n

TERMS, UNITS = sp.Function("D"), sp.Function("T")
LEFT = sp.Tuple(TERMS(n), UNITS(n))
SLIDE = Source(document="001", where="The problem of expressivity: parity and boolean circuits")
HASTAD = Source(document="hastad1986almost", where="lower bounds for parity by circuits of small depth")

STATEMENT = Statement(
    module=__name__,
    title="Parity in two layers: terms and threshold units",
    formula=sp.Eq(LEFT, sp.Tuple(2 ** (n - 1), n), evaluate=False),
    parameters=(Parameter(symbol=n, meaning="inputs, each a bit", domain=sp.Range(1, sp.oo), typical=(3, 9)),),
    assumptions=(
        "D counts the terms of the shortest disjunctive normal form; by complement, a conjunctive one is as long.",
        "T counts the threshold units of one hidden layer with a linear readout, each with input weights of one sign; "
        "it is the least number of these. Units with weights of both signs are searched up to three inputs only, and "
        "are no better.",
        "Circuits of AND and OR gates of any bounded depth d also need a number of gates that is exponential in a "
        "power of n, n^(1/(d - 1)): cited, not derived.",
    ),
    regime=Exact(),
    sources=(SLIDE, HASTAD),
    covers=("D30",),
    printed=(
        Printed(
            erratum="E28",
            kind="ambiguous",
            formula=sp.Eq(LEFT, sp.Tuple(2 ** (n - 1), 2 ** (n - 1)), evaluate=False),
            note="Parity is exponential for disjunctive normal forms and for AND and OR gates of bounded depth; read "
            "as a statement on networks with one hidden layer it is wrong, since n threshold units compute parity.",
            source=SLIDE,
        ),
    ),
)


def parity(bits: tuple[sp.Expr, ...]) -> sp.Expr:
    """1 where an odd number of bits is 1, as a polynomial."""
    return (1 - sp.Mul(*(1 - 2 * b for b in bits))) / 2


def minterm(bits: tuple[sp.Expr, ...], place: tuple[sp.Expr, ...]) -> sp.Expr:
    """The and of all inputs or their negations that is true at one place."""
    return sp.Mul(*(a * b + (1 - a) * (1 - b) for a, b in zip(bits, place, strict=True)))


def by_count(ones: sp.Expr) -> sp.Expr:
    """Parity as a function of the number of ones."""
    return (1 - sp.Integer(-1) ** ones) / 2


def derivation() -> tuple[Step, ...]:
    """From the polynomial of parity to its terms, and to units that count."""
    return (*_terms(), *_units())


def _terms() -> tuple[Step, ...]:
    most = STATEMENT.right[0]
    bits = sp.symbols("x_1:6", real=True)
    others = sp.Function("c")(*bits[1:])
    flipped = (1 - bits[0], *bits[1:])
    corners = list(itertools.product((sp.S.Zero, sp.S.One), repeat=5))
    ones = sp.Symbol("a", integer=True, nonnegative=True)
    p, two = sp.Function("p"), bits[:2]
    term, place = sp.Function("t"), sp.Symbol("x")
    digits = tuple(sp.Mod(sp.floor(place / 2**k), 2) for k in range(3))
    return (
        Step(
            claim="Flipping a bit exchanges the values of parity.",
            because="One factor of the polynomial changes its sign; five bits show every factor.",
            obligation=tuple(
                parity(bits) + parity((*bits[:k], 1 - bits[k], *bits[k + 1 :])) - 1 for k in range(len(bits))
            ),
            shows=sp.Eq(p(1 - two[0], two[1]), 1 - p(*two), evaluate=False),
            means={p(1 - two[0], two[1]): parity((1 - two[0], two[1])), p(*two): parity(two)},
        ),
        Step(
            claim="A term that leaves an input out is true on both sides of a flip, so it would be true where parity "
            "is 0: every term has all n inputs.",
            because="A function of the other inputs is summed with weight 1 - p over both values of the one left out: "
            "it must vanish for a term of parity, and is the term itself.",
            obligation=others * (1 - parity(bits)) + others * (1 - parity(flipped)) - others,
            shows=sp.Eq(others * (1 - sp.Symbol("p")) + others * sp.Symbol("p"), others, evaluate=False),
        ),
        Step(
            claim="A term of all n inputs is true at one place.",
            because="Summed over all places of five bits, for each sign of each input.",
            obligation=sp.expand(sum(minterm(bits, corner) for corner in corners)) - 1,
            shows=sp.Eq(sp.Sum(term(place), (place, 0, 2**n - 1)), 1, evaluate=False),
            means={term(place): minterm(bits[:3], digits), n: 3},
        ),
        Step(
            claim="Parity is 1 at 2^(n-1) places, so that it needs as many terms, and as many are enough.",
            because="A bit more: the ones are those of both halves, of which one is flipped. One bit has a single one; "
            "five bits are counted.",
            obligation=(
                sp.powsimp(sp.expand(most.subs(n, n + 1) - (ones + (2**n - ones)), power_exp=True)),
                most.subs(n, 1) - sum(parity((x,)) for x in (sp.S.Zero, sp.S.One)),
                sum(parity(corner) for corner in corners) - most.subs(n, 5),
            ),
            shows=sp.Eq(TERMS(n + 1), TERMS(n) + (2**n - TERMS(n)), evaluate=False),
        ),
        Step(
            claim="Circuits of AND and OR gates of bounded depth d need a number of gates that is exponential in a "
            "power of n, n^(1/(d - 1)).",
            because="Hastad's switching lemma, taken over.",
            assumption=HASTAD,
        ),
    )


def _units() -> tuple[Step, ...]:
    count = STATEMENT.right[1]
    s, k = sp.symbols("s k", integer=True, nonnegative=True)
    bit = sp.Symbol("x", real=True)
    readout = sp.Sum((-1) ** (k + 1), (k, 1, s))
    changes = sp.Sum(sp.Abs(by_count(s + 1) - by_count(s)), (s, 0, n - 1))
    rises = sp.symbols("a_1:5", nonnegative=True)
    p = sp.Symbol("p")
    return (
        Step(
            claim="Parity depends on the number of ones alone.",
            because="A factor of the polynomial is 1 for a zero and -1 for a one; one more factor turns the sign.",
            obligation=tuple((1 - 2 * bit - (-1) ** value).subs(bit, value) for value in (sp.S.Zero, sp.S.One)),
            shows=sp.Eq(p, by_count(s), evaluate=False),
            means=tuple(
                {p: parity(corner), s: sum(corner)} for corner in itertools.product((sp.S.Zero, sp.S.One), repeat=4)
            ),
        ),
        Step(
            claim="Units that ask for k ones, k = 1 to n, read out with alternating signs, are parity.",
            because="With s ones the first s units are on; their signs are summed from no unit, one after the other.",
            obligation=(
                sp.expand(by_count(s + 1) - by_count(s) - (-1) ** s),
                by_count(0),
            ),
            shows=sp.Eq(by_count(s), readout, evaluate=False),
            means=tuple({s: m} for m in range(1, 8)),
        ),
        Step(
            claim="A unit whose input weights have one sign switches at most once while ones are added.",
            because="Its sum moves in one direction: distances along the way add up without a return.",
            obligation=sum(sp.Abs(a) for a in rises) - sp.Abs(sum(rises)),
            shows=sp.Ge(rises[0] + rises[1], rises[0], evaluate=False),
            means={},
        ),
        Step(
            claim="Parity switches n times on that way, so that n such units are needed, and are enough.",
            because="Its changes are summed from no one to n ones.",
            obligation=sp.simplify(changes.function) * sp.Sum(1, (k, 1, n)).doit() - count,
            shows=sp.Eq(UNITS(n), changes, evaluate=False),
            means=tuple({UNITS(n): count.subs(n, m), n: m} for m in (3, 5)),
        ),
    )
