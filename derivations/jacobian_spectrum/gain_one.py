r"""tanh networks with orthogonal weights at a gain of exactly 1: the shape of the spectrum settles, its scale vanishes.

Premises: tanh, orthogonal weights of gain 1, no biases, any start. The length has no fixed point but 0, to which it
decays like 1 / (2 l). The variance that layer l adds to the squared singular values falls like 2 / l^2 and its sum
converges; their mean falls by 1 - 1 / l a layer, so that it goes like 1 / L. The page's figure and its table share one
row: at gain 1 the shape converges, and all singular values vanish like L^(-1/2).
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import l, x, z

LENGTH, STRETCH, SPREAD = sp.symbols("q_l chi_l v_l", positive=True)
ITERATION = Source(document="schoenholz2017deep", where="fixed points of the length map")
SIDES = sp.Tuple(LENGTH, STRETCH, SPREAD)

STATEMENT = Statement(
    module=__name__,
    title="tanh networks with orthogonal weights at gain 1",
    formula=sp.Eq(SIDES, sp.Tuple(1 / (2 * l), 1 - 1 / l, 2 / l**2), evaluate=False),
    parameters=(Parameter(symbol=l, meaning="number of the layer", domain=sp.Range(1, sp.oo), typical=(20, 400)),),
    assumptions=(
        "The activation is tanh, weights are orthogonal, of gain 1, and there are no biases.",
        "q_l is the squared length per neuron of the preactivations of layer l, chi_l the mean of the squared "
        "singular values "
        "of its Jacobian and v_l their variance over the square of the mean.",
    ),
    regime=Limit(parameter=l, towards=sp.oo, rate=sp.log(l) / l**2),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J18",),
    printed=(
        Printed(
            erratum="E39",
            kind="ambiguous",
            formula=sp.Eq(SIDES, sp.Tuple(1 / (2 * l), sp.S.One, 2 / l**2), evaluate=False),
            note="The figure shows a spectrum that settles; that holds for its shape. Its scale goes like 1 / L: the "
            "mean of the squared singular values falls by 1 - 1 / l a layer.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the series of the length map to its decay, and to what layers do on the way."""
    q = sp.Symbol("q", positive=True)
    series = sp.series(sp.tanh(x), x, 0, 7).removeO()
    slope = sp.diff(series, x)
    field = sp.sqrt(q) * z

    def average(expression: sp.Expr, orders: int) -> sp.Expr:
        found = sp.expand(GaussE(sp.expand(expression.subs(x, field)), z).doit())
        return sum(found.coeff(q, k) * q**k for k in range(orders))

    square, second, fourth = average(series**2, 4), average(slope**2, 3), average(slope**4, 3)
    length, stretch, spread = STATEMENT.right
    spread_series = sp.series(sp.cancel(fourth / second**2), q, 0, 3).removeO() - 1
    k, number = sp.symbols("k n", integer=True, positive=True)
    after, falling = sp.Symbol("q'"), sp.Product(1 - 1 / k, (k, 2, number))
    return (
        Step(
            claim="From layer to layer 1 / q grows by 2, up to a term of order q.",
            because="The average of tanh^2 is expanded to the third order in q, and inverted.",
            shows=sp.Eq(1 / after, 1 / q + 2 - sp.Rational(5, 3) * q + sp.O(q**2), evaluate=False),
            means={after: square},
        ),
        Step(
            claim="So 1 / q_l is 2 l up to a logarithm of l, from any start.",
            because="The terms of order q add up like 5 / 6 of the sum of 1 / l.",
            assumption=ITERATION,
            shows=sp.Eq(1 / LENGTH, 2 * l + sp.Symbol(r"O(\ln l)"), evaluate=False),
        ),
        Step(
            claim="A layer takes the mean by 1 - 2 q and adds the relative variance 8 q^2.",
            because="The averages of tanh'^2 and tanh'^4 are expanded, and q_l is inserted.",
            obligation=(
                sp.expand(second.coeff(q, 0) + second.coeff(q, 1) * q).subs(q, length) - stretch,
                sp.expand(spread_series).coeff(q, 0),
                sp.expand(spread_series).coeff(q, 1),
                (sp.expand(spread_series).coeff(q, 2) * q**2).subs(q, length) - spread,
            ),
            shows=sp.Eq(sp.Tuple(STRETCH, SPREAD), sp.Tuple(stretch, spread), evaluate=False),
        ),
        Step(
            claim="The mean of L layers then falls like 1 / L.",
            because="The product of 1 - 1 / l over layers 2 to L telescopes: without a factor it is 1, and the next "
            "factor turns 1 / n into 1 / (n + 1).",
            shows=sp.Eq(falling, 1 / number, evaluate=False),
            means=(
                {falling: sp.S.One, number: sp.S.One},
                {falling: (1 - 1 / k).subs(k, number + 1) / number, number: number + 1},
            ),
        ),
    )
