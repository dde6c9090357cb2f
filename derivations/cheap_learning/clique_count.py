r"""How many neurons a Markov network needs: cliques, and the bound by a cover (document 003).

Premises: terms of a Hamiltonian on a graph are its cliques, the empty one and single spins among them, and each takes a
neuron. If every clique lies in one of N_c cliques of at most S_c spins, they are subsets of these, and the empty set is
common to all. The slide's N_c 2^S_c follows. It takes the least number of cliques whose union is the graph: a cover of
the vertices is too small, and so is one of the edges.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import locality
from derivations.proof import Step
from derivations.statement import Bound, Parameter, Printed, Source, Statement
from derivations.symbols import N_c, S_c

SLIDE = Source(document="003", where="Markov networks")
NEURONS = sp.Symbol("Q")

STATEMENT = Statement(
    module=__name__,
    title="Neurons of a Markov network",
    formula=sp.Le(NEURONS, 1 + N_c * (2**S_c - 1), evaluate=False),
    parameters=(
        Parameter(symbol=N_c, meaning="number of cliques of the cover", domain=sp.Range(1, sp.oo), typical=(3, 6)),
        Parameter(symbol=S_c, meaning="spins of the largest clique", domain=sp.Range(1, sp.oo), typical=(3, 5)),
    ),
    assumptions=(
        "Q counts the cliques of the graph, with the constant (no spin) and single spins: a neuron for each.",
        "The cover contains every clique in one of its N_c cliques, as that by all maximal cliques does.",
        "Cliques that have no spin in common, all of one size, attain the bound.",
    ),
    regime=Bound(tight=True),
    sources=(SLIDE, Source(document="lin2017cheap", where="Markov networks and cliques")),
    covers=("H13",),
    printed=(
        Printed(
            erratum="E27",
            kind="assumption",
            formula=sp.Le(NEURONS, N_c * 2**S_c, evaluate=False),
            note="The least number of cliques that covers all spins is too small: a ring of four spins is covered by "
            "two pairs, and has 9 terms, not 8. Covers that contain every clique keep the bound.",
            source=SLIDE,
        ),
    ),
    uses=(locality.STATEMENT.id,),
)


def cliques(pairs: set[frozenset[int]], vertices: int) -> int:
    """Sets of vertices that are all joined."""
    sets = itertools.chain.from_iterable(itertools.combinations(range(vertices), k) for k in range(vertices + 1))
    return sum(all(frozenset(p) in pairs for p in itertools.combinations(some, 2)) for some in sets)


def ring(vertices: int) -> set[frozenset[int]]:
    """Neighbours on a ring."""
    return {frozenset((a, (a + 1) % vertices)) for a in range(vertices)}


def apart(count: int, size: int) -> set[frozenset[int]]:
    """Cliques of one size without a common vertex."""
    members = (range(a * size, (a + 1) * size) for a in range(count))
    return {frozenset(pair) for some in members for pair in itertools.combinations(some, 2)}


def cocktail_party(couples: int) -> set[frozenset[int]]:
    """Everyone is joined with all but the own partner."""
    guests = range(2 * couples)
    return {frozenset(p) for p in itertools.combinations(guests, 2) if p[0] // 2 != p[1] // 2}


def derivation() -> tuple[Step, ...]:
    """From subsets of one clique to those of a cover, and the graphs that need the assumption."""
    bound = STATEMENT.right[0]
    j, k = sp.symbols("j k", integer=True, positive=True)
    around = sp.Symbol("Q_ring")
    return (
        Step(
            claim="A clique of S_c spins has 2^S_c subsets, all of them cliques, one of which is empty.",
            because="Binomial coefficients, summed for up to eight spins.",
            shows=sp.Eq(sp.Sum(sp.binomial(S_c, j), (j, 1, S_c)), 2**S_c - 1, evaluate=False),
            means=tuple({S_c: spins} for spins in range(1, 9)),
            instances="up to eight spins",
        ),
        Step(
            claim="So N_c cliques that contain all others have at most the stated number of subsets.",
            because="One empty set, and the others counted at most once for each clique of the cover.",
            obligation=1 + sp.Sum(2**S_c - 1, (j, 1, N_c)).doit() - bound,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Cliques without a common spin attain it.",
            because="Two and three of them, of two and three spins, counted.",
            shows=sp.Eq(NEURONS, bound, evaluate=False),
            means=tuple(
                {NEURONS: cliques(apart(count, size), count * size), N_c: count, S_c: size}
                for count, size in ((2, 2), (3, 2), (2, 3), (3, 3))
            ),
            instances="two and three cliques of two and three spins",
        ),
        Step(
            claim="The slide's N_c 2^S_c is larger: the empty set is counted once for every clique.",
            because="The difference is N_c - 1.",
            obligation=N_c * 2**S_c - bound - (N_c - 1),
            shows=sp.Ge(N_c * 2**S_c, bound, evaluate=False),
            means={},
        ),
        Step(
            claim="A cover of the vertices is not enough: a ring of four is covered by two pairs, whose 8 is less than "
            "its 9 terms.",
            because="The constant, four spins and four pairs.",
            obligation=(N_c * 2**S_c).subs({N_c: 2, S_c: 2}) - 8,
            shows=sp.Eq(around, 9, evaluate=False),
            means={around: cliques(ring(4), 4)},
        ),
        Step(
            claim="Nor is a cover of the edges: among four couples, everyone joined with all but the partner, five "
            "cliques of four contain every pair, and 5 times 2^4 = 80 is less than the 81 terms.",
            because="From each couple one, the other or nobody: 3^k cliques for k couples, 81 for four, and 243 "
            "against 6 times 2^5 = 192 for five. The five cliques are listed, and pairs looked for in them.",
            obligation=(
                *(cliques(cocktail_party(couples), 2 * couples) - 3**couples for couples in (2, 3, 4)),
                len(_uncovered(4, FIVE)),
                (N_c * 2**S_c).subs({N_c: 5, S_c: 4}) - 80,
                3**5 - 243,
                len(_uncovered(5, SIX)),
                (N_c * 2**S_c).subs({N_c: 6, S_c: 5}) - 192,
            ),
            shows=sp.Eq(3**k, sp.Sum(sp.binomial(k, j) * 2**j, (j, 0, k)), evaluate=False),
            means=tuple({k: couples} for couples in (2, 3, 4)),
        ),
    )


FIVE = ("0000", "0111", "1011", "1101", "1110")  # which of each couple belongs to the clique
SIX = ("00000", "11111", "11100", "10011", "01010", "00101")


def _uncovered(couples: int, cover: tuple[str, ...]) -> list[frozenset[int]]:
    """Pairs of different couples that are together in no clique of a cover."""
    members = [{2 * j + int(which) for j, which in enumerate(row)} for row in cover]
    return [pair for pair in cocktail_party(couples) if not any(pair <= some for some in members)]
