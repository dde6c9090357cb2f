r"""Bits per dimension of grey levels, from the density of scaled and dequantized data.

Premises: N grey levels, mapped to a range of length R with uniform noise within each level, and a smooth model density.
A density in other units is divided by their ratio: log2(N/R) is added, 7 bits for 256 levels in [-1, 1] and 8 in [0,
1]. With uniform noise the bits of the density exceed those of the levels, by the variance of log p within a level: what
is computed from noisy data is a bound. For rounded Gaussian data, coded by their own Gaussian, both are elementary.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Source, Statement
from derivations.symbols import N

bits = sp.Symbol("b_x", real=True)
nats = sp.Symbol("H_x", real=True)
length = sp.Symbol("R_x", positive=True)
slope = sp.Symbol("J_x", positive=True)
gaussian, noisy = sp.symbols("b_G d_G", real=True)
spread = sp.Symbol("s_x", positive=True)
TOO_MANY = (length / N) ** 2 * slope / (24 * sp.log(2))
FINENESS = (length / (N * spread)) ** 2 / (24 * sp.log(2))


def formula(offset: sp.Expr) -> sp.Eq:
    """Bits per dimension with an offset: of any data, of Gaussian ones, and of these with uniform noise."""
    entropy = sp.log(2 * sp.pi * sp.E * spread**2) / (2 * sp.log(2)) + offset
    right = sp.Tuple(nats / sp.log(2) + offset - TOO_MANY, entropy + FINENESS, entropy + 2 * FINENESS)
    return sp.Eq(sp.Tuple(bits, gaussian, noisy), right, evaluate=False)


STATEMENT = Statement(
    module=__name__,
    title="Bits per dimension of grey levels",
    formula=formula(sp.log(N / length) / sp.log(2)),
    parameters=(
        Parameter(
            symbol=nats, meaning="mean of minus the log density per dimension", domain=sp.S.Reals, typical=(-1.6, 1.3)
        ),
        Parameter(symbol=N, meaning="grey levels", domain=sp.S.Naturals, typical=(8, 256)),
        Parameter(symbol=length, meaning="range of the scaled data", domain=POSITIVE, typical=(0.7, 3.3)),
        Parameter(
            symbol=slope,
            meaning="mean square of the slope of the log density, in scaled units",
            domain=POSITIVE,
            typical=(0.4, 6.0),
        ),
        Parameter(
            symbol=spread,
            meaning="standard deviation of Gaussian data, in scaled units",
            domain=POSITIVE,
            typical=(0.1, 0.7),
        ),
    ),
    assumptions=(
        "A level is mapped to an interval of length R_x/N, and the scaled datum is uniform in it; H_x and J_x are "
        "means over scaled data.",
        "b_x is the mean of minus log2 of the probability that the model gives to the level: the density's integral "
        "over the interval.",
        "b_G is the same for samples of a Gaussian that are rounded to levels, none beyond the range, with this "
        "Gaussian as the model; d_G is minus log2 of its density at the noisy data, per level.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=N**-4),
    sources=(
        Source(document="theis2016note", where="evaluation by log likelihood, and dequantization by uniform noise"),
        Source(document="000", where="Diffusion Probabilistic Model on Dead Leaves"),
    ),
    covers=("F13",),
    printed=(
        Printed(
            erratum="U30",
            kind="in use",
            formula=formula(sp.log(N) / sp.log(2)),
            note="log2 N, 8 bits for 256 levels, is the offset of data in [0, 1]; in [-1, 1] it is one bit less.",
            source=Source(document="public_code", where="bits per dimension of images scaled to [-1, 1]"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the change of units to what the noise within a level costs."""
    w, density = sp.symbols("w p", positive=True)
    first, second, third, fourth = sp.symbols("f_1:5", real=True)
    inside = sp.Symbol("v", real=True)
    logarithm = first * w * inside + second * (w * inside) ** 2 / 2 + third * (w * inside) ** 3 / 6
    logarithm += fourth * (w * inside) ** 4 / 24

    def averaged(expression: sp.Expr) -> sp.Expr:
        """Mean over a uniform place in (-1/2, 1/2), up to the third power of the width."""
        expanded = sp.expand(expression)
        total = sp.S.Zero
        for power in range(0, 13, 2):
            total += expanded.coeff(inside, power) / (2**power * (power + 1))
        total = sp.expand(total)
        return sum(total.coeff(w, order) * w**order for order in range(4))

    exponential = sum(logarithm**m / sp.factorial(m) for m in range(4))
    mass = averaged(exponential)
    log_mass = sp.series(sp.log(mass), w, 0, 4).removeO()
    lost = sp.expand(log_mass - averaged(logarithm))
    offset = -sp.log(density * length / N) / sp.log(2)
    width = sp.Symbol("w", positive=True)  # of a level
    wave, rounding = sp.symbols("k u", real=True)
    sine = sp.sin(wave * width / 2) / (wave * width / 2)  # characteristic function of a uniform place in a level
    twice = -sp.series(sine**2, wave, 0, 3).removeO().coeff(wave, 2) * 2  # variance that it adds, two times over
    square = spread**2 + twice
    own = sp.log(2 * sp.pi * spread**2) / 2 + square / (2 * spread**2)
    whole = own - width**2 * (square / spread**4) / 24 - sp.log(width)
    return (
        Step(
            claim="In units of a level the density is R/N times that in scaled units: log2(N/R) bits are added.",
            because="A level is R/N wide; minus log2 of the density there is compared with minus the log in nats.",
            obligation=sp.expand_log(
                offset - (-sp.log(density) / sp.log(2) + sp.log(N / length) / sp.log(2)), force=True
            ),
        ),
        Step(
            claim="For 256 levels that is 8 bits in a range of 1, and 7 in [-1, 1].",
            because="The range is 2 there.",
            obligation=(
                sp.expand_log(sp.log(sp.Integer(256)) / sp.log(2) - 8),
                sp.expand_log(sp.log(sp.Integer(256) / 2) / sp.log(2) - 7),
            ),
        ),
        Step(
            claim="The logarithm of the mean density within a level exceeds the mean of the logarithm by w^2 f'^2/24.",
            because="log p = f is expanded around the middle of a level of width w, and powers of a uniform place are "
            "averaged; the next term is of order w^4.",
            obligation=lost - w**2 * first**2 / 24,
        ),
        Step(
            claim="In bits, with w = R/N and the mean of f'^2, that is what must be taken off.",
            because="Nats are divided by log 2, in which bits are counted.",
            obligation=sp.expand_log(
                nats / sp.log(2)
                - sp.log(length / N) / sp.log(2)
                - (w**2 * slope / 24 / sp.log(2)).subs(w, length / N)
                - STATEMENT.right[0],
                force=True,
            ),
            shows=sp.Eq(bits, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="Rounding to the middle of a level adds w^2/12 to the variance of smooth data, and noise within the "
            "level adds as much.",
            because="Both are a uniform place in a level, whose characteristic function is a sine over its argument. "
            "What ties rounding to the data is that of the data at multiples of 2 pi/w: for a Gaussian less than any "
            "power of w.",
            obligation=(
                twice - width**2 / 6,
                sp.integrate(rounding**2, (rounding, -width / 2, width / 2)) / width - width**2 / 12,
            ),
        ),
        Step(
            claim="Gaussian data in levels take their entropy per level, and w^2/(24 s^2) nats more; the noisy ones "
            "take twice as much more.",
            because="The log density of the model has the slope -x/s^2: H and J are those of the larger variance. What "
            "is of the fourth order in w is left out.",
            obligation=(
                sp.expand_log(sp.expand(whole - (STATEMENT.right[1] * sp.log(2)).subs(N, length / width)), force=True)
                + width**4 / (144 * spread**4),
                sp.expand_log(
                    own - sp.log(width) - (STATEMENT.right[2] * sp.log(2)).subs(N, length / width), force=True
                ),
            ),
            shows=sp.Eq(sp.Tuple(gaussian, noisy), sp.Tuple(*STATEMENT.right[1:]), evaluate=False),
        ),
        Step(
            claim="So what is computed with noise is never below the bits of the levels, and a bound on them.",
            because="The logarithm of a mean exceeds the mean of the logarithm: here by a square, w^2 J/24 nats.",
            obligation=sp.expand(
                (STATEMENT.right[2] - STATEMENT.right[1]) - (length / (N * spread)) ** 2 / (24 * sp.log(2))
            ),
        ),
    )
