"""Boltzmann distribution of stochastic gradient descent with constant isotropic noise.

Premise: the stationary density of the Langevin limit, with F = Gamma for one weight, and the Fokker-Planck equation
with F_ab = Gamma delta_ab for several. What the slide leaves out: the normalization, and that T = g Gamma with
g = epsilon/(2B) for the mean loss; its g = epsilon N/(2B) makes the temperature N times too large.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma
from derivations.sgd_noise.fokker_planck_stationary import STATEMENT as STATIONARY
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import B, N, epsilon, g, gradient_noise, loss, theta, z

y = sp.Symbol("y", real=True)
T, Z = sp.symbols("T Z", positive=True)
density = sp.Function("u_infty")
SLIDE = Source(document="002", where="SGD as Langevin Dynamics: constant and isotropic noise, T = g Gamma")


def weight_of(position: sp.Symbol, temperature: sp.Expr) -> sp.Expr:
    """Boltzmann weight exp(-L/T)."""
    return sp.exp(-loss(position) / temperature)


def partition(temperature: sp.Expr) -> sp.Integral:
    """Integral of the Boltzmann weight over all weights of the network."""
    return sp.Integral(weight_of(y, temperature), (y, -sp.oo, sp.oo))


PRINTED_TEMPERATURE = epsilon * N * Gamma / (2 * B)

STATEMENT = Statement(
    module=__name__,
    title="Boltzmann distribution of stochastic gradient descent",
    formula=sp.Eq(density(theta), weight_of(theta, T) / Z),
    where=(sp.Eq(T, epsilon * Gamma / (2 * B), evaluate=False), sp.Eq(Z, partition(T), evaluate=False)),
    parameters=(
        *(p for p in STATIONARY.parameters if p.symbol != gradient_noise),
        sgd_noise.VARIANCE.narrowed("everywhere and in every direction"),
    ),
    assumptions=(
        "The covariance of the examples' gradients is constant and isotropic, which that of a neural network is not.",
        "The learning rate is small at a fixed product of learning rate and Gamma; minibatches are drawn with "
        "replacement.",
        sgd_noise.CLOCK,
        "exp(-L/T) is integrable. With several weights theta stands for all of them and Z is the integral over all.",
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(SLIDE,),
    covers=("G8",),
    uses=(STATIONARY.id,),
    printed=(
        Printed(
            erratum="E7",
            kind="misprint",
            formula=sp.Eq(density(theta), weight_of(theta, PRINTED_TEMPERATURE) / partition(PRINTED_TEMPERATURE)),
            note="T = g Gamma with g = epsilon N/(2B) is the temperature of the summed loss, N times that of the mean "
            "loss.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the stationary density with constant noise, and the Fokker-Planck equation in two and three dimensions."""
    constant = STATIONARY.right[0].replace(gradient_noise, lambda _: Gamma)
    claimed = STATEMENT.right[0]
    temperature, normalization = (definition.rhs for definition in STATEMENT.where)
    scale = STATIONARY.where[0].rhs
    total = sp.Integral((claimed * Z).xreplace({theta: y}), (y, -sp.oo, sp.oo))
    currents = []
    for dimension in (2, 3):
        weights = sp.symbols(f"theta_1:{dimension + 1}", real=True)
        landscape = sp.Function("L", real=True)(*weights)
        u, noise = claimed.replace(loss, lambda _, whole=landscape: whole), Gamma * sp.eye(dimension)
        for c, v in enumerate(weights):
            spread = sum((noise[c, d] * u).diff(q) for d, q in enumerate(weights))
            currents.append((-landscape.diff(v) * u - g * spread).subs({T: temperature, g: scale}))
    other, k, center = sp.Symbol("theta_2", real=True), sp.Symbol("k", positive=True), sp.Symbol("m", real=True)
    weight, width = sp.exp(-k * (other - center) ** 2 / (2 * T)), sp.sqrt(T / k)
    standard = weight.subs(other, center + width * z) * width  # theta_2 = m + width z
    gaussian, over_other = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), sp.Integral(weight, (other, -sp.oo, sp.oo))
    return (
        Step(
            claim="With F = Gamma the stationary density is proportional to exp(-L/T) with T = g Gamma.",
            because="Both have the same logarithmic derivative.",
            obligation=(sp.log(constant).diff(theta) - sp.log(claimed).diff(theta)).subs({T: temperature, g: scale}),
            shows=sp.Eq(T, g * Gamma, evaluate=False),
        ),
        Step(
            claim="It integrates to one.",
            because="Z is the integral of the Boltzmann weight.",
            obligation=total - normalization,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="In two and three dimensions exp(-L/T) carries no current for any loss, if F_ab = Gamma delta_ab.",
            because="Every component of the current -dL u - g d(F u) is computed for an undefined loss.",
            obligation=tuple(currents),
        ),
        Step(
            claim="A second weight with the loss k (theta_2 - m)^2 / 2, m a function of the first, leaves its law.",
            because="Shifted by m and scaled, the Boltzmann weight of theta_2 is a number without m times the standard "
            "Gaussian density, whose integral is one.",
            shows=sp.Eq(over_other, sp.sqrt(2 * sp.pi * T / k), evaluate=False),
            means={over_other: standard / gaussian},
        ),
    )
