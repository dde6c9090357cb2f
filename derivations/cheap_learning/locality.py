r"""Neighbours bound the degree of a Hamiltonian: one more than the neighbours (document 003).

Premises: spins that are 0 or 1 on the vertices of a graph; given its neighbours, each is independent of all others. The
difference of H under a flip of one spin then depends on its neighbours alone, so that terms are cliques (Hammersley and
Clifford), and a clique has a member more than its members have neighbours inside. The slide leaves out that one.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import VARIABLES, binary_hamiltonian
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import n, n_b

SLIDE = Source(document="003", where="degree d of Hamiltonian no greater than the number of neighbors")
DEGREE_OF, CHAIN = sp.Function("d"), sp.Function("T")
LEFT = sp.Tuple(DEGREE_OF(n_b), CHAIN(n))

STATEMENT = Statement(
    module=__name__,
    title="Neighbours bound the degree of a Hamiltonian",
    formula=sp.Eq(LEFT, sp.Tuple(n_b + 1, 2 * n), evaluate=False),
    parameters=(
        Parameter(symbol=n_b, meaning="neighbours of a spin, at most", domain=sp.Range(1, sp.oo), typical=(3, 6)),
        VARIABLES.narrowed("of a chain"),
    ),
    assumptions=(
        "All states have a probability other than zero, and each spin is, given its neighbours, independent of the "
        "others.",
        "d is the largest degree that a term of such a Hamiltonian can have on a graph in which no spin has more than "
        "n_b neighbours; it is reached where a spin and its neighbours are all joined.",
        "T counts the terms on an open chain, the constant among them: linear in n, where all functions have 2^n "
        "terms.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="locality")),
    covers=("H12",),
    printed=(
        Printed(
            erratum="E26",
            kind="misprint",
            formula=sp.Eq(LEFT, sp.Tuple(n_b, 2 * n), evaluate=False),
            note="Two neighbours allow the degree three: on a triangle the product of all three spins is allowed.",
            source=SLIDE,
        ),
    ),
    uses=(binary_hamiltonian.STATEMENT.id,),
)


def hamiltonian(spins: tuple[sp.Symbol, ...]) -> sp.Expr:
    """All terms, each with a letter for its coefficient."""
    chosen = itertools.chain.from_iterable(itertools.combinations(spins, k) for k in range(len(spins) + 1))
    return sum(sp.Symbol("h_" + "".join(s.name[2:] for s in some)) * sp.prod(some) for some in chosen)


def derivation() -> tuple[Step, ...]:
    """From the flip of one spin to cliques, and from cliques to their size."""
    degree, chain = STATEMENT.right
    spins = sp.symbols("y_1:5")
    energy = hamiltonian(spins)
    H, y_2, y_3 = sp.Function("H"), spins[1], spins[2]
    h_1, h_12, h_123, size = sp.symbols("h_1 h_12 h_123 s")
    flip = sp.expand(energy.subs(spins[0], 1) - energy.subs(spins[0], 0))
    dependence = sp.expand(flip.subs(spins[1], 1) - flip.subs(spins[1], 0))
    with_both = [term for term in sp.Add.make_args(sp.expand(energy)) if term.has(spins[0]) and term.has(spins[1])]
    far = {letter: 0 for term in with_both for letter in term.free_symbols if letter.name.startswith("h_")}
    return (
        Step(
            claim="Given the others, the odds of a spin are the exponential of the difference of H between its values, "
            "in which terms without that spin cancel.",
            because="What stays are the terms with the spin, without it; on four spins with all coefficients.",
            obligation=sp.expand(
                flip - sum(sp.expand(t / spins[0]) for t in sp.Add.make_args(sp.expand(energy)) if t.has(spins[0]))
            ),
            shows=sp.Eq(H(1, y_2) - H(0, y_2), h_1 + h_12 * y_2, evaluate=False),
            means={H(bit, y_2): hamiltonian(spins[:2]).subs(spins[0], bit) for bit in (0, 1)},
            instances="four spins",
        ),
        Step(
            claim="The odds do not depend on another spin exactly if all terms with both vanish.",
            because="The change of the odds' logarithm with the other spin is a polynomial in the rest, whose "
            "coefficients are those of the terms with both; a polynomial of bits vanishes only with its coefficients.",
            obligation=(
                sp.expand(dependence - sum(t / (spins[0] * spins[1]) for t in with_both)),
                dependence.subs(far),
                len(sp.Poly(dependence, *spins).terms()) - binary_hamiltonian.STATEMENT.right[0].subs(n, 2),
            ),
            shows=sp.Eq(H(1, 1, y_3) - H(0, 1, y_3) - H(1, 0, y_3) + H(0, 0, y_3), h_12 + h_123 * y_3, evaluate=False),
            means={
                H(*bits, y_3): hamiltonian(spins[:3]).subs(dict(zip(spins[:2], bits, strict=True)))
                for bits in itertools.product((0, 1), repeat=2)
            },
            instances="four spins",
        ),
        Step(
            claim="So all pairs of spins of a term are neighbours: terms are cliques, each of s spins with s - 1 "
            "neighbours of every member, and s is at most one more than the neighbours.",
            because="s - 1 = n_b for the largest.",
            obligation=(degree - 1) - n_b,
            shows=sp.Le(size - 1, n_b, evaluate=False),
            means={size: degree},
        ),
        Step(
            claim="A spin with all its neighbours, joined among themselves, reaches it: the product of n_b + 1 spins.",
            because="In the complete graph of s vertices each has s - 1 neighbours, and every term is allowed.",
            obligation=tuple(
                sp.Poly(hamiltonian(sp.symbols(f"y_1:{s + 1}")), *sp.symbols(f"y_1:{s + 1}")).total_degree()
                - degree.subs(n_b, s - 1)
                for s in (2, 3, 4, 5)
            ),
            shows=sp.Eq(DEGREE_OF(n_b), n_b + 1, evaluate=False),
            instances="up to five spins",
        ),
        Step(
            claim="On an open chain the cliques are no spin, one spin, and two neighbours.",
            because="1, n and n - 1 of them.",
            obligation=1 + n + (n - 1) - chain,
            shows=sp.Eq(CHAIN(n), 1 + n + (n - 1), evaluate=False),
        ),
    )
