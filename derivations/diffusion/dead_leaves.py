r"""Correlations of dead leaves: the grey of two points is the same if one leaf covers both.

Premises: leaves of independent grey fall on top of each other for ever; the topmost leaf over a point is seen. The
first leaf from the top that covers at least one of two points covers both with a probability that follows from areas.
For disks the areas are elementary.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement

correlation = sp.Symbol("C_h", real=True)
distance = sp.Symbol("h", positive=True)
radius = sp.Symbol("r_d", positive=True)
common = sp.Symbol("A_h", positive=True)
COMMON = 2 * radius**2 * sp.acos(distance / (2 * radius)) - distance / 2 * sp.sqrt(4 * radius**2 - distance**2)

STATEMENT = Statement(
    module=__name__,
    title="Correlations of dead leaves",
    formula=sp.Eq(correlation, common / (2 * sp.pi * radius**2 - common), evaluate=False),
    where=(sp.Eq(common, COMMON, evaluate=False),),
    parameters=(
        Parameter(symbol=distance, meaning="distance of two points", domain=POSITIVE, typical=(0.3, 3.3)),
        Parameter(symbol=radius, meaning="radius of a leaf", domain=POSITIVE, typical=(1.8, 4.5)),
    ),
    assumptions=(
        "Leaves are disks of one radius, evenly spread over the plane, each with an independent grey.",
        "Two points are at most a diameter apart; beyond, they are uncorrelated.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Dead Leaf Model"),
        Source(document="lee2001occlusion", where="probability that two points show the same object"),
    ),
    covers=("F13",),
)


def derivation() -> tuple[Step, ...]:
    """From the leaves that cover two points to the area that two disks share."""
    both, one, p = sp.symbols("a b p", positive=True)
    area = STATEMENT.where[0].rhs
    grey, mean = sp.symbols("G m", real=True)
    alike = both / (both + one)
    total = 2 * sp.pi * radius**2 - common
    return (
        Step(
            claim="The topmost leaf that covers any of two points covers both with probability a/(a + b), if a leaf "
            "covers both with probability a and one of them with b.",
            because="It is the sum over the leaves before it, which cover none: p = a + (1 - a - b) p.",
            obligation=sp.cancel(both + (1 - both - one) * alike - alike),
        ),
        Step(
            claim="The correlation of the greys is that probability.",
            because="Two leaves have independent greys, whose covariance vanishes; one leaf has its variance.",
            obligation=(p * grey + (1 - p) * mean**2 - mean**2) / (grey - mean**2) - p,
        ),
        Step(
            claim="A leaf covers both points if its centre is in the area A that two disks around them share, and any "
            "if it is in either: 2 pi r^2 - A.",
            because="Both probabilities are areas over the same large one.",
            obligation=sp.cancel(alike.subs({both: common, one: total - common}) - STATEMENT.right[0]),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Two disks at the distance h share twice a segment; the area shrinks by the chord they share.",
            because="The derivative by the distance is minus the chord, sqrt(4 r^2 - h^2), and disks a diameter apart "
            "share nothing.",
            obligation=(
                sp.simplify(area.diff(distance) + sp.sqrt(4 * radius**2 - distance**2)),
                area.subs(distance, 2 * radius),
                sp.limit(area, distance, 0) - sp.pi * radius**2,
            ),
            shows=STATEMENT.where[0],
        ),
    )
