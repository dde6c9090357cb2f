r"""The index of every critical point of a three-layer linear network.

Premises: the critical points at which a network holds some modes of the data in full and no others (Baldi and Hornik),
and the curvatures there. A held mode and a left-out one have one negative curvature where the left-out mode is
stronger; a hidden neuron that holds nothing has one with each left-out mode. The count has one minimum, and no local
one.
"""

from __future__ import annotations

import sympy as sp

from derivations import error_landscape
from derivations.deep_linear import saddles
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import N_2, J_m, Lambda_i, Lambda_j, n_m, n_r, s_i, s_j

INDEX = sp.Symbol("K", integer=True, nonnegative=True)
BALDI = Source(document="baldi1989neural", where="critical points and saddles of linear networks")

STATEMENT = Statement(
    module=__name__,
    title="Index of the critical points of a linear network",
    formula=sp.Eq(INDEX, J_m - n_m * (n_m + 1) / 2 + (N_2 - n_m) * (n_r - n_m), evaluate=False),
    parameters=(
        Parameter(symbol=J_m, meaning="sum of the ranks of the held modes", domain=sp.S.Naturals0, typical=(6, 24)),
        Parameter(symbol=n_m, meaning="number of held modes", domain=sp.S.Naturals0, typical=(0, 3)),
        Parameter(symbol=N_2, meaning="number of hidden neurons", domain=sp.S.Naturals, typical=(3, 6)),
        Parameter(symbol=n_r, meaning="number of modes of the data", domain=sp.S.Naturals, typical=(6, 12)),
    ),
    assumptions=(
        saddles.PRINCIPAL,
        "K is the number of negative curvatures. Modes are ranked by s^2 / Lambda, the strongest first, and no two are "
        "equally strong; no hidden neuron has weights of one kind only.",
        "The inputs' correlation is regular, and there are at least as many modes as hidden neurons.",
    ),
    regime=Exact(),
    sources=(error_landscape.OF_A_NETWORK, error_landscape.HIGH_DIMENSIONAL, BALDI),
    covers=("F3", "A7"),
    uses=("deep_linear.saddles",),
)


def derivation() -> tuple[Step, ...]:
    """From the signs of curvatures to pairs of modes, and to the number of pairs."""
    down, up, across = saddles.STATEMENT.right
    k, count = sp.symbols("k m", integer=True, positive=True)
    rank = sp.Symbol("j_k", integer=True, positive=True)
    stronger = Lambda_j * (s_i**2 / Lambda_i - s_j**2 / Lambda_j)
    least, stated = sp.Symbol("K_min"), STATEMENT.right[0]
    ranks = sp.Symbol("Sigma_k", integer=True)  # sum over k of k, up to the number of held modes

    def triangle(number: sp.Expr) -> sp.Expr:
        return number * (number + 1) / 2

    pairs, silent = J_m - ranks, (N_2 - n_m) * (n_r - n_m)
    return (
        Step(
            claim="A held mode i and a left-out mode j have one negative curvature where s_j^2 / Lambda_j exceeds "
            "s_i^2 / Lambda_i, and none where it is smaller.",
            because="The product of their two curvatures has that sign, and their sum is positive.",
            obligation=(
                sp.expand(down * up - stronger),
                sp.expand(down + up - s_i - Lambda_j * s_i / Lambda_i),
            ),
            shows=sp.Eq(saddles.DOWN * saddles.UP, stronger, evaluate=False),
        ),
        Step(
            claim="A hidden neuron that holds nothing has one negative curvature with each left-out mode, and two held "
            "modes have none.",
            because="With s_i = 0 the two curvatures are -s_j and s_j; those of two held modes are zero and a sum of "
            "positive terms.",
            obligation=across - s_j - Lambda_j * s_i / Lambda_i,
            shows=sp.Eq(sp.Tuple(saddles.DOWN, saddles.UP), sp.Tuple(-s_j, s_j), evaluate=False),
            means={saddles.DOWN: down.subs(s_i, 0), saddles.UP: up.subs(s_i, 0)},
        ),
        Step(
            claim="The k-th of the held modes, of rank j_k, has j_k - k left-out modes above it.",
            because="Of the j_k - 1 modes above it k - 1 are held.",
            obligation=(rank - 1) - (k - 1) - (rank - k),
            shows=sp.Eq((rank - 1) - (k - 1), rank - k, evaluate=False),
        ),
        Step(
            claim="The numbers 1 to m add up to m (m + 1) / 2.",
            because="The sum is 0 for none, and grows by m + 1 from m to m + 1.",
            obligation=(triangle(sp.S.Zero), sp.expand(triangle(count + 1) - triangle(count) - (count + 1))),
            shows=sp.Eq(triangle(count + 1) - triangle(count), count + 1, evaluate=False),
        ),
        Step(
            claim="Pairs of a held and a stronger left-out mode, and of a silent neuron and a left-out mode, add up to "
            "the index stated.",
            because="n_r - n_m modes are left out, and N_2 - n_m neurons are silent.",
            obligation=sp.expand((pairs + silent).subs(ranks, triangle(n_m)) - stated),
            shows=sp.Eq(INDEX, J_m - triangle(n_m) + silent, evaluate=False),
        ),
        Step(
            claim="The index is zero where the strongest modes are held, as many as there are hidden neurons, and "
            "nowhere else: the held modes then have the least sum of ranks, and no neuron is silent.",
            because="Both terms are counts; the ranks 1 to N_2 are inserted.",
            shows=sp.Eq(least, sp.S.Zero, evaluate=False),
            means={least: stated.subs(J_m, triangle(N_2)).subs(n_m, N_2)},
        ),
    )
