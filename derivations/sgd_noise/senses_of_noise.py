"""Ito, Stratonovich and Fick: three stationary densities, and the steps that lead to them.

Premise: a step goes against the gradient of its minibatch, taken at the part alpha of the way from the weight before to
the weight after. Descent takes it before (alpha = 0, Ito), the midpoint rule half-way (Stratonovich), the proximal step
after (alpha = 1), where the current is Fick's, -g F u'. Where the noise depends on the weight they differ by the drift
alpha g F' and settle in different densities. The slides' Fokker-Planck equation is that of alpha = 0.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.fokker_planck_stationary import STATEMENT as STATIONARY
from derivations.sgd_noise.fokker_planck_stationary import current, exponential, over_the_line
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import B, epsilon, g, gradient_noise, loss, theta

alpha = sp.Symbol("alpha", real=True)
Z = sp.Symbol("Z", positive=True)
density = sp.Function("u_alpha")
WEIGHT = gradient_noise(theta) ** (alpha - 1) * exponential(theta, g)

STATEMENT = Statement(
    module=__name__,
    title="Stationary densities of explicit, midpoint and implicit steps",
    formula=sp.Eq(density(theta), WEIGHT / Z, evaluate=False),
    where=(sp.Eq(g, epsilon / (2 * B), evaluate=False), sp.Eq(Z, over_the_line(WEIGHT), evaluate=False)),
    parameters=(
        *STATIONARY.parameters,
        Parameter(
            symbol=alpha,
            meaning="part of a step after which its gradient is taken",
            domain=sp.Interval(0, 1),
            typical=(0, 1),
        ),
    ),
    assumptions=(
        "The gradient of a minibatch is taken at (1 - alpha) times the weight before the step plus alpha times that "
        "after.",
        sgd_noise.WITH_REPLACEMENT,
        sgd_noise.SMALL_RATE,
        sgd_noise.CLOCK,
        "F is positive, and the numerator is integrable.",
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(
        Source(document="002", where="SGD as Langevin Dynamics: Fokker-Planck equation and u_infinity"),
        Source(document="risken1996fokker", where="Ito's and Stratonovich's definitions"),
    ),
    covers=("G6",),
    uses=(STATIONARY.id,),
)


def derivation() -> tuple[Step, ...]:
    """The mean of an implicit step, its current, and the density without one."""
    h, slope, bent, noise, steep = sp.symbols("h L_1 L_2 n_0 n_1", real=True)
    move = -h * noise - h**2 * slope + alpha * h**2 * noise * steep
    place = alpha * move
    left = move + h**2 * (slope + bent * place) + h * (noise + steep * place)
    u = sp.Function("u", positive=True)(theta)
    F, dF = gradient_noise(theta), gradient_noise(theta).diff(theta)
    flow = current(u) + alpha * g * dF * u
    claimed = STATEMENT.right[0]
    x, y = sp.symbols("x_s y_s", real=True)
    scale, normalization = (definition.rhs for definition in STATEMENT.where)
    return (
        Step(
            claim="A step is -h n - h^2 L' + alpha h^2 n n' up to the third order, with epsilon = h^2 and the "
            "gradient L' + n/h of its minibatch.",
            because="It is put into its own definition, with the gradient taken after the part alpha of it.",
            obligation=tuple(sp.expand(left).coeff(h, order) for order in (0, 1, 2)),
        ),
        Step(
            claim="The mean of n n' is half the derivative of the mean of n^2, so that alpha g F' is added to the "
            "drift.",
            because="For gradients that are linear in the weight, example by example; means over examples are sums, "
            "and a minibatch of B has a B-th of both.",
            obligation=(
                (x + y * theta) * y - ((x + y * theta) ** 2).diff(theta) / 2,
                alpha * (h**2 * F / B).diff(theta) / 2 - alpha * scale.subs(epsilon, h**2) * dF,
            ),
        ),
        Step(
            claim="The current is then -L' u - g F^alpha (F^(1 - alpha) u)'.",
            because="The drift is added to the current of the Fokker-Planck equation.",
            obligation=flow + loss(theta).diff(theta) * u + g * F**alpha * (F ** (1 - alpha) * u).diff(theta),
        ),
        Step(
            claim="At alpha = 1 it is Fick's, with the noise outside both derivatives of the density.",
            because="alpha is set to 1.",
            obligation=flow.subs(alpha, 1) + loss(theta).diff(theta) * u + g * F * u.diff(theta),
        ),
        Step(
            claim="The claimed density carries no current.",
            because="It is put into the current; for alpha = 0 it is the stationary density of descent.",
            obligation=(
                sp.expand(current(claimed) + alpha * g * dF * claimed),
                (WEIGHT / STATIONARY.right[0]).subs(alpha, 0).diff(theta),
            ),
        ),
        Step(
            claim="It integrates to one.",
            because="Z is the integral of the numerator.",
            obligation=over_the_line(claimed * Z) - normalization,
            shows=STATEMENT.formula,
        ),
    )
