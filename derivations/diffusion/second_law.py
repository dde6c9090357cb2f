r"""Diffusion destroys structure: the divergence from the Gaussian falls, at a rate that is known.

Premises: dx = -x dt + sqrt(2) dW and its Fokker-Planck equation. For any data the divergence falls by the mean square
of the slope of log(p/pi), pi being the Gaussian in which all ends: that is the second law. For Gaussian data both are
elementary. The slide shows dye that spreads, with a uniform end: that of a box (`uniform_end`).
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import mu_0, t, v_0, x, z

divergence = sp.Function("D_KL")(t)
v_t = sp.Symbol("v_t", positive=True)
SIDES = sp.Tuple(divergence, divergence.diff(t))

STATEMENT = Statement(
    module=__name__,
    title="Diffusion destroys structure",
    formula=sp.Eq(
        SIDES,
        sp.Tuple(
            (v_t + mu_0**2 * sp.exp(-2 * t) - 1 - sp.log(v_t)) / 2,
            -((1 - v_0) ** 2) * sp.exp(-4 * t) / v_t - mu_0**2 * sp.exp(-2 * t),
        ),
        evaluate=False,
    ),
    where=(sp.Eq(v_t, 1 - sp.exp(-2 * t) * (1 - v_0), evaluate=False),),
    parameters=(diffusion.TIME, diffusion.MEAN, diffusion.VARIANCE),
    assumptions=(
        diffusion.GAUSSIAN_DATA,
        "The diffusion is dx = -x dt + sqrt(2) dW; the divergence is that from its stationary Gaussian, in nats.",
    ),
    regime=Exact(),
    sources=(
        diffusion.DESTRUCTION,
        Source(document="risken1996fokker", where="the H-theorem for Fokker-Planck equations"),
    ),
    covers=("F9",),
)


def derivation() -> tuple[Step, ...]:
    """From the Fokker-Planck equation for any density, to Gaussian ones."""
    p = sp.Function("p", positive=True)(x, t)
    structure = sp.log(p) + x**2 / 2  # log(p / pi) up to a constant
    flux = -(x * p + p.diff(x))
    change = -flux.diff(x) * (structure + 1)
    mean, spread = mu_0 * sp.exp(-t), STATEMENT.where[0].rhs
    gaussian = -((x - mean) ** 2) / (2 * spread) - sp.log(spread) / 2  # logarithm, up to a constant
    residual = gaussian.diff(t) - (1 + x * gaussian.diff(x) + gaussian.diff(x, 2) + gaussian.diff(x) ** 2)
    place = mean + sp.sqrt(v_t) * z
    log_ratio = -(z**2) / 2 - sp.log(v_t) / 2 + place**2 / 2
    slope = place - z / sp.sqrt(v_t)
    whole, rate = STATEMENT.right
    fisher = GaussE(sp.expand(slope**2), z).doit()
    return (
        Step(
            claim="Probability flows down the slope of log(p/pi).",
            because="The flux -(x p + p') of the Fokker-Planck equation is -p times that slope.",
            obligation=flux + p * structure.diff(x),
        ),
        Step(
            claim="For any density the divergence falls by the mean square of that slope.",
            because="The change of p log(p/pi) is minus p times the square, and a derivative that integrates to zero.",
            obligation=change + p * structure.diff(x) ** 2 + (flux * (structure + 1)).diff(x),
        ),
        Step(
            claim="Gaussian data stay Gaussian, with the mean mu_0 e^(-t) and the variance of the definition.",
            because="The logarithm of the density is inserted in the Fokker-Planck equation.",
            obligation=residual,
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="Their divergence is that of the formula.",
            because="log(p/pi) is averaged over the Gaussian.",
            obligation=GaussE(sp.expand(log_ratio), z).doit() - whole,
            shows=sp.Eq(divergence, whole, evaluate=False),
        ),
        Step(
            claim="Its rate is minus the mean square of the slope, as for all densities, and the derivative in time.",
            because="The slope is averaged, and the divergence is differentiated.",
            obligation=(
                (fisher + rate).subs(v_t, spread),
                (whole.subs(v_t, spread)).diff(t) - rate.subs(v_t, spread),
            ),
            shows=STATEMENT.formula,
        ),
    )
