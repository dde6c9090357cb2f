"""Stationary density of stochastic gradient descent on one weight.

Premise: the Langevin limit, with the mean loss L, dt = epsilon and g = epsilon/(2B). A stationary probability current
is constant on a line; that it vanishes is derived: any other would make the density negative somewhere. With several
weights this is not so, and `stationary_current` shows a current.

What the slides leave out: the normalization; that the printed g = epsilon N/(2B) belongs to the summed loss; that the
noise multiplies in the sense of Ito; and that many small steps at fixed epsilon F / B are assumed.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.langevin_limit import STATEMENT as LANGEVIN
from derivations.sgd_noise.langevin_limit import f
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import B, N, epsilon, g, gradient_noise, loss, theta

y, w = sp.symbols("y w", real=True)
Z = sp.Symbol("Z", positive=True)
density = sp.Function("u_infty")


def exponential(position: sp.Symbol, scale: sp.Expr) -> sp.Expr:
    """exp(-(1/scale) times the integral of L'/F from 0 to a position)."""
    return sp.exp(-sp.Integral(loss(w).diff(w) / gradient_noise(w), (w, 0, position)) / scale)


def ito(position: sp.Symbol, scale: sp.Expr) -> sp.Expr:
    """Density of the Ito diffusion with drift -L' and covariance 2 scale F, up to a constant."""
    return exponential(position, scale) / gradient_noise(position)


def stratonovich(position: sp.Symbol, scale: sp.Expr) -> sp.Expr:
    """Density, up to a constant, where the same noise is read in the sense of Stratonovich."""
    return exponential(position, scale) / sp.sqrt(gradient_noise(position))


def over_the_line(unnormalized: sp.Expr) -> sp.Integral:
    """Integral of an expression in theta over all weights."""
    return sp.Integral(unnormalized.xreplace({theta: y}), (y, -sp.oo, sp.oo))


def normalized(unnormalized: sp.Expr) -> sp.Eq:
    """The density proportional to an expression in theta, as an equation."""
    return sp.Eq(density(theta), unnormalized / over_the_line(unnormalized), evaluate=False)


STATEMENT = Statement(
    module=__name__,
    title="Stationary density of stochastic gradient descent",
    formula=sp.Eq(density(theta), ito(theta, g) / Z, evaluate=False),
    where=(sp.Eq(g, epsilon / (2 * B), evaluate=False), sp.Eq(Z, over_the_line(ito(theta, g)), evaluate=False)),
    parameters=tuple(p for p in LANGEVIN.parameters if p.symbol != f),
    assumptions=(
        "Minibatches are drawn with replacement; without it the covariance of a step is smaller by (N - B)/(N - 1).",
        sgd_noise.SMALL_RATE,
        sgd_noise.CLOCK,
        "F is positive, the numerator is integrable, and F times the numerator is bounded.",
        "One weight. With several, the current need not vanish in the stationary state unless the noise is special.",
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(
        Source(document="002", where="SGD as Langevin Dynamics: Fokker-Planck equation and u_infinity"),
        Source(document="smith2018bayesian", where="the noise of stochastic gradient descent and its scale"),
    ),
    covers=("G6", "G7"),
    uses=(LANGEVIN.id,),
    printed=(
        Printed(
            erratum="E7",
            kind="misprint",
            formula=normalized(ito(theta, epsilon * N / (2 * B))),
            note="g = epsilon N/(2B) with the mean loss makes the temperature N times too large: it belongs to the "
            "summed loss.",
            source=Source(document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): dt and g"),
        ),
        Printed(
            erratum="E32",
            kind="convention",
            formula=normalized(stratonovich(theta, epsilon / (2 * B))),
            note="The Langevin equation does not say in which sense its noise multiplies. Read in the sense of "
            "Stratonovich it gives this law; the gradient is taken before the step, which is Ito's sense, and that of "
            "the printed Fokker-Planck equation.",
            source=Source(
                document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): Langevin dynamics"
            ),
        ),
        Printed(
            erratum="U8",
            kind="in use",
            formula=normalized(exponential(theta, epsilon / (2 * B))),
            note="The noise between the derivatives, as in Fick's law -g F u' of the current, gives the exponential "
            "alone: right where F is constant only.",
            source=Source(document="public_code", where="Langevin dynamics: noise that depends on the weight"),
        ),
    ),
)


def forward(u: sp.Expr) -> sp.Expr:
    """Right-hand side of the Fokker-Planck equation in one dimension."""
    return (loss(theta).diff(theta) * u).diff(theta) + g * (gradient_noise(theta) * u).diff(theta, 2)


def current(u: sp.Expr) -> sp.Expr:
    """Probability current of the Fokker-Planck equation in one dimension."""
    return -loss(theta).diff(theta) * u - g * (gradient_noise(theta) * u).diff(theta)


def derivation() -> tuple[Step, ...]:
    """From the generator to its stationary density, and the two senses of the noise."""
    return (*_stationary(), *_senses())


def _stationary() -> tuple[Step, ...]:
    u, ratio = sp.Function("u")(theta), sp.Function("v")(theta)
    slope, noise = loss(theta).diff(theta), gradient_noise(theta)
    divergence = (
        -slope * u * f(theta) + g * (noise * u * f(theta).diff(theta) - f(theta) * (noise * u).diff(theta))
    ).diff(theta)
    claimed = STATEMENT.right[0]
    scale, normalization = (definition.rhs for definition in STATEMENT.where)
    total = sp.Integral((claimed * Z).xreplace({theta: y}), (y, -sp.oo, sp.oo))
    constant, most = sp.Symbol("J", real=True), sp.Symbol("M", positive=True)
    exponent = sp.Integral(loss(w).diff(w) / gradient_noise(w), (w, 0, theta)) / g
    steepness = constant * Z * sp.exp(exponent) / g
    line_slope = constant * Z / (g * most)
    return (
        Step(
            claim="The Fokker-Planck equation is the adjoint of the mean change of test functions.",
            because="The generator of the Langevin limit is integrated by parts against a density u.",
            obligation=u * LANGEVIN.right[0] - f(theta) * forward(u) - divergence,
        ),
        Step(
            claim="It conserves probability, so a stationary current is constant.",
            because="Its right-hand side is minus the derivative of the current J = -L'u - g (F u)'.",
            obligation=forward(u) + current(u).diff(theta),
        ),
        Step(
            claim="The claimed density carries no current.",
            because="The integral is differentiated at its upper limit.",
            obligation=current(claimed),
        ),
        Step(
            claim="Any density of constant current J is v times the claimed one, with v' = -J Z exp(integral / g) / g.",
            because="Its current is -g F v' times the claimed density, and F times that is the exponential over Z.",
            obligation=current(claimed * ratio) + g * noise * claimed * ratio.diff(theta),
            shows=sp.Eq(ratio.diff(theta), -steepness, evaluate=False),
            means={ratio.diff(theta): -constant / (g * noise * claimed)},
        ),
        Step(
            claim="So the current is zero, and the density is a multiple of the claimed one.",
            because="F times the numerator is at most M, so v falls at least as steeply as a line of slope -J Z/(g M) "
            "for J > 0, and rises so for J < 0: it would be negative beyond the place where the line crosses zero.",
            obligation=-steepness + line_slope + constant * Z / g * (sp.exp(exponent) - 1 / most),
            shows=sp.Eq(slope * density(theta) + g * sp.Derivative(noise * density(theta), theta), 0, evaluate=False),
            means={density(theta): claimed},
        ),
        Step(
            claim="The claimed density integrates to one, at the noise scale of the Langevin limit.",
            because="Z is the integral of the numerator.",
            obligation=(total - normalization, scale - LANGEVIN.where[0].rhs),
            shows=STATEMENT.formula,
        ),
    )


def _senses() -> tuple[Step, ...]:
    u, slope, noise = sp.Function("u")(theta), loss(theta).diff(theta), gradient_noise(theta)
    root = sp.sqrt(noise)
    other, total = sp.Symbol("u_S"), sp.Symbol("Z_S", positive=True)

    def symmetric(function: sp.Expr) -> sp.Expr:
        return -slope * function - g * root * (root * function).diff(theta)

    return (
        Step(
            claim="Read in the sense of Stratonovich the same noise would add the drift g F'/2.",
            because="The two currents differ by g F' u / 2; the mean of a step has no such term.",
            obligation=symmetric(u) - current(u) - g * noise.diff(theta) * u / 2,
        ),
        Step(
            claim="That reading has another stationary density, with 1/sqrt(F) in front.",
            because="Its current is computed for this density.",
            obligation=symmetric(root * ito(theta, g)),
            shows=sp.Eq(other, stratonovich(theta, g) / total, evaluate=False),
            means={other: root * ito(theta, g) / total},
        ),
    )
