r"""Decimation of the Ising chain, exact and repeated: a composition of functions (document 003).

Premises: spins 1 and -1 on a ring with the weight exp(K s s') of neighbours. The sum over every second spin leaves a
ring of half as many spins, with another coupling and a factor. Repeated, it is a composition; couplings, free energy
and correlations agree with those of the transfer matrix.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.cheap_learning import COUPLING, STEPS
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import K, l

SLIDE = Source(document="003", where="Renormalization in statistical physics")
COUPLING_AFTER, FACTOR = sp.Function("K"), sp.Function("A")
FREE, CORRELATION = sp.Function("F"), sp.Function("C")


def dual(coupling: sp.Expr, is_small: sp.Basic) -> sp.Expr:
    """-ln(tanh K) / 2, the dual of a coupling, its own inverse (Kramers and Wannier 1941), in forms that keep digits.

    `is_small` says on which side of about 1/2 the coupling lies; there both forms have all digits.
    """
    return sp.Piecewise((-sp.log(sp.tanh(coupling)) / 2, is_small), (sp.atanh(sp.exp(-2 * coupling)), True))


STABLE = (  # tanh rounds to 1 from K = 19 on
    dual(2**l * dual(K, sp.Lt(K, sp.S.Half)), sp.tanh(K) ** (2**l) > sp.Rational(1, 3)),
    sp.exp(K) * sp.sqrt(2 * (1 + sp.exp(-4 * K))),
    K + sp.log(1 + sp.exp(-2 * K)),
    sp.tanh(K) ** l,
)
STATEMENT = Statement(
    module=__name__,
    title="Decimation of the Ising chain",
    formula=sp.Eq(
        sp.Tuple(COUPLING_AFTER(l), FACTOR(K), FREE(K), CORRELATION(l)),
        sp.Tuple(sp.atanh(sp.tanh(K) ** (2**l)), 2 * sp.sqrt(sp.cosh(2 * K)), sp.log(2 * sp.cosh(K)), sp.tanh(K) ** l),
        evaluate=False,
    ),
    stable=sp.Tuple(*STABLE),
    parameters=(COUPLING, STEPS),
    assumptions=(
        "K(l) is the coupling after l decimations, each of which sums over every second spin; temperature is one, and "
        "there is no field.",
        "A(K) is the factor that each spin summed over leaves behind; F(K) is the logarithm of the partition function "
        "per spin of a long chain, C(l) the correlation of spins that are l steps apart.",
        "No coupling but K = 0 stays as it is: a chain has no phase transition.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="renormalization")),
    covers=("H20",),
)


def derivation() -> tuple[Step, ...]:
    """From one sum to the coupling, from its repetition to a composition, and the transfer matrix beside it."""
    after, factor, free, correlation = STATEMENT.right
    new = sp.log(sp.cosh(2 * K)) / 2
    transfer = sp.Matrix([[sp.exp(K), sp.exp(-K)], [sp.exp(-K), sp.exp(K)]])
    even, odd = sp.Matrix([1, 1]), sp.Matrix([1, -1])
    t = sp.Symbol("t", positive=True)
    once = sp.tanh(K) ** 2
    s_a, s_b = sp.symbols("s_a s_b")
    (low, _), (high, _) = dual(K, sp.Lt(K, sp.S.Half)).args
    return (
        Step(
            claim="The sum over a spin between two equal ones is 2 cosh 2K, and between two unequal ones 2: as if they "
            "had the coupling K(1), times the factor A.",
            because="A exp(K(1)) and A exp(-K(1)), with exp(2 K(1)) = cosh 2K.",
            shows=sp.Eq(
                sp.exp(K * (s_a + s_b)) + sp.exp(-K * (s_a + s_b)),
                FACTOR(K) * sp.exp(COUPLING_AFTER(1) * s_a * s_b),
                evaluate=False,
            ),
            means=tuple(
                {FACTOR(K): factor, COUPLING_AFTER(1): new, s_a: one, s_b: other}
                for one, other in itertools.product((1, -1), repeat=2)
            ),
        ),
        Step(
            claim="The hyperbolic tangent of the coupling is squared.",
            because="tanh K(1) = (cosh 2K - 1)/(cosh 2K + 1).",
            shows=sp.Eq(sp.tanh(new), once, evaluate=False),
            means={},
        ),
        Step(
            claim="Decimation composed with itself l times takes it to the power 2^l.",
            because="The power of one step more is the square; l = 0 is the coupling itself.",
            obligation=(
                sp.powsimp(t ** (2**l) * t ** (2**l)) - t ** (2 * 2**l),
                sp.tanh(after).subs(l, 0) - sp.tanh(K),
            ),
            shows=sp.Eq(sp.tanh(COUPLING_AFTER(l + 1)), sp.tanh(COUPLING_AFTER(l)) ** 2, evaluate=False),
        ),
        Step(
            claim="The free energy is consistent: a spin carries half of log A and half of that of the new chain.",
            because="A 2 cosh K(1) = (2 cosh K)^2, as 2 cosh K(1) = (cosh 2K + 1)/root cosh 2K.",
            shows=sp.Eq(sp.exp(2 * FREE(K)), FACTOR(K) * sp.exp(FREE(new)), evaluate=False),
            means={FREE(K): free, FACTOR(K): factor, FREE(new): free.subs(K, new)},
        ),
        Step(
            claim="The transfer matrix has the eigenvalues 2 cosh K and 2 sinh K: F(K) is the logarithm of the larger.",
            because="Applied to (1, 1) and to (1, -1).",
            obligation=(
                *(transfer * even - (2 * sp.cosh(K)).rewrite(sp.exp) * even).expand(),
                *(transfer * odd - (2 * sp.sinh(K)).rewrite(sp.exp) * odd).expand(),
            ),
            shows=sp.Eq(FREE(K), sp.log(2 * sp.cosh(K)), evaluate=False),
        ),
        Step(
            claim="Correlations are powers of the ratio of both, and decimation keeps them: those two steps apart are "
            "those of neighbours after it.",
            because="tanh K = sinh K / cosh K, and tanh(K)^(2 l) = (tanh(K)^2)^l.",
            obligation=(
                (sp.sinh(K) / sp.cosh(K) - correlation.subs(l, 1)).rewrite(sp.exp),
                sp.powsimp(correlation.subs(l, 2 * l) - (sp.tanh(K) ** 2) ** l),
            ),
            shows=sp.Eq(CORRELATION(2 * l), (sp.tanh(K) ** 2) ** l, evaluate=False),
        ),
        Step(
            claim="Decimation multiplies the dual coupling, minus half the logarithm of tanh K, by 2^l; the dual of a "
            "dual is the coupling. Factor and free energy may be written with exponentials that fall.",
            because="Both forms of the dual have the same tanh, and exp of minus twice the dual is tanh K; factors are "
            "taken out of the root and of the logarithm.",
            obligation=(
                (sp.tanh(high) - sp.tanh(low)).rewrite(sp.exp),
                high.subs(K, 2**l * low) - after,
                STABLE[1] ** 2 - factor**2,
                sp.exp(STABLE[2]) - sp.exp(free),
                STABLE[3] - correlation,
            ),
        ),
        Step(
            claim="No coupling but zero, and infinity, is a fixed point.",
            because="t^2 = t has the solutions 0 and 1 alone.",
            obligation=t**2 - t - t * (t - 1),
            shows=sp.Eq(t**2, t, evaluate=False),
            means=tuple({t: sp.tanh(coupling)} for coupling in (sp.S.Zero, sp.oo)),
        ),
    )
