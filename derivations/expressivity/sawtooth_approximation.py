r"""A function of few pieces cannot even approximate the sawtooth.

Premises: the sawtooth of L tents is above and below 1/2 by turns, on 2^L + 1 intervals. A continuous function of n_p
affine pieces crosses 1/2 at most n_p times, and where it stays on one side it is on the wrong one in every other
interval. In such an interval the distance is that of the sawtooth from 1/2, at least. The slide says "to approximate"
without a number; a known bound has n_p where half of it is enough.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus.relu_folds import sawtooth
from derivations.expressivity import linear_regions
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import L, n_p

SLIDE = Source(document="001", where="Seminal works on the expressive power of depth")
WRONG = sp.Symbol("W")

STATEMENT = Statement(
    module=__name__,
    title="Few pieces cannot approximate the sawtooth",
    formula=sp.Eq(WRONG, 2 ** (L - 1) - sp.floor(n_p / 2), evaluate=False),
    parameters=(
        linear_regions.STATEMENT.parameters[0].narrowed("of the sawtooth"),
        Parameter(symbol=n_p, meaning="affine pieces, at most 2^L", domain=sp.Range(0, sp.oo), typical=(3, 8)),
    ),
    assumptions=(
        "W is the least number of the 2^L + 1 intervals in which the sawtooth is on one side of 1/2, and a continuous "
        "function of n_p affine pieces on the other one throughout.",
        "Every continuous function of n_p pieces then has a mean absolute distance of (W - 1)/2^(L + 2) at least from "
        "the sawtooth.",
        "A network of one hidden layer with m relu neurons has at most m + 1 pieces.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="telgarsky2016benefits", where="crossings of the sawtooth")),
    covers=("D35",),
    uses=(linear_regions.STATEMENT.id,),
)


def least(sides: int, crossings: int) -> int:
    """Intervals, of so many that change sides, in which a function with so many crossings is on the wrong side."""
    wrong = {(side, 0): 0 for side in (0, 1)}
    for number in range(sides):
        found: dict[tuple[int, int], int] = {}
        for (side, used), count in wrong.items():
            for more in range(3):
                if used + more <= crossings:
                    key = (side + more) % 2, used + more
                    cost = count + int(more == 0 and side != number % 2)
                    found[key] = min(found.get(key, sides), cost)
        wrong = found
    return min(wrong.values())


def derivation() -> tuple[Step, ...]:
    """From crossings to intervals on the wrong side, and from these to a distance."""
    wrong = STATEMENT.right[0]
    teeth = linear_regions.STATEMENT.right[0]
    x = sp.Symbol("x", positive=True)
    height = 2**L * x  # of the first tooth's rising side
    middle = 1 / (2 * teeth)
    tooth, never = sp.Function("s"), sp.Function("W")(0)
    piece, crossings = sp.Symbol("a") * x + sp.Symbol("b"), sp.Symbol("c")
    distance = 2 * (height**2 / 2 - height / 2) / teeth
    in_one, mean = sp.symbols("E_interval E_1")
    triangle, together = distance.subs(x, 1 / teeth) - distance.subs(x, middle), WRONG / (4 * teeth) - 2 / (8 * teeth)
    return (
        Step(
            claim="The sawtooth crosses 1/2 in the middle of each of its 2^L pieces, and has 2^L + 1 sides.",
            because="Each piece runs between 0 and 1. Evaluated for three layers, at the ends of all pieces.",
            obligation=(
                height.subs(x, 1 / teeth) - 1,
                *(sawtooth(sp.Rational(k, 8), 3) - k % 2 for k in range(9)),
                *(sawtooth(sp.Rational(2 * k + 1, 16), 3) - sp.Rational(1, 2) for k in range(8)),
            ),
            shows=sp.Eq(tooth(middle), sp.Rational(1, 2), evaluate=False),
            means={tooth(middle): height.subs(x, middle)},
        ),
        Step(
            claim="A function that never crosses is on the wrong side in half of them, or one more.",
            because="2^(L - 1) sides are above, and one more below.",
            obligation=least(9, 0) - 4,
            shows=sp.Eq(never, teeth / 2, evaluate=False),
            means={never: wrong.subs(n_p, 0)},
        ),
        Step(
            claim="Two crossings inside two neighbouring intervals leave neither wholly wrong and save one; one "
            "crossing alone saves none.",
            because="The best places for up to 2^L crossings, inside intervals or between them, are searched for two "
            "to four layers.",
            obligation=tuple(
                least(2**depth + 1, count) - wrong.subs({L: depth, n_p: count})
                for depth in (2, 3, 4)
                for count in range(2**depth + 1)
            ),
            shows=sp.Eq(WRONG, wrong, evaluate=False),
            instances="two to four layers",
        ),
        Step(
            claim="So many crossings need as many pieces: an affine piece crosses 1/2 once at most.",
            because="A piece of slope a and height b is 1/2 at one place.",
            obligation=piece.diff(x, 2),
            shows=sp.Le(crossings, n_p, evaluate=False),
            means={crossings: sp.degree(piece - sp.Rational(1, 2), x) * n_p},
        ),
        Step(
            claim="In an interval on the wrong side the absolute distance adds up to 2^-L/4 at least, and half of that "
            "at the two ends.",
            because="A triangle of the height 1/2 over the width 2^-L; the distance from the other side is at least "
            "that from 1/2. The primitive of its side is differentiated.",
            obligation=(
                distance.diff(x) - 2 * (height - sp.Rational(1, 2)),
                triangle - 1 / (4 * teeth),
            ),
            shows=sp.Ge(in_one, 1 / (4 * teeth), evaluate=False),
            means={in_one: triangle},
        ),
        Step(
            claim="So the mean absolute distance is at least (W - 1)/2^(L + 2), as at most two of the intervals are "
            "those at the ends.",
            because="W intervals of 2^-L/4, less two halves of that.",
            obligation=together - (WRONG - 1) / 2 ** (L + 2),
            shows=sp.Ge(mean, (WRONG - 1) / 2 ** (L + 2), evaluate=False),
            means={mean: together},
        ),
    )
