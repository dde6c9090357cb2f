r"""Dye in a box ends uniform: the divergence from the uniform density falls like exp(-2 pi^2 D t / ell^2).

Premises: the diffusion equation between two walls that reflect. The density is a sum of cosines, of which the first
decays most slowly; the divergence is half of its mean square, to leading order.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.diffusion import ell
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import t, x

divergence = sp.Symbol("D_unif", positive=True)
constant = sp.Symbol("D_x", positive=True)
first = sp.Symbol("c_1", real=True)
DECAY = sp.pi**2 * constant * t / ell**2
REST = sp.exp(-4 * DECAY)  # order of what is left out

STATEMENT = Statement(
    module=__name__,
    title="Dye in a box ends uniform",
    formula=sp.Eq(divergence, first**2 * sp.exp(-2 * DECAY), evaluate=False),
    parameters=(
        diffusion.TIME,
        Parameter(symbol=constant, meaning="diffusion constant", domain=POSITIVE, typical=(0.2, 1.7)),
        Parameter(symbol=ell, meaning="length of the box", domain=POSITIVE, typical=(0.8, 2.6)),
        Parameter(
            symbol=first,
            meaning="mean of cos(pi x / ell) over the start",
            domain=sp.Interval(-1, 1),
            typical=(-0.9, 0.95),
        ),
    ),
    assumptions=(
        "Walls at 0 and ell reflect. The divergence is that from the uniform density, in nats.",
        "In several dimensions divergences of independent coordinates add up.",
    ),
    regime=Limit(parameter=t, towards=sp.oo, rate=REST),
    sources=(
        diffusion.DESTRUCTION,
        Source(document="000", where="Physical Intuition: Recover Structure by Reversing Time"),
    ),
    covers=("F14",),
)


def derivation() -> tuple[Step, ...]:
    """From the cosines that the walls allow, to the slowest of them."""
    m = sp.Symbol("m", integer=True, positive=True)
    wave = sp.cos(m * sp.pi * x / ell) * sp.exp(-(m**2) * DECAY)
    delta = sp.Symbol("delta", real=True)
    small = sp.Symbol("e", positive=True)
    body = sp.expand(sp.series((1 + small * delta) * sp.log(1 + small * delta), small, 0, 5).removeO())
    ratio = 2 * first * sp.exp(-DECAY)
    cosine = sp.cos(sp.pi * x / ell)
    antiderivative = x / 2 + ell * sp.sin(2 * sp.pi * x / ell) / (4 * sp.pi)
    cube = ell / sp.pi * (sp.sin(sp.pi * x / ell) - sp.sin(sp.pi * x / ell) ** 3 / 3)
    return (
        Step(
            claim="Cosines without slope at the walls decay by themselves, the m-th like exp(-m^2 pi^2 D t / ell^2).",
            because="Each is inserted in the diffusion equation, and its flux taken at both walls.",
            obligation=(
                wave.diff(t) - constant * wave.diff(x, 2),
                wave.diff(x).subs(x, 0),
                wave.diff(x).subs(x, ell),
            ),
        ),
        Step(
            claim="The share of the first cosine in the density is 2 c_1 / ell.",
            because="The mean square of the cosine over the box is 1/2, and c_1 its mean over the start; the "
            "antiderivative is differentiated back.",
            obligation=(
                antiderivative.diff(x) - cosine**2,
                antiderivative.subs(x, ell) - antiderivative.subs(x, 0) - ell / 2,
            ),
        ),
        Step(
            claim="A density (1 + delta)/ell has the divergence of half the mean square of delta, to leading order.",
            because="(1 + delta) log(1 + delta) is expanded; delta has no mean, and its next orders are -delta^3/6 and "
            "delta^4/12.",
            obligation=(
                body.coeff(small, 1) - delta,
                body.coeff(small, 2) - delta**2 / 2,
                body.coeff(small, 3) + delta**3 / 6,
                body.coeff(small, 4) - delta**4 / 12,
            ),
        ),
        Step(
            claim="With the first cosine alone that is the formula.",
            because="delta is 2 c_1 exp(-pi^2 D t / ell^2) times the cosine, whose mean square is 1/2.",
            obligation=ratio**2 / 4 - STATEMENT.right[0],
            shows=STATEMENT.formula,
        ),
        Step(
            claim="What is left out is smaller by exp(-2 pi^2 D t / ell^2).",
            because="The cube of the cosine has no mean over the box; the fourth power of delta decays as the square "
            "of the leading term, and the second cosine's square faster.",
            obligation=(
                cube.diff(x) - cosine**3,
                cube.subs(x, ell) - cube.subs(x, 0),
                (wave.subs({m: 2, x: 0}) ** 2 / sp.exp(-2 * DECAY) ** 4 - 1),
                sp.exp(-DECAY) ** 4 - REST,
            ),
        ),
    )
