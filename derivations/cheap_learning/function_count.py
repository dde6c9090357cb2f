r"""Networks described by few bits compute few of all functions (document 003).

Premises: a network that is described by B bits has at most 2^B settings, and computes one function for each; there are
2^(2^n) functions of n bits. So most functions have no short description, as most images look like noise. The slide says
so in words; the numbers are these.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import VARIABLES, discrete_network_size
from derivations.proof import Step
from derivations.statement import Bound, Parameter, Source, Statement
from derivations.symbols import B, n

NOISE = Source(document="003", where="while most functions are indistinguishable from random functions")
PARADOX = Source(document="003", where="Apparent paradox")
FUNCTIONS = sp.Symbol("S")

STATEMENT = Statement(
    module=__name__,
    title="Most functions have no small network",
    formula=sp.Le(FUNCTIONS, 2 ** sp.Min(B, 2**n), evaluate=False),
    parameters=(
        Parameter(symbol=B, meaning="bits that describe a network", domain=sp.Range(1, sp.oo), typical=(3, 12)),
        VARIABLES,
    ),
    assumptions=(
        "S is the number of different functions of n bits, with values 0 and 1, that networks of one kind compute, if "
        "each is described by B bits.",
        "Polynomials of bits, modulo two, attain the bound if B of their coefficients are free.",
    ),
    regime=Bound(tight=True),
    sources=(NOISE, PARADOX, Source(document="lin2017cheap", where="the success of reasonably small networks")),
    covers=("H21",),
    uses=(discrete_network_size.STATEMENT.id,),
)


def derivation() -> tuple[Step, ...]:
    """From settings to functions, to their share, and to how small it is."""
    bound = STATEMENT.right[0]
    all_of_them = discrete_network_size.STATEMENT.right[1]
    lacking = sp.Symbol("k", integer=True, nonnegative=True)
    settings = sp.Product(2, (sp.Symbol("j", integer=True, positive=True), 1, B)).doit()
    without_end = bound.subs(B, 2**n + lacking)
    return (
        Step(
            claim="B bits have 2^B settings, one function for each at most.",
            because="Each bit doubles them.",
            obligation=settings - 2**B,
            shows=sp.Le(FUNCTIONS, 2**B, evaluate=False),
            means={FUNCTIONS: settings},
        ),
        Step(
            claim="There are 2^(2^n) functions of n bits, however many settings a network has.",
            because="The number of tables; with as many bits as a table has rows both bounds agree.",
            obligation=(bound.subs(B, 2**n) - all_of_them, without_end - all_of_them),
            shows=sp.Le(FUNCTIONS, all_of_them, evaluate=False),
            means={FUNCTIONS: without_end},
        ),
        Step(
            claim="A polynomial of bits modulo two is its table for another: free coefficients give different "
            "functions.",
            because="The matrix of subsets has the determinant 1, which is odd: solved for up to four bits, and the "
            "functions of some free coefficients are listed.",
            obligation=tuple(
                sp.Matrix(2**m, 2**m, lambda row, column: int(row & column == column)).det() - 1 for m in (1, 2, 3, 4)
            ),
            shows=sp.Eq(FUNCTIONS, bound, evaluate=False),
            means=tuple({FUNCTIONS: _listed(m, free), n: m, B: free} for m, free in ((2, 3), (2, 4), (3, 5))),
            instances="up to four bits",
        ),
        Step(
            claim="The share of all functions that have a description of B bits less than a table is 2^-k, for k bits "
            "that are lacking.",
            because="2^B over 2^(2^n) with B = 2^n - k.",
            obligation=sp.powsimp(2 ** (2**n - lacking) / all_of_them) - 2**-lacking,
            shows=sp.Eq(2 ** (2**n - lacking) / all_of_them, 2**-lacking, evaluate=False),
        ),
        Step(
            claim="With ten bits of input and a description of a thousand bits it is one in 2^24; a bit of input more "
            "squares the number of functions.",
            because="2^10 - 1000 = 24, and 2^(2^(n+1)) = (2^(2^n))^2.",
            obligation=(2**10 - 1000 - sp.Integer(24), sp.powsimp(all_of_them**2) - all_of_them.subs(n, n + 1)),
            shows=sp.Eq(all_of_them.subs(n, n + 1), all_of_them**2, evaluate=False),
        ),
    )


def _listed(bits: int, free: int) -> int:
    """Different tables of polynomials modulo two, of which so many coefficients are free."""
    chosen = itertools.product((0, 1), repeat=free)
    return len({tuple(sum(c for s, c in enumerate(some) if s & t == s) % 2 for t in range(2**bits)) for some in chosen})
