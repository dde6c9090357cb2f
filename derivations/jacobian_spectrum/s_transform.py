r"""Moments of a product of two large positive matrices in general position: S-transforms multiply.

Premises: A and B positive, rotated against each other at random, so that they become free as they grow. The pages write
S_A S_B = S_AB and [S_F S_W]^D for a network. They leave out that the factors must be positive, with A^(1/2) B A^(1/2)
in place of AB, and that the factors of a layer D W are D^2 and W W^T: a centred W has mean 0 and no S-transform. Here
is what the law says of the first three moments, from the definition of freeness.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import free_probability
from derivations.jacobian_spectrum import MEAN, SECOND, THIRD
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Statement
from derivations.symbols import N

a_1, a_2, a_3 = (free_probability.letter_moment("a", k) for k in (1, 2, 3))
b_1, b_2, b_3 = (free_probability.letter_moment("b", k) for k in (1, 2, 3))
ORDERS = {1: "mean", 2: "second moment", 3: "third moment"}
FORMULA = sp.Eq(
    sp.Tuple(MEAN, SECOND, THIRD),
    sp.Tuple(
        a_1 * b_1,
        a_2 * b_1**2 + a_1**2 * b_2 - a_1**2 * b_1**2,
        a_3 * b_1**3
        + a_1**3 * b_3
        + 3 * a_1 * a_2 * b_1 * b_2
        - 3 * a_1 * a_2 * b_1**3
        - 3 * a_1**3 * b_1 * b_2
        + 2 * a_1**3 * b_1**3,
    ),
    evaluate=False,
)


def parameters(name: str, letters: tuple[sp.Symbol, ...]) -> tuple[Parameter, ...]:
    """The moments of one factor."""
    return tuple(
        Parameter(symbol=letter, meaning=f"{ORDERS[k]} of {name}", domain=POSITIVE, typical=(0.5, 3))
        for k, letter in enumerate(letters, start=1)
    )


STATEMENT = Statement(
    module=__name__,
    title="S-transforms of free factors multiply",
    formula=FORMULA,
    parameters=(*parameters("A", (a_1, a_2, a_3)), *parameters("B", (b_1, b_2, b_3))),
    assumptions=(
        "A and B are positive N x N matrices whose laws have limits, and one is rotated by a uniformly random "
        "rotation.",
        "m_k is the mean k-th power of the eigenvalues of A^(1/2) B A^(1/2), and the moments of A and B are those of "
        "their eigenvalues.",
        "In a layer D W they are D^2 and W W^T.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J1",),
    printed=(
        Printed(
            erratum="E41",
            kind="assumption",
            formula=FORMULA,
            note="S_A S_B = S_AB needs positive factors. In [S_F S_W]^D they are F^2 and W W^T: a W of mean 0 has no "
            "S-transform, and its moments give a mean of 0.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the definition of freeness to the multiplication law, to three moments, and to what needs it."""
    stated = STATEMENT.right
    series = free_probability.product(
        free_probability.s_transform((a_1, a_2, a_3)), free_probability.s_transform((b_1, b_2, b_3))
    )
    found = free_probability.moments_of_s(series)
    return (
        *free_probability.asymptotic_freeness(),
        *jacobian_spectrum.multiplication_law(),
        Step(
            claim="The product of the two S-transforms has the moments stated.",
            because="The S-transforms are found from three moments each, multiplied, and turned into moments.",
            obligation=tuple(sp.cancel(m - side) for m, side in zip(found, stated, strict=True)),
            shows=STATEMENT.formula,
        ),
        *free_probability.positive_factors(),
    )
